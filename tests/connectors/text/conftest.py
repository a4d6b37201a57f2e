"""A way to run the connector on a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cooldown_connectors.text import TextConnector, TextOptions

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Event
from cooldown_kit.records import Skipped, TextPage


@dataclass
class Harvest:
    pages: list[TextPage] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [page.id for page in self.pages]

    @property
    def reasons(self) -> dict[str, str]:
        return {item.what: item.reason for item in self.skipped}


@pytest.fixture
def context(tmp_path: Path) -> HarvestContext:
    return HarvestContext(source="book", folder=tmp_path, store=tmp_path, emit=lambda event: None)


@pytest.fixture
def harvest(tmp_path: Path) -> Callable[..., Harvest]:
    def run(path: str, **options: object) -> Harvest:
        result = Harvest()
        context = HarvestContext(source="book", folder=tmp_path, store=tmp_path, emit=result.events.append)
        for item in TextConnector().harvest(TextOptions(connector="text", path=path, **options), context):
            (result.skipped if isinstance(item, Skipped) else result.pages).append(item)
        return result

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write_file(name: str, content: str | bytes = "text\n") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file
