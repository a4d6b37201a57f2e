"""A run's folder: what a person gets, and the record of which stage outputs it was made from.

``recipe.yaml`` (as resolved), ``events.jsonl`` (every event of every try), ``run.json`` (state and stage outputs), ``adapter/``,
``model/``, ``evidence/`` and ``report.html``.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from cooldown_kit import events
from cooldown_kit.errors import InputError
from cooldown_kit.events import Emit, Event
from cooldown_kit.workspace import StageOutput, Workspace, write_whole

Status = Literal["running", "finished"]


@dataclass
class RunState:
    """What ``run.json`` holds. ``stages`` maps a stage (``render/handbook``) to its output folder."""

    name: str
    key: str
    status: Status
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    resolved: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    updated_at: float = 0.0


class RunFolder:
    """One run in a workspace. Made once per recipe and state of its inputs: the key is part of its name."""

    def __init__(self, path: Path, state: RunState) -> None:
        self.path = path
        self.state = state

    @classmethod
    def create(cls, workspace: Workspace, name: str, key: str) -> RunFolder:
        """The folder of that run, new or continued."""
        path = workspace.runs / f"{name}-{key[:12]}"
        path.mkdir(parents=True, exist_ok=True)
        if (path / "run.json").exists():
            return cls.open(path)
        return cls(path, RunState(name, key, "running"))

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run. Raises :class:`InputError` where the folder is none."""
        try:
            return cls(path, RunState(**json.loads((path / "run.json").read_text())))
        except (FileNotFoundError, NotADirectoryError):
            raise InputError(
                "this is not the folder of a run",
                where=str(path),
                remedy="give a folder below `.cooldown/runs`, or the name of a run",
            ) from None

    @classmethod
    def find(cls, reference: str, workspace: Path) -> RunFolder:
        """A run by its folder, by its name, or by the start of its name; ``latest`` is the newest one."""
        if (Path(reference) / "run.json").exists():
            return cls.open(Path(reference))
        runs = sorted((workspace / "runs").glob("*/run.json"), key=lambda path: path.stat().st_mtime)
        names = [path.parent.name for path in runs]
        found = (
            runs[-1:]
            if reference == "latest"
            else [run for run in runs if run.parent.name.startswith(reference)]
        )
        if not found:
            known = f"runs here: {', '.join(names)}" if names else "make one with `cooldown run recipe.yaml`"
            raise InputError(f"there is no run `{reference}`", where=str(workspace), remedy=known)
        return cls.open(found[-1].parent)

    @property
    def lock(self) -> Path:
        """Held while a process works on the run."""
        return self.path / "run.lock"

    @property
    def finished(self) -> bool:
        return self.state.status == "finished" and all(
            Path(s["path"]).exists() for s in self.state.stages.values()
        )

    def record(self, output: StageOutput) -> None:
        """Remember a finished stage output."""
        name = f"{output.stage}/{output.label}" if output.label else output.stage
        self.state.stages[name] = {
            "path": str(output.path),
            "key": output.key,
            "digest": output.digest,
            "seconds": output.seconds,
            "summary": dict(output.summary),
        }
        self.save()

    def stage(self, name: str) -> Path:
        """The output folder of a stage. Raises :class:`InputError` where the run has not come so far."""
        try:
            return Path(self.state.stages[name]["path"])
        except KeyError:
            raise InputError(
                f"the run has no output of `{name}` yet",
                where=str(self.path),
                remedy="continue it with `cooldown run`",
            ) from None

    def summary(self, name: str) -> Mapping[str, Any]:
        self.stage(name)
        summary: Mapping[str, Any] = self.state.stages[name]["summary"]
        return summary

    def stages_of(self, stage: str) -> dict[str, dict[str, Any]]:
        """Label → record of every output of one stage, in the order of the recipe."""
        return {
            name.partition("/")[2]: value
            for name, value in self.state.stages.items()
            if name.partition("/")[0] == stage
        }

    def save(self) -> None:
        self.state.updated_at = time.time()
        write_whole(self.path / "run.json", json.dumps(asdict(self.state), indent=1, default=str))


class EventLog:
    """Appends every event to ``events.jsonl`` and hands it on with the run's name. A context manager."""

    def __init__(self, run: RunFolder, on_event: Emit) -> None:
        self._name = run.path.name
        self._on_event = on_event
        self._file = (run.path / "events.jsonl").open("ab")
        self._last_progress = 0.0

    def emit(self, event: Event) -> None:
        event = msgspec.structs.replace(event, run=self._name)
        if not isinstance(event, events.Progress) or event.time - self._last_progress >= 1:
            # progress comes many times a second; one line a second is enough to read later
            self._file.write(events.encode(event) + b"\n")
            self._file.flush()
            if isinstance(event, events.Progress):
                self._last_progress = event.time
        self._on_event(event)

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def link_tree(source: Path, target: Path) -> None:
    """Make ``target`` a copy of ``source`` that shares its bytes (hard links), or a real copy across file systems."""
    beside = target.with_name(f".{target.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(source, beside, copy_function=link_file)
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)


def link_file(source: str, target: str) -> str:
    """Make ``target`` a hard link to ``source``, or a copy across file systems; returns it, as ``shutil.copytree`` wants."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
