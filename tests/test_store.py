"""What is kept between runs says what it is of, and goes whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from cooldown_kit.store import alone_in, discard, entries, keep
from cooldown_kit.workspace import Workspace, locked


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Workspace(tmp_path / "workspace").store


def made(entry: Path, **more: object) -> Path:
    """A folder with something in it, and its marker."""
    entry.mkdir(parents=True)
    (entry / "data").write_bytes(b"x" * 100)
    keep(entry, **{"what": "of a test", "again": "a moment", **more})  # type: ignore[arg-type]
    return entry


def names(root: Path) -> list[str]:
    return [one.path.relative_to(root).as_posix() for one in entries(root)[0]]


def test_an_entry_is_what_is_named_after_it_wherever_it_lies(root: Path) -> None:
    made(root / "git" / "a.git")
    made(root / "git" / "a.git.more")
    made(root / "hub" / "host" / "set")
    for name in ("a.git.new", "a.git.more.list.json", "a.git.lock", "b.lock"):
        (root / "git" / name).touch()
    kept, unknown = entries(root)
    assert names(root) == ["git/a.git", "git/a.git.more", "hub/host/set"] and unknown == []
    assert [path.name for path in kept[0].files] == ["a.git", "a.git.new"]
    assert [path.name for path in kept[1].files] == ["a.git.more", "a.git.more.list.json"]


def test_what_has_no_marker_is_named_and_belongs_to_nobody(root: Path) -> None:
    made(root / "git" / "a.git")
    (root / "git" / "b.git" / "refs").mkdir(parents=True)
    (root / "git" / "b.git" / "refs" / "x.kept.json").write_text('{"what": "a branch", "again": "no"}')
    (root / "git" / "c.kept.json").write_text("no marker")
    (root / "old").mkdir()
    (root / "old" / "data").touch()
    (root / "empty").mkdir()
    assert names(root) == ["git/a.git"]
    unknown = [path.relative_to(root).as_posix() for path in entries(root)[1]]
    assert unknown == ["git/b.git", "git/c.kept.json", "old"]


def test_questions_are_added_up_and_each_use_is_dated(root: Path) -> None:
    entry = made(root / "forge" / "a", calls=40)
    marker = root / "forge" / "a.kept.json"
    assert stat.S_IMODE(marker.stat().st_mode) == 0o600
    keep(entry, what="of a test", again="a moment", calls=2)
    os.utime(marker, (0, 0))
    keep(entry, what="of a test", again="a moment")
    (kept,) = entries(root)[0]
    assert kept.calls == 42 and kept.used_at > 1_000_000


def test_removed_entries_leave_nothing_but_their_lock(root: Path) -> None:
    made(root / "git" / "a.git")
    (root / "git" / "a.git.list.json").touch()
    made(root / "git" / "b.git")
    kept = entries(root)[0]
    with alone_in(root) as alone:
        assert alone
        assert discard(kept[:1]) == []
    assert names(root) == ["git/b.git"]
    assert sorted(path.name for path in (root / "git").iterdir()) == [
        "a.git.lock",
        "b.git",
        "b.git.kept.json",
    ]
    assert entries(root)[1] == []


def test_one_that_a_process_changes_is_left(root: Path) -> None:
    a, b = made(root / "git" / "a.git"), made(root / "git" / "b.git")
    with locked(root / "git" / "a.git.lock", what="the test"):
        assert discard(entries(root)[0]) == [a]
    assert names(root) == ["git/a.git"] and (a / "data").exists() and not b.exists()


def test_what_was_killed_while_it_was_removed_looks_whole_to_nobody_and_goes_the_next_time(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = made(root / "git" / "a.git")

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        discard(entries(root)[0])
    monkeypatch.undo()
    assert not entry.exists() and names(root) == ["git/a.git"]
    made(entry)  # meanwhile it is made again, and wanted no more either
    assert discard(entries(root)[0]) == []
    assert entries(root) == ([], [])


def test_whoever_removes_is_alone_and_runs_are_together(root: Path) -> None:
    workspace = Workspace(root.parent)
    with workspace.using_store(), workspace.using_store(), alone_in(root) as alone:
        assert not alone
    waited = []

    def wait(what: str) -> None:
        waited.append(what)
        removing.close()

    waiting = Workspace(root.parent, wait=wait)
    removing = ExitStack()
    with removing:
        assert removing.enter_context(alone_in(root))
        with waiting.using_store():
            assert waited == ["the store"]
