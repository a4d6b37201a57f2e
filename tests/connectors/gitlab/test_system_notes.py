"""Sentences that GitLab writes by itself become events, reviews and links; unknown ones are kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cooldown_connectors.forge.parts import EventPart, LinkPart, ReviewPart
from cooldown_connectors.gitlab.mapping import Place
from cooldown_connectors.gitlab.system_notes import Note, is_outdated, is_push, parts_of, speaks_of_relations
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Link, Person

PLACE = Place("https://git.acme.example", "acme/pay", "ledger")
BEN = Person(name="Ben Bo", email="", login="ben")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def parts(text: str) -> list:
    return list(parts_of(Note("55", "request:1", AT, BEN, text), PLACE.refer))


@pytest.mark.parametrize(
    ("text", "kind", "detail"),
    [
        ("changed title from **{-Draft: -}Fix it** to **Fix it{+ now+}**", "renamed", "Fix it now"),
        ("changed title from **A ** b** to **C ** d**", "renamed", "C ** d"),
        ("marked this merge request as **draft**", "draft", ""),
        ("marked as a **Work In Progress**", "draft", ""),
        ("marked this merge request as draft from 1a2b3c4d", "draft", ""),
        ("marked this merge request as **ready**", "ready_for_review", ""),
        ("unmarked as a **Work In Progress**", "ready_for_review", ""),
        ("requested review from @ann", "review_requested", "ann"),
        ("unapproved this merge request", "review_dismissed", ""),
        ("reset approvals from @ann by pushing to the branch", "review_dismissed", "ann"),
        ("assigned to @ann", "assigned", "ann"),
        ("assigned to @ann additionally to @ben", "assigned", "ann"),
        ("unassigned @ann.ames", "unassigned", "ann.ames"),
        ("changed milestone to %7.11", "milestoned", "7.11"),
        ('changed milestone to %"Q3 2026"', "milestoned", "Q3 2026"),
        ("removed milestone", "demilestoned", ""),
        ("mentioned in commit 54f7727c", "referenced", "54f7727c"),
        ("locked this merge request", "locked", ""),
        ("unlocked the discussion in this issue", "unlocked", ""),
        ("resolved all threads", "resolved", ""),
        ("closed via merge request !12", "closed", "merge request !12"),
        ("closed", "closed", ""),
        ("reopened", "reopened", ""),
        ("merged", "merged", ""),
        ("added 2 commits\n\n<ul><li>1a2b - Fix</li></ul>\n\n[Compare](/x)", "pushed", "added 2 commits"),
        ("moved to acme/other#11", "transferred", "acme/other#11"),
        ("moved from acme/other#11", "state", "moved from acme/other#11"),
        (
            "changed target branch from `main` to `next`",
            "state",
            "changed target branch from `main` to `next`",
        ),
        ("made the issue confidential", "state", "made the issue confidential"),
        ("changed the description", "state", "changed the description"),
        ("closed the loop on this one", "state", "closed the loop on this one"),
        ("", "state", ""),
    ],
)
def test_a_sentence_becomes_one_event(text, kind, detail):
    (part,) = parts(text)
    assert isinstance(part, EventPart)
    assert (part.of, part.id, part.event.kind, part.event.detail) == ("request:1", "55", kind, detail)
    assert (part.event.at, part.event.actor) == (AT, BEN)


def test_several_people_are_several_events_with_ids_of_their_own():
    found = parts("assigned to @a, @b and @c and unassigned @d and @e")
    assert [(p.event.kind, p.event.detail) for p in found] == [
        ("assigned", "a"),
        ("assigned", "b"),
        ("assigned", "c"),
        ("unassigned", "d"),
        ("unassigned", "e"),
    ]
    assert len({p.key for p in found}) == 5
    asked = parts("requested review from @a and @b")
    assert [(p.id, p.event.detail) for p in asked] == [("55", "a"), ("55.1", "b")]


@pytest.mark.parametrize(
    ("text", "state"),
    [("approved this merge request", "approved"), ("requested changes", "changes_requested")],
)
def test_a_verdict_becomes_a_review(text, state):
    (part,) = parts(text)
    assert isinstance(part, ReviewPart)
    assert (part.review.id, part.review.state, part.review.author) == ("55", state, BEN)
    assert part.review.submitted_at == AT


@pytest.mark.parametrize(
    ("text", "key", "relation", "kind", "event"),
    [
        ("mentioned in merge request !3", "acme/pay/ledger#3", "mentioned_by", "pull_request", "referenced"),
        ("mentioned in issue books#4", "acme/pay/books#4", "mentioned_by", "issue", "referenced"),
        ("mentioned in issue other/team/x#5", "other/team/x#5", "mentioned_by", "issue", "referenced"),
        (
            "created merge request !9 to address this issue",
            "acme/pay/ledger#9",
            "mentioned_by",
            "pull_request",
            "referenced",
        ),
        ("marked this issue as a duplicate of #6", "acme/pay/ledger#6", "duplicate_of", "issue", "duplicate"),
    ],
)
def test_a_reference_becomes_a_link_with_the_whole_name_of_its_project(text, key, relation, kind, event):
    first, second = parts(text)
    assert isinstance(first, EventPart)
    assert (first.event.kind, first.event.detail) == (event, key)
    assert isinstance(second, LinkPart)
    place, _, number = key.partition("#")
    path = "issues" if kind == "issue" else "merge_requests"
    url = f"https://git.acme.example/{place}/-/{path}/{number}"
    assert second.link == Link(key=key, relation=relation, kind=kind, url=url)


def test_what_a_thread_and_the_versions_say_themselves_is_told_apart():
    assert is_outdated(
        "changed this line in [version 3 of the diff](/acme/-/merge_requests/1/diffs?diff_id=9#x)"
    )
    assert is_outdated("changed this file in version 2 of the diff")
    assert not is_outdated("changed this for good")
    assert is_push("added 1 commit\n\n<ul>")
    assert not is_push("added 1 commitment")
    assert speaks_of_relations("marked this issue as related to #5")
    assert speaks_of_relations("removed the relation with acme/x#5")
    assert speaks_of_relations("marked this issue as blocked by #5")
    assert not speaks_of_relations("changed the description")


@given(
    st.text(max_size=200)
    | st.from_regex(r"(assigned to|mentioned in|moved to|marked this) .*", fullmatch=True)
)
def test_no_sentence_is_lost_and_each_part_has_a_key_of_its_own(text):
    found = parts(text)
    assert found
    assert len({(p.kind, p.key) for p in found}) == len(found)


def test_a_huge_sentence_is_kept_and_costs_nothing():
    (part,) = parts("assigned to " + "@a and " * 100_000)
    assert part.event.kind == "state"
