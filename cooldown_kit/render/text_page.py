"""Text pages: the title as a Markdown heading, unless the text already starts with it, then the text as it is."""

from __future__ import annotations

import re

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import TextPage
from cooldown_kit.render.origin import NotRendered, Origin, content_hash, count_lines

_HEADING = re.compile(r"(?:[#=]{1,6}\s+)?(.*?)(?:\s+[#=]+)?")
_SITE_SUFFIX = re.compile(r"\s[-–—|·:]{1,2}\s")


def render_text_page(record: TextPage, origin: Origin) -> Document | NotRendered:
    """The document of a page; one without any text is not rendered (``empty_page``)."""
    if not record.text.strip():
        return NotRendered("empty_page")
    title = " ".join((record.title or "").split())
    header = f"# {title}\n\n" if title and not _starts_with_title(record.text, title) else ""
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="text",
        segments=[Segment(header + record.text)],
        content_hash=content_hash([record.text]),
        connector=origin.connector,
        path=record.path,
        url=record.url,
        title=title or None,
        time=record.time,
        signals={
            "characters": float(len(record.text)),
            "header_characters": float(len(header)),
            "lines": float(count_lines(record.text)),
        },
    )


def _starts_with_title(text: str, title: str) -> bool:
    """Whether the first line that holds anything is the title.

    A heading that is the title without the name of the site also counts: ``# Install`` under ``Install - Handbook``.
    """
    first = next((line for line in text[:4096].splitlines() if line.strip()), "")
    match = _HEADING.fullmatch(" ".join(first.split()))
    heading = match[1].strip("*").casefold() if match else ""
    wanted = title.casefold()
    return heading in (wanted, _SITE_SUFFIX.split(wanted)[0])
