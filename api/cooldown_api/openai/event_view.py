"""Events of a job as lines for a person, and its metrics as OpenAI's clients plot them."""

from __future__ import annotations

from typing import Any, Final, Literal

from cooldown_api.database.tables import Event
from cooldown_api.openai.names import event_name, job_name
from cooldown_api.openai.shapes import FineTuningJobEvent

HIDDEN: Final = ("progress",)
"""Types that are no news to these clients: the native stream has them."""
_LEVELS: Final[dict[str, Literal["info", "warn", "error"]]] = {
    "info": "info",
    "warning": "warn",
    "error": "error",
}
_STATES: Final = {
    "starting": "Fine-tuning job is starting",
    "running": "Fine-tuning job started",
    "pausing": "Fine-tuning job is saving a checkpoint before it pauses",
    "paused": "Fine-tuning job paused",
    "cancelling": "Fine-tuning job is saving a checkpoint before it is cancelled",
    "cancelled": "Fine-tuning job cancelled",
    "succeeded": "The job has successfully completed",
}


def view_event(event: Event, steps: int | None) -> FineTuningJobEvent:
    """``steps``: of the whole run, where it is known."""
    level, message, data = _told(event, steps)
    return FineTuningJobEvent(
        id=event_name(event.job_id, event.seq),
        created_at=int(event.time.timestamp()),
        level=level,
        message=message,
        type="metrics" if event.type == "metric" else "message",
        data=data,
    )


def _told(event: Event, steps: int | None) -> tuple[Literal["info", "warn", "error"], str, dict[str, Any]]:
    data = event.data
    if event.type == "state":
        return _state(event)
    if event.type == "metric":
        return _metric(data, steps)
    if event.type == "message":
        return _LEVELS.get(str(data.get("level")), "info"), str(data.get("text", "")), {}
    about = {key: value for key, value in data.items() if key not in ("type", "time", "run")}
    detail = f": {data['detail']}" if data.get("detail") else ""
    if event.type == "stage_started":
        return "info", f"Stage {data.get('stage')} started{detail}", about
    if event.type == "stage_finished":
        how = (
            "was done before" if data.get("cached") else f"finished in {float(data.get('seconds', 0)):.1f} s"
        )
        return "info", f"Stage {data.get('stage')} {how}{detail}", about
    about.pop("path", None)
    if event.type == "checkpoint":
        return "info", f"Checkpoint created at step {data.get('step')}", about
    if event.type == "artefact":
        return "info", f"Result created: {data.get('name')}", about
    return "info", event.type.replace("_", " "), about


def _state(event: Event) -> tuple[Literal["info", "warn", "error"], str, dict[str, Any]]:
    state, reason = str(event.data.get("state")), str(event.data.get("reason"))
    told = ("state", "reason", "attempt")
    data: dict[str, Any] = {key: value for key, value in event.data.items() if key in told}
    detail = f": {event.data['detail']}" if event.data.get("detail") else ""
    if state == "failed":
        error = event.data.get("error") or {}
        return (
            "error",
            f"Fine-tuning job failed: {error.get('message') or event.data.get('detail') or reason}",
            data,
        )
    if state == "queued" and reason == "submitted":
        return "info", f"Created fine-tuning job: {job_name(event.job_id)}", data
    if state == "queued":
        level: Literal["info", "warn"] = "info" if reason == "resumed_by_user" else "warn"
        return level, f"Fine-tuning job is queued again ({reason.replace('_', ' ')}){detail}", data
    return "info", _STATES.get(state, state) + detail, data


def _metric(data: dict[str, Any], steps: int | None) -> tuple[Literal["info"], str, dict[str, Any]]:
    values = dict(data.get("values") or {})
    step = int(data.get("step", 0))
    loss = values.pop("loss", None)
    shown = f"Step {step}" + (f"/{steps}" if steps else "")
    message = shown if loss is None else f"{shown}: training loss={loss:.4f}"
    known = {"step": step, "train_loss": loss, "total_steps": steps}
    return "info", message, {**{key: value for key, value in known.items() if value is not None}, **values}
