"""States and reasons in the words of a sentence."""

from __future__ import annotations

from typing import Final

from cooldown_kit.client.states import Reason, State

STATES: Final[dict[State, str]] = {
    State.QUEUED: "Queued",
    State.STARTING: "Starting",
    State.RUNNING: "Running",
    State.PAUSING: "Pausing",
    State.PAUSED: "Paused",
    State.CANCELLING: "Cancelling",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Failed",
    State.SUCCEEDED: "Succeeded",
}

REASONS: Final[dict[Reason, str]] = {
    Reason.SUBMITTED: "It was submitted and waits for its turn.",
    Reason.CLAIMED: "A worker took it and starts its process.",
    Reason.STARTED: "Its process is at work.",
    Reason.FINISHED: "It is done.",
    Reason.PAUSED_BY_USER: "Somebody paused it; a resume goes on from its last checkpoint.",
    Reason.CANCELLED_BY_USER: "Somebody cancelled it.",
    Reason.RESUMED_BY_USER: "Somebody resumed it; it goes on from its last checkpoint.",
    Reason.MAX_DURATION: "It ran as long as it may; a checkpoint was saved.",
    Reason.SILENT: "Its work had not moved for too long: it hung.",
    Reason.CHILD_DIED: "Its process ended without saying how: it was killed, or crashed.",
    Reason.WORKER_LOST: "Its machine said nothing for too long.",
    Reason.WORKER_STOPPED: "Its worker was stopped and gave it back.",
    Reason.OUT_OF_MEMORY: "It ran out of memory.",
    Reason.RECIPE: "The recipe asks for what cannot be.",
    Reason.INPUT: "A source or a model is not there, or not what it should be.",
    Reason.REFUSED: "The operator's policy does not let it reach what it names.",
    Reason.STORAGE: "The disk is full, or cannot be written.",
    Reason.LOSS: "The loss, or a gradient, became a number that is none.",
    Reason.ERROR: "An error of ours; its log says more.",
    Reason.START_FAILED: "Its process could not be started.",
}

STAGES: Final[dict[str, str]] = {
    "update": "Asking the sources for news",
    "harvest": "Harvesting",
    "render": "Laying out documents",
    "curate": "Curating",
    "tokenise": "Counting tokens",
    "mix": "Mixing",
    "model": "Loading the model",
    "plan": "Planning",
    "dataset": "Keeping the dataset",
    "train": "Training",
    "evaluate": "Measuring",
    "report": "Writing the report",
    "run": "Running",
}


def state(value: str) -> str:
    return STATES[State(value)]


def reason(value: str) -> str:
    """Whole sentence; a reason that this version does not know comes back with spaces."""
    try:
        return REASONS[Reason(value)]
    except ValueError:
        return value.replace("_", " ")


def stage(value: str) -> str:
    return STAGES.get(value, value.replace("_", " ").capitalize())
