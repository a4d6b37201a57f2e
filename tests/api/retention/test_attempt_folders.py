"""Folders of attempts go when their jobs ended long ago, and nothing else of the disk does."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt
from cooldown_api.retention import attempt_folders
from cooldown_api.retention.attempt_folders import remove_attempt_folders
from cooldown_api.service import Service
from sqlalchemy import select, update

from cooldown_kit.client.states import State

from .conftest import AddOld

DAY = timedelta(days=1)
AddFolder = Callable[..., Path]


@pytest.fixture
def add_folder(service: Service, add_old: AddOld) -> AddFolder:
    """A job that ended so long ago, with the folder of its attempt."""

    def add(age: timedelta, state: State = State.SUCCEEDED, attempt: str = "ended") -> Path:
        id = add_old(age, state)
        folder = service.settings.project_dir("default") / "attempts" / id / "1"
        (folder / "inner").mkdir(parents=True)
        (folder / "events.jsonl").write_text("{}\n")
        (folder / "alive").touch()
        with service.database.write(ALL_PROJECTS) as session:
            row = update(Attempt).where(Attempt.job_id == id)
            session.execute(row.values(folder=str(folder), state=attempt))
        return folder

    return add


def remove(service: Service, stop: threading.Event | None = None) -> list[Path]:
    before = datetime.now(UTC) - 90 * DAY
    data_dir = service.settings.data_dir
    return list(remove_attempt_folders(service.database, data_dir, before, stop or threading.Event()))


def test_folders_of_jobs_that_ended_long_ago_go_and_others_stay(
    service: Service, add_folder: AddFolder
) -> None:
    old, young = add_folder(91 * DAY), add_folder(89 * DAY)
    failed = add_folder(91 * DAY, State.FAILED)
    assert sorted(remove(service)) == sorted([old, failed])
    assert not old.parent.exists() and not failed.parent.exists()
    assert (young / "events.jsonl").exists()
    assert remove(service) == []


@pytest.mark.parametrize("state", [State.STARTING, State.RUNNING])
def test_the_folder_of_a_job_that_has_not_ended_stays_however_old(
    service: Service, add_folder: AddFolder, state: State
) -> None:
    folders = [add_folder(5000 * DAY, state), add_folder(5000 * DAY, state, "running")]
    assert remove(service) == []
    assert all((folder / "events.jsonl").exists() for folder in folders)


@pytest.mark.parametrize("state", ["starting", "running", "stopping"])
def test_an_attempt_that_has_not_ended_keeps_its_folder_and_those_of_the_others(
    service: Service, add_folder: AddFolder, state: str
) -> None:
    folder = add_folder(91 * DAY, attempt=state)
    assert remove(service) == [] and folder.exists()
    with service.database.write(ALL_PROJECTS) as session:
        other = session.scalars(select(Attempt)).one()
        other.state = "ended"
        columns = {c.key: getattr(other, c.key) for c in Attempt.__table__.columns}
        session.add(Attempt(**{**columns, "id": "att_2", "number": 2, "state": state}))
    assert remove(service) == [] and folder.exists()


def test_a_process_that_still_holds_the_attempt_keeps_its_folder(
    service: Service, add_folder: AddFolder
) -> None:
    folder = add_folder(91 * DAY)
    with (folder / "alive").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert remove(service) == [] and folder.exists()
    assert remove(service) == [folder]


def test_only_the_folder_goes_that_the_row_names(
    service: Service, add_folder: AddFolder, tmp_path: Path
) -> None:
    """Another attempt of the same job, a folder of no job, and whatever a row names elsewhere stay."""
    old, elsewhere = add_folder(91 * DAY), add_folder(91 * DAY)
    unknown = [old.with_name("2"), old.parent.with_name("job_of_nobody") / "1"]
    for folder in unknown:
        folder.mkdir(parents=True)
    outside = tmp_path / "precious"
    outside.mkdir()
    with service.database.write(ALL_PROJECTS) as session:
        row = update(Attempt).where(Attempt.job_id == elsewhere.parent.name)
        session.execute(row.values(folder=str(outside)))
    assert remove(service) == [old]
    assert all(folder.exists() for folder in (*unknown, elsewhere, outside))


@pytest.mark.parametrize("part", ["attempt", "job", "attempts", "project", "inside"])
def test_links_are_not_followed(service: Service, add_folder: AddFolder, tmp_path: Path, part: str) -> None:
    folder = add_folder(91 * DAY)
    outside = tmp_path / "outside"
    linked = {
        "attempt": folder,
        "job": folder.parent,
        "attempts": folder.parent.parent,
        "project": folder.parent.parent.parent,
        "inside": folder / "inner",
    }[part]
    (linked / "precious").write_text("mine")
    linked.rename(outside)
    linked.symlink_to(outside)
    gone = remove(service)
    assert (outside / "precious").read_text() == "mine"
    assert gone == ([folder] if part == "inside" else [])


def test_a_link_that_comes_between_looking_and_removing_is_not_followed(
    service: Service, add_folder: AddFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add_folder(91 * DAY)
    outside, seen = tmp_path / "outside", attempt_folders._ended

    def swap(*given: object) -> object:
        found = seen(*given)  # type: ignore[arg-type]
        folder.parent.rename(outside)
        folder.parent.symlink_to(outside)
        return found

    monkeypatch.setattr(attempt_folders, "_ended", swap)
    assert remove(service) == []
    assert (outside / "1" / "events.jsonl").exists()


def test_one_that_cannot_be_removed_is_told_and_keeps_no_other(
    service: Service,
    add_folder: AddFolder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folders = sorted(add_folder(91 * DAY) for _ in range(2))
    whole = attempt_folders.shutil.rmtree
    refused = []

    def refuse_once(*given: object, **more: object) -> None:
        if not refused:
            refused.append(given)
            raise PermissionError(13, "Permission denied")
        whole(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(attempt_folders.shutil, "rmtree", refuse_once)
    assert remove(service) == [folders[1]]
    assert f"{folders[0]} cannot be removed: Permission denied" in caplog.text
    assert remove(service) == [folders[0]]


def test_it_ends_where_it_is_stopped(service: Service, add_folder: AddFolder) -> None:
    folders = [add_folder(91 * DAY) for _ in range(2)]
    stop = threading.Event()
    before = datetime.now(UTC) - 90 * DAY
    for _ in remove_attempt_folders(service.database, service.settings.data_dir, before, stop):
        stop.set()
    assert [folder.exists() for folder in folders].count(True) == 1


def test_without_any_folder_there_is_nothing_to_do(service: Service) -> None:
    assert remove(service) == []
