"""Real samples of what each stage of a run made, for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from cooldown_kit.curate.secrets import SecretCleaner
from cooldown_kit.dataset import is_dataset
from cooldown_kit.documents import Document, Segment, read_documents, read_rejects
from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.evaluate.evidence import Evidence
from cooldown_kit.lineage import shown, trace
from cooldown_kit.records import read_records, read_skipped
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.seeds import random_stream

Stage = Literal["harvest", "skipped", "documents", "heldout", "rejects", "mixture", "generations"]
STAGES: tuple[Stage, ...] = (
    "harvest",
    "skipped",
    "documents",
    "heldout",
    "rejects",
    "mixture",
    "generations",
)


DOCUMENT_STAGES: tuple[Stage, ...] = ("documents", "heldout", "rejects")
"""Those that hold documents, which have a layout."""


@dataclass(frozen=True)
class Sample:
    """One thing that a stage made: a heading that says what and whence, and its text in segments."""

    title: str
    parts: tuple[Segment, ...]
    """As a model reads it: special tokens and what is not trained are segments of their own."""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def plain(title: str, text: str) -> Sample:
    """A sample of something that is no document."""
    return Sample(title, (Segment(text),))


def samples(
    run: RunFolder,
    stage: Stage,
    *,
    count: int = 3,
    source: str | None = None,
    layout: str | None = None,
    seed: int = 0,
) -> list[Sample]:
    """``count`` samples of what a stage made, drawn evenly; of one source and of one layout if it is given.

    Records are raw: their secrets are replaced here, as they are before rendering. A layout is what documents have: of stages that
    hold none there is nothing to show. Raises :class:`RecipeError` where no document of the run has that layout, and
    :class:`InputError` where the records are wanted and the run had its documents from a pinned dataset.
    """
    if why := not_kept(run, stage):
        raise InputError(why, where=str(run.path), remedy=RECORDS_REMEDY)
    if layout is not None:
        _check_layout(run, layout)
        if stage not in DOCUMENT_STAGES:
            return []
    kinds = {
        "harvest": lambda: _records(run, source),
        "skipped": lambda: _skipped(run, source),
        "documents": lambda: _documents(run, "train", source, layout),
        "heldout": lambda: _documents(run, "heldout", source, layout),
        "rejects": lambda: _rejects(run, source, layout),
        "generations": lambda: _generations(run),
    }
    if stage == "mixture":
        return _sequences(run, count, seed)
    return _draw(kinds[stage](), count, seed)


RECORDS_REMEDY = (
    "look at `documents`, `heldout` or `rejects`; or harvest again: run the recipe without `dataset`"
)


def not_kept(run: RunFolder, stage: Stage | Literal["layouts"]) -> str | None:
    """Why there can be nothing to see of a stage, where that is so: a pinned dataset holds documents and no records."""
    needs_records = stage in ("harvest", "skipped", "layouts")
    if needs_records and any(
        is_dataset(Path(output["path"])) for output in run.stages_of("harvest").values()
    ):
        return "the documents of this run came from a pinned dataset, in which records are not kept"
    return None


def _check_layout(run: RunFolder, layout: str) -> None:
    known = {name for stream in run.summary("curate")["streams"].values() for name in stream["layouts"]}
    if layout not in known:
        raise RecipeError(
            f"no document of this run has the layout `{layout}`",
            where="--layout",
            remedy=f"use one of {', '.join(sorted(known))}, or give the layout a share (`render`) and run again",
        )


def _draw(items: Iterable[Sample], count: int, seed: int) -> list[Sample]:
    """Reservoir sampling: an even draw in one pass and flat memory (Vitter, algorithm R)."""
    draw = random_stream(seed, "samples")
    kept: list[Sample] = []
    for number, item in enumerate(items):
        if number < count:
            kept.append(item)
        elif (place := int(draw.integers(number + 1))) < count:
            kept[place] = item
    return kept


def _records(run: RunFolder, source: str | None) -> Iterator[Sample]:
    cleaner = SecretCleaner(b"shown to a person, never kept")
    for name, output in run.stages_of("harvest").items():
        if source in (None, name):
            for record in read_records(Path(output["path"]) / "records.jsonl.zst"):
                clean = cleaner.clean(record)
                yield plain(
                    f"{name}: {record.id}", msgspec.json.format(msgspec.json.encode(clean), indent=1).decode()
                )


def _skipped(run: RunFolder, source: str | None) -> Iterator[Sample]:
    for name, output in run.stages_of("harvest").items():
        if source in (None, name):
            for item in read_skipped(Path(output["path"]) / "skipped.jsonl.zst"):
                yield plain(f"{name}: {item.what}", f"{item.reason} {item.detail}".strip())


def _documents(
    run: RunFolder, split: Literal["train", "heldout"], source: str | None, layout: str | None
) -> Iterator[Sample]:
    for document in read_documents(run.stage("curate") / "documents.parquet", split=split):
        if source in (None, document.source) and layout in (None, document.layout):
            yield Sample(heading(document), tuple(document.segments))


def _rejects(run: RunFolder, source: str | None, layout: str | None) -> Iterator[Sample]:
    for document, reason in read_rejects(run.stage("curate") / "rejects.parquet"):
        if source in (None, document.source) and layout in (None, document.layout):
            yield Sample(f"{reason}: {heading(document)}", tuple(document.segments))


def _generations(run: RunFolder) -> Iterator[Sample]:
    for made in Evidence.load(run.path / "evidence").generations:
        text = f"{made.prompt}\n— before —\n{made.before}\n— after —\n{made.after}\n— in truth —\n{made.true}"
        yield plain(f"{made.kind}: {made.id}", text)


def _sequences(run: RunFolder, count: int, seed: int) -> list[Sample]:
    from cooldown_kit.model.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(run.path / "model") if (run.path / "model").exists() else None
    rows = run.summary("mix")["rows"]
    found = []
    for row in sorted(
        int(r) for r in random_stream(seed, "samples").choice(rows, size=min(count, rows), replace=False)
    ):
        pieces = trace(run, row)
        parts: list[Segment] = []
        for p in pieces:
            head = f"[{p.position}: {p.kind} {p.place}, tokens {p.start}-{p.end} of {p.document_tokens}]\n"
            parts.append(Segment(("\n" if parts else "") + head))
            parts += shown(p, tokenizer) if tokenizer else [Segment(str(p.token_ids))]
        found.append(Sample(f"sequence {row} ({pieces[0].source})", tuple(parts)))
    return found


def heading(document: Document) -> str:
    """What a document is and whence, in one line."""
    facts = [document.kind, document.layout, document.language]
    when = [f"{document.time:%Y-%m-%d}"] if document.time else []
    return f"{document.id} ({', '.join([*filter(None, facts), *when])})"
