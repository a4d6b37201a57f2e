"""From a training sequence back to the documents, commits and files that it was made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cooldown_kit.documents import Segment
from cooldown_kit.errors import InputError
from cooldown_kit.run_folder import RunFolder


@dataclass(frozen=True)
class TracedPiece:
    """One piece of a training sequence, with where it came from."""

    position: int
    """Where in the sequence it starts, in tokens."""
    start: int
    """First token of the document that stands here."""
    end: int
    """One past the last token that stands here."""
    document_tokens: int
    source: str
    """Name of the mixture's share."""
    document: str
    kind: str
    layout: str
    repository: str | None
    revision: str | None
    path: str | None
    url: str | None
    title: str | None
    time: str | None
    token_ids: list[int]
    untrained: list[tuple[int, int]]
    """Ranges of ``token_ids`` that the model reads without learning from them."""

    @property
    def place(self) -> str:
        """Where a person can look it up: repository, revision and path as far as there are."""
        if self.repository is None:
            return self.document.partition(":")[2]
        at = f"@{self.revision[:12]}" if self.revision else ""
        return f"{self.repository}{at}" + (f":{self.path}" if self.path else "")


def shown(piece: TracedPiece, tokenizer: Any) -> list[Segment]:
    """The text of a piece as a ``transformers`` tokenizer decodes it, special tokens and what is not trained apart."""
    from cooldown_kit.model.tokenizer import special_token_ids

    names = {number: name for name, number in special_token_ids(tokenizer.backend_tokenizer).items()}
    untrained = {place for start, end in piece.untrained for place in range(start, end)}

    def sort_of(item: tuple[int, int]) -> tuple[bool, int]:
        place, token = item
        return place not in untrained, place if token in names else -1  # each special token by itself

    segments = []
    for (trained, special), items in groupby(enumerate(piece.token_ids), key=sort_of):
        ids = [token for _, token in items]
        text = names[ids[0]] if special >= 0 else tokenizer.decode(ids)
        segments.append(Segment(text, trained=trained, token=special >= 0))
    return segments


def trace(run: RunFolder, sequence: int) -> list[TracedPiece]:
    """The pieces of training sequence number ``sequence`` (from 0, in the order in which training read them).

    Raises :class:`InputError` where there is no such sequence.
    """
    mixture = run.stage("mix")
    facts = json.loads((mixture / "mixture.json").read_text())
    if not 0 <= sequence < facts["rows"]:
        raise InputError(
            f"there is no sequence {sequence}",
            where=str(run.path),
            remedy=f"give a number from 0 to {facts['rows'] - 1}",
        )
    pieces = pq.read_table(mixture / "index.parquet", filters=[("row", "=", sequence)]).to_pylist()
    documents = _documents(run.stage("curate"), [piece["document"] for piece in pieces])
    row = _row(mixture, sequence)
    return [_piece(piece, documents[piece["document"]], facts["sources"], row) for piece in pieces]


def _piece(
    piece: dict[str, Any],
    document: dict[str, Any],
    sources: list[dict[str, Any]],
    row: Mapping[str, list[int]],
) -> TracedPiece:
    first = piece["position"]
    last = first + piece["end"] - piece["start"]
    names = ("kind", "layout", "repository", "revision", "path", "url", "title")
    facts = {name: document[name] for name in names}
    return TracedPiece(
        position=first,
        start=piece["start"],
        end=piece["end"],
        document_tokens=piece["document_tokens"],
        source=sources[piece["source"]]["name"],
        document=piece["document"],
        time=document["time"].isoformat() if document["time"] else None,
        token_ids=row["input_ids"][first:last],
        untrained=_untrained(row["labels"][first:last]),
        **facts,
    )


def _untrained(labels: list[int]) -> list[tuple[int, int]]:
    spans = []
    for masked, places in groupby(range(len(labels)), key=lambda place: labels[place] < 0):
        if masked:
            run = list(places)
            spans.append((run[0], run[-1] + 1))
    return spans


def _documents(curated: Path, wanted: list[str]) -> dict[str, dict[str, Any]]:
    import pyarrow.dataset as ds  # imports pandas, which takes as long as the rest of a command's start

    columns = ["id", "kind", "layout", "repository", "revision", "path", "url", "title", "time"]
    table = ds.dataset(curated / "documents.parquet").to_table(
        columns=columns, filter=pc.field("id").isin(wanted)
    )
    return {row["id"]: row for row in table.to_pylist()}


def _row(mixture: Path, sequence: int) -> dict[str, list[int]]:
    """``input_ids`` and ``labels`` of one sequence."""
    with pa.memory_map(str(mixture / "rows.arrow")) as source:
        first = 0
        for batch in pa.ipc.open_stream(source):
            if sequence < first + batch.num_rows:
                names = ("input_ids", "labels")
                return {name: batch.column(name)[sequence - first].as_py() for name in names}
            first += batch.num_rows
    raise AssertionError("the index names a row that the mixture does not hold")
