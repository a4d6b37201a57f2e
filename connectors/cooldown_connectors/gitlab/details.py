"""What is asked for about one merge request or one issue, and only where the list says that there is something to ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from cooldown_connectors.forge.fields import flag, integer, moment, objects, text
from cooldown_connectors.forge.parts import Part, ReviewPart, issue, request
from cooldown_connectors.forge.protocol import Gone, Json, Page, Session
from cooldown_connectors.gitlab import mapping, system_notes
from cooldown_connectors.gitlab.discussions import discussion_parts, is_internal, is_on_code, notes_of
from cooldown_connectors.gitlab.people import time_of
from cooldown_connectors.gitlab.questions import Questions, place_of, root

_MAY_CLOSE: Final[re.Pattern[str]] = re.compile(r"[#/]\d|\b[A-Z][A-Z0-9]+-\d")
"""In a description that may name an issue."""
OF_REQUESTS: Final = ("comment", "review_comment", "thread", "review", "push", "event", "link")
OF_ISSUES: Final = ("comment", "event", "link")
"""Kinds of parts that come from here alone."""


def request_asks(item: Json) -> list[str]:
    """What there is to ask for about a request of a list, besides its versions (where a note stands on code)."""
    reviewed = bool(objects(item, "reviewers"))
    if not _has_talk(item) and not reviewed:
        return []
    asks = ["discussions"]
    if reviewed:
        asks.append("approvals")
    if _MAY_CLOSE.search(text(item, "description")):
        asks.append("closes")
    if item.get("labels"):
        asks.append("labels")
    if text(item, "state") != "merged":  # of merged ones the list says when and by whom
        asks.append("states")
    return asks


def issue_asks(item: Json) -> list[str]:
    """What there is to ask for about an issue of a list, besides its relations (where a note speaks of some)."""
    asks: list[str] = []
    if _has_talk(item) or mapping.closing_reason(item):
        asks += ["discussions", "states"]
        if item.get("labels"):
            asks.append("labels")
    if integer(item, "merge_requests_count"):
        asks.append("requests")
    return asks


def _has_talk(item: Json) -> bool:
    notes: Any = integer(item, "user_notes_count")
    return notes is None or notes > 0


def request_details(session: Session, key: str) -> Page:
    """Everything about one merge request. ``key`` is its number and what to ask for: ``12 discussions approvals``."""
    number, *asks = key.split()
    of, path = request(int(number)), f"{root(session)}/merge_requests/{number}"
    place, questions = place_of(session), Questions(session)
    discussions = list(questions.all(f"{path}/discussions"))
    notes = notes_of(discussions)
    versions = questions.all_if_there(f"{path}/versions") if any(map(is_on_code, notes)) else []
    parts: list[Part] = [
        part
        for discussion in discussions
        for part in discussion_parts(discussion, of, place, pushes=not versions)
    ]
    parts += mapping.push_parts(versions, of)
    approved = any(isinstance(part, ReviewPart) and part.review.state == "approved" for part in parts)
    if "approvals" in asks and not approved:
        parts += _approvals(session, path, of, notes)
    if "closes" in asks:
        parts += mapping.link_parts(questions.all_if_there(f"{path}/closes_issues"), of, place, "closes")
    parts += _events(questions, path, of, asks)
    return Page(parts, whole=[(kind, of) for kind in OF_REQUESTS], gone=_internal(notes))


def issue_details(session: Session, key: str) -> Page:
    """Everything about one issue. ``key`` is its number and what to ask for: ``12 discussions states requests``."""
    number, *asks = key.split()
    of, path = issue(int(number)), f"{root(session)}/issues/{number}"
    place, questions = place_of(session), Questions(session)
    discussions = list(questions.all(f"{path}/discussions")) if "discussions" in asks else []
    notes = notes_of(discussions)
    parts: list[Part] = [
        part for discussion in discussions for part in discussion_parts(discussion, of, place)
    ]
    if any(flag(note, "system") and system_notes.speaks_of_relations(text(note, "body")) for note in notes):
        parts += mapping.link_parts(questions.all_if_there(f"{path}/links"), of, place, "related")
    if "requests" in asks:
        parts += mapping.link_parts(questions.all_if_there(f"{path}/closed_by"), of, place, "closed_by")
    parts += _events(questions, path, of, asks)
    return Page(parts, whole=[(kind, of) for kind in OF_ISSUES], gone=_internal(notes))


def _notes(discussions: Sequence[Json]) -> list[Json]:
    return [note for discussion in discussions for note in discussion.get("notes") or ()]


def _internal(notes: Sequence[Json]) -> list[Gone]:
    """Internal notes are not taken, and counted."""
    return [
        Gone("comment", str(integer(note, "id")), "hidden")
        for note in notes
        if is_internal(note) and not flag(note, "system")
    ]


def _events(questions: Questions, path: str, of: str, asks: Sequence[str]) -> list[Part]:
    parts: list[Part] = []
    if "states" in asks:
        parts += mapping.state_events(questions.all_if_there(f"{path}/resource_state_events"), of)
    if "labels" in asks:
        parts += mapping.label_events(questions.all_if_there(f"{path}/resource_label_events"), of)
    return parts


def _approvals(session: Session, path: str, of: str, notes: Sequence[Json]) -> list[Part]:
    approvals = Questions(session).one_if_there(f"{path}/approvals")
    if not objects(approvals, "approved_by"):
        return []
    otherwise = moment(approvals, "updated_at") or max(
        (time_of(note, "created_at") for note in notes), default=None
    )
    if otherwise is None:  # an old GitLab without a word that was said: the request's own time has to do
        item = session.get(path).data
        otherwise = moment(item, "merged_at") or time_of(item, "updated_at")
    return list(mapping.approval_parts(approvals, of, otherwise))
