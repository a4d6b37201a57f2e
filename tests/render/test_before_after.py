"""Commits as files before, message, files after."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit import patches
from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Commit, FileChange
from cooldown_kit.render.before_after import render_before_after
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin

from .conftest import change
from .ledger import BEFORE

ORIGIN = Origin("code", "git", str)
TOKENS = frozenset({"<commit_before>", "<commit_msg>", "<commit_after>"})
LONG = "".join(f"number = {n}\n" for n in range(1000))
IN_THE_MIDDLE = "@@ -500,3 +500,3 @@\n number = 499\n-number = 500\n+number = 'half'\n number = 501\n"


def render(
    record: Commit, *, room: int = 12_000, tokens: frozenset[str] = frozenset()
) -> Document | NotRendered:
    options = RenderOptions(commit={"before_after": 1}, prompt_characters=room, special_tokens=bool(tokens))
    return render_before_after(record, ORIGIN, Layouts(options, 17, tokens))


def changed(commit: Commit, *changes: FileChange) -> Commit:
    return msgspec.structs.replace(commit, message="Round\n", changes=list(changes))


def test_one_file_with_tokens_is_starcoders_own_form(whole_commit: Commit) -> None:
    rounding = whole_commit.changes[1]
    document = render(changed(whole_commit, rounding), tokens=TOKENS)
    assert isinstance(document, Document)
    assert document.segments == [
        Segment("<commit_before>", token=True),
        Segment(BEFORE),
        Segment("<commit_msg>", token=True),
        Segment("Round"),
        Segment("<commit_after>", token=True),
        Segment(patches.after(rounding)),
    ]


def test_a_tokenizer_without_all_tokens_gets_plain_text(whole_commit: Commit) -> None:
    document = render(whole_commit, tokens=TOKENS - {"<commit_msg>"})
    assert isinstance(document, Document)
    assert [segment.token for segment in document.segments] == [False]
    assert document.text.startswith("## Before\n\n### src/ledger/old_rounding.py\n\n```python\n")


def test_a_long_file_is_shown_around_its_change_with_the_same_lines_on_both_sides(commit: Commit) -> None:
    document = render(changed(commit, change("a.py", patch=IN_THE_MIDDLE, before=LONG)), room=3000)
    assert isinstance(document, Document)
    before, after = document.text.split("## Commit")
    assert "number = 500\n" in before
    assert "number = 'half'\n" in after
    assert before.count("not shown]") == after.count("not shown]") == 2
    assert before.count("number = ") == after.count("number = ") <= 2 * 32 + 1
    assert render(changed(commit, change("a.py", patch=IN_THE_MIDDLE, before=LONG)), room=3000) == document


def test_files_that_are_not_shown_are_named(commit: Commit) -> None:
    logo = change("logo.png", left_out="binary")
    huge = change("min.js", patch="@@ -1 +1 @@\n-" + "x" * 20_000 + "\n+y\n", before="x" * 20_000 + "\n")
    document = render(changed(commit, logo, change("a.py", patch=IN_THE_MIDDLE, before=LONG), huge))
    assert isinstance(document, Document)
    assert "\nRound\n\nAlso changed: logo.png, min.js\n\n## After\n" in document.text


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([change("a.py", patch="@@ -1 +1 @@\n-x\n+y\n")], "no_contents"),
        ([change("a.py", "added", patch="@@ -0,0 +1 @@\n+y\n")], "no_contents"),
        ([change("a.py", patch="@@ -1 +1 @@\n-x\n+y\n", before="z\n")], "does_not_fit"),
        ([change("a.py", "deleted", patch="@@ -1 +0,0 @@\n-x\n", before="z\n")], "does_not_fit"),
        ([change("a.png", left_out="binary")], "no_contents"),
        ([change("a.py", patch="@@ -1 +1 @@\n-" + "x" * 13_000 + "\n+y\n", before="x" * 13_000 + "\n")], "too_large"),
    ],
)  # fmt: skip
def test_a_commit_without_sides_says_why(commit: Commit, made: list[FileChange], reason: str) -> None:
    assert render(changed(commit, *made)) == NotRendered(reason)


def test_a_commit_without_a_message_says_so(whole_commit: Commit) -> None:
    assert render(msgspec.structs.replace(whole_commit, message=" ")) == NotRendered("no_message")
