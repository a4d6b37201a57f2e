"""Imports of one file after the other, read in a process that may be lost without loss."""

from __future__ import annotations

from typing import Self

from cooldown_kit.render.imports.families import Found, needs_parser, no_imports
from cooldown_kit.render.imports.worker import Answer, Order
from cooldown_kit.worker_process import WorkerProcess


class ImportReader:
    """Reads imports as :func:`~cooldown_kit.render.imports.families.find_imports` does, whatever a file does to the parser. A context manager.

    The process starts with the first file that must be parsed. A file that it does not survive is ``too_hard_to_parse``.
    """

    def __init__(self) -> None:
        self._worker = WorkerProcess("cooldown_kit.render.imports.worker", Answer)
        self._answer: Found | None = None
        """Of the file that was started, where the process is not asked or is already lost."""

    def read(self, language: str | None, content: str) -> Found:
        """The imports of one file, or why they are not known."""
        self.start(language, content)
        return self.finish()

    def start(self, language: str | None, content: str) -> None:
        """Begin to read a file; the process works while the caller does. :meth:`finish` must come before the next start."""
        self._answer = None
        if language is None or not needs_parser(language, content):
            self._answer = no_imports(language)
            return
        if not self._worker.ask(Order(language, content)):
            self._answer = self._lost()

    def finish(self) -> Found:
        """The imports of the file that was started."""
        if self._answer is not None:
            return self._answer
        answer = self._worker.answer()
        return self._lost() if answer is None else Found(answer.imports, answer.not_read)

    def _lost(self) -> Found:
        self.close()
        return Found(not_read="too_hard_to_parse")

    def close(self) -> None:
        """End the process. A later :meth:`read` starts another."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
