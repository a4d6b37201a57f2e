"""Trailers go, texts stay."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cooldown_kit.render.message import without_address, without_trailers


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Fix it\n\nSigned-off-by: A B <a@b.c>\n", "Fix it"),
        ("Fix it\n\nBecause.\nSigned-off-by: A B <a@b.c>\n", "Fix it\n\nBecause."),
        ("Fix it\n\nCo-authored-by: A <a@b.c>\n\nCo-authored-by: B <b@b.c>\n", "Fix it"),
        ("Fix it\n\nReviewed-on: https://r/1\nFixes: #12\nChange-Id: I12\n", "Fix it\n\nFixes: #12"),
        ("Fix it\n\ngit-svn-id: https://svn/trunk@1234 0000-11\n", "Fix it"),
        ("Fix it\n\n(cherry picked from commit 0123456789)\n", "Fix it"),
        (
            "Fix it (#7)\n\n* one\n\n* two\n\n---------\n\nCo-authored-by: A <a@b.c>\n",
            "Fix it (#7)\n\n* one\n\n* two",
        ),
        ("Fix it\n\nTested-by: A B <a@b.c>\n  (on the old machine)\n", "Fix it"),
        ("Fix it\r\n\r\nSigned-off-by: A B <a@b.c>\r\n", "Fix it"),
        ("Fix it\n\nQuestions: ask a.b@c.example\n", "Fix it\n\nQuestions: ask <email>"),
        ("Signed-off-by: A B <a@b.c>", ""),
        ("", ""),
    ],
)
def test_trailers_with_people_and_identifiers_are_taken_off_the_end(message: str, text: str) -> None:
    assert without_trailers(message).text == text


@pytest.mark.parametrize(
    "message",
    [
        "fix: allow a@b.c as a user name",
        "Parse `Signed-off-by: A <a@b.c>` lines\n\nSigned-off-by: A <a@b.c> may come twice:\n\n    Signed-off-by: A <a@b.c>\n\nIt did not.",
        "Add a decorator\n\n    @cache\n    def f(): ...",
        "Title\n\nNote: see x@y.z\n\nLast paragraph.",
        "Title\n\nA list:\n---\nend",
        "Title\n\nA rule follows\n\n---",
    ],
)
def test_what_is_not_a_trailer_stays_to_the_letter(message: str) -> None:
    assert without_trailers(message).text == message


def test_co_authors_are_reported_in_their_order() -> None:
    message = "T\n\nCo-authored-by: A <a@b.c>\nHelped-by: X <x@y.z>\nCo-Authored-By: B <b@b.c>\n"
    cleaned = without_trailers(message)
    assert cleaned.co_authors == ("a@b.c", "b@b.c")
    assert cleaned.removed == 3


LINES = [
    "Text.",
    "",
    "---",
    "Fixes: #1",
    "Note: a@b.c",
    "Acked-by: A <a@b.c>",
    "  more",
    "Cc: d@e.f",
    "# a@b.c",
]


@example("Text.\nNote: a@b.c\nAcked-by: A <a@b.c>\n\n---")
@given(st.lists(st.sampled_from(LINES), max_size=12).map("\n".join) | st.text(max_size=300))
def test_cleaning_twice_is_cleaning_once(message: str) -> None:
    once = without_trailers(message).text
    assert without_trailers(once).text == once


@pytest.mark.parametrize("tail", ["a" * 200_000 + "@", "<" * 200_000, "a@" * 100_000, "a.-" * 70_000])
def test_a_hostile_trailer_costs_linear_time(tail: str) -> None:
    start = time.process_time()
    without_trailers(f"T\n\nFixes: {tail}")
    assert time.process_time() - start < 2


def test_only_whole_addresses_are_replaced() -> None:
    text = without_address("by a@b.io, A@B.IO; not xa@b.io, not a@b.iota", "a@b.io")
    assert text == "by <email>, <email>; not xa@b.io, not a@b.iota"
    assert without_address("no address", "") == "no address"
