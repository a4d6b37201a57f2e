"""Text pages: a title where there is none, and the text as it is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import TextPage
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.text_page import render_text_page

ORIGIN = Origin("book", "text", str)


def page(text: str, title: str | None = None) -> TextPage:
    return TextPage(id="p", take="pages", path="p", title=title, text=text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Install\n\nRun it.\n", "Install"),
        ("\n\n## INSTALL ##\n", "Install"),
        ("Install\n=======\n", "Install"),
        ("**Install**\n", "Install"),
        ("# Install\n", "Install — Handbook"),
        ("# Install\n", "Install | Handbook | Bank"),
        ("# C#\n", "C#"),
        ("= Install\n", " Install\n"),
        ("No title", None),
        ("Blank title", "  "),
    ],
)
def test_a_text_that_starts_with_its_title_gets_no_second_one(text: str, title: str | None) -> None:
    assert render_text_page(page(text, title), ORIGIN).text == text


@pytest.mark.parametrize(
    ("text", "title"),
    [("Install\n", "Installing"), ("# Other\n", "Install"), ("## \n", "Install"), ("# C\n", "C#")],
)
def test_a_title_that_the_text_lacks_becomes_its_heading(text: str, title: str) -> None:
    document = render_text_page(page(text, title), ORIGIN)
    assert document.text == f"# {title}\n\n{text}"
    assert document.signals["header_characters"] == len(title) + 4


@given(st.text(), st.none() | st.text())
def test_the_text_is_never_altered(text: str, title: str | None) -> None:
    document = render_text_page(page(text, title), ORIGIN)
    if not text.strip():
        assert document == NotRendered("empty_page")
    else:
        assert document.text[int(document.signals["header_characters"]) :] == text


def test_the_title_does_not_count_for_duplicates(text_page: TextPage, origin: Origin) -> None:
    other = msgspec.structs.replace(text_page, title="Another", id="x")
    assert render_text_page(text_page, origin).content_hash == render_text_page(other, origin).content_hash


def test_document_tells_where_it_is_from(text_page: TextPage, origin: Origin) -> None:
    document = render_text_page(text_page, origin)
    assert (document.kind, document.path, document.url) == ("text", text_page.path, text_page.url)
    assert (document.title, document.time) == ("When a reconciliation drifts", text_page.time)
