"""Real git repositories in temporary folders, and a harvest of them."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.git import GitConnector
from cooldown_connectors.git.configuration import write_home
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history_store import History, read_into
from cooldown_connectors.git.paths import path_text

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Event
from cooldown_kit.records import Commit, Person, Skipped, SourceFile

CLEAN = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Bob",
    "GIT_COMMITTER_EMAIL": "bob@example.org",
    "LC_ALL": "C",
}


@dataclass
class Sandbox:
    """A repository and the git command in it; every commit is a day after the one before."""

    path: Path
    day: int = 0
    env: dict[str, str] = field(default_factory=lambda: dict(CLEAN))

    def git(self, *arguments: Any, stdin: bytes | None = None) -> bytes:
        command = [os.fsencode(a) if isinstance(a, Path) else a for a in ("git", *arguments)]
        done = subprocess.run(
            command, cwd=self.path, env=self.env, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def text(self, *arguments: Any) -> str:
        return self.git(*arguments).decode().strip()

    def write(self, path: str | bytes, content: str | bytes) -> None:
        place = self.path / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(_bytes(content))

    def tick(self) -> None:
        self.day += 1
        stamp = f"{1_600_000_000 + 86_400 * self.day} +0200"
        self.env |= {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}

    def commit(self, message: str | bytes = "Change", *flags: str) -> str:
        self.tick()
        self.git("add", "-A")
        self.git(
            "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-", *flags, stdin=_bytes(message)
        )
        return self.text("rev-parse", "HEAD")


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@dataclass
class Harvest:
    items: list[Any]
    events: list[Event]

    @property
    def commits(self) -> list[Commit]:
        return [item for item in self.items if isinstance(item, Commit)]

    @property
    def files(self) -> list[SourceFile]:
        return [item for item in self.items if isinstance(item, SourceFile)]

    @property
    def skipped(self) -> dict[str, str]:
        return {item.what: item.reason for item in self.items if isinstance(item, Skipped)}

    @property
    def reasons(self) -> Counter[str]:
        return Counter(item.reason for item in self.items if isinstance(item, Skipped))

    @property
    def warnings(self) -> list[str]:
        return [event.text for event in self.events if getattr(event, "level", "") == "warning"]


@pytest.fixture(scope="session")
def make_repository_at() -> Callable[..., Sandbox]:
    def make(path: Path, *flags: str) -> Sandbox:
        path.mkdir(parents=True)
        sandbox = Sandbox(path)
        sandbox.git("init", "-q", "-b", "main", *flags)
        return sandbox

    return make


@pytest.fixture
def make_repository(make_repository_at: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., Sandbox]:
    def make(name: str | bytes = "payments", *flags: str) -> Sandbox:
        return make_repository_at(tmp_path / os.fsdecode(name), *flags)

    return make


@pytest.fixture
def repository(make_repository: Callable[..., Sandbox]) -> Sandbox:
    return make_repository()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def context(tmp_path: Path, events: list[Event]) -> HarvestContext:
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    return HarvestContext("payments", tmp_path, store, events.append)


@pytest.fixture
def options() -> Callable[..., Any]:
    def make(**values: Any) -> Any:
        return GitConnector.Options(connector="git", **values)

    return make


@pytest.fixture
def harvest(
    context: HarvestContext, events: list[Event], options: Callable[..., Any]
) -> Iterator[Callable[..., Harvest]]:
    def run(source: Sandbox | None = None, *, within: HarvestContext | None = None, **values: Any) -> Harvest:
        if source is not None:
            values["path"] = str(source.path)
        events.clear()
        return Harvest(list(GitConnector().harvest(options(**values), within or context)), list(events))

    yield run


@pytest.fixture
def check(context: HarvestContext, options: Callable[..., Any]) -> Callable[..., None]:
    return lambda **values: GitConnector().check(options(**values), context)


@pytest.fixture
def fingerprint(context: HarvestContext, options: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **values: GitConnector().fingerprint(options(**values), context)


# The oracle: what git says of each commit, asked one by one in processes of their own, blobs compared by their ids.


def _raw_rows(repository, revision, parent=None):
    """status, modes, ids, old path, path of each row: from a process of its own for this commit."""
    between = [parent, revision] if parent else ["--root", revision]
    tokens = iter(
        repository.git(
            "diff-tree", "--no-commit-id", "-r", "-M", "--raw", "-z", "--no-abbrev", *between
        ).split(b"\0")
    )
    rows = []
    for header in tokens:
        if not header:
            break
        old_mode, new_mode, old, new, status = header[1:].decode().split()
        path = next(tokens)
        old_path, path = (path, next(tokens)) if status[0] in "RC" else (None, path)
        rows.append((status[0], old_mode, new_mode, old, new, old_path, path))
    return rows


def _hunks(repository, old, new):
    """The hunks between two blobs, asked by their ids, so that no other file can be mistaken for them."""
    empty = repository.text("hash-object", "-w", "--stdin", "--no-filters")
    sides = [empty if not side.strip("0") else side for side in (old, new)]
    if sides[0] == sides[1]:
        return b""
    text = repository.git("diff", *sides)
    at = text.find(b"\n@@ ")
    return None if at < 0 else text[at + 1 :]


def _expected_patch(repository, row):
    status, old_mode, new_mode, old, new, _, _ = row
    if "160000" in (old_mode, new_mode):
        return None, "submodule"
    zero = "0" * len(old)
    pairs = [(old, zero), (zero, new)] if status == "T" else [(old, new)]
    parts = [_hunks(repository, *pair) for pair in pairs]
    if None in parts:
        return None, "binary"
    text = b"".join(parts)
    if not text:
        return None, "empty"
    try:
        return text.decode(), None
    except UnicodeDecodeError:
        return None, "not_utf8"


_STATUS = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "T": "type_changed"}


def _assert_equal_to_git(repository, commits):
    for commit in commits:
        revision = commit.revision
        raw = repository.git(
            "log", "-1", "--format=%P%x00%an%x00%ae%x00%cn%x00%ce%x00%at%x00%ct%x00%B", revision
        )
        parents, an, ae, cn, ce, at, ct, message = raw[:-1].decode("utf-8", "replace").split("\0")
        assert commit.parents == parents.split()
        assert (commit.author, commit.committer) == (Person(name=an, email=ae), Person(name=cn, email=ce))
        assert commit.authored_at == datetime.fromtimestamp(int(at), UTC)
        assert commit.committed_at == datetime.fromtimestamp(int(ct), UTC)
        assert commit.message == message.rstrip("\n")
        rows = _raw_rows(repository, revision, commit.parents[0] if commit.parents else None)
        assert [c.path for c in commit.changes] == [path_text(row[6]) for row in rows]
        for change, row in zip(commit.changes, rows, strict=True):
            status, old_mode, new_mode, old, new, old_path, _ = row
            assert (change.status, change.old_mode, change.new_mode) == (_STATUS[status], old_mode, new_mode)
            assert (change.old_blob or old, change.new_blob or new) == (old, new)
            assert (change.old_blob is None, change.new_blob is None) == (
                not old.strip("0"),
                not new.strip("0"),
            )
            assert change.old_path == (None if old_path is None else path_text(old_path))
            assert (change.patch, change.left_out) == _expected_patch(repository, row)


@pytest.fixture
def assert_equal_to_git() -> Callable[[Sandbox, list[Commit]], None]:
    return _assert_equal_to_git


@pytest.fixture
def history_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Git, History]]:
    """Git on a repository itself, and the history of some of its commits."""

    def read(repository: Sandbox, *tips: str) -> tuple[Git, History]:
        folder = tmp_path_factory.mktemp("history")
        git_dir = Path(os.fsdecode(repository.git("rev-parse", "--absolute-git-dir").rstrip(b"\n")))
        git = Git(write_home(folder), git_dir)
        return git, read_into(folder / "history", git, tips)

    return read
