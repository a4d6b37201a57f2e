"""Commits as records, oldest first: first pass, selection, second pass over those that are taken, and what history says of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cooldown_connectors.git.beside import Beside, read_beside, with_contents
from cooldown_connectors.git.diff_store import DiffStore
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.history_store import History
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import Pace, warn
from cooldown_connectors.git.path_filter import path_filter
from cooldown_connectors.git.pool import Pool
from cooldown_connectors.git.repository import Repository
from cooldown_connectors.git.selection import Selection, rejection, repeats, select
from cooldown_connectors.git.shard import Job
from cooldown_connectors.git.signals.compute import Signals, compute
from cooldown_connectors.git.signals.first_pass import FirstPass
from cooldown_connectors.git.signals.survival import Survival
from cooldown_connectors.git.standing_lines import standing_lines
from cooldown_connectors.git.times import utc_time
from cooldown_kit.connector import HarvestContext
from cooldown_kit.records import Commit, Person, Skipped

Numbers = npt.NDArray[np.int32]
_CHUNK = 2000
_CHUNK_ROWS = 40_000
"""Commits and rows that are held at once while records are given away: some 20 MiB."""


@dataclass(frozen=True)
class Prepared:
    """Everything that is known of a repository's commits before the first is given away."""

    repository: Repository
    history: History
    reachable: Numbers
    """The commits of the revision, in canonical order."""
    selection: Selection
    store: DiffStore
    rows: npt.NDArray[np.int64]
    """For each selected commit its row in the store; -1 where a budget of the repository left it out."""
    over: npt.NDArray[np.bool_]
    """Which of them lie beyond the budget of size."""
    repeats: dict[int, int]
    """Commit → the earlier one that makes the same change, found by either pass."""
    signals: Signals | None
    unfinished: bool
    """The budget of time ended before the second pass did."""


def prepare_commits(
    repository: Repository,
    history: History,
    tip: int,
    options: GitOptions,
    context: HarvestContext,
    pool: Pool,
    folder: Path,
) -> Prepared:
    """Do all the work on commits, into ``folder``; :func:`commits` then only reads. Raises ``GitFailed``.

    ``folder`` belongs to this repository and is locked. Only what ``tip`` reaches is taken.
    """
    reachable = np.flatnonzero(history.graph.reachable([tip])).astype(np.int32)
    taken = path_filter(options.include, options.exclude)
    selection = select(history.entries(reachable.tolist()), options, repository.shallow, taken)
    _warn_empty_window(selection, history, options, context)
    store = DiffStore(folder, job_of(repository, history, options))
    pace = Pace(context, "commits diffed", len(selection.taken))
    budget = float("inf") if options.max_repository_size is None else float(options.max_repository_size)
    seconds = options.max_repository_seconds
    pace.step(int((store.rows(history, selection.taken) >= 0).sum()))
    first = FirstPass(len(history.graph))

    def read_what_needs_no_diff() -> None:
        for number, entry in history.entries(reachable.tolist() if options.signals else ()):
            first.add(number, entry)

    store.fill(
        pool,
        history,
        selection.taken,
        max_size=budget,
        deadline=float("inf") if seconds is None else time.monotonic() + seconds,
        step=pace.step,
        meanwhile=read_what_needs_no_diff,
    )
    pace.end()
    rows = store.rows(history, selection.taken)
    over = _over_budget(store, rows, budget)
    return Prepared(
        repository,
        history,
        reachable,
        selection,
        store,
        rows,
        over,
        _all_repeats(selection, store, rows, options),
        _signals(repository, history, tip, first, selection, store, options, folder)
        if options.signals
        else None,
        unfinished=bool(((rows < 0) & ~over).any()),
    )


def commits(prepared: Prepared, options: GitOptions, context: HarvestContext) -> Iterator[Commit | Skipped]:
    """The commits in canonical order, oldest first; those that are not taken stand between them with their reason.

    Raises ``GitFailed``.
    """
    taken = path_filter(options.include, options.exclude)
    pace = Pace(context, "commits", len(prepared.reachable))
    place = 0
    for chunk in _chunks(prepared.history.entries(prepared.reachable.tolist())):
        places, place = _places(prepared, chunk, place)
        wanted = [entry for (_, entry), at in zip(chunk, places, strict=True) if at >= 0]
        git = prepared.repository.git
        beside = read_beside(git, wanted, context.wanted, taken, options.max_file_size)
        for (number, entry), at in zip(chunk, places, strict=True):
            if at >= 0:
                yield _record(prepared, number, entry, at, next(beside))
            else:
                yield _skipped(prepared, number, entry, options, taken)
            pace.step()
    pace.end()


def _chunks(entries: Iterator[tuple[int, CommitEntry]]) -> Iterator[list[tuple[int, CommitEntry]]]:
    """Runs of entries that memory may hold."""
    chunk: list[tuple[int, CommitEntry]] = []
    rows = 0
    for number, entry in entries:
        chunk.append((number, entry))
        rows += 1 + len(entry.rows)
        if len(chunk) == _CHUNK or rows > _CHUNK_ROWS:
            yield chunk
            chunk, rows = [], 0
    if chunk:
        yield chunk


