"""From patches to hashes: which lines a commit added and deleted, and what makes two patches the same.

This runs over every patch of a history, in the processes that read them; only hashes leave those. Measured on 35 MB of patches of
one project: 200 MB/s of processor time for :func:`file_lines`, 290 for :func:`patch_id`; git itself makes patches at about 30.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from xxhash import xxh3_64_digest, xxh3_64_intdigest

from cooldown_kit.records import FileChange

_TRIVIAL: Final = bytes(range(33)) + b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\x7f"
"""White space, control characters, brackets and punctuation: a line of these alone says nothing of its origin."""
_KEYWORDS: Final = frozenset(
    b"begin break catch continue default do done else end endif esac except false fi finally loop nil none null"
    b" pass return then true try".split()
)
"""What may stand alone on any number of lines of a file: such a line has no origin to speak of either."""
_SPACE: Final = b" \t\n\r\f\v"


class FileLines(msgspec.Struct, frozen=True, array_like=True):
    """The lines of one file that a commit added and deleted, without those that hold only white space, punctuation, and
    perhaps a single keyword such as ``else`` or ``return``.

    ``added`` and ``deleted`` are little-endian uint64, the XXH3 hash of each line in order, white space around it stripped:
    8 bytes a line. A line that was only indented stands in both.
    """

    path: str
    old_path: str | None
    """Set for renames only: of a copy the file that it was copied from goes on."""
    added: bytes
    deleted: bytes
    new: bool = False
    """The commit adds the file: what was at this path before is another one."""


def file_lines(changes: list[FileChange]) -> list[FileLines]:
    """The lines of each change that has some, and of each rename. Changes whose patch was left out have none."""
    found = []
    for change in changes:
        added, deleted = _hashes(change.patch) if change.patch is not None else (b"", b"")
        old_path = change.old_path if change.status == "renamed" else None
        if added or deleted or old_path is not None:
            found.append(FileLines(change.path, old_path, added, deleted, change.status == "added"))
    return found


def text_lines(content: bytes) -> bytes:
    """The lines of a whole file, as :attr:`FileLines.added` has those that a commit adds."""
    return _digests(
        [
            line.strip()
            for line in content.split(b"\n")
            if (core := line.strip(_TRIVIAL)) and core not in _KEYWORDS
        ]
    )


def _hashes(patch: str) -> tuple[bytes, bytes]:
    """Every line of a hunk starts with its sign, and every other line with ``@`` or a backslash, so the first byte decides."""
    lines = patch.encode("utf-8", "surrogatepass").split(b"\n")
    added = [
        line[1:].strip()
        for line in lines
        if line[:1] == b"+" and (core := line.strip(_TRIVIAL)) and core not in _KEYWORDS
    ]
    deleted = [
        line[1:].strip()
        for line in lines
        if line[:1] == b"-" and (core := line.strip(_TRIVIAL)) and core not in _KEYWORDS
    ]
    return _digests(added), _digests(deleted)


def _digests(lines: list[bytes]) -> bytes:
    if not lines:
        return b""
    return np.frombuffer(b"".join(map(xxh3_64_digest, lines)), ">u8").astype("<u8").tobytes()


def patch_id(changes: list[FileChange]) -> bytes:
    """8 bytes that two commits share if they make the same change, as a cherry-pick does; zeros where there is no change.

    As with ``git patch-id --stable``, line numbers, headings of hunks, white space and the order of files do not count; paths,
    kinds of change and lines around it do. A change without a patch counts by its blobs and modes.
    """
    total = 0
    for change in changes:
        old = "" if change.old_path is None else change.old_path
        header = f"{change.status}\0{old}\0{change.path}\0".encode("utf-8", "surrogatepass")
        if change.patch is not None:
            body = _essence(change.patch)
        else:
            body = f"{change.old_mode} {change.new_mode} {change.old_blob} {change.new_blob}".encode()
        total += xxh3_64_intdigest(header + body)
    return (total & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "little")


def _essence(patch: str) -> bytes:
    """The lines of all hunks without their headers and without white space."""
    parts = ("\n" + patch).encode("utf-8", "surrogatepass").split(b"\n@@ ")
    return b"\n".join([part.partition(b"\n")[2] for part in parts[1:]]).translate(None, _SPACE)
