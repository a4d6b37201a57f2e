"""Members of a ``.7z`` as a stream of bytes: nothing is ever written to a disk under a name that the archive chose."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from py7zr import SevenZipFile

T = TypeVar("T")
MAX_RATIO: Final = 100
"""Dumps unpack to ten times their size, rarely to thirty."""
RATIO_FROM: Final = 256 << 20
"""Bytes that any archive may unpack to."""
_MAX_HEADER: Final = 16 << 10
"""Bytes of the list of members, packed; a dump has eight members and some hundred bytes."""
_SIGNATURE_HEADER: Final = struct.Struct("<6sBBIQQI")
_SIGNATURE: Final = b"7z\xbc\xaf\x27\x1c"


class BadArchiveError(ValueError):
    """An archive that is broken, or not what it should be. ``reason``: ``bad_archive``, ``bomb``, ``encrypted``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Sink(Protocol):
    """What takes the bytes of one member."""

    def write(self, chunk: bytes) -> None: ...

    def finish(self) -> None: ...


def installed() -> bool:
    """Whether the extra ``dumps`` is."""
    from importlib.util import find_spec

    return find_spec("py7zr") is not None


def too_much(unpacked: int, packed: int) -> bool:
    """Whether so many bytes from so few are a bomb and no data."""
    return unpacked > max(RATIO_FROM, MAX_RATIO * packed)


def members(path: Path) -> dict[str, int]:
    """Name → unpacked size of the files in an archive. Raises :class:`BadArchiveError` and ``OSError``."""
    return _opened(path, _members)


def read_members(path: Path, sinks: dict[str, Sink]) -> None:
    """Give each of the named members to its sink, in the order of the archive. Raises :class:`BadArchiveError` and ``OSError``."""

    def read(archive: SevenZipFile) -> None:
        sizes = _members(archive)
        unpacked = sum(sizes.values())
        if too_much(unpacked, path.stat().st_size):
            raise BadArchiveError(
                "bomb",
                f"{unpacked:,} bytes in {path.stat().st_size:,}; unpack it yourself if it is what you want",
            )
        factory = _factory(sizes, sinks)
        archive.extract(targets=list(sinks), factory=factory)

    _opened(path, read)


def _opened(path: Path, use: Callable[[SevenZipFile], T]) -> T:
    import py7zr

    with path.open("rb") as file:
        _check_header(file.read(_SIGNATURE_HEADER.size))
        file.seek(0)
        try:
            # From an open file py7zr works in this thread, member by member.
            with py7zr.SevenZipFile(file, "r") as archive:
                return use(archive)
        except (BadArchiveError, OSError, MemoryError):
            raise
        except py7zr.PasswordRequired as error:
            raise BadArchiveError("encrypted", "it needs a password") from error
        except _library_errors() as error:
            raise BadArchiveError("bad_archive", f"{type(error).__name__}: {error}") from error


def _library_errors() -> tuple[type[Exception], ...]:
    """What py7zr and its decompressors raise for bytes that are no archive, or a broken one."""
    import lzma
    import zlib

    import py7zr
    import py7zr.exceptions

    return (
        py7zr.exceptions.ArchiveError,
        py7zr.Bad7zFile,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        OverflowError,
        struct.error,
    )


def _check_header(data: bytes) -> None:
    if len(data) < _SIGNATURE_HEADER.size or not data.startswith(_SIGNATURE):
        raise BadArchiveError("bad_archive", "it is no 7z archive")
    size = _SIGNATURE_HEADER.unpack(data)[5]
    if size > _MAX_HEADER:
        raise BadArchiveError("bomb", f"its list of members has {size:,} bytes; a dump has few members")


def _members(archive: SevenZipFile) -> dict[str, int]:
    if archive.needs_password():
        raise BadArchiveError("encrypted", "it needs a password")
    files = [entry for entry in archive.list() if not entry.is_directory]
    twice = [name for name, count in Counter(entry.filename for entry in files).items() if count > 1]
    if twice:
        raise BadArchiveError("bad_archive", f"it has {twice[0][:100]!r} twice")
    return {entry.filename: entry.uncompressed for entry in files if not entry.is_symlink}


def _factory(sizes: dict[str, int], sinks: dict[str, Sink]) -> Any:
    from py7zr.io import Py7zIO, WriterFactory

    class Writer(Py7zIO):
        def __init__(self, sink: Sink, declared: int) -> None:
            self._sink, self._declared, self._written = sink, declared, 0

        def write(self, s: bytes | bytearray) -> int:
            self._written += len(s)
            if self._written > self._declared:
                raise BadArchiveError("bomb", "a member is larger than the archive says")
            self._sink.write(bytes(s))
            return len(s)

        def read(self, size: int | None = None) -> bytes:
            del size
            return b""

        def seek(self, offset: int, whence: int = 0) -> int:
            del whence
            return offset

        def flush(self) -> None: ...

        def size(self) -> int:
            return self._written

        def close(self) -> None:
            if self._written == self._declared:
                self._sink.finish()

    by_name = {PurePosixPath(name).name: name for name in sinks}

    class Factory(WriterFactory):
        def create(self, filename: str) -> Py7zIO:
            name = by_name[PurePosixPath(filename).name]
            return Writer(sinks[name], sizes[name])

    return Factory()
