"""Waiting so that a person sees for what and until when, and can stop it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Final

from cooldown_connectors.http.clock import Clock
from cooldown_kit.errors import Stopped
from cooldown_kit.events import Emit, Message, Progress

_STAGE: Final = "harvest"
_SLICE: Final = 1.0
_TOLD: Final = 5.0
"""Shorter waits are not worth an event."""


class Waiting:
    """Sleeps in slices of at most a second; during a long wait each slice emits, and ``emit`` may raise to stop the run.

    Several threads may wait for the same thing: one of them tells.
    """

    def __init__(self, clock: Clock, emit: Emit, source: str) -> None:
        self._clock = clock
        self._emit = emit
        self._source = source
        self._lock = threading.Lock()
        self._telling = False
        self._ended = threading.Event()

    def stop(self) -> None:
        """Let everybody who waits raise ``Stopped`` within a second."""
        self._ended.set()

    def until(self, moment: float, why: str) -> None:
        """Wait until the clock's ``monotonic()`` is at ``moment``. Raises ``Stopped`` where the run is stopped."""
        seconds = moment - self._clock.monotonic()
        if seconds <= 0:
            return
        tells = seconds >= _TOLD and self._may_tell()
        try:
            if tells:
                ends = datetime.fromtimestamp(self._clock.now() + seconds, UTC)
                self.say("info", f"waiting until {ends:%H:%M:%S} UTC ({seconds:.0f} s): {why}")
            while (left := moment - self._clock.monotonic()) > 0:
                if self._ended.is_set():
                    raise Stopped("the harvest was stopped while it waited", where=self._source)
                self._clock.sleep(min(left, _SLICE))
                if tells:
                    done = min(seconds, seconds - (moment - self._clock.monotonic()))
                    self._send(
                        Progress(
                            stage=_STAGE,
                            detail=self._source,
                            done=round(done, 1),
                            total=round(seconds, 1),
                            unit="seconds waited",
                        )
                    )
        finally:
            if tells:
                self._telling = False

    def say(self, level: str, text: str) -> None:
        """Emit a message about the source."""
        assert level in ("info", "warning")
        self._send(
            Message(
                stage=_STAGE,
                level="warning" if level == "warning" else "info",
                text=f"{self._source}: {text}",
            )
        )

    def _send(self, event: Message | Progress) -> None:
        with self._lock:  # details are asked for by several threads; whoever listens hears one at a time
            self._emit(event)

    def _may_tell(self) -> bool:
        with self._lock:
            if self._telling:
                return False
            self._telling = True
            return True
