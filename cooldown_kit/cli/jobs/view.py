"""What a person sees of a job that runs: a block that is drawn again and again on a terminal, or lines in a log."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from cooldown_kit.cli.jobs import text
from cooldown_kit.client.durations import in_words

if TYPE_CHECKING:
    from cooldown_kit.client.wire import Event, Job

_LINE_EVERY: Final = 30.0
_LOSSES: Final = 20_000


@dataclass
class Watched:
    """A job as its events tell of it."""

    name: str
    state: str = ""
    stage: str = ""
    detail: str = ""
    done: float | None = None
    total: float | None = None
    unit: str = ""
    losses: deque[float] = field(default_factory=lambda: deque(maxlen=_LOSSES))
    _began: tuple[datetime, float] | None = None
    _now: datetime | None = None

    def take(self, event: Event) -> str | None:
        """Learn from an event; returns a line where it is worth one."""
        data = event.data
        self._now = event.time
        if event.type == "state":
            return self._take_state(data)
        if event.type == "stage_started":
            self._begin(str(data.get("stage", "")), str(data.get("detail", "")))
        elif event.type == "stage_finished":
            took = "found" if data.get("cached") else f"{_number(data.get('seconds')) or 0:.1f} s"
            self._begin("", "")
            return f"✓ {data.get('stage', '')} {data.get('detail', '')}".rstrip() + f" ({took})"
        elif event.type == "progress":
            self._take_progress(data)
        elif event.type == "metric" and (loss := _number((data.get("values") or {}).get("loss"))) is not None:
            self.losses.append(loss)
        elif event.type == "message":
            return ("" if data.get("level") == "info" else f"{data.get('level')}: ") + str(
                data.get("text", "")
            )
        elif event.type == "checkpoint":
            return f"checkpoint at step {data.get('step')}"
        return None

    def _take_state(self, data: dict[str, Any]) -> str:
        self.state = str(data.get("state", ""))
        if self.state not in ("running", "pausing", "cancelling"):
            self._begin("", "")
        why = ": ".join(str(part) for part in (data.get("reason"), data.get("detail")) if part)
        return f"{self.state} ({why})"

    def _begin(self, stage: str, detail: str) -> None:
        self.stage, self.detail, self.done, self.total, self._began = stage, detail, None, None, None

    def _take_progress(self, data: dict[str, Any]) -> None:
        stage, detail = str(data.get("stage", "")), str(data.get("detail", ""))
        done = _number(data.get("done"))
        if (
            (stage, detail) != (self.stage, self.detail)
            or self._began is None
            or (done or 0) < self._began[1]
        ):
            self._begin(stage, detail)
            self._began = (self._now, done or 0.0) if self._now else None
        self.done, self.total, self.unit = done, _number(data.get("total")), str(data.get("unit", ""))

    @property
    def seconds_left(self) -> float | None:
        """At the speed of this stage so far."""
        if self._began is None or self._now is None or not self.total or self.done is None:
            return None
        since, first = self._began
        seconds, moved = (self._now - since).total_seconds(), self.done - first
        return (self.total - self.done) * seconds / moved if moved > 0 and seconds > 0 else None

    def status(self) -> str:
        """One line: state, stage, how far."""
        parts = [self.state, f"{self.stage} {self.detail}".strip()]
        if self.done is not None:
            of = f"/{self.total:,.0f}" if self.total else ""
            parts.append(f"{self.done:,.0f}{of} {self.unit}".rstrip())
        if (left := self.seconds_left) is not None:
            parts.append(f"{in_words(left)} left")
        return text.plain("  ".join(part for part in parts if part))

    def loss(self) -> str:
        """The loss so far, small."""
        if not self.losses:
            return ""
        return f"loss {text.sparkline(list(self.losses))} {self.losses[0]:.3f} → {self.losses[-1]:.3f}"


class TextView:
    """For logs: a line for what is worth one, and how far it is every half a minute. All of it on standard error."""

    def __init__(self, job: Job, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._watched = Watched(job.name, job.state)
        self._clock = clock
        self._said = clock()

    def take(self, event: Event) -> None:
        line = self._watched.take(event)
        if line is not None:
            self.say(text.plain(line))
        elif self._clock() - self._said > _LINE_EVERY:
            self.say(f"  {self._watched.status()}  {self._watched.loss()}".rstrip())

    def say(self, line: str) -> None:
        self._said = self._clock()
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def __enter__(self) -> TextView:
        return self

    def __exit__(self, *error: object) -> None:
        pass


class LiveView:
    """For terminals: lines above, and below them the state, how far it is, and the loss as a small chart."""

    def __init__(self, job: Job) -> None:
        from rich.console import Console
        from rich.live import Live

        self._watched = Watched(job.name, job.state)
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(
            console=self._console, get_renderable=self._block, refresh_per_second=4, transient=True
        )

    def take(self, event: Event) -> None:
        if (line := self._watched.take(event)) is not None:
            self.say(text.plain(line))

    def say(self, line: str) -> None:
        self._console.print(line, markup=False)

    def _block(self) -> Any:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.text import Text

        spinner = Spinner("dots", Text(f"{text.plain(self._watched.name)}  {self._watched.status()}"))
        loss = self._watched.loss()
        return Group(spinner, Text(loss)) if loss else spinner

    def __enter__(self) -> LiveView:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.__exit__(None, None, None)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
