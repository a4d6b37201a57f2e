"""The catalogue of recordings tells what lies in the fetched cassettes."""

from __future__ import annotations

import pytest

from forge_testing.catalogue import Entry, catalogue, find


@pytest.mark.parametrize(
    "entry", catalogue(), ids=lambda entry: f"{entry.forge}-{entry.resource}".replace(" ", "-")
)
def test_an_entry_is_what_the_cassette_holds(entry: Entry):
    exchange = entry.exchange()
    if entry.items is None:
        assert exchange.status == 304 or exchange.body
    else:
        assert len(exchange.json()) == entry.items


def test_a_forge_and_a_resource_select():
    assert {entry.forge for entry in find(resource="releases")} == {"github", "gitlab", "forgejo"}
    assert [entry.source for entry in find("github", "review comments")] == [
        "github3.py:PullRequest_review_comments"
    ]


def test_review_comments_carry_the_hunk_that_they_were_made_on():
    [entry] = find("github", "review comments")
    assert all(comment["diff_hunk"].startswith("@@") for comment in entry.exchange().json())


def test_a_note_in_a_diff_carries_its_position():
    [entry] = find("gitlab", "notes in a diff")
    position = entry.exchange().json()[-1]["position"]
    assert position["old_path"] == "README.md"
    assert position["old_line"] == 5
