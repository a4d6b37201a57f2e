"""What a review comment speaks of, joined to git: lines that are there, the hunk that holds them, and where to follow them from.

A forge's line numbers are believed where the file has such lines and the forge's own hunk says nothing else. Where they
do not fit, or the commit is gone, the hunk's text decides: if it stands exactly once in the file, at that commit or at another round's head,
the comment belongs there. Else the forge's own words are all that is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cooldown_connectors.forge.code.changes import Changed
from cooldown_connectors.forge.code.hunk_text import (
    HunkLine,
    Side,
    find_block,
    hunk_around,
    line_at,
    read_hunk,
    text_of,
)
from cooldown_connectors.forge.code.lines import Span, edits_of, moved, surviving
from cooldown_connectors.forge.code.reapply import split_lines
from cooldown_connectors.forge.code.versions import FileReader
from cooldown_connectors.git.paths import path_text
from cooldown_kit.records import Anchor, FileChange


@dataclass(frozen=True)
class Head:
    """A round's head that is here: whole ids, its number from 0, and what it changes against ``base`` where that was read."""

    number: int
    revision: str
    base: str | None
    changed: Changed | None


@dataclass(frozen=True)
class Placed:
    """An anchor, and where its lines are in the file after the request's changes, at the head of round ``number`` (from 0)."""

    anchor: Anchor
    number: int | None = None
    """``None``: at no commit that is here."""
    path: str | None = None
    """The file there; ``None`` where it is gone."""
    place: Span | None = None
    """Its lines or, where they were removed, what stands in their place; ``None`` for a comment on the whole file, and where it is not known."""
    kept: tuple[Span, ...] = ()
    """Those of the lines that are in that file."""


def as_told(anchor: Anchor, number: int | None) -> Anchor:
    """The anchor by the forge's words alone. ``number`` is that of the round, from 0."""
    side, start, line = _lines(anchor)
    return msgspec.structs.replace(
        anchor,
        path=_shown(anchor.path),
        side=side,
        start_line=start,
        line=line,
        round=None if number is None else number + 1,
        hunk_from=None if anchor.hunk is None else "forge",
    )


def place(anchor: Anchor, number: int | None, heads: Mapping[int, Head], files: FileReader) -> Placed:
    """Join an anchor to git. ``number`` is that of the round whose head it names; ``heads`` are those that are here."""
    told = as_told(anchor, number)
    for head in _nearest(number, heads):
        if head.number != number and (told.hunk is None or told.line is None):
            break
        found = _place_at(told, head, files, exact=head.number == number)
        if found is not None:
            return found
    return Placed(told)


def _lines(anchor: Anchor) -> tuple[Side, int | None, int | None]:
    side, start, line = anchor.side, anchor.start_line, anchor.line
    if line is None and start is None and anchor.hunk is not None:
        found = line_at(anchor.hunk)
        if found is not None:
            side, line = found
    line = start if line is None else line
    if line is None or line < 1:
        return side, None, None
    start = line if start is None or start < 1 else start
    return side, min(start, line), max(start, line)


def _shown(path: str) -> str:
    """A forge's path as paths of git are written in records."""
    return path_text(path.encode("utf-8", "replace"))


def _nearest(number: int | None, heads: Mapping[int, Head]) -> Iterator[Head]:
    """The head itself if it is here, then those before it, then those after it."""
    if number is None:
        return
    numbers = sorted(heads, key=lambda one: (one > number, abs(one - number)))
    yield from (heads[one] for one in numbers)


def _place_at(told: Anchor, head: Head, files: FileReader, *, exact: bool) -> Placed | None:
    """The anchor at one head; ``None`` where its lines are not there. Without ``exact`` only the hunk's text counts."""
    changed = head.changed.changes if head.changed is not None else []
    change = _change_of(changed, told.path, told.side)
    path = told.path
    if change is not None:
        path = (change.old_path or change.path) if told.side == "old" else change.path
    new_path = path if change is None else None if change.status == "deleted" else change.path
    joined = msgspec.structs.replace(
        told, path=path, base=head.base or told.base, head=head.revision, round=head.number + 1
    )
    if told.line is None or told.start_line is None:
        return Placed(joined, head.number, new_path)
    text = files.text(head.base if told.side == "old" else head.revision, path)
    if text is None:
        # No text to check against: of a binary or too large file the forge's numbers are all there is.
        return Placed(joined, head.number, new_path) if exact and change is not None else None
    lines = split_lines(text)[0]
    span = _span(told, lines, exact=exact)
    if span is None:
        return None
    joined = msgspec.structs.replace(joined, start_line=span.start + 1, line=span.end)
    return _with_hunk(joined, head, change, new_path, lines, span)


def _change_of(changes: Sequence[FileChange], path: str, side: Side) -> FileChange | None:
    """The change of a file by its path on that side or, as some forges name removed lines' files, on the other."""
    if side == "old":
        found = [
            change
            for change in changes
            if change.status != "added" and (change.old_path or change.path) == path
        ]
    else:
        found = [change for change in changes if change.path == path]
    other = [change for change in changes if path in (change.path, change.old_path)]
    return next(iter([*found, *other]), None)


def _span(told: Anchor, lines: Sequence[str], *, exact: bool) -> Span | None:
    """The lines of the file that are meant."""
    assert told.line is not None
    assert told.start_line is not None
    span = Span(told.start_line - 1, told.line)
    hunk = read_hunk(told.hunk) if told.hunk is not None else []
    clean = [line.removesuffix("\r") for line in lines]
    said = text_of(hunk, told.side, span) or _last_said(told, hunk, span)
    if exact and span.end <= len(lines) and (said is None or clean[span.end - len(said) : span.end] == said):
        return span
    return find_block(hunk, told.side, span, clean) if hunk else None


def _last_said(told: Anchor, hunk: Sequence[HunkLine], span: Span) -> list[str] | None:
    """Of lines that a cut hunk does not all hold, the last one."""
    return text_of(hunk, told.side, Span(span.end - 1, span.end))


def _with_hunk(
    anchor: Anchor,
    head: Head,
    change: FileChange | None,
    new_path: str | None,
    lines: Sequence[str],
    span: Span,
) -> Placed:
    patch = "" if change is None or change.left_out == "empty" else change.patch
    if head.changed is None or head.changed.left_out is not None:
        patch = None
    edits = None if patch is None else edits_of(patch)
    if patch is not None and edits is not None:
        hunk = hunk_around(patch, edits, lines, anchor.side, span)
        anchor = msgspec.structs.replace(anchor, hunk=hunk, hunk_from="git")
    if anchor.side == "new":
        return Placed(anchor, head.number, new_path, span, (span,))
    if edits is None:
        return Placed(anchor, head.number, new_path)
    return Placed(anchor, head.number, new_path, moved(edits, span).place, tuple(surviving(edits, span)))
