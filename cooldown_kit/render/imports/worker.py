"""A process that reads imports, apart from the one that renders: a parser is C code that nothing inside a process can stop.

``python -P -m cooldown_kit.render.imports.worker``: files come in on stdin, their imports go out on stdout. tree-sitter takes time (and memory) that
grows with the square of the size on some broken files of a few kilobytes, and asks nobody meanwhile. The system ends this process where one file
takes too much of either; the reader then starts another.
"""

from __future__ import annotations

import msgspec

from cooldown_kit.render.imports.families import Found, find_imports
from cooldown_kit.worker_limits import limit_memory, limit_time
from cooldown_kit.worker_loop import answer_all

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


def _answer(order: Order) -> Answer:
    limit_time(CPU_SECONDS)
    try:
        found = find_imports(order.language, order.content)
    except MemoryError:
        found = Found(not_read="too_hard_to_parse")
    return Answer(found.imports, found.not_read)


def main() -> None:
    """Work until stdin ends."""
    limit_memory(MEMORY)
    answer_all(Order, _answer)


if __name__ == "__main__":
    main()
