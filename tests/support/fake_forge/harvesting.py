"""Harvests a fake forge as the pipeline does: update, then records; hours of waiting pass at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from cooldown_connectors.forge.connector import ForgeConnector

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Event
from cooldown_kit.records import Record, Skipped

TOKEN = "tok_7Zq3-never-shown"
VARIABLE = "FAKE_FORGE_TOKEN"


class PatientClock:
    """A clock whose sleeps take no time."""

    def __init__(self) -> None:
        self.moment = 1_780_000_000.0
        self.slept = 0.0

    def now(self) -> float:
        return self.moment

    def monotonic(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds
        self.slept += seconds


@dataclass
class Harvest:
    """What came of one harvest."""

    records: list[Record]
    skipped: list[Skipped]
    summary: dict[str, Any]
    fingerprint: dict[str, Any]
    events: list[Event] = field(default_factory=list)


@contextmanager
def patient(clock: PatientClock | None = None) -> Iterator[PatientClock]:
    """Inside, the HTTP layer's clock is one that never makes anybody wait."""
    clock = clock or PatientClock()
    with (
        mock.patch("cooldown_connectors.forge.access.SystemClock", lambda: clock),
        mock.patch.dict("os.environ", {VARIABLE: TOKEN}),
    ):
        yield clock


def harvest(
    connector: ForgeConnector, url: str, folder: Path, *, repository: str = "acme/payments", **options: Any
) -> Harvest:
    """Update and harvest. Raises what they raise. ``folder`` is where things stay between harvests."""
    chosen = options_of(connector, url, repository=repository, **options)
    events: list[Event] = []
    (folder / "store").mkdir(parents=True, exist_ok=True)
    context = HarvestContext("forge", folder, folder / "store", events.append)
    with patient():
        summary = dict(connector.update(chosen, context))
        fingerprint = dict(connector.fingerprint(chosen, context))
        items = list(connector.harvest(chosen, context))
    records = [item for item in items if not isinstance(item, Skipped)]
    skipped = [item for item in items if isinstance(item, Skipped)]
    return Harvest(records, skipped, summary, fingerprint, events)


def options_of(connector: ForgeConnector, url: str, **options: Any) -> Any:
    """The connector's options for a fake forge: everything that it has, with a token, without code."""
    defaults = {
        "connector": "forge",
        "url": url,
        "token": f"env:{VARIABLE}",
        "take": list(connector.Options.known_takes),
        "clone": "never",
        "concurrency": 2,
    }
    return connector.Options.model_validate({**defaults, **options})
