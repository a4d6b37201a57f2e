"""The ``huggingface`` connector: which commit is read, and its rows as pages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from cooldown_connectors.huggingface.choose import Chosen, choose
from cooldown_connectors.huggingface.formats import RowFormat
from cooldown_connectors.huggingface.listing import RemoteFile
from cooldown_connectors.huggingface.options import HuggingFaceOptions
from cooldown_connectors.text.walk import Found
from cooldown_kit.connector import HarvestContext, Take
from cooldown_kit.events import Message, Progress
from cooldown_kit.records import Record, Skipped, TextPage

VERSION: Final = 1
"""Part of the fingerprint: raised whenever the same commit would give other records."""
_PROGRESS_SECONDS: Final = 0.5


class HuggingFaceConnector:
    """Reads rows of data sets on the hub. See ``docs/connectors/huggingface.md``."""

    Options = HuggingFaceOptions

    def reached_urls(self, options: HuggingFaceOptions) -> Iterator[tuple[str, str]]:
        """Option → where a person would open the set."""
        yield "dataset", f"{options.endpoint}/datasets/{options.dataset}"

    def takes(self, options: HuggingFaceOptions) -> tuple[Take, ...]:
        """Always one take, ``pages``."""
        return (Take("pages", options.family),)

    def check(self, options: HuggingFaceOptions, context: HarvestContext) -> None:
        """Raise ``InputError`` where nothing could be read: no such set, revision, split or column, no access, no network."""
        from cooldown_connectors.huggingface.columns import check_columns
        from cooldown_connectors.huggingface.source import Source

        with Source(options, context) as source:
            commit = source.commit(again=True)
            check_columns(source, commit, choose(source.listing(commit), options))

    def fingerprint(self, options: HuggingFaceOptions, context: HarvestContext) -> Mapping[str, Any]:
        """The commit: it says everything. For a branch or a tag the hub is asked, with one small question."""
        from cooldown_connectors.huggingface.source import Source

        with Source(options, context) as source:
            return {"version": VERSION, "dataset": options.dataset, "commit": source.commit(again=True)}

    def kept(self, options: HuggingFaceOptions, context: HarvestContext) -> Iterator[Path]:
        """The files of the set that were brought here."""
        from cooldown_connectors.huggingface.cache import Cache

        yield Cache(context.store, options.endpoint, options.dataset).folder

    def harvest(self, options: HuggingFaceOptions, context: HarvestContext) -> Iterator[Record | Skipped]:
        """The rows of the commit that :meth:`fingerprint` named last, file by file in sorted order.

        Each file is brought to the workspace whole, then read. The branch is not looked at again: what is read must be what was named.
        """
        from cooldown_connectors.huggingface.source import Source

        with Source(options, context) as source:
            commit = source.commit(again=False)
            chosen = choose(source.listing(commit), options)
            if chosen.partial:
                context.emit(
                    _warning(context, "the hub has turned only the first part of this split into Parquet")
                )
            yield from chosen.passed_over
            yield from _rows(source.fetched, commit, chosen, options, context)


def _rows(
    fetched: Callable[[str, RemoteFile], Path],
    commit: str,
    chosen: Chosen,
    options: HuggingFaceOptions,
    context: HarvestContext,
) -> Iterator[Record | Skipped]:
    warnings: Counter[str] = Counter()
    taken, told = 0, time.monotonic()
    for done, file in enumerate(chosen.files):
        if taken == options.limit:
            yield Skipped(what=f"{options.dataset}:{file.path}", reason="limit", detail="the whole file")
            continue
        for item in _read(fetched(commit, file), file, chosen.kind, options, warnings):
            if taken == options.limit:
                yield Skipped(
                    what=f"{options.dataset}:{file.path}", reason="limit", detail="the rest of the file"
                )
                break
            taken += isinstance(item, TextPage)
            yield _named(item, commit, options)
        if time.monotonic() - told > _PROGRESS_SECONDS:
            context.emit(_progress(context, done + 1, len(chosen.files)))
            told = time.monotonic()
    context.emit(_progress(context, len(chosen.files), len(chosen.files)))
    for text, count in sorted(warnings.items()):
        context.emit(_warning(context, f"{count:,} {text}"))


def _read(
    path: Path, file: RemoteFile, kind: RowFormat, options: HuggingFaceOptions, warnings: Counter[str]
) -> Iterator[TextPage | Skipped]:
    from cooldown_connectors.text.rows import RowReader

    found = Found(path, file.path, file.size, 0)
    reader = RowReader(file.path, options, warnings)
    if kind == "parquet":
        from cooldown_connectors.text.parquet import read_parquet

        return read_parquet(found, options, reader)
    if kind == "jsonl":
        from cooldown_connectors.text.jsonl import read_jsonl

        return read_jsonl(found, options, reader)
    if kind == "json":
        from cooldown_connectors.huggingface.json_rows import read_json

        return read_json(found, options, reader)
    from cooldown_connectors.huggingface.csv_rows import read_csv

    return read_csv(found, options, reader)


def _named(item: TextPage | Skipped, commit: str, options: HuggingFaceOptions) -> TextPage | Skipped:
    """The item under the data set's name. The commit is no part of the id: a row that stays is the same row."""
    if isinstance(item, Skipped):
        return msgspec.structs.replace(item, what=f"{options.dataset}:{item.what}")
    page = f"{options.endpoint}/datasets/{options.dataset}/blob/{commit}/{quote(item.path)}"
    return msgspec.structs.replace(
        item,
        id=f"{options.dataset}:{item.id}",
        url=item.url or page,
        repository=options.dataset,
        revision=commit,
    )


def _progress(context: HarvestContext, done: int, total: int) -> Progress:
    return Progress(stage="harvest", detail=context.source, done=done, total=total, unit="files")


def _warning(context: HarvestContext, text: str) -> Message:
    return Message(stage="harvest", level="warning", text=f"{context.source}: {text}")
