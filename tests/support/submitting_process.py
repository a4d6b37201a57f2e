"""Stands for an API that may be killed: queues jobs for ``ledger_child``, and notes each id once it was queued."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job
from cooldown_api.jobs.standing import find_standing
from cooldown_api.jobs.submit import NewJob, submit
from sqlalchemy import func, select

from cooldown_kit.client.states import ENDED

_MOST_OPEN = 8


def start(url: str, ids: Path, ledger: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve())], stdin=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin
    with process.stdin as pipe:
        pipe.write(json.dumps({"url": url, "ids": str(ids), "ledger": str(ledger)}).encode())
    return process


def main() -> None:
    told: dict[str, Any] = json.load(sys.stdin.buffer)
    database = Database(told["url"])
    number = 0
    while True:
        with database.read(ALL_PROJECTS) as session:
            open_jobs = session.scalar(select(func.count()).where(Job.state.not_in([s.value for s in ENDED])))
        if (open_jobs or 0) < _MOST_OPEN:
            number += 1
            recipe = {"steps": 3 + number % 9, "seconds": 0.04, "ledger": told["ledger"]}
            new = NewJob(
                kind="run", name="soak", recipe=recipe, priority=50, gpus=0, executor="local",
                max_attempts=100, max_duration_seconds=3600, created_by="soak",
            )  # fmt: skip
            with database.write(ALL_PROJECTS) as session:
                project = ("alpha", "beta")[number % 2]
                id = submit(session, find_standing(database, session, project), new).id
            with Path(told["ids"]).open("a") as file:
                file.write(id + "\n")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
