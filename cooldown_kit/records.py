"""Records: what a system of record holds, structured and unrendered.

Rendering again never needs harvesting again, so a record keeps everything that any layout could want. Records are
raw: they may hold secrets and names. They are written to folders that only their owner can read, and
:mod:`cooldown_kit.curate.secrets` cleans them before anything is rendered.

On disk a harvest is ``records.jsonl.zst``: one JSON object a line, with a ``record`` tag that names its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
import pyarrow as pa


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A name and e-mail as the system of record has them. Never rendered: documents carry keyed hashes."""

    name: str
    email: str


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit did to one path."""

    path: str
    old_path: str | None = None
    """Set where the change is a rename or a copy."""
    status: Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]
    old_mode: str
    new_mode: str
    old_blob: str | None
    new_blob: str | None
    patch: str | None
    """The hunks of the unified diff, from the first ``@@`` on, without file headers; ``None`` where left out."""
    left_out: str | None = None
    """Why there is no patch: ``binary``, ``too_large``, ``not_utf8``, ``submodule``, ``lfs_pointer``,
    ``excluded`` (by the source's options), ``empty`` (rename or mode only)."""


class Commit(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="commit"):
    id: str
    """Stable: ``{repository}@{revision}``."""
    take: str
    """Which of the connector's takes it belongs to, for example ``commits``."""
    repository: str
    revision: str
    parents: list[str]
    author: Person
    committer: Person
    authored_at: datetime
    committed_at: datetime
    message: str
    changes: list[FileChange]


class SourceFile(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="source_file"):
    id: str
    """Stable: ``{repository}@{revision}:{path}``."""
    take: str
    repository: str
    revision: str
    """The revision that was read, not the one that last changed the file."""
    path: str
    blob: str
    mode: str
    content: str
    changed_at: datetime | None
    """Time of the last commit that changed the path; ``None`` where history does not say (a shallow clone)."""
    changed_in: str | None


class TextPage(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="text_page"):
    id: str
    """Stable: ``{path}`` or ``{path}#{row}``."""
    take: str
    path: str
    row: int | None = None
    """Row in a JSONL or Parquet file, from 1."""
    title: str | None = None
    text: str
    time: datetime | None = None
    url: str | None = None


Record = Commit | SourceFile | TextPage


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Something a connector saw and did not take, with the reason: nothing is dropped silently."""

    what: str
    """Where it is: a path, ``{path}#{row}`` or a revision."""
    reason: str
    """One of a small set of snake_case words, counted in the manifest: ``binary``, ``too_large``, …"""
    detail: str = ""


_COMPRESSION = "zstd"


class LineWriter:
    """Writes structs as zstd-compressed JSON lines; memory stays flat. A context manager."""

    def __init__(self, path: Path) -> None:
        self._out = pa.CompressedOutputStream(str(path), _COMPRESSION)
        self._encoder = msgspec.json.Encoder()

    def write(self, item: msgspec.Struct) -> None:
        self._out.write(self._encoder.encode(item) + b"\n")

    def __enter__(self) -> LineWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._out.close()


def write_lines(path: Path, items: Iterable[msgspec.Struct]) -> int:
    """Write structs as zstd-compressed JSON lines; returns how many."""
    count = 0
    with LineWriter(path) as writer:
        for item in items:
            writer.write(item)
            count += 1
    return count


def _read_lines(path: Path) -> Iterator[bytes]:
    with pa.CompressedInputStream(str(path), _COMPRESSION) as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest


def read_records(path: Path) -> Iterator[Record]:
    """The records of one ``records.jsonl.zst``, in the order in which they were harvested."""
    decoder = msgspec.json.Decoder(Record)
    return map(decoder.decode, _read_lines(path))


def read_skipped(path: Path) -> Iterator[Skipped]:
    """What the harvest saw and did not take (``skipped.jsonl.zst``)."""
    decoder = msgspec.json.Decoder(Skipped)
    return map(decoder.decode, _read_lines(path))
