"""What a rebased branch would look like if only the rebase had been done: so that what the author did beside it can be seen.

Let the round before end in ``P``, which branches off at ``B``, and this one in ``H``, which branches off at ``C``. Both bases lie in the target.
A commit ``T`` is made: ``C`` with what led from ``B`` to ``P`` done again. From ``T`` to ``H`` is then what the author did:
nothing for a plain rebase, the amended lines for an amended one, also where the target was merged into the branch instead.

Files that only one side changed come out exactly, renames of either side included; of files that both changed, all lines that git's own merge
takes over without a conflict do. In a conflict ``T`` holds the lines of both, ours first, so the way in which the author resolved it
is part of what he did. A file without lines (binary, too large, no UTF-8) that both changed stands in ``T`` as it was in ``P``: what the target
changed there then looks like the author's work. What ``C`` says of the names and modes of files that the target moved wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cooldown_connectors.forge.code.changes import Changed, changes_between
from cooldown_connectors.forge.code.lines import Edit, edits_of
from cooldown_connectors.forge.code.made_commits import Made, Put, make_commits
from cooldown_connectors.forge.code.merging import apply_edits, merge_edits
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.git.blobs import read_blobs
from cooldown_connectors.git.comparisons import Comparison, compare
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.object_reader import ObjectReader
from cooldown_connectors.git.objects import existing, sizes
from cooldown_connectors.git.paths import path_bytes
from cooldown_connectors.git.raw_rows import GITLINK
from cooldown_connectors.git.tree_lookup import FOLDER, TreeItem, TreeLookup
from cooldown_kit.records import FileChange

CHUNK: Final = 20
"""Rebases whose patches are held at once."""
_REGULAR: Final = ("100644", "100755")
_MAX_HELD: Final = 8 << 20
"""Bytes of files that both sides changed, of one rebase. Those beyond count as files without lines."""


@dataclass(frozen=True)
class Rebase:
    """Full ids of four commits, and paths (in ``old_head``) that lines are followed in beside those that the request changes."""

    old_base: str
    old_head: str
    new_base: str
    new_head: str
    paths: frozenset[str] = frozenset()


class FileMove(NamedTuple):
    """Where a file of ``old_head`` stands in the reapplied commit (``None``: the target removed it), and what the target did to it."""

    path: str | None
    edits: Sequence[Edit]


@dataclass(frozen=True)
class Reapplied:
    revision: str
    files: Mapping[str, FileMove]
    """By path in ``old_head``; files that are not here stand as they did."""


@dataclass
class _Work:
    """One rebase while it is worked on."""

    rebase: Rebase
    ours: list[FileChange]
    base_paths: dict[str, TreeItem | None] = field(default_factory=dict)
    """Paths in ``old_base`` that matter and that the target changed → what stands there in ``new_base``."""
    candidates: list[bytes] = field(default_factory=list)
    """Files of ``new_base`` that the branch changes now: one that the target renamed is among them."""
    theirs: dict[str, FileChange] = field(default_factory=dict)
    """What the target did to them, by their path in ``old_base`` (of an added file its path)."""
    files: dict[str, FileMove] = field(default_factory=dict)
    failed: bool = False
    """What the target did cannot be seen."""


def reapply(git: Git, rebases: Sequence[Rebase], options: ForgeOptions) -> Iterator[Reapplied | None]:
    """One for each rebase, in order; ``None`` where the request changes more than may be read. ``git`` works in a repository
    that may be written to. Raises ``GitFailed``.
    """
    unfiltered = options.model_copy(update={"include": (), "exclude": (), "context_lines": 0})
    for start in range(0, len(rebases), CHUNK):
        yield from _chunk(git, rebases[start : start + CHUNK], unfiltered)


def _chunk(git: Git, rebases: Sequence[Rebase], options: ForgeOptions) -> Iterator[Reapplied | None]:
    before = changes_between(git, [(one.old_base, one.old_head) for one in rebases], options)
    now = compare(git, [(one.new_base, one.new_head) for one in rebases], options.max_request_files)
    with ObjectReader(git) as objects:
        lookup = TreeLookup(objects)
        works = [
            None if changed.left_out is not None else _looked_up(lookup, rebase, changed, rows)
            for rebase, changed, rows in zip(rebases, before, now, strict=True)
        ]
        some = [work for work in works if work is not None]
        _see_theirs(git, lookup, some, options)
    some = [work for work in some if not work.failed]
    contents = _contents(git, some)
    commits = _only_existing(git, [_reapplied(work, contents) for work in some])
    ids = dict(zip(map(id, some), make_commits(git, commits), strict=True))
    for work in works:
        revision = ids.get(id(work))
        yield None if work is None or revision is None else Reapplied(revision, work.files)


def _looked_up(lookup: TreeLookup, rebase: Rebase, changed: Changed, rows: Comparison) -> _Work:
    """Which files that matter the target changed."""
    work = _Work(rebase, changed.changes)
    ours = {change.path for change in changed.changes}
    paths = [change.old_path or change.path for change in changed.changes]
    for path in dict.fromkeys([*paths, *sorted(rebase.paths - ours)]):
        name = path_bytes(path)
        before, after = lookup.item(rebase.old_base, name), lookup.item(rebase.new_base, name)
        if before != after and not (after is not None and after.mode == FOLDER):
            work.base_paths[path] = after
    if None in work.base_paths.values():
        work.candidates = [row.old_path or row.path for row in rows.rows if row.status != b"A"]
    return work


def _see_theirs(git: Git, lookup: TreeLookup, works: Sequence[_Work], options: ForgeOptions) -> None:
    """Diffs of what the target did to the files that matter: ``old_base`` against itself with those files as ``new_base`` has them."""
    looking = [work for work in works if work.base_paths]
    ids = make_commits(git, _only_existing(git, [_with_theirs(lookup, work) for work in looking]))
    pairs = [(work.rebase.old_base, made) for work, made in zip(looking, ids, strict=True)]
    for work, changed in zip(looking, changes_between(git, pairs, options), strict=True):
        work.failed = changed.left_out is not None
        work.theirs = {change.old_path or change.path: change for change in changed.changes}


def _with_theirs(lookup: TreeLookup, work: _Work) -> Made:
    made = Made(work.rebase.old_base)
    for path, item in work.base_paths.items():
        if item is None:
            made.gone.add(path_bytes(path))
        else:
            made.put[path_bytes(path)] = Put(item.mode, item.id)
    for name in work.candidates:
        item = lookup.item(work.rebase.new_base, name)
        if item is not None and item.mode != FOLDER and lookup.item(work.rebase.old_base, name) is None:
            made.put.setdefault(name, Put(item.mode, item.id))
    return made


def _only_existing(git: Git, commits: list[Made]) -> list[Made]:
    """Without files whose contents a partial clone lacks: nothing can be made of them."""
    here = existing(git, (put.blob for one in commits for put in one.put.values() if put.blob))
    for one in commits:
        one.put = {
            path: put
            for path, put in one.put.items()
            if not put.blob or put.blob in here or put.mode == GITLINK
        }
    return commits


def _contents(git: Git, works: Sequence[_Work]) -> Mapping[str, bytes | None]:
    """The three versions of each file that both sides changed, by blob; of each rebase as much as may be held."""
    wanted = [list(_versions(work)) for work in works]
    known = sizes(git, (blob.encode() for blobs in wanted for blob in blobs))
    asked: dict[str, None] = {}
    for blobs in wanted:
        held = 0
        for blob in blobs:
            held += known[blob.encode()] or 0
            if held <= _MAX_HELD:
                asked[blob] = None
    return dict(zip(asked, read_blobs(git, [blob.encode() for blob in asked]), strict=True))


def _versions(work: _Work) -> Iterator[str]:
    for ours in work.ours:
        theirs = work.theirs.get(ours.old_path or ours.path)
        if theirs is not None and _both_edit(ours, theirs):
            yield from (b for b in (ours.old_blob, ours.new_blob, theirs.new_blob) if b is not None)


def _both_edit(ours: FileChange, theirs: FileChange) -> bool:
    """Whether both have lines to merge, of a file that stays one."""
    kinds = {"added", "modified", "renamed"}
    return (
        ours.patch is not None
        and theirs.patch is not None
        and {ours.status, theirs.status} <= kinds
        and ours.new_mode in _REGULAR
        and theirs.new_mode in _REGULAR
    )


def _reapplied(work: _Work, contents: Mapping[str, bytes | None]) -> Made:
    """The commit; and fills ``work.files``."""
    made = Made(work.rebase.new_base)
    for ours in work.ours:
        theirs = work.theirs.get(ours.old_path or ours.path)
        if theirs is None:
            _alone(made, ours)
        else:
            _both(made, work, ours, theirs, contents)
    ours_paths = {change.path for change in work.ours}
    for path in work.rebase.paths - ours_paths:
        theirs = work.theirs.get(path)
        if theirs is not None:
            there = None if theirs.status == "deleted" else theirs.path
            work.files[path] = FileMove(there, _edits(theirs))
    return made


def _alone(made: Made, ours: FileChange) -> None:
    """A file that the target left as it was."""
    if ours.status in ("deleted", "renamed"):
        made.gone.add(path_bytes(ours.old_path or ours.path))
    if ours.new_blob is not None and ours.status != "deleted":
        made.put[path_bytes(ours.path)] = Put(ours.new_mode.encode(), ours.new_blob.encode())


def _both(
    made: Made, work: _Work, ours: FileChange, theirs: FileChange, contents: Mapping[str, bytes | None]
) -> None:
    """A file that both changed."""
    there = path_bytes(theirs.path)
    if ours.status == "deleted":
        made.gone.add(there)
        return
    if theirs.status == "deleted":
        work.files[ours.path] = FileMove(None, ())
        return
    path = ours.path if ours.status in ("renamed", "added") else theirs.path
    if path != theirs.path:
        made.gone.add(there)
    assert ours.new_blob is not None
    mode = ours.new_mode if ours.new_mode != ours.old_mode else theirs.new_mode
    put, edits = Put(ours.new_mode.encode(), ours.new_blob.encode()), tuple[Edit, ...]()
    if ours.patch is None and ours.left_out == "empty" and theirs.new_blob is not None:
        put, edits = Put(mode.encode(), theirs.new_blob.encode()), tuple(_edits(theirs))
    elif _both_edit(ours, theirs) and (merged := _merge(ours, theirs, contents)) is not None:
        put, edits = Put(mode.encode(), content=merged[0]), tuple(merged[1])
    made.put[path_bytes(path)] = put
    work.files[ours.path] = FileMove(path, edits)


def _merge(
    ours: FileChange, theirs: FileChange, contents: Mapping[str, bytes | None]
) -> tuple[bytes, list[Edit]] | None:
    """The merged file, and the edits that lead to it from ours; ``None`` where contents and hunks do not fit together."""
    base, mine, other = (_lines(contents, blob) for blob in (ours.old_blob, ours.new_blob, theirs.new_blob))
    if base is None or mine is None or other is None:
        return None
    our_edits, their_edits = _edits(ours), _edits(theirs)
    if apply_edits(base[0], our_edits) != mine[0] or apply_edits(base[0], their_edits) != other[0]:
        return None
    merged = merge_edits(our_edits, their_edits)
    lines = apply_edits(base[0], merged.edits)
    ended = mine[1] if mine[1] != base[1] else other[1]
    return "\n".join([*lines, ""] if ended and lines else lines).encode(), merged.from_ours


def _lines(contents: Mapping[str, bytes | None], blob: str | None) -> tuple[list[str], bool] | None:
    """A file's lines, and whether the last one ends with a newline; ``None`` where it is not there or no text."""
    if blob is None:
        return [], True
    content = contents.get(blob)
    try:
        text = None if content is None else content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if text is None else split_lines(text)


def split_lines(text: str) -> tuple[list[str], bool]:
    """The lines of a file as git counts them, and whether the last one ends with a newline."""
    if not text:
        return [], True
    return text.removesuffix("\n").split("\n"), text.endswith("\n")


def _edits(change: FileChange) -> Sequence[Edit]:
    return () if change.patch is None else edits_of(change.patch)
