"""Source files: one header line that names the path, then the content, byte for byte.

::

    File: src/ledger/rounding.py
    from decimal import ROUND_HALF_EVEN, Decimal
    …

The header is plain words because no comment sign fits all languages. Where the recipe asks for special tokens and the tokenizer
has them it is StarCoder2's ``<repo_name>ledger<file_sep>src/ledger/rounding.py``. It ends with the first newline;
``signals["header_characters"]`` gives its length, so that a later stage finds the content.
"""

from __future__ import annotations

from cooldown_kit.documents import Document
from cooldown_kit.records import SourceFile
from cooldown_kit.render.languages import is_markup, language_of
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import Body, marks
from cooldown_kit.render.origin import NotRendered, Origin, content_hash, quote_path
from cooldown_kit.render.signals import text_signals


def render_source_file(
    record: SourceFile, origin: Origin, layouts: Layouts | None = None
) -> Document | NotRendered:
    """The document of a source file; an empty one is not rendered (``empty_file``)."""
    if not record.content.strip():
        return NotRendered("empty_file")
    body = _header(record, layouts.tokens if layouts else frozenset())
    header = body.characters
    body.text(record.content)
    language = language_of(record.path, first_line=record.content[:200].partition("\n")[0])
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="code",
        layout="file",
        segments=body.segments,
        content_hash=content_hash([record.content]),
        connector=origin.connector,
        repository=record.repository,
        revision=record.revision,
        path=record.path,
        time=record.changed_at,
        language=language,
        signals={**text_signals(body.segments, header), "markup": float(is_markup(language))},
    )


def _header(record: SourceFile, tokens: frozenset[str]) -> Body:
    body = Body()
    names = marks("file", tokens)
    if names is None:
        return body.text(f"File: {quote_path(record.path)}\n")
    body.token(names["repository"]).text(quote_path(record.repository))
    return body.token(names["file"]).text(f"{quote_path(record.path)}\n")


def without_header(text: str) -> str:
    """The content of a rendered source file: all that follows the header line."""
    return text.partition("\n")[2]
