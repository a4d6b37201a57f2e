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

    def read(self, language: str | None, content: str) -> Found:
        """The imports of one file, or why they are not known."""
        if language is None or not needs_parser(language, content):
            return no_imports(language)
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, Order(language, content))
            data = receive(process.stdout)
        except BrokenPipeError:
            data = None
        if data is None:
            self.close()
            return Found(not_read="too_hard_to_parse")
        answer = msgspec.msgpack.decode(data, type=Answer)
        return Found(answer.imports, answer.not_read)

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
