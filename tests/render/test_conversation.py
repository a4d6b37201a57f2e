"""Turns, and how much of a conversation is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Person
from cooldown_kit.render.conversation import Turn, conversation, ends, name_of, not_shown
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import TOKENS
from cooldown_kit.render.options import RenderOptions

TOKENS_OF_ISSUES = frozenset(TOKENS["thread"][0].values())


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Yes.", "a: Yes."),
        ("- one\n- two", "a:\n\n- one\n- two"),
        ("1. one", "a:\n\n1. one"),
        ("```\ncode\n```", "a:\n\n```\ncode\n```"),
        ("> quote", "a:\n\n> quote"),
        ("## Title", "a:\n\n## Title"),
        ("-1 is wrong", "a: -1 is wrong"),
        ("*really*", "a: *really*"),
        ("2026 was the year", "a: 2026 was the year"),
        ("", "a:"),
    ],
)
def test_a_block_stands_below_the_name_and_other_text_behind_it(text: str, spoken: str) -> None:
    assert Turn("a", text).spoken == spoken


def test_a_note_stands_behind_the_name() -> None:
    assert Turn("a", "Yes.", "accepted answer").spoken == "a (accepted answer): Yes."


@pytest.mark.parametrize(
    ("person", "name"),
    [
        (None, "unknown"),
        (Person(name="", email="x@y.example"), "unknown"),
        (Person(name=" Ann  Berg", email=""), "Ann Berg"),
        (Person(name="Ann Berg", email="", login="ann"), "ann"),
    ],
)
def test_people_are_called_by_their_logins_and_nobody_by_an_address(person: Person | None, name: str) -> None:
    assert name_of(person) == name


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1, 0), "[1 turn not shown]"),
        ((2000, 1), "[2,000 turns and 1 push not shown]"),
        ((0, 2), "[2 pushes not shown]"),
    ],
)
def test_what_is_not_shown_is_said(counts: tuple[int, int], said: str) -> None:
    assert not_shown(*counts) == said


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(0, 3000))
def test_both_ends_stay_and_the_middle_goes_only_where_there_is_no_room(sizes: list[int], room: int) -> None:
    head, tail = ends(sizes, room)
    assert head + tail <= len(sizes)
    if sum(sizes) <= room or len(sizes) <= 2:
        assert (head, tail) == (len(sizes), 0)
    else:
        assert head >= 1
        assert tail >= 1 or head == len(sizes)
        kept = [*sizes[:head], *sizes[len(sizes) - tail :]]
        assert sum(kept) <= max(room, sizes[0] + sizes[-1])
        assert 0 <= head - tail <= 1


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60), st.booleans())
def test_shown_and_hidden_turns_are_all_turns(sizes: list[int], marked: bool) -> None:
    options = RenderOptions(conversation_characters=1000, special_tokens=marked)
    turns = [Turn(f"u{number}", "w" * size) for number, size in enumerate(sizes)]
    layouts = Layouts(options, tokenizer_tokens=TOKENS_OF_ISSUES)
    body = conversation("Title", [], turns, "Closed.", layouts, 7)
    text = "".join(segment.text for segment in body.segments)
    shown = [int(number) for number in re.findall(r"u(\d+): w", text)]
    hidden = re.search(r"\[(\d+) turns? not shown\]", text)
    assert len(shown) + (int(hidden[1]) if hidden else 0) == len(turns)
    assert shown == sorted(shown)
    assert any(segment.token for segment in body.segments) is marked
    if marked:
        assert text.startswith("<issue_start>Title: Title\nu0: ")
        assert text.endswith("<issue_closed>")
        assert sum(segment.text == "<issue_comment>" for segment in body.segments) == len(shown) - 1
    else:
        assert text.startswith("# Title (#7)\n\nu0: ")
        assert text.endswith("\n\nClosed.\n")
