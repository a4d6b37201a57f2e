"""PDFs as a reader of the page would read them."""

from __future__ import annotations

import zlib

import pytest
from cooldown_connectors.text.converted import NotConvertedError
from cooldown_connectors.text.pdf import read_pdf
from fpdf import FPDF
from hypothesis import assume, given, settings
from hypothesis import strategies as st

PAGES = 1000
TEXT = "the valve of every pump must be opened before water flows through this long pipe and after that it is closed"
WORDS = TEXT.split()


def document() -> FPDF:
    pdf = FPDF(format=(150, 210))
    pdf.set_margins(20, 20)
    pdf.set_auto_page_break(True, margin=20)
    pdf.set_font("Times", size=11)
    return pdf


def paragraph(pdf: FPDF, text: str, **options: object) -> None:
    pdf.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT", **options)
    pdf.ln(5)


def sentence(words: int, start: int = 0) -> str:
    return " ".join(WORDS[(start + index * 5) % len(WORDS)] for index in range(words)) + "."


def text_of(pdf: FPDF) -> str:
    return read_pdf(bytes(pdf.output()), PAGES).text


def by_hand(stream: bytes, *, filters: bytes = b"") -> bytes:
    """A PDF of one page with these drawing commands."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 600] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(stream), filters, stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(body))
    )


def test_paragraphs_headings_lists_and_code_become_markdown() -> None:
    pdf = document()
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    paragraph(pdf, "Pump handbook")
    pdf.set_font("Helvetica", "B", 13)
    paragraph(pdf, "1 Opening the valve")
    pdf.set_font("Times", size=11)
    paragraph(pdf, sentence(40))
    for item in ("first", "second"):
        pdf.multi_cell(0, 5, f"\x95 {item} {sentence(4)}", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(5)
    pdf.set_font("Courier", size=9)
    for line in ("def open(valve):", "    if valve.stuck:", "        return None", "    return 2 * valve"):
        pdf.cell(0, 4, line, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(5)
    pdf.set_font("Times", size=11)
    paragraph(pdf, sentence(30, 3))
    converted = read_pdf(bytes(pdf.output()), PAGES)
    assert converted.title == "Pump handbook"
    assert converted.text == (
        f"# Pump handbook\n\n## 1 Opening the valve\n\n{sentence(40)}\n\n"
        f"- first {sentence(4)}\n- second {sentence(4)}\n\n"
        "```\ndef open(valve):\n    if valve.stuck:\n        return None\n    return 2 * valve\n```\n\n"
        f"{sentence(30, 3)}\n"
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(min_value=1, max_value=120), min_size=1, max_size=8),
    st.sampled_from(["L", "J"]),
    st.integers(min_value=8, max_value=14),
    st.sampled_from(["A4", (150, 210), "letter"]),
)
def test_paragraphs_come_back_whole_however_the_page_is_set(
    lengths: list[int], align: str, size: int, page: object
) -> None:
    pdf = FPDF(format=page)
    pdf.set_font("Times", size=size)
    pdf.add_page()
    texts = [sentence(length, number * 7) for number, length in enumerate(lengths)]
    for text in texts:
        pdf.multi_cell(0, size * 0.45, text, align=align, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(size * 0.45)
    assume(pdf.page == 1)
    assert text_of(pdf) == "\n\n".join(texts) + "\n"


def test_a_paragraph_that_a_page_interrupts_is_made_whole() -> None:
    pdf = document()
    pdf.add_page()
    pdf.set_y(pdf.h - 45)
    paragraph(pdf, sentence(80))
    assert pdf.page == 2
    assert text_of(pdf) == f"{sentence(80)}\n"


def test_running_headers_footers_and_page_numbers_go_and_text_that_repeats_stays() -> None:
    class Book(FPDF):
        def header(self) -> None:
            self.set_font("Times", "I", 9)
            self.cell(
                0, 5, f"{self.page_no()}   Pump handbook" if self.page_no() % 2 else "Chapter of valves"
            )
            self.ln(12)

        def footer(self) -> None:
            self.set_y(-15)
            self.cell(0, 5, f"Page {self.page_no()} of 8", align="C")

    pdf = Book(format=(150, 210))
    pdf.set_auto_page_break(True, margin=20)
    for number in range(8):
        pdf.add_page()
        pdf.set_font("Times", size=11)
        paragraph(
            pdf,
            f"Unlike the others, page {'abcdefgh'[number]} says this. {sentence(20 + 9 * number, number)}",
        )
        paragraph(pdf, "Mind the warning.")
    text = text_of(pdf)
    assert "handbook" not in text
    assert "Chapter of valves" not in text
    assert "Page" not in text
    assert text.count("Mind the warning.") == 8
    assert text.count("Unlike the others") == 8


def test_what_stands_on_two_pages_only_stays() -> None:
    pdf = document()
    for number in range(2):
        pdf.add_page()
        paragraph(pdf, "Mind the warning.")
        paragraph(pdf, sentence(30, number))
    assert text_of(pdf).count("Mind the warning.") == 2


def test_rows_of_a_table_keep_their_cells_apart() -> None:
    pdf = document()
    pdf.add_page()
    paragraph(pdf, sentence(40))
    with pdf.table() as table:
        for texts in (
            ("Pump", "Flow", "Remark"),
            ("the first one", "12", "opens slowly"),
            ("the second", "7", "a | b"),
        ):
            row = table.row()
            for text in texts:
                row.cell(text)
    pdf.ln(5)
    paragraph(pdf, sentence(20, 5))
    assert text_of(pdf) == (
        f"{sentence(40)}\n\n"
        "| Pump | Flow | Remark |\n| --- | --- | --- |\n| the first one | 12 | opens slowly |\n| the second | 7 | a \\| b |\n\n"
        f"{sentence(20, 5)}\n"
    )


def test_columns_are_read_one_after_the_other() -> None:
    pdf = document()
    pdf.add_page()
    with pdf.text_columns(ncols=2, gutter=8, text_align="J") as columns:
        columns.write(sentence(150))
    assert text_of(pdf).split() == sentence(150).split()


def test_words_divided_at_the_end_of_a_line_are_joined_as_the_document_writes_them() -> None:
    lines = ["The trans-", "port of well-", "known goods and of trans-", "atlantic ones is well-known."]
    commands = "BT /F1 11 Tf 14 TL 50 500 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    assert read_pdf(by_hand(commands.encode()), PAGES).text == (
        "The transport of well-known goods and of transatlantic ones is well-known.\n"
    )


@pytest.mark.parametrize(
    ("title", "taken"),
    [
        ("The pump handbook", "The pump handbook"),
        ("Microsoft Word - draft7", "Opening the valve"),
        ("final_v3.docx", "Opening the valve"),
        ("untitled", "Opening the valve"),
        ("sag-39-3", "Opening the valve"),
        ("", "Opening the valve"),
    ],
)
def test_the_title_is_the_files_own_unless_it_names_a_file(title: str, taken: str) -> None:
    pdf = document()
    pdf.set_title(title)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    paragraph(pdf, "Opening the valve")
    pdf.set_font("Times", size=11)
    paragraph(pdf, sentence(40))
    assert read_pdf(bytes(pdf.output()), PAGES).title == taken


def reason(data: bytes, pages: int = PAGES) -> str:
    with pytest.raises(NotConvertedError) as caught:
        read_pdf(data, pages)
    assert caught.value.detail
    return caught.value.reason


def test_what_gives_no_text_says_why() -> None:
    pdf = document()
    pdf.add_page()
    pdf.rect(20, 20, 50, 50, style="F")
    scanned = bytes(pdf.output())
    pdf = document()
    pdf.set_encryption(owner_password="owner", user_password="user")
    pdf.add_page()
    paragraph(pdf, sentence(10))
    locked = bytes(pdf.output())
    pdf = document()
    for _ in range(4):
        pdf.add_page()
    assert reason(scanned) == "no_text_layer"
    assert reason(locked) == "encrypted"
    assert reason(bytes(pdf.output()), pages=3) == "too_many_pages"
    assert reason(b"<html>Not found</html>") == "bad_pdf"
    assert reason(b"%PDF-1.7\nnothing follows") == "bad_pdf"
    assert reason(b"") == "bad_pdf"


def test_a_file_that_only_forbids_changes_is_read() -> None:
    pdf = document()
    pdf.set_encryption(owner_password="owner")
    pdf.add_page()
    paragraph(pdf, sentence(10))
    assert text_of(pdf) == f"{sentence(10)}\n"


def test_pages_without_a_text_layer_are_counted_beside_others() -> None:
    pdf = document()
    pdf.add_page()
    paragraph(pdf, sentence(10))
    pdf.add_page()
    pdf.rect(20, 20, 50, 50, style="F")
    converted = read_pdf(bytes(pdf.output()), PAGES)
    assert converted.text == f"{sentence(10)}\n"
    assert converted.warnings == {"pages of PDFs have no text layer": 1}


def test_fonts_that_name_no_characters_are_told_from_text() -> None:
    from cooldown_connectors.text.pdf import _refuse_unreadable

    with pytest.raises(NotConvertedError, match="name no character"):
        _refuse_unreadable("\ue001\ue002\ue003 ok", 1)
    _refuse_unreadable("\ue001 bullets are no reason", 1)


def test_a_stream_that_unpacks_without_end_ends() -> None:
    bomb = b" " * (64 << 20)
    for _ in range(2):
        bomb = zlib.compress(bomb, 9)
    data = by_hand(bomb, filters=b"/Filter [/FlateDecode /FlateDecode]")
    assert len(data) < 10_000
    assert reason(data) == "no_text_layer"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_text_or_a_reason(data: st.DataObject) -> None:
    pdf = document()
    pdf.add_page()
    paragraph(pdf, sentence(30))
    content = bytearray(pdf.output())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(len(content) // 2, len(content)))
    try:
        text = read_pdf(bytes(content[:end]), PAGES).text
    except NotConvertedError:
        return
    text.encode()
