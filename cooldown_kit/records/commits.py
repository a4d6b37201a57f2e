"""Commits: what they changed, and what their history says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from cooldown_kit.records.people import Person


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
