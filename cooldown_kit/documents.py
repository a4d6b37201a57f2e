"""Documents: one text that a model may read, with where it came from. One Arrow schema, one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

Kind = Literal[
    "commit",
    "code",
    "notebook",
    "pull_request",
    "review",
    "issue",
    "discussion",
    "thread",
    "release",
    "text",
]
Split = Literal["train", "heldout"]


class Segment(msgspec.Struct, frozen=True):
    """A piece of a document's body. A model reads all of them and learns from those that are ``trained``."""

    text: str
    trained: bool = True
    token: bool = False
    """The text names one special token of the tokenizer, ``<file_sep>``: it becomes that token, not its letters."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One text with its provenance. Documents are clean: secrets were replaced before they were rendered."""

    id: str
    """Stable over runs: the record's id, prefixed by the source's name."""
    source: str
    """The source's name in the recipe."""
    take: str
    """Which take of the source; ``{source}.{take}`` is the stream that mixture shares speak of."""
    kind: Kind
    layout: str = "plain"
    """How the record was laid out: ``diff``, ``before_after``, ``task``, ``file``, ``repository`` and so on."""
    segments: list[Segment]
    content_hash: str
    """Hash of the content without any header that names its place: equal hashes are exact duplicates."""
    connector: str
    repository: str | None = None
    revision: str | None = None
    path: str | None = None
    url: str | None = None
    title: str | None = None
    authors: list[str] = []
    """Keyed hashes of e-mail addresses, or of forge and login: the key stays in the workspace, so nobody else can undo them."""
    time: datetime | None = None
    language: str | None = None
    licence: str | None = None
    related: list[str] = []
    """What tells the same change, by names that all sources share (``acme/payments!413``, ``acme/payments#400``, ``@9c1f0e…``):
    documents that share one, also by way of others, are held out together."""
    split: Split = "train"
    signals: dict[str, float] = {}
    """Numbers about the document that later stages may use, for example ``{"lines": 120.0}``."""

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)

    @property
    def stream(self) -> str:
        return f"{self.source}.{self.take}"


SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("take", pa.string()),
        ("kind", pa.string()),
        ("layout", pa.string()),
        (
            "segments",
            pa.list_(
                pa.struct([("text", pa.large_string()), ("trained", pa.bool_()), ("token", pa.bool_())])
            ),
        ),
        ("content_hash", pa.string()),
        ("connector", pa.string()),
        ("repository", pa.string()),
        ("revision", pa.string()),
        ("path", pa.string()),
        ("url", pa.string()),
        ("title", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("time", pa.timestamp("us", tz="UTC")),
        ("language", pa.string()),
        ("licence", pa.string()),
        ("related", pa.list_(pa.string())),
        ("split", pa.string()),
        ("signals", pa.map_(pa.string(), pa.float64())),
    ]
)

REJECTS_SCHEMA = SCHEMA.append(pa.field("reason", pa.string()))

_GROUP_CHARACTERS = 16 << 20
"""Text per row group: bounds memory whatever the length of documents."""


class DocumentWriter:
    """Writes documents to one Parquet file in row groups of bounded size. A context manager.

    With ``rejects=True`` every document is written with the reason why it was not taken.
    """

    def __init__(self, path: Path, *, rejects: bool = False) -> None:
        self._schema = REJECTS_SCHEMA if rejects else SCHEMA
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._characters = 0
        self.count = 0

    def write(self, document: Document, *, reason: str | None = None) -> None:
        row: dict[str, Any] = msgspec.structs.asdict(document)
        row["segments"] = [msgspec.structs.asdict(s) for s in document.segments]
        row["signals"] = list(document.signals.items())
        if reason is not None:
            row["reason"] = reason
        self._rows.append(row)
        self._characters += sum(len(s.text) for s in document.segments)
        self.count += 1
        if self._characters >= _GROUP_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows, self._characters = [], 0

    def __enter__(self) -> DocumentWriter:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        self._writer.close()


def write_documents(path: Path, documents: Iterable[Document]) -> int:
    """Write all documents to one Parquet file; returns how many."""
    with DocumentWriter(path) as writer:
        for document in documents:
            writer.write(document)
    return writer.count


def _to_document(row: dict[str, Any]) -> Document:
    row.pop("reason", None)
    row["segments"] = [Segment(**s) for s in row["segments"]]
    row["signals"] = dict(row["signals"])
    return Document(**row)


def read_documents(path: Path, *, split: Split | None = None) -> Iterator[Document]:
    """The documents of one Parquet file in their order, one row group at a time; ``split`` keeps only that split."""
    for document, _ in _read_rows(path, None if split is None else (split,)):
        yield document


def find_documents(path: Path, ids: Sequence[str]) -> dict[str, Document]:
    """Id → document, of those ids that one Parquet file holds; reads the rest of it as little as the format allows."""
    import pyarrow.dataset as ds

    rows = ds.dataset(path).to_table(filter=ds.field("id").isin(list(ids))).to_pylist()
    return {row["id"]: _to_document(row) for row in rows}


def read_rejects(path: Path) -> Iterator[tuple[Document, str]]:
    """Documents that were not taken, each with its reason."""
    return _read_rows(path, None)


def _read_rows(path: Path, splits: Sequence[str] | None) -> Iterator[tuple[Document, str]]:
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                if splits is None or row["split"] in splits:
                    reason = row.get("reason") or ""
                    yield _to_document(row), reason
