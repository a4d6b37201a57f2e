"""Outputs are published whole or not at all, found again, and never shared by accident."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cooldown_kit.errors import Stopped, StorageError
from cooldown_kit.events import Event, StageFinished, ignore
from cooldown_kit.workspace import MANIFEST, StageSpec, Workspace, is_locked, write_whole

SPEC = StageSpec("curate", "demo", {"in": "1"}, {"keep": True}, 1)


def write(text: str = "out") -> Callable[[Path], dict[str, Any]]:
    def work(folder: Path) -> dict[str, Any]:
        (folder / "data.txt").write_text(text)
        return {"lines": 1}

    return work


def must_not_run(folder: Path) -> dict[str, Any]:
    raise AssertionError("the finished stage ran again")


def test_a_finished_stage_is_found_not_made_again(tmp_path: Path) -> None:
    events: list[Event] = []
    first = Workspace(tmp_path).build(SPEC, write(), events.append)
    again = Workspace(tmp_path).build(SPEC, must_not_run, events.append)
    assert (first.path, first.digest, first.summary) == (again.path, again.digest, again.summary)
    assert [e.cached for e in events if isinstance(e, StageFinished)] == [False, True]


@pytest.mark.parametrize(
    "other",
    [
        StageSpec("curate", "demo", {"in": "2"}, {"keep": True}, 1),
        StageSpec("curate", "demo", {"in": "1"}, {"keep": False}, 1),
        StageSpec("curate", "demo", {"in": "1"}, {"keep": True}, 2),
        StageSpec("render", "demo", {"in": "1"}, {"keep": True}, 1),
    ],
)
def test_other_inputs_options_or_code_make_another_output(tmp_path: Path, other: StageSpec) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.build(SPEC, write(), ignore).path != workspace.build(other, write(), ignore).path


def test_equal_contents_have_equal_digests_whatever_the_key(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    other = StageSpec("curate", "demo", {"in": "2"}, {}, 1)
    assert workspace.build(SPEC, write(), ignore).digest == workspace.build(other, write(), ignore).digest
    third = StageSpec("curate", "demo", {"in": "3"}, {}, 1)
    assert (
        workspace.build(third, write("else"), ignore).digest
        != workspace.build(SPEC, must_not_run, ignore).digest
    )


@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt()])
def test_a_stage_that_fails_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def work(folder: Path) -> dict[str, Any]:
        (folder / "half.txt").write_text("half")
        raise error

    workspace = Workspace(tmp_path)
    with pytest.raises(type(error)):
        workspace.build(SPEC, work, ignore)
    assert not list(tmp_path.rglob("half.txt"))
    assert workspace.finished(SPEC) is None
    assert workspace.build(SPEC, write(), ignore).cached is False


def _die_in_the_middle(root: Path, spec: StageSpec) -> None:
    def work(folder: Path) -> dict[str, Any]:
        (folder / "half.txt").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    Workspace(root).build(spec, work, ignore)


def test_what_a_kill_left_half_written_is_never_taken_for_whole(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_die_in_the_middle, args=(tmp_path, SPEC))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    workspace = Workspace(tmp_path)
    assert workspace.finished(SPEC) is None
    output = workspace.build(SPEC, write(), ignore)
    assert sorted(p.name for p in output.path.iterdir()) == ["data.txt", MANIFEST]


def test_a_resumable_stage_finds_what_a_kill_left(tmp_path: Path) -> None:
    spec = StageSpec("train", "", {}, {}, 1, resumable=True)
    child = multiprocessing.get_context("spawn").Process(target=_die_in_the_middle, args=(tmp_path, spec))
    child.start()
    child.join()

    def work(folder: Path) -> dict[str, Any]:
        return {"found": (folder / "half.txt").read_text()}

    assert Workspace(tmp_path).build(spec, work, ignore).summary == {"found": "half"}


def test_private_outputs_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    spec = StageSpec("harvest", "demo", {}, {}, 1, private=True)
    output = Workspace(tmp_path).build(spec, write(), ignore)
    assert stat.S_IMODE(output.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((output.path / "data.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "hash.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(Workspace(tmp_path).store.stat().st_mode) == 0o700


def test_two_runs_do_not_work_on_one_output_at_a_time(tmp_path: Path) -> None:
    def work(folder: Path) -> dict[str, Any]:
        with pytest.raises(StorageError, match="worked on by another run"):
            Workspace(tmp_path).build(SPEC, must_not_run, ignore)
        return {}

    Workspace(tmp_path).build(SPEC, work, ignore)


def test_a_workspace_that_waits_takes_what_the_other_run_made(tmp_path: Path) -> None:
    made = threading.Event()
    waited: list[str] = []

    def work(folder: Path) -> dict[str, Any]:
        assert made.wait(60)
        return write("by the other run")(folder)

    def wait(what: str) -> None:
        waited.append(what)
        made.set()

    other = threading.Thread(target=lambda: Workspace(tmp_path).build(SPEC, work, ignore))
    other.start()
    lock = Path(f"{Workspace(tmp_path).folder(SPEC)}.lock")
    while not (lock.exists() and is_locked(lock)):
        time.sleep(0.01)
    output = Workspace(tmp_path, wait=wait).build(SPEC, must_not_run, ignore)
    other.join()
    assert set(waited) == {"stage curate (demo)"}
    assert output.cached
    assert (output.path / "data.txt").read_text() == "by the other run"


def test_whoever_waits_can_give_up_and_leaves_nothing(tmp_path: Path) -> None:
    def give_up(what: str) -> None:
        raise Stopped(f"no longer waits for {what}")

    def work(folder: Path) -> dict[str, Any]:
        with pytest.raises(Stopped, match="stage curate"):
            Workspace(tmp_path, wait=give_up).build(SPEC, must_not_run, ignore)
        return write("first")(folder)

    output = Workspace(tmp_path).build(SPEC, work, ignore)
    assert (output.path / "data.txt").read_text() == "first"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_named_with_the_remedy(tmp_path: Path, number: int) -> None:
    def work(folder: Path) -> dict[str, Any]:
        raise OSError(number, os.strerror(number), str(folder / "rows.arrow"))

    with pytest.raises(StorageError, match="the disk is full") as error:
        Workspace(tmp_path).build(SPEC, work, ignore)
    assert "cooldown clean" in str(error.value)
    assert error.value.exit_code == 4


def test_an_error_that_is_not_the_disks_stays_what_it_is(tmp_path: Path) -> None:
    def work(folder: Path) -> dict[str, Any]:
        return {"text": (folder / "not there").read_text()}

    with pytest.raises(FileNotFoundError):
        Workspace(tmp_path).build(SPEC, work, ignore)


def test_keyed_hashes_stay_the_same_in_a_workspace_and_differ_between_two(tmp_path: Path) -> None:
    one, other = Workspace(tmp_path / "a"), Workspace(tmp_path / "b")
    assert one.keyed_hash("Ann@Example.org ") == Workspace(tmp_path / "a").keyed_hash("ann@example.org")
    assert one.keyed_hash("ann@example.org") != other.keyed_hash("ann@example.org")


def test_a_workspace_keeps_itself_out_of_git(tmp_path: Path) -> None:
    Workspace(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_write_whole_replaces_a_file_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "one")
    write_whole(path, "two")
    assert path.read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]


def _key(root: Path, keys: Any) -> None:
    keys.put(Workspace(root).hash_key)


def test_processes_that_start_at_the_same_moment_share_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(10):
        keys = context.Queue()
        children = [context.Process(target=_key, args=(tmp_path / str(attempt), keys)) for _ in range(4)]
        for child in children:
            child.start()
        assert len({keys.get(timeout=30) for _ in children}) == 1
        for child in children:
            child.join()
        assert len(list((tmp_path / str(attempt)).iterdir())) == 2, "nothing is left beside the two files"
