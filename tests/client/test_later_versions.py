"""A service of a later version: what its client does not know is kept, shown, and breaks nothing."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError

from cooldown_kit.client import wire
from cooldown_kit.client.errors import JobFailed
from cooldown_kit.client.states import ENDED, Reason, State
from cooldown_kit.client.wire.bodies import Answer
from cooldown_kit.client.wire.words import LATER_WORDS, Open
from faulty_service import FaultyService, Reply
from service_answers import JOB, TIME, event, job, page, sse

ATTEMPT = {
    "number": 1,
    "state": "migrating",
    "reason": "rebalanced",
    "worker": "worker_1",
    "executor": "slurm",
    "gpus": [],
    "started_at": TIME,
    "ended_at": None,
    "exit_status": None,
}


def test_a_job_in_a_state_of_a_later_version_can_be_looked_at(server: FaultyService, client: Any) -> None:
    later = job("draining", reason="rebalanced", kind="study", executor="slurm", attempts=[ATTEMPT])
    server.script(Reply(later), Reply(page([later])))
    handle = client.jobs.get(JOB)
    assert (handle.state, handle.reason, handle.kind, handle.executor) == (
        "draining",
        "rebalanced",
        "study",
        "slurm",
    )
    assert isinstance(handle.state, State) and handle.state.value == str(handle.state) == "draining"
    assert handle.state not in set(State) and not handle.ended and not handle.succeeded
    assert (handle.attempts[0].state, handle.attempts[0].executor) == ("migrating", "slurm")
    assert [item.state for item in client.jobs.list()] == ["draining"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = json.loads(handle.model_dump_json())
        assert handle.model_dump(mode="json") == said
    assert (said["state"], said["reason"], said["attempts"][0]["state"]) == (
        "draining",
        "rebalanced",
        "migrating",
    )


def test_known_words_are_members_of_their_enumerations(server: FaultyService, client: Any) -> None:
    server.script(Reply(job("running")))
    handle = client.jobs.get(JOB)
    assert handle.state is State.RUNNING and handle.reason is Reason.STARTED


def test_waiting_goes_on_in_a_state_of_a_later_version_and_ends_with_the_job(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    server.script(
        Reply(job("queued")),
        Reply(job("draining")),
        Reply(job("expired", reason="too_old", finished_at=TIME)),
    )
    with pytest.raises(JobFailed, match=r"ended as expired, which is newer than this client: too_old"):
        client.jobs.get(JOB).wait()
    assert len(server.asked) == 3


def test_a_stream_ends_with_a_job_whose_last_state_is_of_a_later_version(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    told = [event(1, "state", state="running"), event(2, "state", state="expired", reason="too_old")]
    server.script(
        Reply(job("running")),
        Reply(b"".join(map(sse, told))),
        Reply(b""),
        Reply(job("expired", reason="too_old", finished_at=TIME)),
    )
    assert [told.data["state"] for told in client.jobs.get(JOB).stream()] == ["running", "expired"]


@pytest.mark.parametrize(
    "value",
    [7, None, True, ["draining"], {"state": "draining"}, "", "two words", "\x1b[2Jgone", "a\n", "x" * 65],
)
def test_what_is_no_word_is_no_answer(value: Any) -> None:
    with pytest.raises(ValidationError):
        wire.Job.model_validate(job() | {"state": value}, context=LATER_WORDS)


def test_a_service_says_only_words_that_it_knows() -> None:
    with pytest.raises(ValidationError, match="state"):
        wire.Job.model_validate(job("draining"))


def test_the_schema_names_the_known_words() -> None:
    schema = wire.Job.model_json_schema(mode="serialization")
    assert schema["$defs"]["State"]["enum"] == [state.value for state in State]
    assert schema["properties"]["kind"]["enum"] == ["run", "plan", "dataset"]


def _closed(annotation: Any) -> Iterator[Any]:
    """Enumerations of several words in an annotation that refuse any other."""
    if get_origin(annotation) is Annotated and annotation.__metadata__[-1:] == get_args(Open[str])[1:]:
        return
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield annotation
    elif get_origin(annotation) is Literal:
        if len(get_args(annotation)) > 1:
            yield annotation
    else:
        for part in get_args(annotation):
            yield from _closed(part)


def test_every_enumeration_of_an_answer_is_open() -> None:
    answers = [
        kind
        for kind in vars(wire).values()
        if isinstance(kind, type) and issubclass(kind, Answer) and kind is not Answer
    ]
    assert len(answers) > 25
    closed = [
        f"{answer.__name__}.{name}"
        for answer in answers
        for name, annotation in _hints(answer).items()
        if any(_closed(annotation))
    ]
    assert closed == []


def _hints(model: type[BaseModel]) -> dict[str, Any]:
    return {
        name: hint
        for name, hint in get_type_hints(model, include_extras=True).items()
        if name in model.model_fields
    }


def test_no_word_of_a_later_version_is_taken_for_one_of_this() -> None:
    late = wire.Job.model_validate(job("draining"), context=LATER_WORDS).state
    assert late not in ENDED and late != State.RUNNING and late == "draining"
    assert len({late, State.RUNNING, "draining"}) == 2
