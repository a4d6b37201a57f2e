"""Shows the event stream to a person (bars on a terminal, lines in a log) or to a program (JSON lines)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from cooldown_kit import events
from cooldown_kit.events import Emit, Event

_LOG_EVERY_SECONDS = 30


@contextmanager
def subscriber(*, as_json: bool, quiet: bool) -> Iterator[Emit]:
    """An ``on_event`` that shows what happens: JSON lines on stdout, nothing, bars on a terminal, or lines where there is none."""
    if as_json:
        yield _print_json
    elif quiet:
        yield _warnings_only
    elif sys.stderr.isatty():
        with _bars() as emit:
            yield emit
    else:
        yield _Lines().emit


def _print_json(event: Event) -> None:
    sys.stdout.write(events.encode(event).decode() + "\n")
    sys.stdout.flush()


def _warnings_only(event: Event) -> None:
    if isinstance(event, events.Message) and event.level != "info":
        _write(f"{event.level}: {event.text}")


def _write(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class _Lines:
    """For logs: a line when a stage ends, and one every half a minute while it works."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def emit(self, event: Event) -> None:
        if isinstance(event, events.StageFinished):
            _write(finished_line(event))
        elif isinstance(event, events.Message):
            _write(("" if event.level == "info" else f"{event.level}: ") + event.text)
        elif isinstance(event, events.Progress) and time.monotonic() - self._last > _LOG_EVERY_SECONDS:
            self._last = time.monotonic()
            of = f" of {event.total:,.0f}" if event.total else ""
            _write(f"  {event.stage} {event.detail} {event.done:,.0f}{of} {event.unit}")


@contextmanager
def _bars() -> Iterator[Emit]:
    console = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]} {task.fields[note]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def task_of(event: Any) -> TaskID:
            key = f"{event.stage} {event.detail}".strip()
            if key not in tasks:
                tasks[key] = progress.add_task(key, total=None, unit="", note="")
            return tasks[key]

        def emit(event: Event) -> None:
            if isinstance(event, events.StageStarted):
                task_of(event)
            elif isinstance(event, events.Progress):
                progress.update(task_of(event), completed=int(event.done), total=event.total, unit=event.unit)
            elif isinstance(event, events.Metric) and (task := tasks.get(event.stage)) is not None:
                progress.update(
                    task, note=f"loss {event.values['loss']:.3f}" if "loss" in event.values else ""
                )
            elif isinstance(event, events.StageFinished):
                for name in [name for name in tasks if name.split(" ")[0] == event.stage]:
                    progress.remove_task(tasks.pop(name))
                progress.console.print(finished_line(event), markup=False)
            elif isinstance(event, events.Message):
                style = {"info": "", "warning": "yellow", "error": "red"}[event.level]
                progress.console.print(
                    ("" if event.level == "info" else f"{event.level}: ") + event.text,
                    style=style,
                    markup=False,
                )

        yield emit


def finished_line(event: events.StageFinished) -> str:
    """One line about a finished stage: name, what it counted, and how long it took."""
    name = f"{event.stage} {event.detail}".strip()
    took = "found" if event.cached else f"{event.seconds:.1f} s"
    return f"✓ {name:<22} {_counts(event.summary):<60} {took}"


_COUNTERS = (
    "calls",
    "changed",
    "gone",
    "records",
    "documents",
    "train",
    "heldout",
    "dropped",
    "skipped",
    "secrets",
    "tokens",
    "rows",
    "steps",
)


def _counts(summary: Mapping[str, Any]) -> str:
    """The numbers of a summary, and sums of its counters, in few words."""
    found: dict[str, int] = {}
    streams = list(summary["streams"].values()) if isinstance(summary.get("streams"), Mapping) else []
    for part in (summary, summary.get("totals", {}), *streams):
        for key in _COUNTERS:
            value = part.get(key)
            if isinstance(value, Mapping) and all(isinstance(v, int) for v in value.values()):
                value = sum(value.values())
            if isinstance(value, int) and (key not in found or (part in streams and "totals" not in summary)):
                found[key] = found.get(key, 0) + value
    return ", ".join(
        f"{value:,} {key.replace('heldout', 'held out')}" for key, value in found.items() if value
    )
