"""A hub on loopback, a way to harvest from it, and a guard against traffic to anywhere else."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.huggingface import HuggingFaceConnector, HuggingFaceOptions

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Event, Message
from cooldown_kit.records import Skipped, TextPage
from fake_hub import FakeHub, running


@dataclass
class Harvest:
    pages: list[TextPage] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [page.text for page in self.pages]

    @property
    def reasons(self) -> dict[str, str]:
        return {item.what: item.reason for item in self.skipped}

    @property
    def warnings(self) -> list[str]:
        return [
            event.text for event in self.events if isinstance(event, Message) and event.level == "warning"
        ]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may speak to another host, nor wait."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1", f"traffic to {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr("cooldown_connectors.huggingface.source.time.sleep", lambda seconds: None)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_HUB_OFFLINE", "HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@dataclass
class Setting:
    """The connector with options for one data set, and a context whose events are kept."""

    hub: FakeHub
    folder: Path
    events: list[Event] = field(default_factory=list)
    connector: HuggingFaceConnector = field(default_factory=HuggingFaceConnector)

    @property
    def context(self) -> HarvestContext:
        store = self.folder / "store"
        return HarvestContext(source="web", folder=self.folder, store=store, emit=self.events.append)

    def options(self, **values: Any) -> HuggingFaceOptions:
        values = {"dataset": "acme/notes", "endpoint": self.hub.url, **values}
        return HuggingFaceOptions(connector="huggingface", **values)

    def check(self, **values: Any) -> None:
        self.connector.check(self.options(**values), self.context)

    def fingerprint(self, **values: Any) -> dict[str, Any]:
        return dict(self.connector.fingerprint(self.options(**values), self.context))

    def harvest(self, **values: Any) -> Harvest:
        self.events.clear()
        result = Harvest(events=self.events)
        options = self.options(**values)
        self.connector.fingerprint(options, self.context)  # as the pipeline does
        for item in self.connector.harvest(options, self.context):
            (result.skipped if isinstance(item, Skipped) else result.pages).append(item)
        return result

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def setting(hub: FakeHub, tmp_path: Path) -> Setting:
    return Setting(hub, tmp_path)


@pytest.fixture
def parquet() -> Callable[..., bytes]:
    def make(texts: list[str], **columns: list[Any]) -> bytes:
        import io

        import pyarrow as pa
        import pyarrow.parquet as pq

        stream = io.BytesIO()
        pq.write_table(pa.table({"text": texts, **columns}), stream)
        return stream.getvalue()

    return make
