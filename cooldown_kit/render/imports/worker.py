"""A process that reads imports, apart from the one that renders: a parser is C code that nothing inside a process can stop.

``python -P -m cooldown_kit.render.imports.worker``: files come in on stdin, their imports go out on stdout. tree-sitter takes time (and memory) that
grows with the square of the size on some broken files of a few kilobytes, and asks nobody meanwhile. The system ends this process where one file
takes too much of either; the reader then starts another.
"""

from __future__ import annotations

import os
import resource
import signal

import msgspec

from cooldown_kit.pipe_messages import receive, send
from cooldown_kit.render.imports.families import Found, find_imports

CPU_SECONDS = 10
"""Processor time for one file, whole seconds; a sound one of the largest size takes about half of one."""
MEMORY = 1 << 30
"""Address space in bytes; a sound file of the largest size needs about 300 MB."""


class Order(msgspec.Struct, frozen=True):
    """One file to read."""

    language: str
    content: str


class Answer(msgspec.Struct, frozen=True):
    """As :class:`~cooldown_kit.render.imports.families.Found`."""

    imports: tuple[str, ...]
    not_read: str | None


def _limit_time() -> None:
    """From now on this process may take that much processor time, then the system ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit_memory() -> None:
    """Where the system does not know such a limit (macOS) there is none."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (ValueError, OSError):
        return


def main() -> None:
    """Work until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    orders, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints may get between the answers
    _limit_memory()
    while (data := receive(orders)) is not None:
        order = msgspec.msgpack.decode(data, type=Order)
        _limit_time()
        try:
            found = find_imports(order.language, order.content)
        except MemoryError:
            found = Found(not_read="too_hard_to_parse")
        send(answers, Answer(found.imports, found.not_read))


if __name__ == "__main__":
    main()
