"""SIGTERM asks a command to stop cleanly: it leaves nothing half-written, and ends with status 75."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


def stop_on_sigterm() -> Callable[[], bool]:
    """From now on the signal only sets what the returned function tells; whoever works asks it again and again."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    return stop.is_set
