"""Records on disk: zstd-compressed JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import zstandard

from cooldown_kit.records.harvested import Record, Skipped


class LineWriter:
    """Writes structs as zstd-compressed JSON lines; memory stays flat. A context manager."""

    def __init__(self, path: Path) -> None:
        self._out = zstandard.ZstdCompressor().stream_writer(path.open("wb"))
        self._encoder = msgspec.json.Encoder()

    def write(self, item: msgspec.Struct) -> None:
        self._out.write(self._encoder.encode(item) + b"\n")

    def __enter__(self) -> LineWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._out.close()  # type: ignore[no-untyped-call]


def write_lines(path: Path, items: Iterable[msgspec.Struct]) -> int:
    """Write structs as zstd-compressed JSON lines; returns how many."""
    count = 0
    with LineWriter(path) as writer:
        for item in items:
            writer.write(item)
            count += 1
    return count


def _read_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
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
