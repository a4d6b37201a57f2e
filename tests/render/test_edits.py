"""Search/replace edits do what the patch does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit import patches
from cooldown_kit.render.edits import (
    MIDDLE,
    REPLACE,
    SEARCH,
    Edit,
    apply_edits,
    edits_of,
    read_edits,
    render_edits,
)
from cooldown_kit.render.window import lines_of

from .diffing import diff

LINES = ["a", "b", "", "x = 1", "    return", "}", "é\r", "``"]
FILES = st.builds(
    lambda lines, end: "\n".join(lines) + end,
    st.lists(st.sampled_from(LINES), max_size=16),
    st.sampled_from(["", "\n"]),
)


@given(FILES, FILES, st.integers(0, 3))
def test_edits_applied_to_the_file_give_the_file_after_the_patch(
    before: str, after: str, context: int
) -> None:
    patch = diff(before, after, context)
    assert patches.apply(before, patch) == after
    edits = edits_of(before, patch)
    if edits is None:
        assert not before.strip(), "only a file without text has nothing to search for"
        return
    assert apply_edits(before, edits) == after
    read = read_edits(render_edits(edits))
    assert [edit[:2] for edit in read] == [edit[:2] for edit in edits]
    lines = lines_of(before)
    for edit in edits:
        assert before.count(edit.search) == 1
        assert "".join(lines[slice(*edit.span)]) in (edit.search, edit.search + "\n")


def test_context_grows_until_the_text_stands_once() -> None:
    before = "def a():\n    return 1\n\n\ndef b():\n    return 1\n"
    (edit,) = edits_of(before, diff(before, before[:-2] + "2\n", 0)) or []
    assert edit == Edit("def b():\n    return 1", "def b():\n    return 2", (4, 6))


def test_a_text_that_an_earlier_edit_would_repeat_grows_as_well() -> None:
    before = "one\n\n\n\n\n\nend\ntwo\n"
    after = "two\n\n\n\n\n\nend\n2\n"
    edits = edits_of(before, diff(before, after, 0))
    assert edits is not None
    assert apply_edits(before, edits) == after
    assert "end" in edits[1].search


def test_a_text_that_stands_once_only_with_too_much_around_it_is_given_up() -> None:
    before = "x\n" * 400
    assert edits_of(before, diff(before, "x\n" * 200 + "y\n" + "x\n" * 199, 0)) is None


def test_changes_far_apart_become_edits_of_their_own() -> None:
    before = "".join(f"{number}\n" for number in range(100, 130))
    edits = edits_of(before, diff(before, before.replace("105\n", "a\n").replace("120\n", "b\n"), 3))
    assert edits is not None
    assert [edit.replace for edit in edits] == ["104\na\n106", "119\nb\n121"]


@pytest.mark.parametrize("edit", [Edit("a", "b"), Edit("zz", "b"), Edit("", "b")])
def test_an_edit_whose_text_does_not_stand_exactly_once_is_refused(edit: Edit) -> None:
    with pytest.raises(ValueError, match="exactly once"):
        apply_edits("a\na\n", [edit])


@pytest.mark.parametrize("text", [f"{SEARCH}\na\n", f"{SEARCH}\na\n{MIDDLE}\nb\n"])
def test_a_block_that_does_not_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has no line"):
        read_edits(text)


def test_lines_outside_of_blocks_are_passed_over() -> None:
    text = f"Sure:\n\n{SEARCH}\na\n{MIDDLE}\n{REPLACE}\nDone.\n"
    assert read_edits(text) == [Edit("a", "")]
