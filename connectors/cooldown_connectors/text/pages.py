"""Files that are one page each: Markdown, plain text, HTML, Word, PDF."""

from __future__ import annotations

import re
from collections import Counter

from cooldown_connectors.text.converted import NotConvertedError
from cooldown_connectors.text.converter import Converter
from cooldown_connectors.text.decode import NotTextError, decode
from cooldown_connectors.text.formats import size_limit
from cooldown_connectors.text.options import Format, TextOptions
from cooldown_connectors.text.walk import Found, unreadable
from cooldown_kit.records import Skipped, TextPage

TAKE = "pages"


def read_page(
    file: Found, kind: Format, options: TextOptions, converter: Converter, warnings: Counter[str]
) -> TextPage | Skipped:
    """One whole file. Markdown and plain text are taken as they are; HTML, Word and PDF are turned into Markdown.

    ``warnings`` counts what stood in documents and could not be taken.
    """
    option, limit = size_limit(kind, options)
    assert limit is not None
    too_large = Skipped(
        what=file.name, reason="too_large", detail=f"{file.size:,} bytes; {option} is {limit:,}"
    )
    if file.size > limit:
        return too_large
    try:
        with file.path.open("rb") as stream:
            data = stream.read(limit + 1)  # it may have grown since it was found
    except OSError as error:
        return unreadable(file.name, error)
    if len(data) > limit:
        return too_large
    try:
        title, text = _converted(data, kind, options, converter, warnings)
    except (NotConvertedError, NotTextError) as error:
        return Skipped(what=file.name, reason=error.reason, detail=error.detail)
    if not text.strip():
        return Skipped(what=file.name, reason="empty")
    return TextPage(id=file.name, take=TAKE, path=file.name, title=title, text=text)


def _converted(
    data: bytes, kind: Format, options: TextOptions, converter: Converter, warnings: Counter[str]
) -> tuple[str | None, str]:
    """``(title, text)``. Raises :class:`NotConvertedError` or :class:`NotTextError`."""
    if kind == "docx" or kind == "pdf":
        converted = converter.convert(kind, data)
        warnings.update(converted.warnings)
        return converted.title, converted.text
    if kind == "html":
        from cooldown_connectors.text.html import UnreadableHtmlError, decode_html, to_markdown

        try:
            return to_markdown(decode_html(data, options.encoding))
        except UnreadableHtmlError as error:
            raise NotConvertedError("bad_html", str(error)) from error
    text = decode(data, options.encoding)
    return _first_heading(text) if kind == "markdown" else None, text


_HEADING = re.compile(r"#[ \t]+(.*?)(?:[ \t]+#+)?[ \t\r]*")


def _first_heading(text: str) -> str | None:
    """The title of a Markdown page that opens with a level-one heading."""
    first = text[:4096].lstrip().partition("\n")[0]
    match = _HEADING.fullmatch(first)
    return (match[1].strip() or None) if match else None
