"""Files that are one page each."""

from __future__ import annotations

import codecs

import pytest
from cooldown_connectors.text.decode import NotTextError, decode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TRICKY = "\n\n  indented\r\n\ttab  \n\n\n```python\nif x:\n        pass\n```\ntrailing   "


@pytest.mark.parametrize("name", ["a.md", "a.MARKDOWN", "a.rst", "a.txt", "a.adoc"])
def test_markdown_and_plain_text_are_taken_to_the_letter(name: str, harvest, write) -> None:
    write(name, TRICKY)
    assert harvest(name).pages[0].text == TRICKY


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Title #\n\nx", "Title"),
        ("\n# Title\r\nx", "Title"),
        ("x\n# Later", None),
        ("## Two", None),
        ("#no", None),
        ("# \nx", None),
    ],
)
def test_a_first_heading_is_the_title_of_a_markdown_page(
    text: str, title: str | None, harvest, write
) -> None:
    write("a.md", text)
    (page,) = harvest("a.md").pages
    assert (page.title, page.text) == (title, text)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"caf\xe9 is not utf-8", "not_utf8"),
        (b"\x7fELF\0\0\0", "binary"),
        (b"\xff\xfea\0\0\xd8", "undecodable"),
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"x" * 101, "too_large"),
    ],
)
def test_what_is_no_text_is_named_with_its_reason(content: bytes, reason: str, harvest, write) -> None:
    write("docs/good.md")
    write("docs/bad.md", content)
    result = harvest("docs", max_file_size=100)
    assert result.ids == ["good.md"]
    assert result.reasons == {"bad.md": reason}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_removed(encoding: str, harvest, write) -> None:
    write("a.txt", "Größe".encode(encoding))
    assert harvest("a.txt", encoding="cp1252").pages[0].text == "Größe"


def test_big_endian_utf16_is_understood() -> None:
    assert decode(codecs.BOM_UTF16_BE + "ß".encode("utf-16-be"), "utf-8") == "ß"


def test_another_encoding_can_be_named(harvest, write) -> None:
    write("a.txt", "Größe".encode("cp1252"))
    assert harvest("a.txt").reasons == {"a.txt": "not_utf8"}
    assert harvest("a.txt", encoding="cp1252").pages[0].text == "Größe"


# A text that starts with NUL is left out: after the mark of UTF-16 it reads like the mark of UTF-32.
@given(
    st.text().filter(lambda text: not text.startswith("\0")), st.sampled_from(["utf-8", "utf-16", "utf-32"])
)
def test_decoding_loses_nothing(text: str, encoding: str) -> None:
    data = codecs.BOM_UTF8 + text.encode() if encoding == "utf-8" else text.encode(encoding)
    assert decode(data, "utf-8") == text


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(), st.sampled_from(["utf-8", "cp1252", "utf-7", "shift_jis", "utf-16"]))
def test_any_bytes_give_valid_text_or_a_reason(data: bytes, encoding: str) -> None:
    try:
        text = decode(data, encoding)
    except NotTextError as error:
        assert error.reason in ("binary", "not_utf8", "undecodable")
    else:
        text.encode()
