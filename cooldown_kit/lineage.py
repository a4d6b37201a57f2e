"""From a training sequence back to the documents, commits and files that it was made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

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
    repository: str | None
    revision: str | None
    path: str | None
    url: str | None
    title: str | None
    time: str | None
    token_ids: list[int]

    @property
    def place(self) -> str:
        """Where a person can look it up: repository, revision and path as far as there are."""
        if self.repository is None:
            return self.document.partition(":")[2]
        at = f"@{self.revision[:12]}" if self.revision else ""
        return f"{self.repository}{at}" + (f":{self.path}" if self.path else "")


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
    ids = _token_ids(mixture, sequence)
    return [_piece(piece, documents[piece["document"]], facts["sources"], ids) for piece in pieces]


def _piece(
    piece: dict[str, Any], document: dict[str, Any], sources: list[dict[str, Any]], ids: list[int]
) -> TracedPiece:
    first = piece["position"]
    facts = {name: document[name] for name in ("kind", "repository", "revision", "path", "url", "title")}
    return TracedPiece(
        position=first,
        start=piece["start"],
        end=piece["end"],
        document_tokens=piece["document_tokens"],
        source=sources[piece["source"]]["name"],
        document=piece["document"],
        time=document["time"].isoformat() if document["time"] else None,
        token_ids=ids[first : first + piece["end"] - piece["start"]],
        **facts,
    )


def _documents(curated: Path, wanted: list[str]) -> dict[str, dict[str, Any]]:
    columns = ["id", "kind", "repository", "revision", "path", "url", "title", "time"]
    table = ds.dataset(curated / "documents.parquet").to_table(
        columns=columns, filter=pc.field("id").isin(wanted)
    )
    return {row["id"]: row for row in table.to_pylist()}


def _token_ids(mixture: Path, sequence: int) -> list[int]:
    with pa.memory_map(str(mixture / "rows.arrow")) as source:
        first = 0
        for batch in pa.ipc.open_stream(source):
            if sequence < first + batch.num_rows:
                ids: list[int] = batch.column("input_ids")[sequence - first].as_py()
                return ids
            first += batch.num_rows
    raise AssertionError("the index names a row that the mixture does not hold")
