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
import zstandard


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
    ``excluded`` (by the source's options), ``missing`` (a partial clone), ``empty`` (rename or mode only)."""
    before: str | None = None
    """The whole file before the change; ``None`` where there was none, and where contents were not asked for.

    What it was after the change is not stored twice: :func:`cooldown_kit.patches.after` applies ``patch``."""


class UntouchedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside those that a commit changed, as it was at the parent: a reader must find out which to edit."""

    path: str
    blob: str
    content: str


class HistorySignals(msgspec.Struct, frozen=True, kw_only=True):
    """What only the owner of a whole history can say of a commit. ``None`` is "not known", never "no"."""

    review: Literal["pull_request", "reviewed", "merged", "pushed"]
    """How it came in: through a pull request, with a reviewer's trailer, by a plain merge, or pushed directly."""
    pull_request: int | None = None
    """Number of the pull (or merge) request that brought it in, where a message says so."""
    merged_in: str | None = None
    """The merge on the first-parent line that brought it in; ``None`` for commits on that line."""
    reverts: str | None = None
    """The commit that this one takes back."""
    reverted_by: str | None = None
    """The first later commit that took this one back."""
    reverted_after_days: float | None = None
    fixed_by: str | None = None
    """The first later commit that calls itself a fix and changes lines that this one added, within the fix window."""
    fixed_after_days: float | None = None
    lines_added: int
    """Lines added that say something (no white space, punctuation or lone keyword): those that survival speaks of. Zero
    also where the diff was not read."""
    lines_surviving: int | None = None
    """How many of them still stand at the revision that was read."""
    survival_days: float | None = None
    """Median days until an added line was changed or removed; a line that still stands counts up to the newest commit."""
    tests_touched: bool
    """It changes a file that is a test by its path."""
    bot: bool
    """Written by a machine, by the author's name and address."""
    author_commits_before: int
    """Earlier commits of the author (by keyed hash of the e-mail) in this repository."""
    author_path_commits_before: int
    """Earlier commits of the author that changed a file in the folder where this one changes most."""
    path_commits_before: int
    """Earlier commits of anybody there: the author's share of them is the author's standing."""


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
    untouched: list[UntouchedFile] = []
    """Some files beside the changed ones, where they were asked for."""
    signals: HistorySignals | None = None


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


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of a notebook. ``outputs`` are those that are text, as text."""

    kind: Literal["markdown", "code", "raw"]
    source: str
    outputs: list[str] = []
    outputs_left_out: int = 0
    """Outputs that are no text (images, widgets) or too large."""


class Notebook(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="notebook"):
    id: str
    """Stable: ``{repository}@{revision}:{path}``."""
    take: str
    repository: str
    revision: str
    path: str
    blob: str
    language: str | None
    """Of the code cells, as the notebook's kernel says it, lower case: ``python``, ``r``, ``julia``."""
    cells: list[Cell]
    changed_at: datetime | None
    changed_in: str | None


class Release(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="release"):
    """A tag and what it released."""

    id: str
    """Stable: ``{repository}@refs/tags/{tag}``."""
    take: str
    repository: str
    tag: str
    revision: str
    """The commit that it names."""
    message: str
    """The annotated tag's own message: release notes where the project keeps them there; empty for a lightweight tag."""
    tagger: Person | None
    released_at: datetime
    """The tagger's time; of a lightweight tag the commit's."""
    previous: str | None
    """The release before it on the way back through history."""
    notes: str | None
    """The part of the changelog file at that commit that speaks of this version; ``None`` where there is none."""
    subjects: list[str]
    """First lines of the commits since the previous release, newest first, merges left out."""
    subjects_left_out: int = 0


class PullRequestCommit(msgspec.Struct, frozen=True, kw_only=True):
    revision: str
    message: str
    author: Person
    authored_at: datetime


class PullRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="pull_request"):
    """A pull (or merge) request, as far as git itself knows it."""

    id: str
    """Stable: ``{repository}#{number}``."""
    take: str
    repository: str
    number: int
    title: str | None
    """From the merge or the squashed commit; of one that was not merged the subject of its only commit."""
    description: str
    """What the merge or the squashed commit says below its title; empty where nothing."""
    merged: bool
    merged_in: str | None
    """The merge commit, or the commit that it was squashed into."""
    merged_at: datetime | None
    base: str
    """The commit that it branched off: ``changes`` are against it."""
    head: str
    commits: list[PullRequestCommit]
    """Oldest first."""
    changes: list[FileChange]


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
    repository: str | None = None
    revision: str | None = None


Record = Commit | SourceFile | Notebook | PullRequest | Release | TextPage


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Something a connector saw and did not take, with the reason: nothing is dropped silently."""

    what: str
    """Where it is: a path, ``{path}#{row}`` or a revision."""
    reason: str
    """One of a small set of snake_case words, counted in the manifest: ``binary``, ``too_large``, …"""
    detail: str = ""


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
