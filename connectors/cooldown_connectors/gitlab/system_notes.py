"""What GitLab writes into a conversation by itself: sentences in English, which are all that it keeps of most events.

A sentence that is not known is kept as it is, as an event of kind ``state``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cooldown_connectors.forge.parts import EventPart, LinkPart, Part, ReviewPart
from cooldown_kit.records import EventKind, Link, Person, Review, TimelineEvent

_MOST: Final = 2000
"""Longer sentences are none; the patterns stay cheap on whatever somebody sends."""
_OUTDATED = re.compile(r"changed this (?:line|file) in ")
_PUSHED = re.compile(r"added \d+ (?:new )?commits?\b")
_TITLE = re.compile(r"changed title from \*\*(.*)\*\* to \*\*(.*)\*\*", re.DOTALL)
_TITLE_MARK = re.compile(r"\{([+-])(.*?)\1\}", re.DOTALL)
_PEOPLE = re.compile(r"@([A-Za-z0-9_][A-Za-z0-9_.-]*)")
_REFERENCE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_./-]*)?([#!])(\d{1,18})\b")
_MENTIONED = re.compile(
    r"(?:mentioned in (?:merge request|issue|incident|task|work item)|created merge request) (\S+)"
)
_DUPLICATE = re.compile(r"marked this \w+ as a duplicate of (\S+)")
_MOVED = re.compile(r"moved to (\S+)")
_RELATED = re.compile(r"\brelat(?:ed|ion)\b|\bblock(?:s|ed|ing)\b|\blinked\b")
_ASSIGNED = re.compile(r"(assigned to|unassigned(?: from)?)((?:(?:,| and| additionally to)? @[\w.-]+)+)")

_SENTENCES: Final[tuple[tuple[str, EventKind], ...]] = (
    (r"unapproved this merge request|reset approvals? from ", "review_dismissed"),
    (
        r"(?:un)?marked this merge request as \*{0,2}ready|unmarked (?:this merge request )?as a \*\*(?:Work In|WIP)",
        "ready_for_review",
    ),
    (
        r"marked this merge request as \*{0,2}draft|marked (?:this merge request )?as a \*\*(?:Work In|WIP)",
        "draft",
    ),
    (r"changed milestone to ", "milestoned"),
    (r"removed milestone", "demilestoned"),
    (r"mentioned in ", "referenced"),
    (r"unlocked (?:this|the) ", "unlocked"),
    (r"locked (?:this|the) ", "locked"),
    (r"resolved all (?:threads|discussions)", "resolved"),
    (r"merged\b", "merged"),
    (r"closed(?: via .*)?$", "closed"),
    (r"reopened\b|opened$", "reopened"),
)
_KINDS: Final = tuple((re.compile(pattern), kind) for pattern, kind in _SENTENCES)


@dataclass(frozen=True)
class Note:
    """A system note, and where it stands."""

    id: str
    of: str
    at: datetime
    actor: Person | None
    text: str


def is_outdated(text: str) -> bool:
    """Whether it says that the line that a thread is about has changed since."""
    return _OUTDATED.match(text) is not None


def is_push(text: str) -> bool:
    """Whether it announces a push: versions of the request tell more of it."""
    return _PUSHED.match(text) is not None


def speaks_of_relations(text: str) -> bool:
    """Whether it says that an issue was related to another one, or not any more."""
    return len(text) <= _MOST and _RELATED.search(text) is not None


def parts_of(note: Note, resolve: Callable[[str, str, str], Link | None]) -> Iterator[Part]:
    """The parts that a system note becomes: an event, and where it says so a review or a link.

    ``resolve(project, sign, number)`` names what a reference such as ``group/project!12`` means; ``project`` may be empty.
    """
    text = note.text.strip()
    if len(text) > _MOST:
        yield _event(note, "state", text)
        return
    if verdict := _verdict(text):
        review = Review(id=note.id, author=note.actor, state=verdict, submitted_at=note.at)
        yield ReviewPart(of=note.of, review=review)
        return
    if is_push(text):
        yield _event(note, "pushed", text.partition("\n")[0])
        return
    if match := _TITLE.fullmatch(text):
        yield _event(note, "renamed", _TITLE_MARK.sub(lambda mark: mark[2], match[2]))
        return
    if text.startswith("requested review from "):
        people: list[tuple[EventKind, str]] = [("review_requested", name) for name in _PEOPLE.findall(text)]
    elif text.startswith(("assigned to ", "unassigned ")):
        people = _assigned(text)
    else:
        people = []
    if people:
        for number, (kind, name) in enumerate(people):
            yield _event(note, kind, name, f"{note.id}.{number}" if number else note.id)
        return
    yield from _references(note, text, resolve)


def _verdict(text: str) -> Literal["approved", "changes_requested"] | None:
    if text == "approved this merge request":
        return "approved"
    return "changes_requested" if text.startswith("requested changes") else None


def _assigned(text: str) -> list[tuple[EventKind, str]]:
    found: list[tuple[EventKind, str]] = []
    for verb, names in _ASSIGNED.findall(text):
        kind: EventKind = "unassigned" if verb.startswith("un") else "assigned"
        # "assigned to @a additionally to @b": only @a is new
        found += [(kind, name) for name in _PEOPLE.findall(names.split(" additionally to ")[0])]
    return found


def _references(note: Note, text: str, resolve: Callable[[str, str, str], Link | None]) -> Iterator[Part]:
    if match := _MENTIONED.match(text):
        if link := _resolved(match[1], resolve, "mentioned_by"):
            yield _event(note, "referenced", link.key)
            yield LinkPart(of=note.of, link=link)
            return
    elif match := _DUPLICATE.match(text):
        if link := _resolved(match[1], resolve, "duplicate_of"):
            yield _event(note, "duplicate", link.key)
            yield LinkPart(of=note.of, link=link)
            return
    elif (match := _MOVED.match(text)) and (link := _resolved(match[1], resolve, "related")):
        yield _event(note, "transferred", link.key)
        return
    for pattern, kind in _KINDS:
        if pattern.match(text):
            yield _event(note, kind, _detail(kind, text))
            return
    yield _event(note, "state", text)


def _detail(kind: EventKind, text: str) -> str:
    if kind == "milestoned":
        return text.removeprefix("changed milestone to ").lstrip("%").strip('"')
    if kind == "referenced":  # in a commit
        return text.removeprefix("mentioned in ").removeprefix("commit ")
    if kind == "review_dismissed" and (people := _PEOPLE.findall(text)):
        return ", ".join(people)
    return text.partition(" via ")[2] if kind in ("closed", "merged", "reopened") else ""


def _resolved(
    word: str,
    resolve: Callable[[str, str, str], Link | None],
    relation: Literal["mentioned_by", "duplicate_of", "related"],
) -> Link | None:
    match = _REFERENCE.match(word)
    link = resolve(match[1] or "", match[2], match[3]) if match else None
    return None if link is None else Link(key=link.key, relation=relation, kind=link.kind, url=link.url)


def _event(note: Note, kind: EventKind, detail: str, id: str | None = None) -> EventPart:
    event = TimelineEvent(kind=kind, at=note.at, actor=note.actor, detail=detail)
    return EventPart(of=note.of, id=id or note.id, event=event)
