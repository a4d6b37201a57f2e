"""The rows of ``--raw -z``: what a commit did to each path, by modes and object ids. Paths are taken from nowhere else.

Paths in patch headers are quoted even with ``-z``, and messages and patches may hold anything; raw rows have one form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

GITLINK: Final = b"160000"
SYMLINK: Final = b"120000"
_NO_FILE: Final = b"000000"


class RawRow(msgspec.Struct, frozen=True, array_like=True):
    """One row. Ids are hexadecimal; ``old_path`` is set for renames and copies; ``status`` is one letter."""

    old_mode: bytes
    new_mode: bytes
    old_blob: bytes
    new_blob: bytes
    status: bytes
    path: bytes
    old_path: bytes | None = None

    @property
    def blobs(self) -> tuple[bytes, ...]:
        """The blobs that a diff of this row reads: not what a submodule points at, and not the side that has no file."""
        sides = ((self.old_mode, self.old_blob), (self.new_mode, self.new_blob))
        return tuple(blob for mode, blob in sides if mode not in (GITLINK, _NO_FILE))


def read_row(header: bytes, tokens: Iterator[bytes]) -> RawRow:
    """The row whose header (``:100644 100644 id id M``) was read; its one or two paths come from ``tokens``."""
    old_mode, new_mode, old_blob, new_blob, status = header[1:].split(b" ")
    path = next(tokens)
    if status[:1] in b"RC":
        return RawRow(old_mode, new_mode, old_blob, new_blob, status[:1], next(tokens), path)
    return RawRow(old_mode, new_mode, old_blob, new_blob, status, path)
