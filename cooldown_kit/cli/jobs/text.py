"""Words, tables and small charts on a terminal. Nothing that a job or its log says can steer it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from cooldown_kit.client.wire import Job, SuiteResult

_BARS: Final = "▁▂▃▄▅▆▇█"
_COLOURS: Final = {
    "succeeded": "green",
    "failed": "red",
    "cancelled": "yellow",
    "paused": "yellow",
    "running": "cyan",
    "starting": "cyan",
}


def plain(text: str) -> str:
    """Control characters as they are written in Python, tabs aside."""
    return "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)


def coloured() -> bool:
    """Whether standard output takes colours, and the user wants them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def state(name: str, *, colour: bool) -> str:
    return typer.style(name, fg=_COLOURS[name]) if colour and name in _COLOURS else name


def table(rows: Sequence[Sequence[str]], *, colour: bool = False, state_column: int | None = None) -> str:
    """Columns as wide as they must be; the first row is the heading."""
    rows = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if number and state_column is not None:
            padding = cells[state_column][len(row[state_column]) :]
            cells[state_column] = state(row[state_column], colour=colour) + padding
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def sparkline(values: Sequence[float], width: int = 32) -> str:
    """Means of equal parts of the values, as bars from the smallest to the largest; what is no number is a gap."""
    parts = [
        values[len(values) * n // width : max(len(values) * (n + 1) // width, len(values) * n // width + 1)]
        for n in range(width)
    ]
    if len(values) < width:
        parts = [[value] for value in values]
    means = [sum(part) / len(part) if part else float("nan") for part in parts]
    known = [mean for mean in means if abs(mean) < float("inf")]
    if not known:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    return "".join(
        _BARS[min(7, int((mean - low) / span * 8))] if abs(mean) < float("inf") else " " for mean in means
    )


def age(time: datetime, now: datetime | None = None) -> str:
    from cooldown_kit.client.durations import in_words

    return in_words(((now or datetime.now(UTC)) - time).total_seconds())


def progress_of(job: Job) -> str:
    """What it does, in few words."""
    progress = job.progress
    if progress is None:
        return ""
    parts = [f"{progress.stage} {progress.detail}".strip()]
    done, total = (progress.step, progress.steps) if progress.steps else (progress.done, progress.total)
    if done is not None:
        parts.append(
            f"{done:,.0f}/{total:,.0f} {progress.unit}".strip()
            if total
            else f"{done:,.0f} {progress.unit}".strip()
        )
    if progress.seconds_left is not None:
        from cooldown_kit.client.durations import in_words

        parts.append(f"{in_words(progress.seconds_left)} left")
    return ", ".join(parts)


def details(job: Job) -> str:
    """One job, for people."""
    rows = [
        ("id", job.id),
        ("name", job.name),
        ("state", f"{job.state} ({job.reason})" + (f": {job.detail}" if job.detail else "")),
        ("progress", progress_of(job)),
        ("priority", str(job.priority)),
        ("gpus", str(job.gpus)),
        ("attempt", f"{job.attempt} of {job.max_attempts}"),
        ("created", f"{job.created_at:%Y-%m-%d %H:%M:%S} UTC by {job.created_by}"),
        ("started", f"{job.started_at:%Y-%m-%d %H:%M:%S} UTC" if job.started_at else ""),
        ("finished", f"{job.finished_at:%Y-%m-%d %H:%M:%S} UTC" if job.finished_at else ""),
        (
            "removed",
            f"events, metrics and log lines, {job.details_removed_at:%Y-%m-%d}"
            if job.details_removed_at
            else "",
        ),
        ("labels", ", ".join(f"{key}={value}" for key, value in job.metadata.items())),
        ("plan", job.plan or ""),
        ("dataset", job.dataset or ""),
        ("rerun of", job.rerun_of or ""),
    ]
    if job.error:
        rows.append(("error", f"{job.error.message}" + (f" ({job.error.where})" if job.error.where else "")))
        rows.append(("remedy", job.error.remedy or ""))
    lines = [f"{name:<10}{plain(value)}" for name, value in rows if value]
    return "\n".join(lines + evidence(job))


def removed(job: Job) -> str | None:
    """Says that nothing is left to be shown of what happened, where that is so."""
    if job.details_removed_at is None:
        return None
    return f"its events, metrics and log lines were removed on {job.details_removed_at:%Y-%m-%d}"


def say_removed(job: Job) -> None:
    """The same on standard error, for who would otherwise see nothing and not know why."""
    if (said := removed(job)) is not None:
        typer.echo(f"{job.id}: {said}", err=True)


def evidence(job: Job) -> list[str]:
    """One line for each measure before and after."""
    found = job.result.evidence if job.result else []
    return [
        plain(
            f"{line.name}: {line.before:.4g} → {line.after:.4g} {line.unit} ({line.difference:+.4g}, {_interval(line)})"
        )
        for line in found
    ]


def _interval(line: SuiteResult) -> str:
    if line.low is None or line.high is None:
        return "too few documents for an interval"
    return f"{line.low:+.4g} to {line.high:+.4g}"
