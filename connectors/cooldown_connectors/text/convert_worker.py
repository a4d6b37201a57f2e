"""A process that converts documents, apart from the one that harvests: a broken PDF may crash what reads it, or keep it for ever.

``python -P -m cooldown_connectors.text.convert_worker``: documents come in on stdin, their Markdown goes out on stdout. The system ends this
process where one document takes too much time or memory; :class:`~cooldown_connectors.text.converter.Converter` then starts another.
"""

from __future__ import annotations

from cooldown_connectors.text.converted import Answer, NotConvertedError, Order
from cooldown_kit.worker_limits import limit_memory, limit_time
from cooldown_kit.worker_loop import answer_all

MEMORY = 2 << 30
"""Address space in bytes. A PDF of 2,400 pages and a Word file of 1,000 need some 200 MB each."""


def converted(order: Order) -> Answer:
    """The document as Markdown, or why not; whatever is wrong with it."""
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


def _in_time(order: Order) -> Answer:
    limit_time(order.seconds)
    return converted(order)


def main() -> None:
    """Work until stdin ends."""
    limit_memory(MEMORY)
    answer_all(Order, _in_time)


if __name__ == "__main__":
    main()
