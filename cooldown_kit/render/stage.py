"""The render stage: the records of one source → clean documents with their provenance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from cooldown_kit.documents import Document, DocumentWriter
from cooldown_kit.events import Emit, Progress
from cooldown_kit.records import Commit, Record, Skipped, SourceFile, TextPage
from cooldown_kit.render.commit import render_commit
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.source_file import render_source_file
from cooldown_kit.render.text_page import render_text_page

STAGE: Final = "render"
VERSION: Final = 2
"""Part of the stage's key: raised whenever the same records would give other documents."""
DOCUMENTS: Final = "documents.parquet"
REJECTS: Final = "rejects.jsonl"
_PROGRESS_EVERY = 500


def render(record: Record, origin: Origin, layouts: Layouts | None = None) -> Document | NotRendered:
    """One record in the layout that its id gets."""
    layouts = layouts or Layouts()
    if isinstance(record, Commit):
        return render_commit(record, origin)
    if isinstance(record, SourceFile):
        return render_source_file(record, origin)
    if isinstance(record, TextPage):
        return render_text_page(record, origin)
    return NotRendered("no_layout")


def render_source(
    records: Iterable[Record],
    *,
    source: str,
    connector: str,
    clean: Callable[[Record], Record],
    hash_author: Callable[[str], str],
    out: Path,
    emit: Emit,
    options: RenderOptions | None = None,
    seed: int = 0,
    special_tokens: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Render all records of one source into ``out/documents.parquet``.

    ``options`` say which layouts in which proportion, ``seed`` decides which record gets which, and ``special_tokens``
    are those of the model's tokenizer, used where the options turn them on.

    ``clean`` sees every record before anything else does: it replaces secrets. ``hash_author`` turns an e-mail address
    into a keyed hash. Records that give no document are listed in ``out/rejects.jsonl`` with their reason. Returns
    the counters of the stage; memory stays flat whatever the number of records.
    """
    origin = Origin(source, connector, hash_author)
    layouts = Layouts(options or RenderOptions(), seed, special_tokens)
    counts = _Counts()
    encoder = msgspec.json.Encoder()
    with DocumentWriter(out / DOCUMENTS) as writer, (out / REJECTS).open("wb") as rejects:
        for done, raw in enumerate(records, start=1):
            record = clean(raw)
            document = render(record, origin, layouts)
            counts.add(record, document)
            if isinstance(document, Document):
                writer.write(document)
            else:
                rejects.write(encoder.encode(Skipped(what=record.id, reason=document.reason)) + b"\n")
            if done % _PROGRESS_EVERY == 0:
                emit(Progress(stage=STAGE, detail=source, done=done, unit="records"))
    emit(Progress(stage=STAGE, detail=source, done=counts.records, total=counts.records, unit="records"))
    return counts.summary()


class _Counts:
    def __init__(self) -> None:
        self.records = 0
        self._all: Counter[str] = Counter()
        self._by: dict[str, dict[str, Counter[str]]] = {
            "take": defaultdict(Counter),
            "kind": defaultdict(Counter),
        }
        self._languages: Counter[str] = Counter()
        self._not_rendered: Counter[str] = Counter()
        self._patches_left_out: Counter[str] = Counter()

    def add(self, record: Record, document: Document | NotRendered) -> None:
        self.records += 1
        if isinstance(document, NotRendered):
            self._not_rendered[document.reason] += 1
            return
        size = {"documents": 1, "characters": len(document.text)}
        self._all.update(size)
        self._by["take"][document.take].update(size)
        self._by["kind"][document.kind].update(size)
        if document.kind != "text":
            self._languages[document.language or "unknown"] += 1
        if isinstance(record, Commit):
            self._patches_left_out.update(
                change.left_out or "empty" for change in record.changes if change.patch is None
            )

    def summary(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "documents": self._all["documents"],
            "characters": self._all["characters"],
            "by_take": {name: dict(sizes) for name, sizes in sorted(self._by["take"].items())},
            "by_kind": {name: dict(sizes) for name, sizes in sorted(self._by["kind"].items())},
            "by_language": dict(sorted(self._languages.items(), key=lambda item: (-item[1], item[0]))),
            "not_rendered": dict(sorted(self._not_rendered.items())),
            "patches_left_out": dict(sorted(self._patches_left_out.items())),
        }
