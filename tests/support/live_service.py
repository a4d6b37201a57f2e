"""`cooldown serve` in a process of its own, on a free port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Live:
    """A running service."""

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)
    """What it logged."""

    @property
    def messages(self) -> list[str]:
        return [str(line["message"]) for line in self.lines]


@contextmanager
def live_service(folder: Path, *arguments: str, **environment: str) -> Iterator[Live]:
    """Started, and ready to answer; ended with the block by SIGTERM, if it has not ended before."""
    command = [sys.executable, "-m", "cooldown_kit.cli", "serve", "--port", "0", *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COOLDOWN_")}
    inherited |= {"COOLDOWN_DATA_DIR": str(folder / "data"), "COOLDOWN_LOG_FORMAT": "json", **environment}
    with subprocess.Popen(command, cwd=folder, env=inherited, stderr=subprocess.PIPE, text=True) as process:
        live, reader = Live(process), None
        try:
            assert process.stderr is not None
            for text in process.stderr:
                live.lines.append(_line(text))
                if str(live.lines[-1]["message"]).startswith("serving on "):
                    live.url = live.lines[-1]["address"]
                    break
            else:
                raise AssertionError(f"the service did not start: {live.messages}")
            reader = threading.Thread(target=_read, args=(live,), daemon=True)
            reader.start()
            yield live
        finally:
            process.terminate()
            process.wait(60)
            if reader is not None:
                reader.join()


def _read(live: Live) -> None:
    assert live.process.stderr is not None
    for text in live.process.stderr:
        live.lines.append(_line(text))


def _line(text: str) -> dict[str, Any]:
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"message": text.rstrip()}
    return line
