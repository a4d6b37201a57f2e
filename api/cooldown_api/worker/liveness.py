"""Hung, or only slow?

Slow work moves: it tells an event, or its processes read and write, or they compute. Hung work does nothing of that. In training,
computing does not count: processes that wait for each other for ever (a broken collective operation) spin at full speed, and a
step that is done is always an event.
"""

from __future__ import annotations

from datetime import datetime

from cooldown_kit.engine.process import Vitals

_BUSY = 0.05
"""Of one processor, on average between two looks: the threads of an idle child take less than a hundredth."""
_IO_BYTES = 1 << 20


class Liveness:
    """When the work of one attempt last moved, as far as this worker has seen."""

    def __init__(self, moved_at: datetime) -> None:
        self.moved_at = moved_at
        self._before: tuple[datetime, Vitals] | None = None
        self.training = False

    def event(self, stage: str | None, now: datetime) -> None:
        """Something was told; ``stage``, where it is known, says what is done now."""
        self.moved_at = now
        if stage is not None:
            self.training = stage == "train"

    def look(self, vitals: Vitals | None, now: datetime) -> None:
        """Compare what its processes have used with the last look."""
        if vitals is None:
            return
        if self._before is not None and self._moved(*self._before, vitals, now):
            self.moved_at = now
        self._before = (now, vitals)

    def silent_for(self, now: datetime) -> float:
        """Seconds."""
        return (now - self.moved_at).total_seconds()

    def _moved(self, then: datetime, before: Vitals, after: Vitals, now: datetime) -> bool:
        if after.io_bytes < before.io_bytes or after.cpu_seconds < before.cpu_seconds:
            return True  # a process of it has ended
        if after.io_bytes - before.io_bytes >= _IO_BYTES:
            return True
        seconds = (now - then).total_seconds()
        return (
            not self.training and seconds > 0 and (after.cpu_seconds - before.cpu_seconds) / seconds >= _BUSY
        )
