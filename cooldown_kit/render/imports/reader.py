"""Imports of one file after the other, read in a process that may be lost without loss."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import msgspec

from cooldown_kit.pipe_messages import receive, send
from cooldown_kit.render.imports.families import Found, needs_parser, no_imports
from cooldown_kit.render.imports.worker import Answer, Order


class ImportReader:
    """Reads imports as :func:`~cooldown_kit.render.imports.families.find_imports` does, whatever a file does to the parser. A context manager.

    The process starts with the first file that must be parsed. A file that it does not survive is ``too_hard_to_parse``.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
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
        pipe = self._started().stdin
        assert pipe is not None
        try:
            send(pipe, Order(language, content))
        except BrokenPipeError:
            self._answer = self._lost()

    def finish(self) -> Found:
        """The imports of the file that was started."""
        if self._answer is not None:
            return self._answer
        assert self._process is not None
        assert self._process.stdout is not None
        data = receive(self._process.stdout)
        if data is None:
            return self._lost()
        answer = msgspec.msgpack.decode(data, type=Answer)
        return Found(answer.imports, answer.not_read)

    def _lost(self) -> Found:
        self.close()
        return Found(not_read="too_hard_to_parse")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            # -P: no module is looked for in the folder that somebody happens to stand in
            command = [sys.executable, "-P", "-m", "cooldown_kit.render.imports.worker"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def close(self) -> None:
        """End the process. A later :meth:`read` starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it keeps nothing
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # what was not yet written to it
                pipe.close()

    def __enter__(self) -> ImportReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
