"""The states of a job, and the reasons for which it changes from one to another. Client, server and worker share them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


class Reason(StrEnum):
    """Why a job is in its state. Every transition has one."""

    SUBMITTED = "submitted"
    CLAIMED = "claimed"
    STARTED = "started"
    FINISHED = "finished"
    PAUSED_BY_USER = "paused_by_user"
    CANCELLED_BY_USER = "cancelled_by_user"
    RESUMED_BY_USER = "resumed_by_user"
    MAX_DURATION = "max_duration"
    """It ran as long as it may; a checkpoint was saved."""
    SILENT = "silent"
    """Its work had not moved for too long: it hung."""
    CHILD_DIED = "child_died"
    """Its process ended without saying how: killed, or crashed."""
    WORKER_LOST = "worker_lost"
    """Its machine said nothing for too long."""
    WORKER_STOPPED = "worker_stopped"
    """Its worker was asked to stop, and gave it back."""
    OUT_OF_MEMORY = "out_of_memory"
    RECIPE = "recipe"
    """The recipe asks for what cannot be."""
    INPUT = "input"
    """A source or a model is not there, or not what it should be."""
    REFUSED = "refused"
    """The operator's policy does not let it reach what it names."""
    STORAGE = "storage"
    """The disk is full, or cannot be written."""
    LOSS = "loss"
    """The loss, or a gradient, became a number that is none."""
    ERROR = "error"
    """An error of ours; its log says more."""
    START_FAILED = "start_failed"
    """Its process could not be started."""


WAITING: Final = frozenset({State.QUEUED})
ACTIVE: Final = frozenset({State.STARTING, State.RUNNING, State.PAUSING, State.CANCELLING})
"""An attempt is alive, or its end has not been seen yet."""
ENDED: Final = frozenset({State.CANCELLED, State.FAILED, State.SUCCEEDED})
"""For good: only a rerun, which is another job, does it again."""

TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    State.QUEUED: frozenset({State.STARTING, State.PAUSED, State.CANCELLED, State.FAILED}),
    State.STARTING: frozenset(
        {State.RUNNING, State.QUEUED, State.PAUSING, State.CANCELLING, State.FAILED, State.SUCCEEDED}
    ),
    State.RUNNING: frozenset({State.QUEUED, State.PAUSING, State.CANCELLING, State.FAILED, State.SUCCEEDED}),
    State.PAUSING: frozenset({State.PAUSED, State.CANCELLING, State.SUCCEEDED, State.FAILED, State.QUEUED}),
    State.PAUSED: frozenset({State.QUEUED, State.CANCELLED}),
    State.CANCELLING: frozenset({State.CANCELLED, State.SUCCEEDED, State.FAILED}),
    State.CANCELLED: frozenset(),
    State.FAILED: frozenset(),
    State.SUCCEEDED: frozenset(),
}
"""What may follow what. A job that was to be paused or cancelled, and was done before it heard of it, has succeeded."""

RETRIED: Final = frozenset(
    {
        Reason.SILENT,
        Reason.CHILD_DIED,
        Reason.WORKER_LOST,
        Reason.START_FAILED,
        Reason.STORAGE,
        Reason.ERROR,
    }
)
"""Ends of an attempt after which another may do better; `worker_stopped` is tried again too, and does not count as a failure."""
