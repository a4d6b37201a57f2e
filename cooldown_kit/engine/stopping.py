"""Why and when a child stops: because it is asked to, or because nobody watches it any more."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from cooldown_kit.client.states import Reason
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.spec import Spec

_LONGEST_LOOK = 1.0
_MARGIN = 5.0
"""Seconds after its grace that a child ends itself where nobody else has: its watcher may have gone meanwhile."""
_log = logging.getLogger("cooldown_kit.engine")


def clock() -> float:
    """Seconds that also pass while the machine sleeps: another machine may take the job over meanwhile."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Stopping:
    """Answers ``should_stop``, in a thread of its own that looks at the attempt's folder about once a second."""

    def __init__(self, folder: AttemptFolder, spec: Spec, *, end: Callable[[], None] | None = None) -> None:
        self._folder = folder
        self._spec = spec
        self._end = end or _end_with_all
        self._asked = threading.Event()
        self._done = threading.Event()
        self._seen: int | None = None
        self._seen_at = clock()
        self._asked_at = 0.0
        self._forced = False
        self.reason = Reason.WORKER_STOPPED
        """Why it stops. Only the loss of its watcher is known here; who asked knows the rest."""
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Listen to SIGTERM and begin to look. Called from the main thread."""
        signal.signal(signal.SIGTERM, self._on_signal)
        self.look()
        self._thread.start()

    def should_stop(self) -> bool:
        return self._asked.is_set()

    def finish(self) -> None:
        """The work is done: nothing is to be ended by force any more."""
        self._done.set()

    def look(self) -> None:
        """Look once: was it asked to stop, is it still watched, and is its grace over?"""
        now = clock()
        try:
            touched = self._folder.supervised.stat().st_mtime_ns
        except OSError:  # the shared path is away for a moment: nothing was seen
            touched = self._seen or 0
        if touched != self._seen:
            self._seen, self._seen_at = touched, now
        if self._folder.stop_file.exists():
            self._ask(Reason.WORKER_STOPPED, "it was asked to stop")
        elif now - self._seen_at > self._spec.orphan_seconds:
            self._ask(Reason.WORKER_LOST, f"no worker has watched it for {self._spec.orphan_seconds:g} s")
        if (
            self._asked.is_set()
            and not self._forced
            and now - self._asked_at > self._spec.grace_seconds + _MARGIN
        ):
            _log.error("it did not stop within its grace of %g s, and is ended", self._spec.grace_seconds)
            self._forced = True
            self._end()

    def _ask(self, reason: Reason, why: str) -> None:
        if not self._asked.is_set():
            self.reason = reason
            self._asked_at = clock()
            self._asked.set()
            _log.warning("stops: %s", why)

    def _on_signal(self, number: int, frame: Any) -> None:
        del number, frame
        # no logging here: the main thread may hold the log's lock
        if not self._asked.is_set():
            self._asked_at = clock()
            self._asked.set()

    def _watch(self) -> None:
        every = min(_LONGEST_LOOK, self._spec.orphan_seconds / 5, self._spec.grace_seconds / 5)
        while not self._done.wait(max(0.02, every)):
            self.look()


def _end_with_all() -> None:
    """End this process and its group: a thread of the kit may hang where no exception reaches it."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(70)
