"""Contents of many objects from one ``git cat-file --batch``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence

from cooldown_connectors.git.hardened import Git, Stream


def read_blobs(git: Git, blobs: Sequence[bytes], kind: bytes = b"blob") -> Iterator[bytes | None]:
    """The content of each blob, in order; ``None`` where git cannot give it (missing or damaged). One is held at a time.

    Check sizes first: what is asked for is read whole. Other kinds of object (``tree``) and names for them (``id:path``,
    without newlines) go too.
    """
    position = 0
    while position < len(blobs):
        for content in _run(git, blobs[position:], kind):
            position += 1
            yield content


def _run(git: Git, blobs: Sequence[bytes], kind: bytes) -> Iterator[bytes | None]:
    """Contents up to the first that git dies on, that one included."""
    with tempfile.TemporaryFile() as asked:
        asked.write(b"\n".join(blobs) + b"\n")
        with git.stream("cat-file", "--batch", "--buffer", stdin=asked) as stream:
            reader = _Reader(stream)
            for _ in blobs:
                try:
                    content = _next(reader, kind)
                except EOFError:
                    yield None
                    return
                yield content
            stream.finish()


def _next(reader: _Reader, kind: bytes) -> bytes | None:
    header = reader.line().split(b" ")
    if len(header) != 3 or not header[2].isdigit():  # "NAME missing", and a name may hold spaces
        return None
    content = reader.exactly(int(header[2]))
    reader.exactly(1)  # a newline follows
    return content if header[1] == kind else None


class _Reader:
    """Lines and counted bytes from a stream; raises ``EOFError`` where it ends before."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self._position = 0

    def line(self) -> bytes:
        while (end := self._buffer.find(b"\n", self._position)) < 0:
            self._more()
        start, self._position = self._position, end + 1
        return self._buffer[start:end]

    def exactly(self, count: int) -> bytes:
        while len(self._buffer) - self._position < count:
            self._more()
        start = self._position
        self._position += count
        return self._buffer[start : self._position]

    def _more(self) -> None:
        chunk = self._stream.read()
        if not chunk:
            raise EOFError
        self._buffer = self._buffer[self._position :] + chunk
        self._position = 0
