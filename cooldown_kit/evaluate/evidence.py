"""Evidence: what changed between two models on the same held-out documents, kind by kind, with its uncertainty."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cooldown_kit.errors import InputError
from cooldown_kit.evaluate.bits_per_byte import bits_per_byte
from cooldown_kit.evaluate.generate import read_continuations
from cooldown_kit.evaluate.items import GENERATIONS, HELDOUT, ITEMS, read_items
from cooldown_kit.evaluate.options import EvaluateOptions
from cooldown_kit.evaluate.paired import FEWEST, Resampled, Stratum, interval, resample
from cooldown_kit.seeds import random_stream

Verdict = Literal["improved", "worse", "no difference shown", "too few documents"]

EVIDENCE = "evidence.json"
PAIRED = "items.parquet"
ALL = "all"
"""The row of all kinds together."""


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document, or all of them. Bits per byte: lower is better; a difference is after minus before."""

    kind: str
    documents: int
    tokens: int
    bytes: int
    before: float
    after: float
    difference: float
    low: float | None
    """Lower end of the confidence interval of the difference; ``None`` where documents are too few."""
    high: float | None
    relative: float
    """Difference as a share of ``before``."""
    improved_share: float
    """Share of documents that the model after predicts better."""
    verdict: Verdict
    """``improved`` or ``worse`` only where the interval excludes zero."""
    skipped: dict[str, int] = {}
    """Held-out documents of the kind that were not scored, by reason."""
    heads: int = 0
    """Documents of which only the first tokens were scored, because they are longer than `max_document_tokens`."""


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """A held-out document's start, continued by both models, and how it really goes on."""

    id: str
    kind: str
    prompt: str
    before: str
    after: str
    true: str


class _File(msgspec.Struct, kw_only=True):
    """The shape of ``evidence.json``."""

    measure: str = "bits per byte of held-out documents"
    rows: list[EvidenceRow]
    confidence: float
    resamples: int
    seed: int
    generations: list[Generation]


