"""What a worker process may take of time and memory: code in C can be stopped by nothing inside a process, but by the system."""

from __future__ import annotations

import resource


def limit_time(seconds: int) -> None:
    """From now on this process may take that much processor time, then the system ends it (``SIGXCPU``)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def limit_memory(size: int) -> None:
    """From now on this process may take that much address space, in bytes, and leaves no dump where it is ended.

    Where the system does not know such a limit (macOS) there is none.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        resource.setrlimit(resource.RLIMIT_AS, (size, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (ValueError, OSError):
        return
