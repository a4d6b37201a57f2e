"""Commits as the files before, the message, and the files after (StarCoder's form, arXiv 2305.06161, for any number of files).

Plain, it is Markdown with one section for each; with special tokens it is StarCoder's own
``<commit_before>code<commit_msg>text<commit_after>code``. A file too long for its part of the room is shown around its changes,
with 0 to 32 lines more as StarCoder has them; the number follows from the record's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cooldown_kit import patches
from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Commit, FileChange
from cooldown_kit.render.commit import clean_message, commit_document
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markdown import fenced, language_tag
from cooldown_kit.render.markup import Body, marks
from cooldown_kit.render.origin import NotRendered, Origin, quote_path
from cooldown_kit.render.window import Span, fit, lines_of, share_out

_WIDEST = 32


class _Side(NamedTuple):
    path: str
    text: str


class _File(NamedTuple):
    """One changed file; a side is ``None`` where the file is not there."""

    before: _Side | None
    after: _Side | None


def render_before_after(record: Commit, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a commit. Not every commit can take this layout; the reason says why:

    ``no_message``; ``no_contents`` (the harvest holds no file before the change, or only files that came or went);
    ``does_not_fit`` (cleaning a secret shortened a file and its patch differently); ``too_large`` (no file has room).
    """
    message = clean_message(record)
    if not message.text:
        return NotRendered("no_message")
    files, reason = _files(record, layouts)
    if not files:
        return NotRendered(reason)
    names = marks("before_after", layouts.tokens)
    others = _others(record, files)
    segments = (
        _marked(files, message.text, others, names) if names else _markdown(files, message.text, others)
    )
    return commit_document(record, origin, "before_after", segments, message)


def _files(record: Commit, layouts: Layouts) -> tuple[list[_File], str]:
    """The files that have contents and fit the room, in the record's order; the reason where there are none."""
    known: list[tuple[FileChange, str | None, str | None]] = []
    reason = "no_contents"
    for change in record.changes:
        before, after = change.before, patches.after(change)
        if change.patch is None or (before is None and change.status != "added"):
            continue
        if not _fits(change, after):
            reason = "does_not_fit"
            continue
        known.append((change, before, after))
    if all(before is None or after is None for _, before, after in known):
        return [], reason
    context = int(layouts.fraction("before_after", record.id) * (_WIDEST + 1))
    sizes = [len(before or "") + len(after or "") for _, before, after in known]
    shares = share_out(layouts.options.prompt_characters, sizes)
    files = [_fitted(*sides, share, context) for sides, share in zip(known, shares, strict=True)]
    return [file for file in files if file], "too_large"


def _fits(change: FileChange, after: str | None) -> bool:
    """Whether the patch is one of the file that the record holds."""
    if change.status != "deleted":
        return after is not None
    try:
        return patches.apply(change.before or "", change.patch or "") == ""
    except ValueError:
        return False


def _fitted(
    change: FileChange, before: str | None, after: str | None, share: int, context: int
) -> _File | None:
    sizes = [len(before or ""), len(after or "")]
    rooms = share_out(share, sizes)
    hunks = list(patches.hunks(change.patch or ""))
    sides = (
        (
            change.old_path or change.path,
            before,
            [_changed(h.old_start, h.lines, "-") for h in hunks],
            rooms[0],
        ),
        (change.path, after, [_changed(h.new_start, h.lines, "+") for h in hunks], rooms[1]),
    )
    shown: list[_Side | None] = []
    for path, text, spans, room in sides:
        if text is None:
            shown.append(None)
            continue
        part = fit(lines_of(text), spans, room, context=context)
        if part is None:
            return None
        shown.append(_Side(path, part))
    return _File(shown[0], shown[1])


def _changed(start: int, lines: Sequence[str], sign: str) -> Span:
    """The lines of one side of a hunk from its first to its last change, git's context left out."""
    other = "+" if sign == "-" else "-"
    at = max(start - 1, 0)
    first, last = None, at
    for line in lines:
        if line[:1] in (sign, other):
            first = at if first is None else first
            last = at + (line[:1] == sign)
        if line[:1] not in (other, "\\"):
            at += 1
    return (first if first is not None else at, last)


def _others(record: Commit, files: Iterable[_File]) -> str:
    """A sentence that names the changed files that are not shown; empty where all are."""
    shown = {side.path for file in files for side in file if side}
    others = [change.path for change in record.changes if change.path not in shown]
    return f"Also changed: {', '.join(map(quote_path, others))}" if others else ""


def _markdown(files: Sequence[_File], message: str, others: str) -> list[Segment]:
    parts = [
        "## Before\n",
        *_sections(file.before for file in files),
        "## Commit\n",
        message + "\n",
        *([others + "\n"] if others else []),
        "## After\n",
        *_sections(file.after for file in files),
    ]
    return [Segment("\n".join(filter(None, [*parts, _deleted(files)])))]


def _sections(sides: Iterable[_Side | None]) -> list[str]:
    return [
        f"### {quote_path(side.path)}\n\n{fenced(side.text, language_tag(side.path, side.text))}"
        for side in sides
        if side
    ]


def _marked(files: Sequence[_File], message: str, others: str, names: Mapping[str, str]) -> list[Segment]:
    """StarCoder's form: the code alone where it is of one file, else each file under a line that names it."""
    if len(files) == 1:
        before, after = ([side.text for side in sides if side] for sides in zip(*files, strict=True))
    else:
        before, after = ([_titled(side) for side in sides if side] for sides in zip(*files, strict=True))
    body = Body().token(names["before"]).text("".join(before))
    body.token(names["message"]).text("\n\n".join(filter(None, [message, others])))
    return body.token(names["after"]).text("".join(after) + _deleted(files)).segments


def _titled(side: _Side) -> str:
    return f"File: {quote_path(side.path)}\n{side.text}" + ("" if side.text.endswith("\n") else "\n")


def _deleted(files: Sequence[_File]) -> str:
    """A line that names the files that are gone; empty where none is."""
    gone = [file.before.path for file in files if file.before and file.after is None]
    return f"Deleted: {', '.join(map(quote_path, gone))}\n" if gone else ""
