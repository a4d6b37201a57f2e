"""A worker as a process that tests may kill: settings as JSON on stdin; its children are those of ``ledger_child``."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cooldown_api.artefacts import ArtefactStore
from cooldown_api.database.engine import Database
from cooldown_api.settings import Settings
from cooldown_api.worker.supervisor import Supervisor

sys.path.insert(0, str(Path(__file__).parent))
from ledger_child import command


def in_clear(settings: Settings) -> dict[str, Any]:
    return {
        **settings.model_dump(mode="json"),
        "database_url": settings.database_url.get_secret_value(),
        "secret_key": settings.secret_key.get_secret_value(),
    }


def start(
    settings: Settings, log: Path, *, drain: bool = False, real: bool = False
) -> subprocess.Popen[bytes]:
    """Start one; ``real``: its children are the real ones."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), *(["--drain"] * drain), *(["--real"] * real)],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    assert process.stdin
    with process.stdin as pipe:
        pipe.write(json.dumps(in_clear(settings)).encode())
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    settings = Settings.model_validate(json.load(sys.stdin.buffer))
    database = Database(settings.url)
    more = {} if "--real" in sys.argv else {"command": command}
    supervisor = Supervisor(
        settings, database, ArtefactStore(settings.artefacts_url), drain="--drain" in sys.argv, **more
    )
    signal.signal(signal.SIGTERM, lambda *_: supervisor.stop())
    supervisor.run()
    time.sleep(0)
    os._exit(0)


if __name__ == "__main__":
    main()
