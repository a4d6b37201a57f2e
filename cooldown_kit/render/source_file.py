"""Source files: one header line that names the path, then the content, byte for byte.

::

    File: src/ledger/rounding.py
    from decimal import ROUND_HALF_EVEN, Decimal
    …

The header is plain words because no comment sign fits all languages, and no special token fits all tokenizers. It ends
with the first newline; ``signals["header_characters"]`` gives its length, so that a later stage finds the content.
"""

from __future__ import annotations

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import SourceFile
from cooldown_kit.render.languages import is_markup, language_of
from cooldown_kit.render.origin import NotRendered, Origin, content_hash, count_lines, quote_path


def render_source_file(record: SourceFile, origin: Origin) -> Document | NotRendered:
    """The document of a source file; an empty one is not rendered (``empty_file``)."""
    if not record.content.strip():
        return NotRendered("empty_file")
    header = f"File: {quote_path(record.path)}\n"
    language = language_of(record.path, first_line=record.content[:200].partition("\n")[0])
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="code",
        segments=[Segment(header + record.content)],
        content_hash=content_hash([record.content]),
        connector=origin.connector,
        repository=record.repository,
        revision=record.revision,
        path=record.path,
        time=record.changed_at,
        language=language,
        signals={
            "characters": float(len(record.content)),
            "header_characters": float(len(header)),
            "lines": float(count_lines(record.content)),
            "markup": float(is_markup(language)),
        },
    )


def without_header(text: str) -> str:
    """The content of a rendered source file: all that follows the header line."""
    return text.partition("\n")[2]
