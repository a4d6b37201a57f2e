"""Objects one after the other from one long-lived ``git cat-file --batch``, where the next question depends on the last answer."""

from __future__ import annotations

import io
import os
from typing import NamedTuple, Self

from cooldown_connectors.git.hardened import Git, Stream


class GitObject(NamedTuple):
    """``kind`` is ``blob``, ``tree``, ``commit`` or ``tag``; ``content`` is ``None`` where it is over the limit."""

    id: str
    kind: str
    size: int
    content: bytes | None


class _PipeEnd(io.FileIO):
    """The read end of a pipe as :meth:`Git.stream` takes its input: there is no start to go back to."""

    def seek(self, position: int, whence: int = 0) -> int:  # noqa: ARG002
        return 0


class ObjectReader:
    """A context manager; no process is left behind. Questions are object ids, perhaps with ``^{tree}``: never names of others."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._stream, self._questions = self._start()

    def _start(self) -> tuple[Stream, io.FileIO]:
        theirs, ours = os.pipe()
        questions = io.FileIO(ours, "w")
        try:
            with _PipeEnd(theirs) as pipe:
                return self._git.stream("cat-file", "--batch", stdin=pipe), questions
        except BaseException:
            questions.close()
            raise

    def read(self, name: str, max_size: int) -> GitObject | None:
        """The object; ``None`` where it is not there or damaged. Memory: what is read, ``max_size`` at most."""
        try:
            self._questions.write(name.encode("ascii") + b"\n")
            return self._answer(max_size)
        except (BrokenPipeError, EOFError):  # git dies on a damaged object: go on without that one
            self._close()
            self._stream, self._questions = self._start()
            return None

    def _answer(self, max_size: int) -> GitObject | None:
        reply = b""
        while (end := reply.find(b"\n")) < 0:
            reply += self._more()
        header = reply[:end].decode("ascii").split(" ")
        if len(header) != 3:  # "… missing"
            return None
        size = int(header[2])
        kept = bytearray(reply[end + 1 :])
        left = size + 1 - len(kept)  # a newline follows
        while left > 0:
            chunk = self._more()
            left -= len(chunk)
            if size <= max_size:
                kept += chunk
        content = bytes(kept[:size]) if size <= max_size else None
        return GitObject(header[0], header[1], size, content)

    def _more(self) -> bytes:
        chunk = self._stream.read()
        if not chunk:
            raise EOFError
        return chunk

    def _close(self) -> None:
        self._questions.close()
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
