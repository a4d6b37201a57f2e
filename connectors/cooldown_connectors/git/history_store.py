"""What the first pass read, kept on disk: the next harvest reads new commits only, and one that was killed goes on.

``nodes`` holds each commit's id, parents and time and where its entry lies in ``entries``; both only grow. ``state.json`` says how
much of them counts and is replaced whole, after what it speaks of is on disk: what a kill left behind it is cut off.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import numpy as np
import numpy.typing as npt

from cooldown_connectors.git.graph import Graph, Node
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry, read_history
from cooldown_connectors.git.objects import existing
from cooldown_kit.workspace import digest_of, write_whole

VERSION: Final = 1
_SAVE_SECONDS = 5.0
_WINDOW = 1 << 20


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A commit in ``nodes``: what the graph needs, and where its entry lies."""

    revision: bytes
    parents: list[bytes]
    committed: int
    offset: int
    length: int


class _State(msgspec.Struct):
    version: int = VERSION
    count: int = 0
    nodes_bytes: int = 0
    entries_bytes: int = 0
    tips: list[str] = []
    """Commits whose whole history is here."""
    partial: bool = False
    """There are commits here whose history is not: a first pass was stopped."""


@dataclass(frozen=True)
class History:
    """The commits that some tips reach, with their entries. Numbers are those of ``graph``."""

    graph: Graph
    entries_path: Path
    offsets: npt.NDArray[np.int64]
    """Number → where its entry lies in ``entries_path``."""
    lengths: npt.NDArray[np.int64]
    newly_read: int
    """Commits that this harvest read and no earlier one had."""
    _readers: list[EntryReader] = field(default_factory=list, repr=False)

    def entry(self, number: int) -> CommitEntry:
        """One commit's metadata and rows. Keeps a file open; neighbours are cheap."""
        if not self._readers:
            self._readers.append(EntryReader(self.entries_path))
        return self._readers[0].read(int(self.offsets[number]), int(self.lengths[number]))

    def entries(self, numbers: Iterable[int]) -> Iterator[tuple[int, CommitEntry]]:
        """Several commits' entries, in the order asked for, streamed."""
        with EntryReader(self.entries_path) as reader:
            for number in numbers:
                yield number, reader.read(int(self.offsets[number]), int(self.lengths[number]))


class EntryReader:
    """Reads entries by place; a window of the file is held, so that neighbours cost no system call either way."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._decoder = msgspec.msgpack.Decoder(CommitEntry)
        self._window, self._start = b"", 0

    def read(self, offset: int, length: int) -> CommitEntry:
        at = offset - self._start
        if at < 0 or at + length > len(self._window):
            self._start = max(0, offset - (_WINDOW if offset < self._start else 0))
            size = max(_WINDOW, offset + length - self._start)
            self._window = os.pread(self._file.fileno(), size, self._start)
            at = offset - self._start
        return self._decoder.decode(memoryview(self._window)[at : at + length])

    def __enter__(self) -> EntryReader:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def read_into(
    folder: Path, git: Git, tips: Sequence[str], step: Callable[[], None] = lambda: None
) -> History:
    """The history of ``tips``: what ``folder`` has of it, and the rest read from git and added. Call it under a lock.

    ``step`` is called for each commit that git gives. Raises ``GitFailed``; what was read until then is kept.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = _Store(folder)
    read = 0
    whole = set(store.state.tips)
    missing = [tip for tip in dict.fromkeys(tips) if tip not in whole]
    if missing:
        read = store.extend(git, missing, step)
    where = array("q")

    def nodes() -> Iterator[Node]:
        for place in store.places():
            where.extend((place.offset, place.length))
            yield Node(place.revision, place.parents, place.committed)

    graph = Graph(nodes())
    offsets, lengths = np.array(where, np.int64).reshape(-1, 2)[graph.order].T
    return History(graph, folder / "entries", offsets, lengths, read)


def edge_name(shallow: frozenset[str]) -> str:
    """Where history is cut decides who has which parents: each cut has a folder of its own, with this name."""
    return f"edge-{digest_of(sorted(shallow))[:16]}" if shallow else "whole"


