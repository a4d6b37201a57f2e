"""Commits as messages and unified diffs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args, get_type_hints

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.documents import Document
from cooldown_kit.records import Commit, FileChange, Person
from cooldown_kit.render.commit import render_commit
from cooldown_kit.render.origin import NotRendered, Origin

ORIGIN = Origin("code", "git", lambda email: "hash")
STATUSES = get_args(get_type_hints(FileChange)["status"])
REASONS = ["binary", "too_large", "not_utf8", "submodule", "empty", "something_new", None]


def test_a_commit_without_changes_is_not_rendered(commit: Commit, origin: Origin) -> None:
    assert render_commit(msgspec.structs.replace(commit, changes=[]), origin) == NotRendered("empty_commit")


def test_document_carries_provenance_and_the_keyed_hashes_of_author_and_co_author(
    commit, origin: Origin
) -> None:
    document = render_commit(commit, origin)
    assert isinstance(document, Document)
    assert (document.id, document.kind, document.stream) == (
        "ledger:ledger@9c1f0e",
        "commit",
        "ledger.commits",
    )
    assert document.authors == [
        origin.hash_author(f"{name}@bank.example") for name in ("ann.berg", "sam.iyer")
    ]
    assert document.time == commit.committed_at
    assert document.language == "Python"
    assert document.signals["lines_added"] == 8
    assert document.signals["lines_deleted"] == 3
    assert document.signals["files_changed"] == 9
    assert document.signals["patches_left_out"] == 6


def test_the_same_change_elsewhere_by_somebody_else_has_the_same_content_hash(
    commit: Commit, origin: Origin
) -> None:
    moved = [msgspec.structs.replace(c, path="x/" + c.path) if c.patch else c for c in commit.changes]
    picked = msgspec.structs.replace(
        commit,
        id="other@1",
        author=Person(name="Z", email="z@z.z"),
        message=commit.message.rstrip() + "\n(cherry picked from commit 9c1f0e9c1f0e)\n",
        changes=moved,
    )
    other = msgspec.structs.replace(commit, message="Another message")
    first, second, third = (render_commit(c, origin) for c in (commit, picked, other))
    assert first.content_hash == second.content_hash != third.content_hash


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
people = st.builds(
    lambda n: Person(name=f"Zoë Quux{n}", email=f"quux{n}@people.invalid"), st.integers(10000, 99999)
)
changes = st.builds(
    FileChange,
    path=words.filter(bool),
    old_path=st.none() | words,
    status=st.sampled_from(STATUSES),
    old_mode=st.sampled_from(["000000", "100644", "100755"]),
    new_mode=st.sampled_from(["000000", "100644", "100755"]),
    old_blob=st.none(),
    new_blob=st.none(),
    patch=st.none() | words.map(lambda text: "@@ -1 +1 @@\n" + text),
    left_out=st.sampled_from(REASONS),
)
SIGNATURES = [
    "Signed-off-by: {p.name} <{p.email}>",
    "Co-Authored-By: {p.name} <{p.email}>",
    "(by {p.email})",
    "\n",
    "Fixes: #1",
]


@given(
    message=words,
    author=people,
    committer=people,
    signatures=st.lists(st.sampled_from(SIGNATURES), max_size=5),
    made=st.lists(changes, max_size=4),
    time=st.datetimes(timezones=st.just(UTC)),
)
def test_any_commit_renders_and_names_none_of_its_people(
    message: str,
    author: Person,
    committer: Person,
    signatures: list[str],
    made: list[FileChange],
    time: datetime,
) -> None:
    tail = "\n".join(
        line.format(p=person) for person in (author, committer) for line in signatures if "(by" not in line
    )
    inline = " ".join(line.format(p=author) for line in signatures if "(by" in line)
    record = Commit(
        id="r@1",
        take="commits",
        repository="r",
        revision="1",
        parents=[],
        author=author,
        committer=committer,
        authored_at=time,
        committed_at=time,
        message=f"{message} {inline}\n\n{tail}",
        changes=made,
    )
    document = render_commit(record, ORIGIN)
    if not made:
        assert document == NotRendered("empty_commit")
        return
    everything = msgspec.json.encode(document).decode()
    for person in (author, committer):
        assert person.email not in everything
        assert person.name not in everything
