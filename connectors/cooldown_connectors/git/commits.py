"""Commits as records, oldest first: first pass to a spool on disk, second pass over those that are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cooldown_connectors.git.changes import Unparsed, change_without_patch, read_changes
from cooldown_connectors.git.diff_stream import DiffRequest, DiffText, read_diffs
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.objects import large_or_missing
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import Pace, warn
from cooldown_connectors.git.path_filter import path_filter
from cooldown_connectors.git.paths import path_bytes
from cooldown_connectors.git.raw_rows import RawRow
from cooldown_connectors.git.repository import Repository
from cooldown_connectors.git.selection import rejection
from cooldown_connectors.git.spool import Spool
from cooldown_connectors.git.times import utc_time
from cooldown_kit.connector import HarvestContext
from cooldown_kit.records import Commit, FileChange, Person, Skipped

_SHARD = 2000
"""Commits per process of the second pass: git keeps every commit it has seen, so its memory is bounded by this."""
_SHARD_BYTES = 16 << 20
"""Metadata that a shard may hold in memory."""

LeftOut = list[tuple[RawRow, str]]
"""Rows whose blobs must not be read, with the reason."""


def select_commits(
    history: Iterable[CommitEntry],
    repository: Repository,
    options: GitOptions,
    context: HarvestContext,
    spool: Spool,
) -> Iterator[Skipped]:
    """Put the commits that are taken on the spool, newest first, and give the others with their reason."""
    taken = path_filter(options.include, options.exclude)
    pace = Pace(context, "commits looked at")
    inside = outside = 0
    newest = b""
    for entry in history:
        why = rejection(entry, options, repository.shallow, taken)
        if why is None:
            spool.append(entry)
        else:
            yield Skipped(what=entry.revision, reason=why.reason, detail=why.detail)
        if why is not None and why.reason == "outside_window":
            outside += 1
            newest = newest or entry.committed
        else:
            inside += 1
        pace.step()
    if outside and not inside:
        _warn_empty_window(options, context, newest)


def _warn_empty_window(options: GitOptions, context: HarvestContext, newest: bytes) -> None:
    bounds = [
        f"`{name}: {value}`" for name, value in (("since", options.since), ("until", options.until)) if value
    ]
    time = utc_time(newest)
    warn(
        context,
        f"no commit was made within {' and '.join(bounds)}; the newest in this history is of "
        f"{time.date() if time else 'an unknown day'}. To put it right: widen the window, or leave it out",
    )


def read_commits(
    repository: Repository, options: GitOptions, context: HarvestContext, spool: Spool
) -> Iterator[Commit | Skipped]:
    """The commits on the spool with their diffs, oldest first."""
    taken = path_filter(options.include, options.exclude)
    pace = Pace(context, "commits", len(spool))
    for shard in spool.reversed_shards(_SHARD, _SHARD_BYTES):
        left_out = _left_out(repository, shard, options.max_file_size)
        requests = [
            _request(entry, rows)
            for entry, rows in zip(shard, left_out, strict=True)
            if len(rows) < entry.row_count
        ]
        diffs = read_diffs(
            repository.git, requests, context_lines=options.context_lines, max_size=options.max_commit_size
        )
        for entry, rows in zip(shard, left_out, strict=True):
            diff = next(diffs) if len(rows) < entry.row_count else DiffText(b"")
            yield _commit(entry, diff, rows, repository.identity, options, taken)
            pace.step()
        assert next(diffs, None) is None, "one diff for each request"
    pace.end()


def _left_out(repository: Repository, shard: list[CommitEntry], max_size: int) -> list[LeftOut]:
    """For each commit the rows with a blob that is too large or not there: git is never asked for those."""
    reasons = large_or_missing(
        repository.git, (blob for entry in shard for row in entry.rows for blob in row.blobs), max_size
    )
    if not reasons:
        return [[] for _ in shard]
    return [
        [
            (row, reasons[blob])
            for row in entry.rows
            if (blob := next((b for b in row.blobs if b in reasons), None))
        ]
        for entry in shard
    ]


def _request(entry: CommitEntry, left_out: LeftOut) -> DiffRequest:
    without = [path for row, _ in left_out for path in (row.path, row.old_path) if path is not None]
    return DiffRequest(entry.revision, entry.parents[0] if entry.parents else None, tuple(without))


def _commit(
    entry: CommitEntry,
    diff: DiffText,
    left_out: LeftOut,
    repository: str,
    options: GitOptions,
    taken: Callable[[str], bool],
) -> Commit | Skipped:
    if diff.text is None:
        return Skipped(what=entry.revision, reason=diff.problem, detail=diff.detail)
    try:
        changes = read_changes(diff.text, taken, options.max_patch_size)
    except Unparsed as error:
        return Skipped(what=entry.revision, reason="unparsed", detail=str(error))
    if left_out:
        changes += [change_without_patch(row, reason) for row, reason in left_out]
        changes.sort(key=_git_order)
    authored, committed = utc_time(entry.authored), utc_time(entry.committed)
    assert authored is not None
    assert committed is not None
    return Commit(
        id=f"{repository}@{entry.revision}",
        take="commits",
        repository=repository,
        revision=entry.revision,
        parents=entry.parents,
        author=_person(entry.author),
        committer=_person(entry.committer),
        authored_at=authored,
        committed_at=committed,
        message=entry.message.decode("utf-8", "replace").rstrip("\n"),
        changes=changes,
    )


def _git_order(change: FileChange) -> bytes:
    return path_bytes(change.path)


def _person(person: tuple[bytes, bytes]) -> Person:
    name, email = (part.decode("utf-8", "replace") for part in person)
    return Person(name=name, email=email)
