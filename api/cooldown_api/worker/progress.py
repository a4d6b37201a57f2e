"""What a job does now, from its events."""

from __future__ import annotations

from collections import deque
from typing import Any

_WINDOW = 32


class Speed:
    """How fast training goes, over the last steps: the first ones, and those after a pause, say little."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=_WINDOW)

    def seconds_left(self, time: float, step: float, steps: float) -> float | None:
        """``None`` until two steps were seen."""
        if self._points and step < self._points[-1][1]:
            self._points.clear()  # another attempt, from a checkpoint
        self._points.append((time, step))
        first_time, first_step = self._points[0]
        if step <= first_step or time <= first_time:
            return None
        return round((steps - step) * (time - first_time) / (step - first_step), 1)


def progress_after(
    before: dict[str, Any] | None, event: dict[str, Any], speed: Speed
) -> dict[str, Any] | None:
    """The job's progress (:class:`cooldown_kit.client.wire.Progress`) after one more event; ``None`` where it tells nothing of it."""
    known = {key: value for key, value in (before or {}).items() if key in ("step", "steps")}
    if event["type"] == "stage_started":
        return {**known, "stage": event["stage"], "detail": event.get("detail", "")}
    if event["type"] != "progress":
        return None
    now = {
        **known,
        **{name: event.get(name) for name in ("stage", "detail", "done", "total", "unit")},
    }
    done, total = event.get("done"), event.get("total")
    if event["stage"] == "train" and event.get("unit") == "steps" and done is not None and total:
        now["step"], now["steps"] = int(done), int(total)
        now["seconds_left"] = speed.seconds_left(float(event["time"]), float(done), float(total))
    return now