class _Store:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.state = self._load()

    def _load(self) -> _State:
        """The saved state, files cut to what it speaks of; an empty one where they do not hold that much."""
        try:
            state = msgspec.json.decode((self._folder / "state.json").read_bytes(), type=_State)
        except (FileNotFoundError, msgspec.DecodeError):
            state = _State()
        if state.version != VERSION:
            state = _State()
        sizes = {"nodes": state.nodes_bytes, "entries": state.entries_bytes}
        if any(_size(self._folder / name) < size for name, size in sizes.items()):
            state, sizes = _State(), dict.fromkeys(sizes, 0)
        for name, size in sizes.items():
            with (self._folder / name).open("ab") as file:
                file.truncate(size)
        return state

    def places(self) -> Iterator[Place]:
        """All commits that count, in the order in which they were read."""
        decoder = msgspec.msgpack.Decoder(Place)
        with (self._folder / "nodes").open("rb") as file:
            for _ in range(self.state.count):
                yield decoder.decode(file.read(int.from_bytes(file.read(4), "little")))

    def extend(self, git: Git, tips: list[str], step: Callable[[], None]) -> int:
        """Add what ``tips`` reach; returns how many commits were new."""
        known = _Ids(place.revision for place in self.places())
        # Where a pass was stopped, it goes on at the parents that were named and not read.
        from_: list[bytes] = []
        if self.state.partial:
            named = {p for place in self.places() for p in place.parents if p not in known}
            from_ = sorted(existing(git, named))
        until = sorted(existing(git, (tip.encode() for tip in self.state.tips)))
        read = 0
        self.state.partial = True
        with (
            (self._folder / "entries").open("ab") as entries,
            (self._folder / "nodes").open("ab") as nodes,
        ):
            saved = time.monotonic()
            try:
                starts = [*tips, *(revision.decode() for revision in from_)]
                for entry in read_history(git, starts, [revision.decode() for revision in until]):
                    step()
                    revision = entry.revision.encode()
                    if revision in known:
                        continue
                    self._append(entry, revision, entries, nodes)
                    read += 1
                    if time.monotonic() - saved > _SAVE_SECONDS:
                        self._save(entries, nodes)
                        saved = time.monotonic()
                self.state.tips = [*self.state.tips, *tips]
                self.state.partial = False
            finally:
                self._save(entries, nodes)
        return read

    def _append(self, entry: CommitEntry, revision: bytes, entries: BinaryIO, nodes: BinaryIO) -> None:
        data = msgspec.msgpack.encode(entry)
        place = Place(
            revision,
            [parent.encode() for parent in entry.parents],
            _seconds(entry.committed),
            self.state.entries_bytes,
            len(data),
        )
        node = msgspec.msgpack.encode(place)
        entries.write(data)
        nodes.write(len(node).to_bytes(4, "little") + node)
        self.state.count += 1
        self.state.entries_bytes += len(data)
        self.state.nodes_bytes += 4 + len(node)

    def _save(self, entries: BinaryIO, nodes: BinaryIO) -> None:
        for file in (entries, nodes):
            file.flush()
            os.fsync(file.fileno())
        write_whole(self._folder / "state.json", msgspec.json.encode(self.state))


class _Ids:
    """A set of ids, all of one length, in 40 bytes each (64 with SHA-256)."""

    def __init__(self, ids: Iterable[bytes]) -> None:
        whole, width = bytearray(), 40
        for one in ids:
            whole += one
            width = len(one)
        self._ids = np.sort(np.frombuffer(bytes(whole), f"S{width}"))

    def __contains__(self, revision: bytes) -> bool:
        at = int(np.searchsorted(self._ids, revision))
        return at < len(self._ids) and bytes(self._ids[at]) == revision


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _seconds(written: bytes) -> int:
    """The committer time as a number; 0 where git wrote none, and within 64 bits."""
    try:
        return max(-(1 << 62), min(1 << 62, int(written)))
    except ValueError:
        return 0
