"""Rows of a dump, whatever is around them."""

from __future__ import annotations

import pytest
from cooldown_connectors.threads.row_parser import MAX_ROW, BadXmlError, RowParser
from hypothesis import given
from hypothesis import strategies as st

from thread_sources.dumps import xml

Read = tuple[list[dict[str, str]], list[str], list[int]]


def read(data: bytes, size: int = 1 << 20, position: int = 0) -> Read:
    rows: list[dict[str, str]] = []
    bad: list[str] = []
    starts: list[int] = []

    def row(start: int, attributes: dict[str, str]) -> None:
        starts.append(start)
        rows.append(attributes)

    parser = RowParser(row, lambda _, why: bad.append(why), position)
    for start in range(position, len(data), size):
        parser.feed(data[start : start + size])
    parser.finish()
    return rows, bad, starts


VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
)


@given(st.lists(VALUES, max_size=8), st.integers(1, 50))
def test_rows_are_the_same_however_the_bytes_are_cut(values: list[str], size: int) -> None:
    data = xml("posts", [{"Id": n, "Body": value} for n, value in enumerate(values)]).encode()
    rows, bad, _ = read(data, size)
    assert [row["Body"] for row in rows] == values
    assert not bad


@given(st.lists(VALUES, min_size=1, max_size=6), st.data())
def test_reading_goes_on_from_the_start_of_any_row(values: list[str], data: st.DataObject) -> None:
    text = xml("posts", [{"Id": n, "Body": value} for n, value in enumerate(values)]).encode()
    whole, _, starts = read(text)
    first = data.draw(st.integers(0, len(values) - 1))
    rest, bad, again = read(text, data.draw(st.integers(1, 90)), starts[first])
    assert (rest, again, bad) == (whole[first:], starts[first:], [])


BROKEN = (
    '<row Id="x" Body="a & b" />',
    '<row Id="x" Body="a < b" />',
    '<row Id="x" Body="&#x0;" />',
    '<row Id="x" Body="&undefined;" />',
    '<row Id="x" Id="y" />',
    '<row Id="x" Body="never closed />',
    '<row Id="x" Body=unquoted />',
    "<row",
    "</nothing>",
    '<row Id="x"><b></row>',
)


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_a_broken_row_costs_only_itself_and_is_told(broken: str, size: int) -> None:
    lines = [f'<row Id="{n}" Body="b{n}" />' for n in range(6)]
    data = "\n".join(["<posts>", *lines[:3], broken, *lines[3:], "</posts>"]).encode()
    rows, bad, _ = read(data, size)
    assert [row["Id"] for row in rows if row["Id"] != "x"] == ["0", "1", "2", "3", "4", "5"]
    assert len(bad) <= 2
    assert bad


def test_bytes_that_are_no_utf_8_cost_only_their_row() -> None:
    data = b'<posts>\n<row Id="1" />\n<row Id="2" Body="\xff\xfe" />\n<row Id="3" />\n</posts>'
    rows, bad, _ = read(data)
    assert [row["Id"] for row in rows] == ["1", "3"]
    assert len(bad) == 1


def test_an_encoding_that_the_file_claims_is_not_believed() -> None:
    data = '<?xml version="1.0" encoding="utf-7"?><posts><row Body="+ADw-b+AD4- é" /></posts>'.encode()
    assert read(data)[0] == [{"Body": "+ADw-b+AD4- é"}]


LAUGHS = """<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>
<posts><row Id="1" Body="&c;" /></posts>"""
EXTERNAL = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><posts><row Id="1" /></posts>'


@pytest.mark.parametrize("text", [LAUGHS, EXTERNAL, "<!DOCTYPE x><posts/>"])
@pytest.mark.parametrize("size", [1, 1000])
def test_a_dtd_ends_the_file(text: str, size: int) -> None:
    with pytest.raises(BadXmlError, match="DTD"):
        read(text.encode(), size)


def test_a_row_without_end_is_never_held_whole() -> None:
    rows: list[dict[str, str]] = []
    bad: list[str] = []
    parser = RowParser(lambda _, row: rows.append(row), lambda _, why: bad.append(why))
    parser.feed(b'<posts><row Id="1" /><row Body="')
    for _ in range(MAX_ROW // (1 << 20) + 3):
        parser.feed(b"x" * (1 << 20))
    parser.feed(b'" /><row Id="2" /></posts>')
    parser.finish()
    assert [row["Id"] for row in rows] == ["1", "2"]
    assert len(bad) == 1


def test_a_file_of_broken_rows_is_given_up() -> None:
    with pytest.raises(BadXmlError, match="no dump"):
        read(b"<posts>" + b"<row <" * 10_001)


def test_a_file_that_ends_within_a_row_says_so() -> None:
    rows, bad, _ = read(b'<posts><row Id="1" /><row Id="2')
    assert len(rows) == 1
    assert len(bad) == 1


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_end(data: bytes, size: int) -> None:
    try:
        read(b"<posts><row " + data, size)
    except BadXmlError as error:
        assert str(error)
