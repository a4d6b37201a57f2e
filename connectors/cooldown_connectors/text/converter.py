"""Documents of word processors and PDFs, converted one after the other in a process that may be lost without loss."""

from __future__ import annotations

import signal
from importlib import metadata
from importlib.util import find_spec
from typing import Final, Literal, Self

from cooldown_connectors.text.converted import Answer, Converted, NotConvertedError, Order
from cooldown_kit.errors import InputError
from cooldown_kit.worker_process import WorkerProcess

LIBRARIES: Final = {"docx": "mammoth", "pdf": "pypdfium2"}
"""Format → the package that reads it; none is part of the core."""


def check_installed(kind: Literal["docx", "pdf"], where: str) -> None:
    """Raise :class:`InputError` where the library that reads this format is not installed."""
    if find_spec(LIBRARIES[kind]) is None:
        raise InputError(
            f"{kind} files are read by {LIBRARIES[kind]!r}, which is not installed",
            where=where,
            remedy="install the extra `documents` (pip install 'cooldown-kit[documents]'), "
            f"or leave {kind!r} out of `formats`",
        )


def versions() -> dict[str, str | None]:
    """Package → version of the libraries that convert; ``None`` where one is not installed."""
    found: dict[str, str | None] = {}
    for name in sorted(LIBRARIES.values()):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


class Converter:
    """Turns documents into Markdown, whatever a broken or hostile one does to the library that reads it. A context manager.

    The process starts with the first document. ``seconds`` of processor time are given to each.
    """

    def __init__(self, *, seconds: int, max_pages: int) -> None:
        self._seconds = seconds
        self._max_pages = max_pages
        self._worker = WorkerProcess("cooldown_connectors.text.convert_worker", Answer)

    def convert(self, kind: Literal["docx", "pdf"], data: bytes) -> Converted:
        """The Markdown of one document. Raises :class:`NotConvertedError`."""
        asked = self._worker.ask(Order(kind, data, self._seconds, self._max_pages))
        answer = self._worker.answer() if asked else None
        if answer is None:
            raise self._lost()
        if answer.converted is None:
            raise NotConvertedError(answer.reason, answer.detail)
        return answer.converted

    def _lost(self) -> NotConvertedError:
        status = self._worker.wait()
        self.close()
        if status == -signal.SIGXCPU:
            return NotConvertedError(
                "too_hard_to_read", f"it takes more than `max_document_seconds` ({self._seconds})"
            )
        return NotConvertedError("too_hard_to_read", f"it ends the process that reads it (status {status})")

    def close(self) -> None:
        """End the process. A later :meth:`convert` starts another."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
