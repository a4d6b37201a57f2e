"""Pull requests as stories: everything that was said, reviewed and pushed, in the order in which it happened.

Plain, it is Markdown in which each turn is headed by who speaks; with StarCoder2's tokens it is that model's own form
(:mod:`cooldown_kit.render.story_tokens`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Link, PullRequest
from cooldown_kit.render.conversation import Turn, name_of
from cooldown_kit.render.fit_diff import fit_changes
from cooldown_kit.render.happenings import Happened, Happening, OnCode, Pushed, Reviewed, Said, happenings
from cooldown_kit.render.hunk import place, shown_hunk
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markdown import fenced
from cooldown_kit.render.markup import marks
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.pull_request import request_document
from cooldown_kit.render.story_room import code_rooms, within_room
from cooldown_kit.render.story_tokens import marked_story

_REVIEWED = {
    "approved": "approved",
    "changes_requested": "requested changes",
    "commented": "reviewed",
    "dismissed": "reviewed (dismissed later)",
}
_HAPPENED = {
    "merged": "{} merged it.",
    "closed": "{} closed it without merging.",
    "reopened": "{} opened it again.",
    "ready_for_review": "{} marked it as ready for review.",
    "draft": "{} made it a draft.",
    "review_dismissed": "{} dismissed a review.",
}
_LINK_CHARACTERS = 400
"""Of the text of a linked issue as much is shown: it has a document of its own."""


def render_story(record: PullRequest, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a request that a forge knows: ``no_forge`` where git alone was asked, ``empty_pull_request`` where nothing
    was said and nothing changed."""
    if not record.forge:
        return NotRendered("no_forge")
    found = happenings(record)
    if not (found or record.description.strip()):
        return NotRendered("empty_pull_request")
    names = marks("story", layouts.tokens)
    if names:
        segments = marked_story(record, found, layouts, names)
    else:
        segments = [Segment(_markdown(record, found, layouts))]
    return request_document(record, origin, "story", segments)


def _markdown(record: PullRequest, found: Sequence[Happening], layouts: Layouts) -> str:
    title = " ".join((record.title or "").split())
    parts = [f"# {title} (#{record.number})" if title else f"# Pull request #{record.number}"]
    parts += [_linked(link) for link in record.linked if link.relation == "closes"]
    if record.description.strip():
        parts.append(Turn(name_of(record.author), record.description).spoken)
    kept, hidden, at = within_room(found, layouts.options.conversation_characters)
    rooms = code_rooms(kept, layouts.options.prompt_characters)
    told = list(_told(kept, rooms))
    if hidden:
        told.insert(at, hidden)
    if not any(isinstance(one, Happened) and one.event.kind in ("merged", "closed") for one in found):
        told.append("It is still open.")
    return "\n\n".join([*parts, *filter(None, told)]) + "\n"


def _told(kept: Sequence[Happening], rooms: Sequence[int]) -> Iterator[str]:
    last: Happening | None = None
    for one, room in zip(kept, rooms, strict=True):
        match one:
            case Pushed():
                yield _pushed(one, room)
            case Said(comment):
                yield Turn(name_of(comment.author), comment.text).spoken
            case Reviewed(review):
                who = f"{name_of(review.author)} {_REVIEWED[review.state]}"
                yield Turn(who, review.text).spoken if review.text else f"{who}."
            case OnCode():
                same = isinstance(last, OnCode) and last.thread is one.thread
                yield _on_code(one, same=same)
            case Happened():
                yield _happened(one)
        last = one


def _linked(link: Link) -> str:
    text = " ".join((link.text or "").split())
    if len(text) > _LINK_CHARACTERS:
        text = f"{text[:_LINK_CHARACTERS].rpartition(' ')[0]} […]"
    title = f": {' '.join(link.title.split())}" if link.title else ""
    return f"Closes {link.key}{title}" + (f"\n\n> {text}" if text else "")


def _pushed(push: Pushed, room: int) -> str:
    who = name_of(push.who)
    if push.number == 1:
        head = f"{who} opened it with"
    else:
        head = f"{who} {'rewrote the branch with' if push.forced else 'pushed'}"
    head += (
        f" {len(push.subjects)} commit{'s' if len(push.subjects) != 1 else ''}"
        if push.subjects
        else " changes"
    )
    if push.left_out and not push.changes:
        head += f", not shown here ({push.left_out.replace('_', ' ')})"
    elif not push.changes:
        head += " that change no file"
    listed = "".join(f"- {subject}\n" for subject in push.subjects)
    if not push.changes:
        return f"{head}:\n\n{listed}".rstrip() if listed else f"{head}."
    return f"{head}:\n\n{listed}{chr(10) if listed else ''}{fenced(fit_changes(push.changes, room), 'diff')}".rstrip()


def _on_code(one: OnCode, *, same: bool) -> str:
    turn = Turn(name_of(one.comment.author), one.comment.text)
    where = place(one.thread.anchor)
    if same or not where:
        return turn.spoken
    if not one.first or one.thread.anchor is None or not one.thread.anchor.hunk:
        return f"On {where}:\n\n{turn.spoken}"
    return f"On {where}:\n\n{fenced(shown_hunk(one.thread.anchor), 'diff')}\n{turn.spoken}"


def _happened(one: Happened) -> str:
    who = name_of(one.event.actor) if one.event.actor else "Somebody"
    if one.event.kind == "renamed":
        return f"{who} changed the title to: {one.event.detail}" if one.event.detail else ""
    if one.event.kind == "resolved":
        where = place(one.thread.anchor) if one.thread else ""
        return f"{who} resolved the thread{f' on {where}' if where else ''}."
    return _HAPPENED[one.event.kind].format(who)
