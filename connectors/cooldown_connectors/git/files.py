"""Source files and notebooks at the revision as records, in the order of their paths' bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cooldown_connectors.git.blobs import read_blobs
from cooldown_connectors.git.changes import LFS_POINTER
from cooldown_connectors.git.last_change import Change, LastChanges
from cooldown_connectors.git.notebooks import NotNotebook, read_notebook
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import Pace
from cooldown_connectors.git.path_filter import path_filter
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.raw_rows import GITLINK, SYMLINK
from cooldown_connectors.git.repository import Repository
from cooldown_connectors.git.times import utc_time
from cooldown_connectors.git.tree import TreeEntry, read_tree, unread_by_size
from cooldown_connectors.git.tree_lookup import TreeItem
from cooldown_kit.connector import HarvestContext
from cooldown_kit.records import Notebook, Skipped, SourceFile

MAX_NOTEBOOK: Final = 16 << 20
"""Bytes of a notebook: pictures, which are not taken, make most of them far larger than their text."""
MAX_OUTPUT: Final = 20_000
"""Characters of a notebook's output."""
_NOTEBOOK: Final = b".ipynb"
_BINARY_PREFIX = 8000
"""Git's own rule (``buffer_is_binary``): a NUL in the first 8,000 bytes."""

Listing = list[tuple[TreeEntry, str | None]]
"""Entries of the tree, each with the reason why it need not be read, if there is one."""


def list_files(
    repository: Repository,
    options: GitOptions,
    *,
    files: bool = True,
    notebooks: bool = False,
    max_notebook: int = MAX_NOTEBOOK,
) -> Listing:
    """All paths at the tip, decided as far as can be without their contents. Memory grows with the number of files.

    Without ``files`` only notebooks are listed; without ``notebooks`` they are left out as ``notebook``.
    """
    taken = path_filter(options.include, options.exclude)
    listing: Listing = []
    for entry in read_tree(repository.git, repository.tip):
        if _is_notebook(entry):
            reason = _reason_before(entry, max_notebook, taken)
            if reason is None:
                reason = _notebook_reason(entry, notebooks)
            listing.append((entry, reason))
        elif files:
            listing.append((entry, _reason_before(entry, options.max_file_size, taken)))
    return listing


def _is_notebook(entry: TreeEntry) -> bool:
    return entry.path.lower().endswith(_NOTEBOOK) and entry.mode not in (GITLINK, SYMLINK)


def _notebook_reason(entry: TreeEntry, notebooks: bool) -> str | None:
    if b".ipynb_checkpoints/" in entry.path:
        return "notebook_checkpoint"
    return None if notebooks else "notebook"


def files_of(listing: Listing) -> dict[bytes, TreeItem]:
    """Path → mode and blob of those that will be read, as :func:`last_changes` wants them."""
    return {entry.path: TreeItem(entry.mode, entry.blob) for entry, reason in listing if reason is None}


def read_files(
    repository: Repository,
    listing: Listing,
    last: LastChanges,
    context: HarvestContext,
    *,
    max_output: int = MAX_OUTPUT,
) -> Iterator[SourceFile | Notebook | Skipped]:
    """The records of a listing; ``last`` knows who last changed them.

    Of a notebook an output longer than ``max_output`` characters is left out and counted.
    """
    contents = read_blobs(repository.git, [entry.blob for entry, reason in listing if reason is None])
    pace = Pace(context, "files", len(listing))
    for entry, reason in listing:
        content = next(contents) if reason is None else None
        yield _record(repository, entry, reason, content, last.of(entry.path), max_output)
        pace.step()
    assert next(contents, None) is None, "one content for each file"
    pace.end()


def _reason_before(entry: TreeEntry, max_size: int, taken: Callable[[str], bool]) -> str | None:
    if entry.mode == GITLINK:
        return "submodule"
    if not taken(path_text(entry.path)):
        return "excluded"
    if entry.mode == SYMLINK:
        return "symlink"
    return unread_by_size(entry, max_size)


def _record(
    repository: Repository,
    entry: TreeEntry,
    reason: str | None,
    content: bytes | None,
    change: Change | None,
    max_output: int,
) -> SourceFile | Notebook | Skipped:
    path = path_text(entry.path)
    if reason is not None:
        return Skipped(
            what=path, reason=reason, detail="" if reason != "too_large" else f"{entry.size} bytes"
        )
    if content is None:
        return Skipped(what=path, reason="unreadable", detail="git cannot read the object")
    if content.startswith(LFS_POINTER):
        return Skipped(what=path, reason="lfs_pointer")
    if _is_notebook(entry):
        return _notebook(repository, entry, content, change, max_output)
    if b"\0" in content[:_BINARY_PREFIX]:
        return Skipped(what=path, reason="binary")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Skipped(what=path, reason="not_utf8", detail=f"byte {error.start}")
    return SourceFile(
        id=f"{repository.identity}@{repository.tip}:{path}",
        take="files",
        repository=repository.identity,
        revision=repository.tip,
        path=path,
        blob=entry.blob.decode("ascii"),
        mode=entry.mode.decode("ascii"),
        content=text,
        changed_at=None if change is None else utc_time(change.committed),
        changed_in=None if change is None else change.revision,
    )


def _notebook(
    repository: Repository, entry: TreeEntry, content: bytes, change: Change | None, max_output: int
) -> Notebook | Skipped:
    path = path_text(entry.path)
    read = read_notebook(content, max_output)
    if isinstance(read, NotNotebook):
        return Skipped(what=path, reason=read.reason, detail=read.detail)
    return Notebook(
        id=f"{repository.identity}@{repository.tip}:{path}",
        take="notebooks",
        repository=repository.identity,
        revision=repository.tip,
        path=path,
        blob=entry.blob.decode("ascii"),
        language=read.language,
        cells=read.cells,
        changed_at=None if change is None else utc_time(change.committed),
        changed_in=None if change is None else change.revision,
    )
