"""Lines of a PDF, told apart and put together by where they stand and how they look."""

from __future__ import annotations

from cooldown_connectors.text.pdf_flow import to_markdown
from cooldown_connectors.text.pdf_lines import Line
from hypothesis import given
from hypothesis import strategies as st

BODY = "a line of the body that is long enough to reach the end."


class Page:
    """Sets lines one below the other, 12 points apart."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._y = 700.0

    def line(
        self,
        text: str,
        x: float = 50.0,
        *,
        size: float = 10.0,
        mono: bool = False,
        bold: bool = False,
        gap: float = 12.0,
    ) -> Page:
        self._y -= gap
        self.lines.append(
            Line(
                text=text,
                x0=x,
                x1=x + 5 * len(text),
                y=self._y,
                y_last=self._y,
                size=size,
                mono=mono,
                bold=bold,
            )
        )
        return self

    def body(self, *lines: str, gap: float = 24.0) -> Page:
        for number, text in enumerate(lines):
            self.line(text, gap=12.0 if number else gap)
        return self


def shown(*pages: Page) -> str:
    return to_markdown([page.lines for page in pages])[1]


def test_bullets_of_fonts_of_symbols_begin_items_and_their_lines_hang() -> None:
    page = Page().body(*[BODY] * 4)
    page.line("\uf0b7 first item that goes", 60, gap=18).line("on here", 70).line("\uf0b7 second item", 60)
    assert shown(page).endswith("- first item that goes on here\n- second item")


def test_numbered_items_keep_their_numbers() -> None:
    page = Page().body(*[BODY] * 4).line("1. first", 60, gap=18).line("2. second", 60)
    assert shown(page).endswith("1. first\n2. second")


def test_an_indented_first_line_begins_a_paragraph() -> None:
    full = BODY.replace("end.", "very end")
    page = Page().body(full, BODY).line("Next" + full[7:], 65).line(full).line(BODY)
    assert shown(page).split("\n\n") == [f"{full} {BODY}", f"Next{full[7:]} {full} {BODY}"]


def test_a_line_that_ends_early_with_its_sentence_ends_a_paragraph() -> None:
    page = Page().body(BODY, BODY, "ends here.", BODY, BODY)
    assert shown(page).split("\n\n") == [f"{BODY} {BODY} ends here.", f"{BODY} {BODY}"]


def test_headings_rank_by_size_and_go_over_two_lines() -> None:
    page = Page().line("A long title of", size=20, bold=True).line("two lines", size=20, bold=True, gap=24)
    page.line("Section", size=14, bold=True, gap=40).body(BODY, BODY, BODY)
    page.line("Small and bold", bold=True, gap=24).body(BODY, BODY)
    text = shown(page)
    assert text.startswith("# A long title of two lines\n\n## Section\n\n")
    assert "\n\n### Small and bold\n\n" in text


def test_the_title_is_the_largest_heading_of_the_first_page_that_has_one() -> None:
    first = Page().body(*[BODY] * 3)
    second = (
        Page()
        .line("Series", size=13, bold=True)
        .line("The title", size=20, bold=True, gap=40)
        .body(*[BODY] * 3)
    )
    third = Page().line("Larger still", size=30, bold=True).body(*[BODY] * 3)
    assert to_markdown([first.lines, second.lines, third.lines])[0] == "The title"


def test_code_keeps_its_indentation_and_empty_lines_and_no_fence_ends_it_early() -> None:
    page = Page().body(*[BODY] * 4).line("if x:", mono=True, gap=20).line("return 1", 70, mono=True)
    page.line("```", mono=True).line("y = 2", mono=True, gap=24)
    assert shown(page).endswith("````\nif x:\n    return 1\n```\n\ny = 2\n````")


def test_a_document_that_is_all_of_fixed_width_is_text() -> None:
    page = Page()
    for _ in range(3):
        page.line(BODY, mono=True)
    assert shown(page) == " ".join([BODY] * 3)


def test_chinese_and_japanese_lines_are_joined_without_a_blank() -> None:
    first, second = "水を流す前に、すべての弁をゆっくりと開け", "なければならない。そのあとで閉じる。"
    assert shown(Page().body(first, second)) == first + second
    assert shown(Page().body(first), Page().body(second)) == first + second


def test_rows_of_unequal_length_are_lines_of_cells_and_labels_are_no_cells() -> None:
    page = Page().body(*[BODY] * 4).line("one\ttwo", gap=24).line("three\tfour\tfive")
    assert shown(page).endswith("one | two\nthree | four | five")
    heading = Page().line("1.2\tOpening the valve", size=14, bold=True).body(*[BODY] * 4)
    assert shown(heading).startswith("# 1.2 Opening the valve\n\n")
    items = Page().body(*[BODY] * 4).line("•\tfirst", 60, gap=24).line("(a)\tsecond", 60)
    assert shown(items).endswith("- first\n(a) second")


def test_rows_of_dots_become_one_sign() -> None:
    page = Page().line("Opening the valve . . . . . . . . . . 12").body(*[BODY] * 3)
    assert shown(page).startswith("Opening the valve … 12")


def test_columns_and_pages_interrupt_no_sentence_and_join_no_others() -> None:
    first = Page().body(BODY, BODY[:-1])
    assert shown(first, Page().body("goes on here. " + BODY)).count("\n\n") == 0
    assert shown(first, Page().body("Begins anew. " + BODY)).count("\n\n") == 1


@given(st.lists(st.lists(st.builds(
    Line, text=st.text("ab.- •1\t", min_size=1, max_size=30).filter(str.strip), x0=st.floats(0, 500), x1=st.floats(0, 900),
    y=st.floats(-10, 900), y_last=st.floats(-10, 900), size=st.sampled_from([0.0, 8.0, 10.0, 14.0]), mono=st.booleans(), bold=st.booleans(),
), max_size=8), max_size=3))  # fmt: skip
def test_no_letter_is_lost_or_changes_its_place(pages: list[list[Line]]) -> None:
    def letters(text: str) -> str:
        return "".join(sign for sign in text if sign.isalpha())

    assert letters(to_markdown(pages)[1]) == letters("".join(line.text for page in pages for line in page))
