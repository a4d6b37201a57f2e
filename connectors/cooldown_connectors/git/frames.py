"""Many small results in one file, compressed a few MiB at a time, and found again by commit.

``NAME`` holds zstd frames one after the other; ``NAME.index`` says which commits each holds, and is written last: a file without its
index was not finished and counts for nothing.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Final, Self

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from cooldown_kit.workspace import write_whole

INDEX: Final = ".index"
_FRAME_BYTES = 4 << 20
_OPEN_FRAMES = 4


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """``marks`` and ``sizes`` are what can be known of each result without reading it."""

    offset: int
    length: int
    revisions: list[bytes]
    marks: list[bytes]
    sizes: list[int]


class FrameWriter:
    """Writes results in the order given. As a context manager it publishes at a clean end, and else leaves nothing that counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._frames: list[Frame] = []
        self._rows: list[tuple[bytes, bytes, int]] = []
        self._results: list[bytes] = []
        self._held = self._end = 0

    def write(self, revision: str, result: bytes, *, mark: bytes = b"", size: int = 0) -> None:
        """Add the result for a commit, with up to eight bytes of ``mark`` and a ``size`` that :class:`Frames` gives by column."""
        self._rows.append((revision.encode(), mark, size))
        self._results.append(result)
        self._held += len(result)
        if self._held >= _FRAME_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._results:
            data = self._compressor.compress(msgspec.msgpack.encode([msgspec.Raw(r) for r in self._results]))
            self._file.write(data)
            revisions, marks, sizes = (list(column) for column in zip(*self._rows, strict=True))
            self._frames.append(Frame(self._end, len(data), revisions, marks, sizes))
            self._end += len(data)
            self._rows, self._results, self._held = [], [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if error[0] is None:
            index = self._path.with_name(self._path.name + INDEX)
            write_whole(index, msgspec.msgpack.encode(self._frames))


class Frames:
    """All finished files of a folder with one suffix. Memory: some 70 bytes a commit, and four frames."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self._paths: list[Path] = []
        self._frames: list[tuple[int, int, int]] = []
        ids: list[npt.NDArray[np.bytes_]] = [np.empty(0, "S40")]
        places, marks, sizes = [np.empty((0, 2), np.int32)], [np.empty(0, "S8")], [np.empty(0, np.int64)]
        for index in sorted(folder.glob(f"*{suffix}{INDEX}")):
            self._paths.append(index.with_name(index.name.removesuffix(INDEX)))
            for frame in msgspec.msgpack.decode(index.read_bytes(), type=list[Frame]):
                ids.append(np.array(frame.revisions))
                marks.append(np.array(frame.marks, "S8"))
                sizes.append(np.array(frame.sizes, np.int64))
                at = np.arange(len(frame.revisions), dtype=np.int32)
                places.append(np.stack([np.full_like(at, len(self._frames)), at], axis=1))
                self._frames.append((len(self._paths) - 1, frame.offset, frame.length))
        unsorted = np.concatenate(ids)
        order = np.argsort(unsorted, kind="stable")
        self._ids = unsorted[order]
        self._places = np.concatenate(places)[order]
        self._marks = np.concatenate(marks)[order]
        self._sizes = np.concatenate(sizes)[order]
        self._open: OrderedDict[int, list[msgspec.Raw]] = OrderedDict()
        self._decoder = msgspec.msgpack.Decoder(list[msgspec.Raw])

    def look_up(self, revisions: npt.NDArray[np.bytes_]) -> npt.NDArray[np.int64]:
        """Where each of these commits stands in the columns, -1 where no finished file holds it."""
        if not len(self._ids):
            return np.full(len(revisions), -1)
        at = np.minimum(np.searchsorted(self._ids, revisions), len(self._ids) - 1)
        return np.where(self._ids[at] == revisions, at, -1)

    def marks(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bytes_]:
        """The marks of rows that :meth:`look_up` found."""
        return self._marks[rows]

    def sizes(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The sizes of rows that :meth:`look_up` found."""
        return self._sizes[rows]

    def read(self, row: int) -> msgspec.Raw:
        """The result in a row, encoded. Neighbours are cheap."""
        frame, at = self._places[row].tolist()
        if frame not in self._open:
            number, offset, length = self._frames[frame]
            with self._paths[number].open("rb") as file:
                data = os.pread(file.fileno(), length, offset)
            self._open[frame] = self._decoder.decode(zstandard.ZstdDecompressor().decompress(data))
            if len(self._open) > _OPEN_FRAMES:
                self._open.popitem(last=False)
        self._open.move_to_end(frame)
        result: msgspec.Raw = self._open[frame][at]
        return result
