"""Commits as tasks: what is read, what is learned from, and that the answer is right."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit import patches
from cooldown_kit.documents import Document
from cooldown_kit.records import Commit, FileChange, UntouchedFile
from cooldown_kit.render.edits import apply_edits, read_edits
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.task import render_task

from .conftest import change
from .diffing import diff
from .ledger import BEFORE, WHOLE

ORIGIN = Origin("code", "git", str)


def layouts(room: int = 12_000) -> Layouts:
    return Layouts(RenderOptions(commit={"task": 1}, prompt_characters=room))


def task(record: Commit, room: int = 12_000) -> tuple[str, str]:
    """Prompt and answer."""
    document = render_task(record, ORIGIN, layouts(room))
    assert isinstance(document, Document), document
    prompt, answer = document.segments
    assert (prompt.trained, answer.trained) == (False, True)
    assert not prompt.token
    assert document.signals["prompt_characters"] == len(prompt.text)
    return prompt.text, answer.text


def sections(text: str) -> dict[str, str]:
    """Path → what stands below its heading."""
    return {
        m[1]: m[2]
        for m in re.finditer(r"^### (\S+)\n\n(.*?)(?=^### |^## |\Z)", text, re.MULTILINE | re.DOTALL)
    }


def changed(commit: Commit, *changes: FileChange) -> Commit:
    return msgspec.structs.replace(commit, changes=list(changes))


def test_the_edits_of_the_answer_give_the_files_after_the_commit(whole_commit: Commit) -> None:
    prompt, answer = task(whole_commit)
    edited = sections(answer)
    rounding = whole_commit.changes[1]
    assert apply_edits(BEFORE, read_edits(edited["src/ledger/rounding.py"])) == patches.after(rounding)
    assert edited["src/ledger/old_rounding.py"] == "Delete the file.\n\n"
    assert edited["tests/test_rounding.py"].startswith("Create the file:\n\n```python\nfrom decimal")
    assert BEFORE in prompt


def test_untouched_files_stand_among_the_changed_ones_in_the_order_of_paths(whole_commit: Commit) -> None:
    prompt, _ = task(whole_commit)
    assert list(sections(prompt)) == [
        "README.md",
        "src/ledger/old_rounding.py",
        "src/ledger/rounding.py",
        "src/ledger/split.py",
    ]


def test_the_prompt_holds_nothing_of_the_answer(whole_commit: Commit) -> None:
    prompt, _ = task(whole_commit)
    assert "ROUND_HALF_EVEN" not in prompt
    assert "test_half_goes_to_even" not in prompt


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        (change("b.py", "renamed", old_path="a.py", left_out="empty", before="x\n"), "Rename the file to b.py.\n"),
        (change("b.py", "copied", old_path="a.py", left_out="empty", before="x\n"), "Copy the file to b.py.\n"),
        (change("a.py", new_mode="100755", left_out="empty", before="x\n"), "Change its mode from 100644 to 100755.\n"),
        (change("a.py", "added", left_out="empty"), "Create the file, empty.\n"),
        (
            change("a.py", "added", patch="@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n", new_mode="100755"),
            "Create the file with mode 100755, without a newline at its end:\n\n```python\nx\n```\n",
        ),
        (change("a.py", "deleted", patch="@@ -1 +0,0 @@\n-x\n", before="x\n"), "Delete the file.\n"),
        (
            change("b.py", "renamed", old_path="a.py", patch="@@ -1 +1 @@\n-x\n+y\n", before="x\n"),
            "Rename the file to b.py.\n\n```python\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_change_is_said(commit: Commit, made: FileChange, answer: str) -> None:
    assert task(changed(commit, made))[1] == f"### a.py\n\n{answer}"


def test_a_change_that_cannot_be_shown_is_said_beside_the_edits(whole_commit: Commit) -> None:
    logo = change("docs/logo.png", "added", left_out="binary")
    _, answer = task(changed(whole_commit, logo, whole_commit.changes[1]))
    assert sections(answer)["docs/logo.png"] == "Binary file docs/logo.png added.\n\n"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([change("a.py", patch="@@ -1 +1 @@\n-x\n+y\n")], "no_contents"),
        ([change("a.py", "deleted", patch="@@ -1 +0,0 @@\n-x\n")], "no_contents"),
        ([change("a.png", left_out="binary")], "no_edits"),
        ([change("a.py", patch="@@ -1 +1 @@\n-x\n+y\n", before="z\n")], "does_not_fit"),
        ([change("a", "type_changed", patch="@@ -1 +1 @@\n-x\n+y\n", before="x\n")], "type_changed"),
        ([change("a.py", patch="@@ -0,0 +1 @@\n+y\n", before="")], "edits_not_unique"),
        ([change("a.rst", patch="@@ -1,2 +1,2 @@\n-Changes\n+CHANGES\n =======\n", before="Changes\n=======\n")], "edits_not_readable"),
        ([change("a.py", "added", patch="@@ -0,0 +1 @@\n+" + "y" * 20_000 + "\n")], "too_large"),
        ([change("a.py", patch="@@ -1 +1 @@\n-x\n+" + "y" * 30_000 + "\n", before="x\n")], "too_large"),
        ([change("a.py", patch="@@ -1 +1 @@\n-" + "x" * 13_000 + "\n+y\n", before="x" * 13_000 + "\n")], "too_large"),
        ([], "no_edits"),
    ],
)  # fmt: skip
def test_a_commit_that_is_no_task_says_why(commit: Commit, made: list[FileChange], reason: str) -> None:
    assert render_task(changed(commit, *made), ORIGIN, layouts()) == NotRendered(reason)


def test_a_commit_without_a_message_is_no_task(whole_commit: Commit) -> None:
    silent = msgspec.structs.replace(whole_commit, message="\nSigned-off-by: A <a@b.example>\n")
    assert render_task(silent, ORIGIN, layouts()) == NotRendered("no_message")


def test_long_files_are_cut_around_what_is_edited_and_untouched_ones_alike(whole_commit: Commit) -> None:
    long = "".join(f"number = {n}\n" for n in range(1000))
    patch = "@@ -500,3 +500,3 @@\n number = 499\n-number = 500\n+number = 'half'\n number = 501\n"
    record = msgspec.structs.replace(
        whole_commit,
        changes=[change("b.py", patch=patch, before=long)],
        untouched=[UntouchedFile(path=path, blob="", content=long) for path in ("a.py", "c.py")],
    )
    prompt, answer = task(record, room=3000)
    files = sections(prompt)
    assert list(files) == ["a.py", "b.py", "c.py"]
    for text in files.values():
        assert re.search(r"^\[lines \d+-\d+ not shown\]$", text, re.MULTILINE)
        assert 800 < len(text) < 1100
    (edit,) = read_edits(answer)
    assert edit.search in files["b.py"]
    assert apply_edits(long, [edit]) == patches.after(record.changes[0])


def test_a_line_too_long_to_show_is_left_out_of_an_untouched_file(whole_commit: Commit) -> None:
    minified = [UntouchedFile(path="z.js", blob="", content="x" * 50_000)]
    prompt, _ = task(msgspec.structs.replace(whole_commit, untouched=minified))
    assert sections(prompt)["z.js"] == "```javascript\n[lines 1-1 not shown]\n```\n\n"


WORDS = st.lists(
    st.sampled_from(["a = 1", "b", "", "```", "    return a", "}", "é", "### x", "=======x"]), max_size=30
)


@given(WORDS, st.data())
def test_any_edit_of_any_file_is_applied_exactly(lines: list[str], data: st.DataObject) -> None:
    before = "".join(f"{line}\n" for line in lines)
    place = data.draw(st.integers(0, len(lines)))
    after = "".join(f"{line}\n" for line in [*lines[:place], *data.draw(WORDS), *lines[place + 1 :]])
    patch = diff(before, after)
    record = msgspec.convert(
        {
            "record": "commit", "id": "r@1", "take": "commits", "repository": "r", "revision": "1", "parents": [],
            "author": {"name": "", "email": ""}, "committer": {"name": "", "email": ""},
            "authored_at": "2026-01-01T00:00:00Z", "committed_at": "2026-01-01T00:00:00Z", "message": "Change", "changes": [],
        },
        Commit,
    )  # fmt: skip
    made = change("a.py", patch=patch or None, left_out=None if patch else "empty", before=before)
    rendered = render_task(changed(record, made), ORIGIN, layouts())
    if isinstance(rendered, NotRendered):
        assert rendered.reason == "edits_not_unique"
        assert not before.strip()
    else:
        assert apply_edits(before, read_edits(rendered.segments[1].text)) == after


def test_all_layouts_of_a_commit_have_the_same_content_hash(whole_commit: Commit) -> None:
    from cooldown_kit.render.before_after import render_before_after
    from cooldown_kit.render.commit import render_commit

    documents = [
        render_commit(whole_commit, ORIGIN),
        render_before_after(whole_commit, ORIGIN, layouts()),
        render_task(whole_commit, ORIGIN, layouts()),
    ]
    assert [document.layout for document in documents] == ["diff", "before_after", "task"]
    assert len({document.content_hash for document in documents}) == 1
    assert WHOLE.count("\n+") + 5 == documents[2].signals["lines_added"]
