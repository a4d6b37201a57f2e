"""Progress events at a pace that a person can follow and a log can hold."""

from __future__ import annotations

import time
from typing import Final

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Message, Progress

_STAGE: Final = "harvest"
_SECONDS = 0.2


class Pace:
    """Counts one kind of thing and emits at most five events a second, and one at the end."""

    def __init__(self, context: HarvestContext, unit: str, total: int | None = None) -> None:
        self._context = context
        self._unit = unit
        self._total = total
        self._done = 0
        self._next = time.monotonic() + _SECONDS

    def step(self, count: int = 1) -> None:
        self._done += count
        if time.monotonic() >= self._next:
            self._emit()

    def set(self, done: int, total: int) -> None:
        """Say how far it is by absolute numbers."""
        self._done, self._total = done, total
        self.step(0)

    def end(self) -> None:
        """Tell the final count."""
        self._total = self._done
        self._emit()

    def _emit(self) -> None:
        self._next = time.monotonic() + _SECONDS
        self._context.emit(
            Progress(
                stage=_STAGE,
                detail=self._context.source,
                done=self._done,
                total=self._total,
                unit=self._unit,
            )
        )


def warn(context: HarvestContext, text: str) -> None:
    """Emit a warning about the source."""
    context.emit(Message(stage=_STAGE, level="warning", text=f"{context.source}: {text}"))
