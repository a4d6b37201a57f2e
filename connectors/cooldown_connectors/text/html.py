"""HTML → Markdown: what a reader of the page would read, with the indentation of code kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cooldown_connectors.text.decode import NotTextError, decode

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_NOT_READ = ("script", "style", "nav", "template", "noscript", "svg", "iframe", "object", "head")
_PERMALINKS = ("", "¶", "#", "§", "🔗")
"""What stands beside the headings of generated pages and links to the heading itself."""
_LANGUAGE = re.compile(r"(?:language|lang|highlight|brush)-([A-Za-z0-9+#-]+)")
_MARKDOWN_OPTIONS: dict[str, Any] = {
    "heading_style": "ATX",
    "bullets": "-",
    # Escapes are for Markdown's renderers; a model should read `snake_case`, not `snake\_case`.
    "escape_asterisks": False,
    "escape_underscores": False,
    "escape_misc": False,
}


class UnreadableHtmlError(ValueError):
    """A page that the parser refuses or that is nested too deeply to convert."""


def decode_html(data: bytes, encoding: str) -> str:
    """The text of an HTML file; where ``encoding`` does not fit, the one that the page declares. Raises ``NotTextError``."""
    try:
        return decode(data, encoding)
    except NotTextError:
        from bs4.dammit import EncodingDetector

        declared = EncodingDetector.find_declared_encoding(data, is_html=True)
        if declared is None:
            raise
        try:
            return decode(data, declared)
        except LookupError:
            pass
        raise


def to_markdown(html: str) -> tuple[str | None, str]:
    """``(title, text)`` of a page: navigation, scripts and styles removed, ``<title>`` taken as the title.

    Raises :class:`UnreadableHtmlError`.
    """
    from bs4 import BeautifulSoup
    from bs4.exceptions import ParserRejectedMarkup

    try:
        soup = BeautifulSoup(html, "html.parser")
        title = _title(soup)
        _remove_unread(soup)
    except ParserRejectedMarkup as error:
        raise UnreadableHtmlError(f"the parser refuses it: {error}") from error
    except RecursionError:
        raise UnreadableHtmlError("its elements are nested too deeply") from None
    return title, markdown_of(soup)


def markdown_of(soup: BeautifulSoup, **options: Any) -> str:
    """The Markdown of all that the tree holds; ``options`` are markdownify's, beside ours.

    Raises :class:`UnreadableHtmlError`.
    """
    from markdownify import MarkdownConverter

    try:
        text: str = MarkdownConverter(
            code_language_callback=_code_language, **_MARKDOWN_OPTIONS, **options
        ).convert_soup(soup)
    except RecursionError:
        raise UnreadableHtmlError("its elements are nested too deeply") from None
    text = text.strip("\r\n").rstrip()
    return f"{text}\n" if text else ""


def _title(soup: BeautifulSoup) -> str | None:
    title = soup.select_one("title:not(svg title)")
    return (" ".join(title.get_text().split()) or None) if title else None


def _remove_unread(soup: BeautifulSoup) -> None:
    for element in soup.find_all(_NOT_READ):
        if not element.decomposed:  # it may lie in one that is already gone
            element.decompose()
    for link in soup.select('a[href^="#"]'):
        if link.get_text().strip() in _PERMALINKS:
            link.decompose()
    for image in soup.find_all("img"):
        if str(image.get("src") or "").startswith("data:"):  # the image itself, in base64
            image.replace_with(str(image.get("alt") or ""))


def _code_language(pre: Tag) -> str:
    """The language of a ``<pre>`` from the class names that generators give it, its code or its parents."""
    around: list[Any] = [pre, pre.find("code"), pre.parent, pre.parent.parent if pre.parent else None]
    for element in filter(None, around):
        for name in element.get("class") or []:
            if match := _LANGUAGE.fullmatch(name):
                return "" if match[1] in ("default", "none", "text") else match[1]
    return ""
