"""The ``text`` connector: which files there are, what they hold now, and their pages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any, Final

from cooldown_connectors.text.checks import check_columns, check_file, nothing_to_read
from cooldown_connectors.text.converter import Converter, check_installed, versions
from cooldown_connectors.text.formats import format_of
from cooldown_connectors.text.listing import Listing
from cooldown_connectors.text.options import Format, TextOptions
from cooldown_connectors.text.places import Place, locate
from cooldown_connectors.text.walk import Found
from cooldown_kit.connector import HarvestContext, Take
from cooldown_kit.events import Message, Progress
from cooldown_kit.records import Record, Skipped

VERSION: Final = 2
"""Part of the fingerprint: raised whenever the same files would give other records."""
_STAGE: Final = "harvest"
_CHECKED_FOOTERS = 64
_PROGRESS_SECONDS = 0.5


class TextConnector:
    """Reads documents that lie in files. See ``docs/connectors/text.md``."""

    Options = TextOptions

    def takes(self, options: TextOptions) -> tuple[Take, ...]:
        """Always one take, ``pages``."""
        return (Take("pages", options.family),)

    def check(self, options: TextOptions, context: HarvestContext) -> None:
        """Raise ``InputError`` where nothing could be read: no such path, no file in a known format, no such column."""
        place = locate(options.path, context.folder)
        passed_over: Counter[str] = Counter()
        readable = footers = 0
        for item in _files(place, options):
            if isinstance(item, Skipped):
                passed_over[item.reason] += 1
                continue
            file, kind = item
            readable += 1
            if kind == "docx" or kind == "pdf":
                check_installed(kind, str(file.path))
            if place.kind == "file":
                check_file(file, kind, options)
            if kind == "parquet" and footers < _CHECKED_FOOTERS:
                check_columns(file, options, strict=place.kind == "file")
                footers += 1
        if not readable:
            raise nothing_to_read(place, options, passed_over)

    def fingerprint(self, options: TextOptions, context: HarvestContext) -> Mapping[str, Any]:
        """Relative path, size and time of every file; one hash of them where there are many. Contents are not read."""
        listing = Listing()
        documents = 0
        for item in locate(options.path, context.folder).files():
            documents += format_of(listing.add(item)) in ("docx", "pdf")
        converters: dict[str, str | None] = {
            name: metadata.version(name) for name in ("beautifulsoup4", "markdownify")
        }
        if documents:
            converters |= versions()
        return {"version": VERSION, "converters": converters, **listing.fingerprint()}

    def harvest(self, options: TextOptions, context: HarvestContext) -> Iterator[Record | Skipped]:
        """The pages of all files in sorted order, each file's rows in their order."""
        items = list(_files(locate(options.path, context.folder), options))
        warnings: Counter[str] = Counter()
        told = time.monotonic()
        with Converter(
            seconds=options.max_document_seconds, max_pages=options.max_document_pages
        ) as converter:
            for done, item in enumerate(items):
                if isinstance(item, Skipped):
                    yield item
                else:
                    yield from _read(*item, options, converter, warnings)
                if time.monotonic() - told > _PROGRESS_SECONDS:
                    context.emit(_progress(context, done + 1, len(items)))
                    told = time.monotonic()
        context.emit(_progress(context, len(items), len(items)))
        for text, count in sorted(warnings.items()):
            context.emit(Message(stage=_STAGE, level="warning", text=f"{context.source}: {count:,} {text}"))


def _progress(context: HarvestContext, done: int, total: int) -> Progress:
    return Progress(stage=_STAGE, detail=context.source, done=done, total=total, unit="files")


def _files(place: Place, options: TextOptions) -> Iterator[tuple[Found, Format] | Skipped]:
    """Each file with its format, and what is passed over."""
    for item in place.files():
        if isinstance(item, Skipped):
            yield item
            continue
        kind = format_of(item.name) or ("text" if place.kind == "file" else None)
        if kind is None:
            yield Skipped(what=item.name, reason="unknown_format")
        elif kind not in options.formats:
            yield Skipped(what=item.name, reason="format_not_asked", detail=kind)
        else:
            yield item, kind


def _read(
    file: Found, kind: Format, options: TextOptions, converter: Converter, warnings: Counter[str]
) -> Iterator[Record | Skipped]:
    from cooldown_connectors.text.rows import RowReader

    if kind == "jsonl":
        from cooldown_connectors.text.jsonl import read_jsonl

        yield from read_jsonl(file, options, RowReader(file.name, options, warnings))
    elif kind == "parquet":
        from cooldown_connectors.text.parquet import read_parquet

        yield from read_parquet(file, options, RowReader(file.name, options, warnings))
    else:
        from cooldown_connectors.text.pages import read_page

        yield read_page(file, kind, options, converter, warnings)
