"""PDF → Markdown: the text layer in reading order, without what repeats on every page."""

from __future__ import annotations

import re
from typing import Any

from cooldown_connectors.text.converted import Converted, NotConvertedError
from cooldown_connectors.text.pdf_flow import to_markdown
from cooldown_connectors.text.pdf_furniture import without_furniture
from cooldown_connectors.text.pdf_lines import Line, PageReader

_MAX_TEXT = 64 << 20
"""Characters of one document; more stand in no real one, and would not stay within memory."""
_UNREADABLE_SHARE = 0.3
_FILE_NAME = re.compile(r"\.(?:docx?|odt|tex|dvi|indd|pdf|qxd|rtf|pptx?)$", re.I)
_NO_TITLES = ("untitled", "title", "document")
_SIGNATURE = b"%PDF-"
_SIGNATURE_WINDOW = 1024
"""Readers accept some bytes before the signature (ISO 32000-2, annex I, note 2)."""


def read_pdf(data: bytes, max_pages: int) -> Converted:
    """The Markdown of one PDF.

    Raises :class:`NotConvertedError`: ``encrypted``, ``bad_pdf``, ``too_many_pages``, ``no_text_layer`` (scanned),
    ``undecodable`` (fonts that do not say which characters they draw).
    """
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    if _SIGNATURE not in data[:_SIGNATURE_WINDOW]:
        raise NotConvertedError("bad_pdf", "it does not begin like a PDF")
    try:
        document = pdfium.PdfDocument(data)
        count = len(document)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise NotConvertedError("encrypted", "it opens with a password only") from error
        raise NotConvertedError("bad_pdf", str(error)) from error
    if count > max_pages:
        raise NotConvertedError("too_many_pages", f"{count:,} pages; max_pages is {max_pages:,}")
    pages, warnings = _pages(document, count)
    heading, text = to_markdown(without_furniture(pages))
    _refuse_unreadable(text, count)
    return Converted(_title(document, heading), f"{text}\n", warnings)


def _pages(document: Any, count: int) -> tuple[list[list[Line]], dict[str, int]]:
    """The lines of every page, and how many pages gave none."""
    import pypdfium2 as pdfium

    reader, pages, held = PageReader(), list[list[Line]](), 0
    warnings: dict[str, int] = {}
    for number in range(count):
        try:
            page = document[number]
            text = page.get_textpage()
        except pdfium.PdfiumError:
            warnings["damaged pages of PDFs were left out"] = (
                warnings.get("damaged pages of PDFs were left out", 0) + 1
            )
            pages.append([])
            continue
        pages.append(reader.lines(text))
        text.close()
        page.close()
        held += sum(len(line.text) for line in pages[-1])
        if held > _MAX_TEXT:
            raise NotConvertedError("too_large", f"more than {_MAX_TEXT:,} characters")
        if not pages[-1]:
            warnings["pages of PDFs have no text layer"] = (
                warnings.get("pages of PDFs have no text layer", 0) + 1
            )
    return pages, warnings


def _refuse_unreadable(text: str, pages: int) -> None:
    visible = [sign for sign in text if not sign.isspace()]
    if not visible:
        raise NotConvertedError(
            "no_text_layer", f"none of its {pages:,} pages holds text: it is scanned or empty, and needs OCR"
        )
    unreadable = sum(sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff" for sign in visible)
    if unreadable > _UNREADABLE_SHARE * len(visible):
        raise NotConvertedError(
            "undecodable",
            f"{unreadable:,} of {len(visible):,} signs name no character: its fonts do not say which they draw",
        )


def _title(document: Any, heading: str | None) -> str | None:
    """The title that the file gives itself, unless it is the name of a file; else the first heading."""
    title = " ".join(str(document.get_metadata_value("Title") or "").split())
    made_from = title.lower().startswith("microsoft word -") or _FILE_NAME.search(title)
    if title and not made_from and title.lower() not in _NO_TITLES and (" " in title or heading is None):
        return title
    return heading
