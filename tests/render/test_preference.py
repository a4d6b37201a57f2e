"""Preference pairs: the lines as criticised and as merged, and a prompt that holds neither."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cooldown_kit.preferences import Preference
from cooldown_kit.records import CodeReview
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.preference import preference

from .talk_records import AFTER_BOTH, AFTER_FIRST, CODECOV, at, code_review, comment

ORIGIN = Origin("ledger", "github", str)
REVIEW = code_review()


def review_with(
    criticised: str | None, accepted: str | None, line: int | None, start: int | None = None, **fields: object
) -> CodeReview:
    anchor = msgspec.structs.replace(REVIEW.thread.anchor, start_line=start, line=line, **fields)
    thread = msgspec.structs.replace(REVIEW.thread, anchor=anchor)
    return msgspec.structs.replace(REVIEW, thread=thread, criticised=criticised, accepted=accepted)


def pair(record: CodeReview, room: int = 12_000) -> Preference:
    made = preference(record, ORIGIN, Layouts(RenderOptions(prompt_characters=room)))
    assert isinstance(made, Preference), made
    return made


def test_a_pair_tells_whence_it_is() -> None:
    made = pair(REVIEW)
    assert (made.id, made.source, made.take, made.repository, made.number) == (
        "ledger:acme/ledger#413/T1",
        "ledger",
        "reviews",
        "acme/ledger",
        413,
    )
    assert (made.path, made.language, made.url, made.time) == (
        "src/ledger/rounding.py",
        "Python",
        REVIEW.url,
        REVIEW.closed_at,
    )
    assert made.related == ["acme/ledger!413"]
    assert made.signals["answered"] == 1
    assert (made.signals["lines_rejected"], made.signals["lines_chosen"]) == (1, 2)


def test_neither_answer_stands_in_the_prompt_nor_what_was_said_afterwards() -> None:
    made = pair(REVIEW)
    assert made.rejected not in made.prompt
    assert "IEEE" not in made.prompt
    assert "Done, with a test" not in made.prompt
    assert "[line 7 to be written]\n" in made.prompt
    assert AFTER_FIRST.replace(made.rejected, made.chosen) == AFTER_BOTH


def test_lines_grow_to_the_whole_changes_that_touch_them() -> None:
    before = "".join(f"{letter}\n" for letter in "abcdefgh")
    after = before.replace("c\nd\ne\n", "C\nD\nE\n").replace("h\n", "H\n")
    made = pair(review_with(before, after, 4))
    assert (made.rejected, made.chosen) == ("c\nd\ne\n", "C\nD\nE\n")
    assert "[lines 3-5 to be written]\n" in made.prompt
    wide = pair(review_with(before, after, 5, 2))
    assert (wide.rejected, wide.chosen) == ("b\nc\nd\ne\n", "b\nC\nD\nE\n")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (review_with(AFTER_FIRST, AFTER_BOTH, None), "no_lines"),
        (msgspec.structs.replace(REVIEW, thread=msgspec.structs.replace(REVIEW.thread, anchor=None)), "no_lines"),
        (review_with(AFTER_FIRST, AFTER_BOTH, 7, side="old"), "old_side"),
        (msgspec.structs.replace(REVIEW, merged=False), "not_merged"),
        (review_with(None, AFTER_BOTH, 7), "no_versions"),
        (review_with(AFTER_FIRST, None, 7), "no_versions"),
        (review_with(AFTER_FIRST, AFTER_BOTH, 99), "out_of_file"),
        (review_with(AFTER_FIRST, AFTER_BOTH, 7, 8), "out_of_file"),
        (review_with(AFTER_FIRST, AFTER_BOTH, 0), "out_of_file"),
        (review_with(AFTER_FIRST, AFTER_FIRST, 7), "unchanged"),
        (review_with(AFTER_FIRST, AFTER_BOTH, 1), "unchanged"),
        (review_with("a\nb\nc\n", "a\nc\n", 2), "removed"),
        (review_with("a\n" + "b" * 9000 + "\n", "a\n" + "c" * 9000 + "\n", 2), "too_large"),
        (review_with("".join(f"{n}\n" for n in range(9000)), "".join(f"x{n}\n" for n in range(9000)), 2), "too_large"),
        (msgspec.structs.replace(REVIEW, thread=msgspec.structs.replace(REVIEW.thread, comments=[comment("c", CODECOV, at(1), "x")])), "no_comment"),
    ],
)  # fmt: skip
def test_a_review_that_gives_no_pair_says_why(record: CodeReview, reason: str) -> None:
    assert preference(record, ORIGIN, Layouts()) == NotRendered(reason)


def test_a_long_file_is_shown_around_the_place() -> None:
    before = "".join(f"number = {n}\n" for n in range(1000))
    after = before.replace("number = 500\n", "number = None\n")
    made = pair(review_with(before, after, 501), room=2000)
    assert "number = 499\n[line 501 to be written]\nnumber = 501\n" in made.prompt
    assert re.search(r"\[lines 1-\d+ not shown\]", made.prompt)
    assert len(made.prompt) < 2600


def test_people_and_versions_are_as_in_documents() -> None:
    named = review_with("# jo.weber@bank.com\nx = 1\n", "# jo.weber@bank.com\nx = 2\n", 2)
    assert "# user_3@example.com\n" in pair(named).prompt
    layouts = Layouts(RenderOptions(pseudonyms=False))
    plain = preference(named, ORIGIN, layouts)
    assert isinstance(plain, Preference)
    assert "jweber: Nobody will know" in plain.prompt


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d\n"]), min_size=1, max_size=14)


@given(LINES, LINES, st.data())
def test_writing_the_chosen_lines_into_the_place_brings_the_file_nearer_to_the_merged_one(
    before: list[str], after: list[str], data: st.DataObject
) -> None:
    """All of the merged file stands before, in, or behind the place: nothing of it is lost and nothing is doubled."""
    start = data.draw(st.integers(1, len(before)))
    end = data.draw(st.integers(start, len(before)))
    made = preference(review_with("".join(before), "".join(after), end, start), ORIGIN, Layouts())
    assume(isinstance(made, Preference))
    assert isinstance(made, Preference)
    match = re.search(r"\[lines? (\d+)(?:-(\d+))? to be written\]", made.prompt)
    assert match
    first, last = int(match[1]) - 1, int(match[2] or match[1])
    if last <= first:  # an insertion alone
        last = first
    assert "".join(before[first:last]) == made.rejected
    assert first <= start - 1
    assert last >= end
    assert made.chosen in "".join(after)
    assert made.chosen != made.rejected
