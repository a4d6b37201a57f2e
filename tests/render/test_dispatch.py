"""One record, one document: its layout, or the one that every record of the kind can take."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from cooldown_kit.documents import Document
from cooldown_kit.records import Commit, Person, PullRequest, Record, Release
from cooldown_kit.render.dispatch import Fallback, render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin

FIXTURES = [
    *("commit", "whole_commit", "source_file", "notebook", "release", "pull_request", "text_page"),
    *("forge_request", "code_review", "issue", "discussion", "question", "mail", "forge_release"),
]


@pytest.mark.parametrize("name", FIXTURES)
def test_every_kind_of_record_has_a_layout(name: str, request: pytest.FixtureRequest, origin: Origin) -> None:
    record = request.getfixturevalue(name)
    rendered = render_record(record, origin, Layouts())
    assert isinstance(rendered.document, Document)
    assert rendered.document.id == f"ledger:{record.id}"
    assert rendered.fallback is None


def test_the_fixtures_are_of_every_kind(request: pytest.FixtureRequest) -> None:
    assert {type(request.getfixturevalue(name)) for name in FIXTURES} == set(get_args(Record))


@pytest.mark.parametrize("layout", ["task", "before_after"])
def test_a_commit_that_cannot_take_its_layout_becomes_a_diff_and_says_why(
    layout: str, commit: Commit, origin: Origin
) -> None:
    layouts = Layouts(RenderOptions(commit={layout: 1}))
    document, fallback = render_record(commit, origin, layouts)
    assert isinstance(document, Document)
    assert document.layout == "diff"
    assert fallback == Fallback(layout, "no_contents")
    empty = msgspec.structs.replace(commit, changes=[])
    assert render_record(empty, origin, layouts) == (NotRendered("empty_commit"), None)


def test_a_co_author_is_kept_where_the_author_has_no_address(commit: Commit, origin: Origin) -> None:
    nameless = msgspec.structs.replace(commit, author=Person(name="Ann", email=""))
    document = render_record(nameless, origin, Layouts()).document
    assert isinstance(document, Document)
    assert document.authors == [origin.hash_author("sam.iyer@bank.example")]


def test_authors_are_the_same_with_and_without_pseudonyms(
    whole_commit: Commit, pull_request: PullRequest, release: Release, origin: Origin
) -> None:
    """Keyed hashes are of the people, not of their pseudonyms: an author is the same in all documents."""
    named = Layouts(RenderOptions(pseudonyms=False))
    pull_request = msgspec.structs.replace(pull_request, description="As Ann Berg proposed.")
    for record in (whole_commit, pull_request, release):
        first, second = (render_record(record, origin, layouts).document for layouts in (Layouts(), named))
        assert isinstance(first, Document)
        assert isinstance(second, Document)
        assert first.authors == second.authors != []
        assert "user_1" in first.text
        assert "user_" not in second.text


def test_nobody_in_contents_that_a_layout_does_not_show_uses_up_a_number(
    whole_commit: Commit, origin: Origin
) -> None:
    change = whole_commit.changes[1]
    named = msgspec.structs.replace(
        change,
        before=f"# max@bank.com\n{change.before}",
        patch=f"{change.patch}@@ -20 +21 @@\n-x\n+jo@bank.com\n",
    )
    record = msgspec.structs.replace(whole_commit, message="Ask Jo", changes=[named])
    document = render_record(record, origin, Layouts()).document
    assert isinstance(document, Document)
    assert document.text.endswith("+user_1@example.com\n")
