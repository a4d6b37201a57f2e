"""Pull requests: title, description, commits, diff."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit.documents import Document
from cooldown_kit.records import PullRequest
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.pull_request import render_pull_request


def test_one_without_changes_is_not_rendered(pull_request: PullRequest, origin: Origin) -> None:
    empty = msgspec.structs.replace(pull_request, changes=[])
    assert render_pull_request(empty, origin) == NotRendered("empty_pull_request")


@pytest.mark.parametrize(
    ("title", "subjects", "begins"),
    [
        ("Round", ["Round"], "# Round (#413)\n\n--- a"),
        ("Round", ["Round it"], "# Round (#413)\n\nCommits:\n\n- Round it\n\n--- a"),
        ("Round", [], "# Round (#413)\n\n--- a"),
        (None, ["Round"], "# Pull request #413\n\nCommits:\n\n- Round\n\n--- a"),
        ("Two\n lines ", ["", "  \nx"], "# Two lines (#413)\n\nCommits:\n\n- x\n\n--- a"),
    ],
)
def test_commits_are_listed_where_they_say_more_than_the_title(
    title: str | None, subjects: list[str], begins: str, pull_request: PullRequest, origin: Origin
) -> None:
    first = pull_request.commits[0]
    record = msgspec.structs.replace(
        pull_request,
        title=title,
        description="",
        commits=[msgspec.structs.replace(first, message=subject) for subject in subjects],
        changes=pull_request.changes[1:2],
    )
    document = render_pull_request(record, origin)
    assert isinstance(document, Document)
    assert document.text.startswith(begins)


def test_document_tells_where_and_when_it_is_from(pull_request: PullRequest, origin: Origin) -> None:
    document = render_pull_request(pull_request, origin)
    assert isinstance(document, Document)
    assert (document.kind, document.layout, document.title) == ("pull_request", "diff", "Round half to even")
    assert (document.revision, document.time) == (pull_request.head, pull_request.merged_at)
    assert document.authors == [
        origin.hash_author(f"{name}@bank.example") for name in ("ann.berg", "sam.iyer")
    ]
    wanted = {"merged": 1, "commits": 2, "files_changed": 3, "lines_added": 8, "lines_deleted": 3}
    assert {name: document.signals[name] for name in wanted} == wanted
    assert "jo.weber@" not in document.text
    open_one = msgspec.structs.replace(pull_request, merged_at=None)
    assert render_pull_request(open_one, origin).time == pull_request.commits[0].authored_at
