"""Discussions of merge requests and issues as parts: comments, threads of a review and where they stand, system notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from cooldown_connectors.forge.fields import at, flag, integer, maybe, moment, objects, text
from cooldown_connectors.forge.parts import CommentPart, Part, ReviewCommentPart, ThreadPart
from cooldown_connectors.forge.protocol import Json
from cooldown_connectors.gitlab import system_notes
from cooldown_connectors.gitlab.mapping import Place
from cooldown_connectors.gitlab.people import person, time_of
from cooldown_kit.records import Anchor, Comment

_LINE_CODE = re.compile(r"[0-9a-f]{40}_(\d{1,9})_(\d{1,9})")
_EDITED: Final = 1.0
"""Seconds after which a changed note counts as edited: it is touched once while it is made."""


def notes_of(discussions: Sequence[Json]) -> list[Json]:
    """All notes of them."""
    return [note for discussion in discussions for note in objects(discussion, "notes")]


def is_internal(note: Json) -> bool:
    """Whether a note is kept from people who may read the rest."""
    return bool(flag(note, "internal") or flag(note, "confidential"))


def is_on_code(note: Json) -> bool:
    """Whether a note stands on a file of the diff."""
    return isinstance(at(note, "position"), dict)


def discussion_parts(discussion: Json, of: str, place: Place, *, pushes: bool = True) -> Iterator[Part]:
    """The parts of one discussion of a merge request or an issue; of internal notes nothing.

    Notes about pushes become events where ``pushes`` says so: not needed beside the versions, which tell more.
    """
    notes = [note for note in objects(discussion, "notes") if not is_internal(note)]
    said = [note for note in notes if not flag(note, "system")]
    told = [note for note in notes if flag(note, "system")]
    for note in told:
        body = text(note, "body")
        # That the line of a thread has changed is said of the thread, not of the request.
        if not system_notes.is_outdated(body) and (pushes or not system_notes.is_push(body)):
            yield from system_notes.parts_of(_system_note(note, of), place.refer)
    if not said:
        return
    if of.startswith("request:") and any(flag(note, "resolvable") or is_on_code(note) for note in said):
        outdated = any(system_notes.is_outdated(text(note, "body")) for note in told)
        yield from _thread_parts(text(discussion, "id"), of, said, outdated)
    else:
        yield from (CommentPart(of=of, comment=_comment(note, said)) for note in said)


def _thread_parts(id: str, of: str, notes: Sequence[Json], outdated: bool) -> Iterator[Part]:
    for note in notes:
        where = anchor(note.get("position"))
        yield ReviewCommentPart(of=of, comment=_comment(note, notes), anchor=where, thread=id)
    resolvable = [note for note in notes if flag(note, "resolvable")]
    resolved = all(flag(note, "resolved") for note in resolvable) if resolvable else None
    by = next((found for note in resolvable if (found := person(note.get("resolved_by")))), None)
    yield ThreadPart(
        of=of,
        id=id,
        resolved=resolved,
        resolved_by=by if resolved else None,
        outdated=outdated if any(map(is_on_code, notes)) else None,
    )


def _comment(note: Json, thread: Sequence[Json]) -> Comment:
    created = time_of(note, "created_at")
    changed = moment(note, "updated_at") or created
    return Comment(
        id=_id(note),
        author=person(note.get("author")),
        created_at=created,
        text=text(note, "body"),
        edited_at=changed if (changed - created).total_seconds() >= _EDITED else None,
        reply_to=None if note is thread[0] else _id(thread[0]),
    )


def _system_note(note: Json, of: str) -> system_notes.Note:
    made = time_of(note, "created_at")
    return system_notes.Note(_id(note), of, made, person(note.get("author")), text(note, "body"))


def _id(note: Json) -> str:
    return str(integer(note, "id"))


def anchor(position: Json) -> Anchor | None:
    """Where a note stands.

    GitLab moves positions along with pushes, shas and numbers together, until one changes the line itself. So this is the last version
    of the request that had the line as it was commented on.
    """
    new, old = integer(position, "new_line"), integer(position, "old_line")
    side: Literal["old", "new"] = "old" if new is None and old is not None else "new"
    path = maybe(position, f"{side}_path") or maybe(position, "new_path") or maybe(position, "old_path")
    if path is None:
        return None
    on_lines = (text(position, "position_type") or "text") == "text"  # not on a whole file, nor on an image
    line = (old if side == "old" else new) if on_lines else None
    return Anchor(
        path=path,
        side=side,
        start_line=None if line is None else _start(position, side, line),
        line=line,
        base=maybe(position, "base_sha") or maybe(position, "start_sha"),
        head=maybe(position, "head_sha"),
    )


def _start(position: Json, side: str, line: int) -> int:
    """First line of a note on several lines, counted on the side of the last one."""
    first = integer(position, "line_range", "start", f"{side}_line")
    code = text(position, "line_range", "start", "line_code") or text(
        position, "line_range", "start_line_code"
    )
    if first is None and (
        match := _LINE_CODE.fullmatch(code)
    ):  # the start is on the other side, or GitLab is old
        first = int(match[1 if side == "old" else 2])
    return min(first, line) if first else line