def _places(prepared: Prepared, chunk: list[tuple[int, CommitEntry]], place: int) -> tuple[list[int], int]:
    """For each commit its place among the selected ones, -1 where it is not taken; and the place after the last."""
    selected = prepared.selection.taken
    places = []
    for number, _ in chunk:
        here = place < len(selected) and selected[place] == number
        places.append(place if here and number not in prepared.repeats else -1)
        place += here
    return places, place


def _skipped(
    prepared: Prepared, number: int, entry: CommitEntry, options: GitOptions, taken: Callable[[str], bool]
) -> Skipped:
    if (first := prepared.repeats.get(number)) is not None:
        original = prepared.history.graph.revision(first)
        return Skipped(what=entry.revision, reason="repeated_change", detail=f"the same change as {original}")
    why = rejection(entry, options, prepared.repository.shallow, taken)
    assert why is not None, "what is not selected has a reason"
    return Skipped(what=entry.revision, reason=why.reason, detail=why.detail)


def job_of(repository: Repository, history: History, options: GitOptions) -> Job:
    """What is wanted of commits, as plain data."""
    git = repository.git
    assert git.directory is not None
    return Job(
        home=str(git.home),
        directory=str(git.directory),
        entries=str(history.entries_path),
        include=options.include,
        exclude=options.exclude,
        max_file_size=options.max_file_size,
        max_patch_size=options.max_patch_size,
        max_commit_size=options.max_commit_size,
        max_commit_seconds=options.max_commit_seconds,
        max_memory=options.max_memory,
        context_lines=options.context_lines,
        lines=options.signals,
    )


def _over_budget(store: DiffStore, rows: npt.NDArray[np.int64], budget: float) -> npt.NDArray[np.bool_]:
    """Which commits lie beyond the budget: those that newer ones leave no room for, and all that are older."""
    if budget == float("inf"):
        return np.zeros(len(rows), np.bool_)
    sizes = np.zeros(len(rows), np.int64)
    sizes[rows >= 0] = store.sizes(rows[rows >= 0])
    with_newer = np.cumsum(sizes[::-1])[::-1]
    return (with_newer > budget) | (with_newer - sizes >= budget)


def _all_repeats(
    selection: Selection, store: DiffStore, rows: npt.NDArray[np.int64], options: GitOptions
) -> dict[int, int]:
    """Those of the first pass, and those whose patches are equal but for place and white space."""
    if options.repeated_changes:
        return {}
    there = (rows >= 0) & ~selection.merges
    ids = store.patch_ids(rows[there])
    known = ids != b""
    return selection.repeats | repeats(selection.taken[there][known], ids[known])


def _signals(
    repository: Repository,
    history: History,
    tip: int,
    first: FirstPass,
    selection: Selection,
    store: DiffStore,
    options: GitOptions,
    folder: Path,
) -> Signals:
    made_here = selection.taken[~selection.merges]  # what a merge adds was added before
    with Survival(folder) as survival:
        for number, files in store.lined(history, made_here):
            survival.add(number, files)
        for path, lines in standing_lines(repository.git, repository.tip):
            survival.stands(path, lines)
        return compute(history.graph, tip, first, survival, options.fix_days)


def _warn_empty_window(
    selection: Selection, history: History, options: GitOptions, context: HarvestContext
) -> None:
    if selection.newest_outside is None:
        return
    bounds = [
        f"`{name}: {value}`" for name, value in (("since", options.since), ("until", options.until)) if value
    ]
    newest = utc_time(history.entry(selection.newest_outside).committed)
    warn(
        context,
        f"no commit was made within {' and '.join(bounds)}; the newest in this history is of "
        f"{newest.date() if newest else 'an unknown day'}. To put it right: widen the window, or leave it out",
    )


def _record(
    prepared: Prepared, number: int, entry: CommitEntry, place: int, beside: Beside
) -> Commit | Skipped:
    row = int(prepared.rows[place])
    if prepared.over[place]:
        return Skipped(what=entry.revision, reason="repository_budget", detail="newer commits fill it")
    if row < 0:
        return Skipped(what=entry.revision, reason="time_budget", detail="the next harvest goes on")
    diffed = prepared.store.diffed(row)
    if diffed.problem:
        return Skipped(what=entry.revision, reason=diffed.problem, detail=diffed.detail)
    authored, committed = utc_time(entry.authored), utc_time(entry.committed)
    assert authored is not None
    assert committed is not None
    repository = prepared.repository.identity
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
        changes=with_contents(diffed.changes, beside[0]),
        untouched=beside[1],
        signals=None if prepared.signals is None else prepared.signals.of(number),
    )


def _person(person: tuple[bytes, bytes]) -> Person:
    name, email = (part.decode("utf-8", "replace") for part in person)
    return Person(name=name, email=email)
