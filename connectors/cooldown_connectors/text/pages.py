"""Files that are one page each: Markdown, plain text, HTML."""

from __future__ import annotations

import re

from cooldown_connectors.text.decode import NotTextError, decode
from cooldown_connectors.text.options import Format, TextOptions
from cooldown_connectors.text.walk import Found, unreadable
from cooldown_kit.records import Skipped, TextPage

TAKE = "pages"


def read_page(file: Found, kind: Format, options: TextOptions) -> TextPage | Skipped:
    """One whole file. Markdown and plain text are taken as they are; HTML is turned into Markdown."""
    if file.size > options.max_file_size:
        return _too_large(file, options)
    try:
        with file.path.open("rb") as stream:
            data = stream.read(options.max_file_size + 1)  # it may have grown since it was found
    except OSError as error:
        return unreadable(file.name, error)
    if len(data) > options.max_file_size:
        return _too_large(file, options)
    title: str | None = None
    try:
        if kind == "html":
            from cooldown_connectors.text.html import UnreadableHtmlError, decode_html, to_markdown

            try:
                title, text = to_markdown(decode_html(data, options.encoding))
            except UnreadableHtmlError as error:
                return Skipped(what=file.name, reason="bad_html", detail=str(error))
        else:
            text = decode(data, options.encoding)
            title = _first_heading(text) if kind == "markdown" else None
    except NotTextError as error:
        return Skipped(what=file.name, reason=error.reason, detail=error.detail)
    if not text.strip():
        return Skipped(what=file.name, reason="empty")
    return TextPage(id=file.name, take=TAKE, path=file.name, title=title, text=text)


def _too_large(file: Found, options: TextOptions) -> Skipped:
    detail = f"{file.size:,} bytes; max_file_size is {options.max_file_size:,}"
    return Skipped(what=file.name, reason="too_large", detail=detail)


_HEADING = re.compile(r"#[ \t]+(.*?)(?:[ \t]+#+)?[ \t\r]*")


def _first_heading(text: str) -> str | None:
    """The title of a Markdown page that opens with a level-one heading."""
    first = text[:4096].lstrip().partition("\n")[0]
    match = _HEADING.fullmatch(first)
    return (match[1].strip() or None) if match else None
