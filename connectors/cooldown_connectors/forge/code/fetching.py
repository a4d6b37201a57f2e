"""What a mirror lacks: everything new once a harvest, then single commits by their ids, where the server gives them.

A force-push leaves commits behind that no reference leads to. Most servers give them to who asks by id; what one refuses for
good is remembered, and not asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import msgspec

from cooldown_connectors.git.hardened import OBJECT_ID, Git, GitFailed
from cooldown_connectors.git.mirror import clear_away, fetch
from cooldown_connectors.git.pace import warn
from cooldown_connectors.git.store import locked
from cooldown_kit.connector import HarvestContext
from cooldown_kit.workspace import write_whole

_BATCH: Final = 400
"""Commits that one fetch asks for: they are named on its command line."""
_MAX_FETCHES: Final = 100
"""Fetches by id in one harvest; the next harvest goes on."""
_REFUSED: Final = re.compile(
    r"not our ref|unadvertised object|couldn't find remote ref|no such ref|does not have|missing necessary objects"
)
_NAMED: Final = re.compile(r"(?:not our ref|unadvertised object|remote ref) ([0-9a-f]{64}|[0-9a-f]{40})")


class _Unobtainable(msgspec.Struct):
    commits: list[str] = []


@dataclass
class Remote:
    """The remote side of a mirror. ``git`` may speak to ``url``, ``mirror`` reads what is here."""

    git: Callable[[], Git]
    mirror: Git
    url: str
    refspecs: tuple[str, ...]
    context: HarvestContext
    fresh: bool = False
    """Everything new was fetched in this harvest already."""
    _fetches: int = 0
    _refused: set[str] = field(default_factory=set)
    _network: bool = True
    _loaded: bool = False

    def refresh(self) -> bool:
        """Fetch all references that are new, at most once a harvest; whether that was done now."""
        if self.fresh or not self._network:
            return False
        self.fresh = True
        return self._fetch(self.refspecs, prune=True)

    def fetch_commits(self, commits: Iterable[str]) -> None:
        """Fetch commits that no reference leads to, as far as the server gives them and patience goes."""
        self._load()
        asked = [c for c in dict.fromkeys(commits) if c not in self._refused and OBJECT_ID.fullmatch(c)]
        if not asked or not self._network:
            return
        before = len(self._refused)
        batches = [asked[start : start + _BATCH] for start in range(0, len(asked), _BATCH)][::-1]
        fetched = False
        while batches and self._network and self._fetches < _MAX_FETCHES:
            refused, rest = self._fetch_batch(batches.pop())
            self._refused |= refused
            batches += rest
            fetched = fetched or not rest
        if fetched:
            self._pack_references()
        if len(self._refused) > before:
            write_whole(self._file, msgspec.json.encode(_Unobtainable(sorted(self._refused))), 0o600)
        if batches and self._network:
            left = sum(map(len, batches))
            warn(
                self.context,
                f"{left:,} commits that force-pushes left behind were not asked for, so as not to bother {self.url} "
                "too long; the next harvest goes on",
            )

    def _fetch_batch(self, batch: list[str]) -> tuple[set[str], list[list[str]]]:
        """Commits that the server has not got, and what to ask for instead."""
        self._fetches += 1
        said = self._ask(batch)
        if said is None:
            return set(), []
        refused = set(_NAMED.findall(said)) & set(batch)
        left = [commit for commit in batch if commit not in refused]
        if refused:
            return refused, [left] if left else []
        if len(batch) == 1:
            return set(batch), []
        middle = len(batch) // 2
        return set(), [batch[middle:], batch[:middle]]

    def _ask(self, batch: list[str]) -> str | None:
        """Fetch a batch; what the server said where it refused some of it. References keep what came from being lost."""
        try:
            self._exchange(tuple(f"+{commit}:refs/asked/{commit}" for commit in batch), prune=False)
        except GitFailed as error:
            if not _REFUSED.search(error.stderr):
                self._give_up(error)
                return None
            return error.stderr
        return None

    def _fetch(self, refspecs: tuple[str, ...], *, prune: bool) -> bool:
        try:
            self._exchange(refspecs, prune=prune)
        except GitFailed as error:
            self._give_up(error)
            return False
        return True

    def _exchange(self, refspecs: tuple[str, ...], *, prune: bool) -> None:
        assert self.mirror.directory is not None
        with locked(self.mirror.directory):
            clear_away(self.mirror.directory)
            git = replace(self.git(), directory=self.mirror.directory)
            fetch(git, self.context, self.url, refspecs, prune=prune)

    def _give_up(self, error: GitFailed) -> None:
        """The network or the server is to blame: later harvests may fare better, nothing is remembered."""
        self._network = False
        warn(
            self.context,
            f"{self.url} could not be asked for new commits ({error.reason}): those that are here are read, the others "
            "are left out as `missing`. To put it right: see that the token may read the repository, then run again",
        )

    def _pack_references(self) -> None:
        """One file in place of one for each commit that was asked for."""
        assert self.mirror.directory is not None
        with locked(self.mirror.directory):
            self.mirror.run("pack-refs", "--all")

    @property
    def _file(self) -> Path:
        assert self.mirror.directory is not None
        return self.mirror.directory.with_name(f"{self.mirror.directory.name}.unobtainable.json")

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        try:
            kept = msgspec.json.decode(self._file.read_bytes(), type=_Unobtainable)
        except (FileNotFoundError, msgspec.DecodeError):
            return
        self._refused = set(kept.commits)
