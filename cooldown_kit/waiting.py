"""Waiting for another run that works on the same output, said once and ended where this run is to stop."""

from __future__ import annotations

from collections.abc import Callable

from cooldown_kit.errors import Stopped
from cooldown_kit.events import Emit, Message


class Waiting:
    """What a workspace calls while another process holds a lock: see :class:`~cooldown_kit.workspace.Workspace`.

    ``emit`` may be replaced, by one that also writes the log of a run. Raises :class:`Stopped` once ``should_stop()`` is true.
    """

    def __init__(self, emit: Emit, should_stop: Callable[[], bool]) -> None:
        self.emit = emit
        self._should_stop = should_stop
        self._told: set[str] = set()

    def __call__(self, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self.emit(Message(stage="run", text=f"waits for another run that works on {what}"))
        if self._should_stop():
            raise Stopped(
                "the run was stopped while it waited for another one",
                where=what,
                remedy="run it again: it continues after the last finished stage",
            )
