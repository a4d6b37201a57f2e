"""Waiting for another run that works on the same output: said once, shown to go on, and ended where this run is to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from cooldown_kit.errors import Stopped
from cooldown_kit.events import Emit, Message, Progress

_EVERY: Final = 20.0
"""Seconds between two signs of life: whoever watches must not take a run that waits for one that hangs."""


class Waiting:
    """What a workspace calls while another process holds a lock: see :class:`~cooldown_kit.workspace.Workspace`.

    ``emit`` may be replaced, by one that also writes the log of a run. Raises :class:`Stopped` once ``should_stop()`` is true.
    """

    def __init__(
        self,
        emit: Emit,
        should_stop: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        *,
        stage: str = "run",
    ) -> None:
        self.emit = emit
        self._should_stop = should_stop
        self._clock = clock
        self._stage = stage
        self._since: dict[str, float] = {}
        self._shown_at = 0.0

    def __call__(self, what: str) -> None:
        now = self._clock()
        if what not in self._since:
            self._since[what] = self._shown_at = now
            self.emit(Message(stage=self._stage, text=f"waits for another run that works on {what}"))
        elif now - self._shown_at >= _EVERY:
            self._shown_at = now
            waited = round(now - self._since[what])
            self.emit(Progress(stage=self._stage, detail=f"waits for {what}", done=waited, unit="seconds"))
        if self._should_stop():
            raise Stopped(
                "the run was stopped while it waited for another one",
                where=what,
                remedy="run it again: it continues after the last finished stage",
            )
