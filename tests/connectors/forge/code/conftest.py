"""Repositories whose requests are known line by line, and their code as the forge connectors read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.forge.code import Code, CodeReader, Told, ToldThread, open_code
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.parts import PushPart, RequestPart, ReviewCommentPart, ReviewPart
from cooldown_connectors.forge.protocol import Facts

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Event
from cooldown_kit.records import Anchor, Comment, Review

from ...git.conftest import Sandbox
from ...git.test_mirror import server  # noqa: F401 - a fixture

START = datetime(2024, 1, 1, tzinfo=UTC)


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def request(number: int = 1, **values: Any) -> RequestPart:
    told = {"title": "T", "text": "", "author": None, "state": "open", "target": "main"}
    return RequestPart(
        **({"number": number, "created_at": START, "updated_at": START} | told | values)  # type: ignore[arg-type]
    )


def push(head: str, at: float | None = None, **values: Any) -> PushPart:
    return PushPart(
        of="request:1", id=f"{head}@{at}", head=head, at=None if at is None else hour(at), **values
    )


def review(head: str, at: float, name: str = "r") -> ReviewPart:
    said = Review(id=f"{name}-{at}", author=None, state="commented", submitted_at=hour(at), revision=head)
    return ReviewPart(of="request:1", review=said)


def thread(name: str, at: float, **anchor: Any) -> ToldThread:
    comment = Comment(id=name, author=None, created_at=hour(at), text="Why?")
    part = ReviewCommentPart(of="request:1", comment=comment, anchor=Anchor(**anchor) if anchor else None)
    return ToldThread(name, [part])


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def context(tmp_path: Path, events: list[Event]) -> HarvestContext:
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    return HarvestContext("forge", tmp_path, store, events.append)


@pytest.fixture
def repository(tmp_path: Path) -> Sandbox:
    path = tmp_path / "payments"
    path.mkdir()
    sandbox = Sandbox(path)
    sandbox.git("init", "-q", "-b", "main")
    return sandbox


def forge_options(**values: Any) -> ForgeOptions:
    return ForgeOptions(**({"connector": "github", "repository": "acme/payments"} | values))


def local_code(repository: Sandbox, context: HarvestContext) -> Code:
    facts = Facts("acme/payments", "https://forge.example/acme/payments.git")
    code = open_code(forge_options(clone=str(repository.path)), facts, None, lambda: None, context)  # type: ignore[arg-type]
    assert code is not None
    return code


@pytest.fixture
def tell(repository: Sandbox, context: HarvestContext) -> Callable[..., Any]:
    """What git knows of requests of the repository: of one alone, or of a list."""

    def run(told: Told | list[Told], wanted: frozenset[Any] = frozenset(), **options: Any) -> Any:
        reader = CodeReader(local_code(repository, context), forge_options(**options), wanted, context.emit)
        known = list(reader.tell(told if isinstance(told, list) else [told]))
        return known if isinstance(told, list) else known[0]

    return run
