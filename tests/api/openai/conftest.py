"""The official client against a live server on loopback, over both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from openai import OpenAI

from live_server import live_api

CHATS = [
    {
        "messages": [
            {"role": "user", "content": f"What is due on day {number}?"},
            {"role": "assistant", "content": f"Invoices {number} and {number + 1} are due."},
        ]
    }
    for number in range(30)
]


def jsonl(rows: list[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@dataclass(frozen=True)
class Live:
    """A running service, and the client that people have scripts for."""

    url: str
    service: Service
    client: OpenAI

    def upload(self, rows: list[Any] | None = None, name: str = "chats.jsonl") -> str:
        content = jsonl(CHATS if rows is None else rows)
        return self.client.files.create(file=(name, content), purpose="fine-tune").id


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    """A folder that recipes may read, and a model in it that nobody opens."""
    folder = tmp_path / "allowed"
    (folder / "base-model").mkdir(parents=True)
    return folder


@pytest.fixture
def live(make_settings: Callable[..., Settings], roots: Path, tmp_path: Path) -> Iterator[Live]:
    (tmp_path / "secrets" / "default").mkdir(parents=True)
    (tmp_path / "secrets" / "default" / "forge").write_text("not-told-to-anybody")
    settings = make_settings(
        models={"tiny": str(roots / "base-model")},
        sources={"roots": [roots], "secrets_dir": tmp_path / "secrets"},
        limits={"upload_bytes": 1 << 20},
    )
    with live_api(settings) as (url, service), OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        yield Live(url, service, client)
