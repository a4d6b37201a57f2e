"""What follows from each end of an attempt."""

from __future__ import annotations

from typing import Any

import pytest
from cooldown_api.jobs.ending import judge
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.client.states import ACTIVE, RETRIED, TRANSITIONS, Reason, State
from cooldown_kit.engine.ending import Ending, Failure

SUCCEEDED = Ending(status="succeeded", reason="finished")
STOPPED = Ending(status="stopped", reason="worker_stopped", detail="stopped after step 3")
ORPHANED = Ending(status="stopped", reason="worker_lost")


def failing(reason: str) -> Ending:
    return Ending(status="failed", reason=reason, detail="why", error=Failure(code=reason, message="why"))


def verdict(**more: Any) -> Any:
    given = {
        "state": State.RUNNING,
        "wanted": "run",
        "stop_for": None,
        "ending": None,
        "cause": Reason.CHILD_DIED,
        "cause_detail": "gone",
        "may_retry": True,
    }
    return judge(**{**given, **more})


@pytest.mark.parametrize(
    ("given", "state", "reason", "failure"),
    [
        ({"ending": SUCCEEDED}, "succeeded", "finished", False),
        ({"ending": SUCCEEDED, "state": State.CANCELLING}, "succeeded", "finished", False),
        ({"ending": SUCCEEDED, "state": State.PAUSING}, "succeeded", "finished", False),
        ({"ending": STOPPED, "state": State.CANCELLING}, "cancelled", "cancelled_by_user", False),
        ({"ending": None, "state": State.CANCELLING}, "cancelled", "cancelled_by_user", False),
        ({"ending": failing("error"), "state": State.CANCELLING}, "cancelled", "cancelled_by_user", False),
        ({"ending": STOPPED, "state": State.PAUSING, "wanted": "pause", "stop_for": Reason.PAUSED_BY_USER},
         "paused", "paused_by_user", False),
        ({"ending": None, "state": State.PAUSING, "wanted": "pause"}, "paused", "paused_by_user", False),
        ({"ending": STOPPED, "state": State.PAUSING, "wanted": "run"}, "queued", "resumed_by_user", False),
        ({"ending": failing("recipe"), "state": State.PAUSING, "wanted": "pause"}, "failed", "recipe", True),
        ({"ending": failing("loss")}, "failed", "loss", True),
        ({"ending": failing("out_of_memory")}, "failed", "out_of_memory", True),
        ({"ending": failing("storage")}, "queued", "storage", True),
        ({"ending": failing("error"), "may_retry": False}, "failed", "error", True),
        ({"ending": STOPPED, "stop_for": Reason.MAX_DURATION}, "failed", "max_duration", False),
        ({"ending": None, "stop_for": Reason.MAX_DURATION}, "failed", "max_duration", False),
        ({"ending": STOPPED, "stop_for": Reason.WORKER_STOPPED, "may_retry": False}, "queued", "worker_stopped", False),
        ({"ending": STOPPED, "may_retry": False}, "queued", "worker_stopped", False),
        ({"ending": ORPHANED}, "queued", "worker_lost", True),
        ({"ending": None, "stop_for": Reason.SILENT}, "queued", "silent", True),
        ({"ending": None}, "queued", "child_died", True),
        ({"ending": None, "may_retry": False}, "failed", "child_died", True),
    ],
)  # fmt: skip
def test_where_a_job_goes(given: dict[str, Any], state: str, reason: str, failure: bool) -> None:
    found = verdict(**given)
    assert (found.state.value, found.reason.value, found.failure) == (state, reason, failure)


@given(
    state=st.sampled_from(sorted(ACTIVE)),
    wanted=st.sampled_from(["run", "pause", "cancel"]),
    stop_for=st.none()
    | st.sampled_from(
        [
            Reason.SILENT,
            Reason.MAX_DURATION,
            Reason.WORKER_STOPPED,
            Reason.PAUSED_BY_USER,
            Reason.CANCELLED_BY_USER,
        ]
    ),
    ending=st.none() | st.sampled_from([SUCCEEDED, STOPPED, ORPHANED, *(failing(r.value) for r in Reason)]),
    cause=st.sampled_from(sorted(RETRIED)),
    may_retry=st.booleans(),
)
def test_every_end_leads_to_a_state_that_may_follow_and_no_retry_is_endless(**case: Any) -> None:
    found = judge(**case, cause_detail="")
    assert found.state in TRANSITIONS[case["state"]]
    assert found.state not in ACTIVE
    if found.state is State.QUEUED and found.reason in RETRIED:
        assert found.failure and case["may_retry"]
    if found.state is State.FAILED:
        assert found.error and found.error["code"] == found.reason.value