@dataclass(frozen=True)
class Evidence:
    """The result of :func:`compare`."""

    rows: tuple[EvidenceRow, ...]
    """One per kind, then ``all`` where there is more than one kind."""
    generations: tuple[Generation, ...]
    items: pa.Table
    """Per document: id, kind, source, take, language, bytes, tokens, nats_before, nats_after."""
    confidence: float
    resamples: int
    seed: int

    def table(self) -> str:
        """The rows as aligned plain text, for terminals and logs."""
        from cooldown_kit.evaluate.table import table_of

        return table_of(self)

    def to_json(self) -> str:
        """Everything but the items, as JSON text."""
        content = _File(
            rows=list(self.rows),
            confidence=self.confidence,
            resamples=self.resamples,
            seed=self.seed,
            generations=list(self.generations),
        )
        return msgspec.json.format(msgspec.json.encode(content), indent=1).decode()

    def save(self, folder: Path) -> None:
        """Write ``evidence.json`` and the paired ``items.parquet`` into a folder, which is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.items, folder / PAIRED, compression="zstd")
        (folder / EVIDENCE).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Evidence:
        """What :meth:`save` wrote. Raises :class:`InputError` where there is none."""
        try:
            content = msgspec.json.decode((folder / EVIDENCE).read_bytes(), type=_File)
            items = pq.read_table(folder / PAIRED)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError) as error:
            raise InputError(
                f"there is no evidence here: {error}",
                where=str(folder),
                remedy="give the evidence folder of a finished run",
            ) from error
        return cls(
            rows=tuple(content.rows),
            generations=tuple(content.generations),
            items=items,
            confidence=content.confidence,
            resamples=content.resamples,
            seed=content.seed,
        )


def compare(before: Path, after: Path, options: EvaluateOptions, *, seed: int) -> Evidence:
    """Compare two scorings of the same documents; ``before`` and ``after`` are folders that ``score`` wrote.

    Per kind and over all kinds: the difference in bits per byte with a paired bootstrap interval over documents (see
    :mod:`cooldown_kit.evaluate.paired`). Kinds are resampled apart and added up for the row of all.
    Raises :class:`InputError` where the two did not score the same documents.
    """
    items = _pair(before, after)
    left_out = _left_out(before)
    strata = [_stratum(items, kind) for kind in sorted(set(items["kind"].to_pylist()))]
    rows, parts = [], []
    for stratum in strata:
        part = resample(
            stratum, resamples=options.resamples, rng=random_stream(seed, "evidence", stratum.kind)
        )
        enough = len(stratum) >= FEWEST
        ends = interval([part], documents=len(stratum), confidence=options.confidence) if enough else None
        rows.append(_row(items, stratum.kind, ends, left_out.get(stratum.kind, {})))
        parts.append(part)
    if len(strata) > 1:
        rows.append(_row(items, ALL, _interval_of_all(strata, parts, options.confidence), {}))
    return Evidence(
        rows=tuple(rows),
        generations=_generations(before, after),
        items=items,
        confidence=options.confidence,
        resamples=options.resamples,
        seed=seed,
    )


def _interval_of_all(
    strata: list[Stratum], parts: list[Resampled], confidence: float
) -> tuple[float, float] | None:
    if any(len(stratum) < FEWEST for stratum in strata):
        return None
    freedom = sum(len(stratum) - 1 for stratum in strata)
    return interval(parts, documents=freedom + 1, confidence=confidence)


def _pair(before: Path, after: Path) -> pa.Table:
    """Both scorings side by side. The same documents with the same bytes must stand in both."""
    tables = []
    for folder in (before, after):
        if not (folder / ITEMS).is_file():
            raise InputError(
                "there are no scores here",
                where=str(folder),
                remedy="give the folder of a finished evaluate stage",
            )
        tables.append(read_items(folder / ITEMS).sort_by("id"))
    first, second = tables
    if first["id"] != second["id"] or first["bytes"] != second["bytes"]:
        raise InputError(
            f"the two models were not scored on the same documents ({len(first)} and {len(second)} of them)",
            where=f"{before} and {after}",
            remedy="score both models on the same documents with the same `evaluate` options",
        )
    paired = first.rename_columns([*first.column_names[:-1], "nats_before"])
    return paired.append_column("nats_after", second["nats"])


def _stratum(items: pa.Table, kind: str) -> Stratum:
    rows = items.filter(pc.equal(items["kind"], kind))
    return Stratum(
        kind=kind,
        size=rows["bytes"].to_numpy().astype(np.float64),
        before=rows["nats_before"].to_numpy(),
        after=rows["nats_after"].to_numpy(),
    )


def _row(
    items: pa.Table, kind: str, ends: tuple[float, float] | None, left_out: dict[str, Any]
) -> EvidenceRow:
    rows = items if kind == ALL else items.filter(pc.equal(items["kind"], kind))
    size = pc.sum(rows["bytes"]).as_py()
    nats_before, nats_after = rows["nats_before"].to_numpy(), rows["nats_after"].to_numpy()
    before, after = bits_per_byte(nats_before.sum(), size), bits_per_byte(nats_after.sum(), size)
    difference = bits_per_byte((nats_after - nats_before).sum(), size)
    return EvidenceRow(
        kind=kind,
        documents=len(rows),
        tokens=pc.sum(rows["tokens"]).as_py(),
        bytes=size,
        before=float(before),
        after=float(after),
        difference=float(difference),
        low=ends[0] if ends else None,
        high=ends[1] if ends else None,
        relative=float(difference / before) if before else 0.0,
        improved_share=float(np.mean(nats_after < nats_before)),
        verdict=_verdict(ends),
        skipped=left_out.get("skipped", {}),
        heads=left_out.get("heads", 0),
    )


def _verdict(ends: tuple[float, float] | None) -> Verdict:
    if ends is None:
        return "too few documents"
    if ends[1] < 0:
        return "improved"
    return "worse" if ends[0] > 0 else "no difference shown"


def _left_out(folder: Path) -> dict[str, dict[str, Any]]:
    """Kind → what of it was not scored, as the scoring counted it."""
    path = folder / HELDOUT
    if not path.is_file():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _generations(before: Path, after: Path) -> tuple[Generation, ...]:
    """Continuations that both models wrote, in the order of the first."""
    if not (before / GENERATIONS).is_file() or not (after / GENERATIONS).is_file():
        return ()
    later = {line.id: line for line in read_continuations(after / GENERATIONS)}
    return tuple(
        Generation(
            id=line.id,
            kind=line.kind,
            prompt=line.prompt,
            before=line.written,
            after=later[line.id].written,
            true=line.true,
        )
        for line in read_continuations(before / GENERATIONS)
        if line.id in later
    )
