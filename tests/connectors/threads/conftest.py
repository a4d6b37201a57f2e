"""Ways to run the connector on what lies in a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cooldown_connectors.threads import ThreadsConnector, ThreadsOptions

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Event
from cooldown_kit.records import Skipped, Thread


@dataclass
class Harvest:
    threads: list[Thread] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [thread.id for thread in self.threads]

    @property
    def reasons(self) -> dict[str, str]:
        return {item.what: item.reason for item in self.skipped}


Run = Callable[..., Harvest]


@pytest.fixture
def context(tmp_path: Path) -> HarvestContext:
    (tmp_path / "store").mkdir(exist_ok=True)
    return HarvestContext(source="talk", folder=tmp_path, store=tmp_path / "store", emit=lambda event: None)


@pytest.fixture
def harvest(context: HarvestContext) -> Run:
    def run(path: object, workers: int = 1, **options: object) -> Harvest:
        result = Harvest()
        own = HarvestContext(
            source="talk",
            folder=context.folder,
            store=context.store,
            emit=result.events.append,
            workers=workers,
        )
        chosen = ThreadsOptions(connector="threads", path=str(path), **options)
        for item in ThreadsConnector().harvest(chosen, own):
            (result.skipped if isinstance(item, Skipped) else result.threads).append(item)
        return result

    return run


@pytest.fixture
def check(context: HarvestContext) -> Callable[..., None]:
    def run(path: object, **options: object) -> None:
        ThreadsConnector().check(ThreadsOptions(connector="threads", path=str(path), **options), context)

    return run
