"""Commits as messages and unified diffs."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.documents import Document
from cooldown_kit.records import Commit, FileChange, Person
from cooldown_kit.render.commit import render_change, render_commit
from cooldown_kit.render.origin import NotRendered, Origin

ORIGIN = Origin("code", "git", lambda email: "hash")
STATUSES = get_args(get_type_hints(FileChange)["status"])
REASONS = ["binary", "too_large", "not_utf8", "submodule", "empty", "something_new", None]


def change(path: str = "a.py", status: str = "modified", **values: str | None) -> FileChange:
    modes = {"old_mode": "100644", "new_mode": "100644", "old_blob": None, "new_blob": None, "patch": None}
    return FileChange(path=path, status=status, **{**modes, **values})


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (change("logo.png", "added", left_out="binary"), "Binary file logo.png added\n"),
        (change("dump.sql", left_out="too_large"), "File dump.sql modified, diff too large to show\n"),
        (change("old.txt", "deleted", left_out="not_utf8"), "File old.txt deleted, not in UTF-8\n"),
        (change("libs/iso", left_out="submodule"), "Submodule libs/iso modified\n"),
        (
            change("w.bin", left_out="lfs_pointer"),
            "Large file w.bin modified, kept outside of the repository\n",
        ),
        (change("a.lock", left_out="excluded"), "File a.lock modified, diff not shown\n"),
        (change("py.typed", "added", left_out="empty"), "Empty file py.typed added\n"),
        (change("run", new_mode="100755", left_out="empty"), "Mode of run changed from 100644 to 100755\n"),
        (change("b", "type_changed", left_out="empty"), "File b changed type\n"),
        (change("b", left_out="encrypted"), "File b modified, diff left out: encrypted\n"),
        (change("b", "renamed", old_path="a", left_out="empty"), "rename from a\nrename to b\n"),
        (change("b", "copied", old_path="a", left_out="empty"), "copy from a\ncopy to b\n"),
        (
            change("b.bin", "renamed", old_path="a.bin", left_out="binary"),
            "rename from a.bin\nrename to b.bin\nBinary file b.bin renamed\n",
        ),
        (
            change("b", "renamed", old_path="a", new_mode="100755", left_out="empty"),
            "old mode 100644\nnew mode 100755\nrename from a\nrename to b\n",
        ),
        (
            change("a\nb", "added", patch="@@ -0,0 +1 @@\n+x"),
            'new file mode 100644\n--- /dev/null\n+++ "b/a\\nb"\n@@ -0,0 +1 @@\n+x\n',
        ),
    ],
)
def test_every_change_is_named_on_whole_lines(made: FileChange, text: str) -> None:
    assert render_change(made) == text


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


def test_git_applies_a_rendered_commit(tmp_path: Path) -> None:
    """The diff parts of added, modified and deleted files turn the tree before into the tree after."""
    before = {"a.py": "x = 1\ny = 2\nz = 3", "gone.txt": "old\n", "wide.txt": "\tTab\r\nä\n"}
    after = {"a.py": "x = 1\ny = 20\nz = 3", "new/b.py": "print()\n", "wide.txt": "\tTab\r\nü\n"}
    for folder, files in (("before", before), ("after", after)):
        for name, content in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
    changes = []
    for name in sorted(before | after):
        status = "added" if name not in before else "deleted" if name not in after else "modified"
        sides = [
            f"{side}/{name}" if name in files else "/dev/null"
            for side, files in (("before", before), ("after", after))
        ]
        diff = subprocess.run(
            ["git", "diff", "--no-index", "--", *sides], cwd=tmp_path, capture_output=True, check=False
        )
        text = diff.stdout.decode()
        changes.append(change(name, status, patch=text[text.index("\n@@") + 1 :]))
    (tmp_path / "patch").write_bytes("".join(map(render_change, changes)).encode())
    subprocess.run(["git", "apply", str(tmp_path / "patch")], cwd=tmp_path / "before", check=True)
    result = {
        p.relative_to(tmp_path / "before").as_posix(): p.read_bytes().decode()
        for p in (tmp_path / "before").rglob("*")
        if p.is_file()
    }
    assert result == after


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
