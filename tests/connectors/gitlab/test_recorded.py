"""What gitlab.com once answered becomes parts."""

from __future__ import annotations

from typing import Any

import msgspec
from cooldown_connectors.forge.parts import Part, ReviewCommentPart
from cooldown_connectors.gitlab.discussions import discussion_parts
from cooldown_connectors.gitlab.mapping import Place, issue_part, release_part, request_part

from forge_testing.catalogue import find

PLACE = Place("https://gitlab.com", "packit-service", "ogr-tests")


def recorded(resource: str) -> Any:
    (entry,) = find("gitlab", resource)
    return entry.exchange().json()


def stored(parts: list[Any]) -> None:
    """They are of their declared types: the store gives them back as they were."""
    for part in parts:
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(part), type=Part) == part


def test_lists_of_requests_issues_and_releases_are_read_whole():
    requests = [request_part(item) for item in recorded("merge requests")]
    assert len(requests) == 20
    assert all(part.title and part.author and part.url and part.branch for part in requests)
    # Of a fork that was deleted GitLab does not name the head any more; the reference of the request still does.
    assert any(part.head for part in requests)
    assert {part.state for part in requests} <= {"open", "closed", "merged"}
    assert all(part.updated_at >= part.created_at for part in requests)
    issues = [issue_part(item) for item in recorded("issues")]
    assert len(issues) == 20
    assert all(part.state == "open" and part.closed_at is None for part in issues)
    releases = [release_part(item) for item in recorded("releases")]
    assert len(releases) == 20
    assert all(part.tag and part.revision and len(part.revision) == 40 for part in releases)
    stored([*requests, *issues, *releases])


def test_notes_become_comments_and_events_and_none_is_lost():
    notes = recorded("notes")
    parts = [
        part
        for note in notes
        for part in discussion_parts({"id": f"d{note['id']}", "notes": [note]}, "request:1", PLACE)
    ]
    stored(parts)
    said = [part.comment.id for part in parts if part.kind in ("comment", "review_comment")]
    assert said == [str(note["id"]) for note in notes if not note["system"]]
    told = {part.key.partition(".")[0] for part in parts if part.kind in ("event", "review")}
    assert told == {str(note["id"]) for note in notes if note["system"]}


def test_a_note_in_a_diff_stands_on_its_line():
    note = recorded("notes in a diff")[-1]
    first, thread = discussion_parts({"id": "d1", "notes": [note]}, "request:19", PLACE)
    assert isinstance(first, ReviewCommentPart)
    assert first.anchor is not None
    position = note["position"]
    assert (first.anchor.base, first.anchor.head) == (position["base_sha"], position["head_sha"])
    assert first.anchor.line == position["new_line"] or first.anchor.line == position["old_line"]
    assert thread.resolved is bool(note["resolved"])
