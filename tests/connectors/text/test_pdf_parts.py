"""Lines, hyphens and furniture of PDFs, one by one."""

from __future__ import annotations

import pytest
from cooldown_connectors.text.pdf_furniture import without_furniture
from cooldown_connectors.text.pdf_hyphens import Hyphens
from cooldown_connectors.text.pdf_lines import HYPHEN, Line, clean
from hypothesis import given
from hypothesis import strategies as st


def line(text: str, y: float, x0: float = 50.0) -> Line:
    return Line(text=text, x0=x0, x1=x0 + 5 * len(text), y=y, y_last=y, size=10.0)


def test_ligatures_become_letters_and_invisible_signs_go() -> None:
    assert clean("e\ufb03cient \ufb01le\u00a0o\ufb00\u00adset\x00\ufeff") == "efficient file offset"
    assert clean("\ud800") == "?"


@given(st.text())
def test_cleaning_gives_valid_text_and_is_done_once(text: str) -> None:
    once = clean(text)
    once.encode()
    assert clean(once) == once


@pytest.mark.parametrize(
    ("known", "divided", "whole"),
    [
        ([], f"trans{HYPHEN}port", "transport"),
        (["well-known"], f"well{HYPHEN}known", "well-known"),
        (["wellknown"], f"well{HYPHEN}known", "wellknown"),
        ([], f"UTF{HYPHEN}8", "UTF-8"),
        ([], f"North{HYPHEN}South", "North-South"),
        ([], f"x{HYPHEN}axis", "x-axis"),
        ([], "no divided word", "no divided word"),
    ],
)
def test_the_document_says_which_hyphens_stay(known: list[str], divided: str, whole: str) -> None:
    assert Hyphens(known).within(divided) == whole


def test_a_dash_between_two_lines_is_no_hyphen() -> None:
    assert Hyphens([]).between("this -", "that") is None
    assert Hyphens([]).between("ends here.", "Then") is None


def test_numbers_that_do_not_count_pages_stay_where_their_height_changes() -> None:
    years = (1914, 1939, 1957, 1961)
    pages = [[line("text", 700 - 20 * n), line(str(year), 40 + 20 * n)] for n, year in enumerate(years)]
    assert without_furniture(pages) == pages


def test_a_header_whose_words_change_goes_where_it_counts_pages() -> None:
    pages = [
        [
            line(f"{word} {n + 11}", 760),
            line(f"body of {word}", 500),
            line("end " + word, 300),
            line("x " + word, 200),
            line("y " + word, 100),
        ]
        for n, word in enumerate(("One", "Two", "Three", "Four"))
    ]
    assert [page[0].text for page in without_furniture(pages)] == [
        "body of One",
        "body of Two",
        "body of Three",
        "body of Four",
    ]


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["a", "b 1", "2", "ii", "c"]), st.integers(0, 800)), max_size=8),
        max_size=8,
    )
)
def test_only_lines_at_an_edge_of_three_pages_go(places: list[list[tuple[str, int]]]) -> None:
    pages = [[line(text, float(y)) for text, y in page] for page in places]
    kept = without_furniture(pages)
    assert len(kept) == len(pages)
    for before, after in zip(pages, kept, strict=True):
        assert all(item in before for item in after)
        edge = sorted({item.y for item in before})
        inner = [item for item in before if item.y not in (*edge[:3], *edge[-3:])]
        assert all(item in after for item in inner)
    if len(pages) < 3:
        assert kept == pages
