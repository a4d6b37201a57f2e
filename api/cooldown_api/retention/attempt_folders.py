"""Folders of attempts, removed once their jobs ended long ago.

What lies on this machine's disk is looked at, and the database asked which of it may go: each machine removes what it can see, whether the
disk is its own or that of all. Only a folder that its attempt's row names by this very path goes; links are not followed.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import aliased

from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Job
from cooldown_kit.client.states import ENDED
from cooldown_kit.engine.folder import AttemptFolder

_log = logging.getLogger("cooldown.retention")
_JOBS_AT_ONCE: Final = 200
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def remove_attempt_folders(
    database: Database, data_dir: Path, before: datetime, stop: threading.Event
) -> Iterator[Path]:
    """Remove the folders of attempts whose jobs ended before that, until ``stop`` is set; each, once it is gone."""
    projects = data_dir.absolute() / "projects"
    for project in _folders_in(projects):
        attempts = projects / project / "attempts"
        jobs = _folders_in(attempts)
        for start in range(0, len(jobs), _JOBS_AT_ONCE):
            for job, number in _ended(database, attempts, jobs[start : start + _JOBS_AT_ONCE], before):
                if stop.is_set():
                    return
                path = attempts / job / number
                try:
                    gone = _remove(projects, project, job, number)
                except OSError as error:
                    _log.warning("the folder %s cannot be removed: %s", path, error.strerror or error)
                else:
                    if gone:
                        yield path


def _ended(
    database: Database, attempts: Path, jobs: Sequence[str], before: datetime
) -> list[tuple[str, str]]:
    """Job and number of the attempts that may go: ended, and named by their rows at just this place."""
    other = aliased(Attempt)
    lives = select(other.id).where(other.job_id == Job.id, other.state != "ended").exists()
    statement = (
        select(Attempt.job_id, Attempt.number, Attempt.folder)
        .join(Job, Job.id == Attempt.job_id)
        .where(
            Job.id.in_(jobs),
            Job.state.in_([state.value for state in ENDED]),
            Job.finished_at < before,
            Attempt.state == "ended",
            ~lives,
        )
    )
    with database.read(ALL_PROJECTS) as session:
        rows = session.execute(statement).all()
    return [
        (job, str(number))
        for job, number, folder in rows
        if folder == str(attempts / job / str(number)) and os.path.lexists(folder)
    ]


def _remove(projects: Path, project: str, job: str, number: str) -> bool:
    """False where somebody removed it before, or a process still holds it."""
    if AttemptFolder(projects / project / "attempts" / job / number).is_held():
        return False
    try:
        with (
            _opened(projects / project) as own,
            _opened("attempts", own) as attempts,
            _opened(job, attempts) as folder,
        ):
            shutil.rmtree(number, dir_fd=folder)
            with suppress(OSError):  # another attempt of the job is still there
                os.rmdir(job, dir_fd=attempts)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _opened(name: str | Path, below: int | None = None) -> Iterator[int]:
    """A folder by its handle: nobody can put a link in its place meanwhile. Raises :class:`OSError` for a link."""
    handle = os.open(name, _FOLDER, dir_fd=below)
    try:
        yield handle
    finally:
        os.close(handle)


def _folders_in(folder: Path) -> list[str]:
    """Names of the real folders in it; none where it is none itself."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
