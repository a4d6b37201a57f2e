"""A process that converts documents, apart from the one that harvests: a broken PDF may crash what reads it, or keep it for ever.

``python -P -m cooldown_connectors.text.convert_worker``: documents come in on stdin, their Markdown goes out on stdout. The system ends this
process where one document takes too much time or memory; :class:`~cooldown_connectors.text.converter.Converter` then starts another.
"""

from __future__ import annotations

import os
import resource
import signal

import msgspec

from cooldown_connectors.text.converted import Answer, NotConvertedError, Order
from cooldown_kit.pipe_messages import receive, send

MEMORY = 2 << 30
"""Address space in bytes. A PDF of 2,400 pages and a Word file of 1,000 need some 200 MB each."""


def _limit_time(seconds: int) -> None:
    """From now on this process may take that much processor time, then the system ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit_memory() -> None:
    """Where the system does not know such a limit (macOS) there is none."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (ValueError, OSError):
        return


def _convert(order: Order) -> Answer:
    try:
        if order.kind == "docx":
            from cooldown_connectors.text.docx import read_docx

            return Answer(read_docx(order.data))
        from cooldown_connectors.text.pdf import read_pdf

        return Answer(read_pdf(order.data, order.max_pages))
    except NotConvertedError as error:
        return Answer(None, error.reason, error.detail)
    except MemoryError:
        return Answer(None, "too_hard_to_read", f"it needs more than {MEMORY >> 20:,} MiB of memory")
    except Exception as error:  # noqa: BLE001 - whatever a broken document does to a converter, it is one bad document
        return Answer(None, f"bad_{order.kind}", f"{type(error).__name__}: {error}"[:500])


def main() -> None:
    """Work until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    orders, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints may get between the answers
    _limit_memory()
    while (data := receive(orders)) is not None:
        order = msgspec.msgpack.decode(data, type=Order)
        _limit_time(order.seconds)
        send(answers, _convert(order))


if __name__ == "__main__":
    main()
