"""From the text of one commit's diff to its file changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.raw_rows import GITLINK, RawRow, read_row
from cooldown_kit.records import FileChange

_STATUS: Final[
    Mapping[bytes, Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]]
] = {
    b"A": "added",
    b"M": "modified",
    b"D": "deleted",
    b"R": "renamed",
    b"C": "copied",
    b"T": "type_changed",
}
LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/v1"
_POINTER_LINES: Final = 16
"""A pointer has three lines, and one for each extension."""
_SECTION = b"diff --git "


class Unparsed(Exception):
    """Rows and patches do not fit together: a form of diff that is not known here."""


def read_changes(text: bytes, taken: Callable[[str], bool], max_patch: int) -> list[FileChange]:
    """The changes in one commit's output of ``diff-tree --raw -z --patch``. Raises :class:`Unparsed`."""
    rows, patches = _split(text)
    sections = _sections(patches)
    changes = []
    for row in rows:
        # A change of type (a file becomes a link) is one row and two sections: one deletes, one adds.
        parts = [next(sections, b"") for _ in range(2 if row.status == b"T" else 1)]
        if not all(parts):
            raise Unparsed(f"no patch for {path_text(row.path)}")
        changes.append(_change(row, parts, taken, max_patch))
    if next(sections, None) is not None:
        raise Unparsed("more patches than rows")
    return changes


def change_without_patch(row: RawRow, reason: str) -> FileChange:
    """The change of a row whose patch is left out for that reason."""
    return _file_change(row, None, reason)


def _split(text: bytes) -> tuple[list[RawRow], bytes]:
    """Rows, and the text of the patches after the NUL that sets them apart."""
    end = 0
    if text.startswith(b":"):
        end = text.find(b"\0\0") + 1  # no path is empty, so two NULs stand only where the rows end
        if end == 0:
            raise Unparsed("rows without patches")
    tokens = iter(text[:end].split(b"\0")[:-1])
    rows = [read_row(header, tokens) for header in tokens]
    return rows, text[end + 1 :]


def _sections(patches: bytes) -> Iterator[bytes]:
    """Each file's part. Lines of a file's content start with a sign, so no content can look like a section's first line."""
    if not patches:
        return
    if not patches.startswith(_SECTION):
        raise Unparsed("patches do not start with a file's header")
    parts = patches[len(_SECTION) :].split(b"\n" + _SECTION)
    yield from (part if part.endswith(b"\n") else part + b"\n" for part in parts)


def _change(row: RawRow, sections: list[bytes], taken: Callable[[str], bool], max_patch: int) -> FileChange:
    if GITLINK in (row.old_mode, row.new_mode):
        return _file_change(row, None, "submodule")
    if not taken(path_text(row.path)) and not (row.old_path and taken(path_text(row.old_path))):
        return _file_change(row, None, "excluded")
    hunks = b""
    for section in sections:
        at = section.find(b"\n@@ ")
        if at < 0 and b"\nBinary files " in section:
            return _file_change(row, None, "binary")
        hunks += section[at + 1 :] if at >= 0 else b""
    if len(hunks) > max_patch:
        return _file_change(row, None, "too_large")
    if not hunks:
        return _file_change(row, None, "empty")
    if LFS_POINTER in hunks and _is_pointer(hunks):
        return _file_change(row, None, "lfs_pointer")
    try:
        return _file_change(row, hunks.decode("utf-8"), None)
    except UnicodeDecodeError:
        return _file_change(row, None, "not_utf8")


def _is_pointer(hunks: bytes) -> bool:
    """Whether the file is a pointer of Git LFS before or after: its first line says so. Where no hunk shows that line, git does,
    as the heading of what follows it."""
    header, _, lines = hunks.partition(b"\n")
    starts = re.match(rb"@@ -(\d+)(?:,\d+)? \+(\d+)", header)
    assert starts is not None, "hunks start with a header"
    first = min(int(starts[1]), int(starts[2]))
    if first > 1:
        return first < _POINTER_LINES and header.endswith(b"@@ " + LFS_POINTER)
    old = re.search(rb"^[ -](.*)", lines, re.MULTILINE)
    new = re.search(rb"^[ +](.*)", lines, re.MULTILINE)
    return any(side is not None and side[1].startswith(LFS_POINTER) for side in (old, new))


def _file_change(row: RawRow, patch: str | None, left_out: str | None) -> FileChange:
    return FileChange(
        path=path_text(row.path),
        old_path=None if row.old_path is None else path_text(row.old_path),
        status=_STATUS[row.status],
        old_mode=row.old_mode.decode("ascii"),
        new_mode=row.new_mode.decode("ascii"),
        old_blob=_id(row.old_blob),
        new_blob=_id(row.new_blob),
        patch=patch,
        left_out=left_out,
    )


def _id(blob: bytes) -> str | None:
    return blob.decode("ascii") if blob.strip(b"0") else None
