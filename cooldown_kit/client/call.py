"""One call of the REST API: what is asked, and how the answer is read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from cooldown_kit import __version__
from cooldown_kit.client.actions import Answer, Outgoing
from cooldown_kit.client.errors import UnexpectedAnswer
from cooldown_kit.client.wire.words import LATER_WORDS

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)
Query = Mapping[str, Any]


@dataclass(frozen=True)
class CallOptions:
    """How calls are made, unless one says otherwise."""

    timeout: httpx.Timeout = field(default_factory=lambda: httpx.Timeout(60, connect=10))
    max_retries: int = 2
    """How often a call is tried again."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def changed(self, *, timeout: float | httpx.Timeout | None, max_retries: int | None) -> CallOptions:
        options = self
        if timeout is not None:
            options = replace(options, timeout=as_timeout(timeout))
        if max_retries is not None:
            if max_retries < 0:
                raise ValueError(f"max_retries is {max_retries}, and cannot be below 0")
            options = replace(options, max_retries=max_retries)
        return options

    def with_header(self, name: str, value: str) -> CallOptions:
        return replace(self, headers={**self.headers, name: value})


def as_timeout(timeout: float | httpx.Timeout) -> httpx.Timeout:
    """Seconds for each of connecting, sending and each wait for bytes; connecting gets 10 at most."""
    if isinstance(timeout, httpx.Timeout):
        return timeout
    return httpx.Timeout(None if timeout == math.inf else timeout, connect=min(timeout, 10))


@dataclass(frozen=True)
class Call(Generic[T]):
    method: str
    path: str
    read: Callable[[Answer], T]
    query: Query = field(default_factory=dict)
    body: Any = None
    """Sent as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None
    repeatable: bool = True
    """Whether the service does it once however often it is asked: by the method, or by a key that all tries of a call share."""

    def outgoing(self, options: CallOptions, key: str | None, tries: int) -> Outgoing:
        """The request of one try. All tries of a call have the same idempotency key."""
        headers = {
            "accept": "application/json",
            "user-agent": f"cooldown-kit/{__version__}",
            **options.headers,
            **self.headers,
        }
        if key is not None:
            headers["idempotency-key"] = key
        if tries:
            headers["x-retry-count"] = str(tries)
        content = None
        if self.body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(self.body, allow_nan=False).encode()
        return Outgoing(self.method, self.path, _pairs(self.query), headers, content, options.timeout)


def segment(text: str) -> str:
    """One part of a path: whatever an id holds, it names nothing else. Raises ``ValueError`` for what cannot be one."""
    if not text or text in (".", ".."):
        raise ValueError(f"{text!r} is no id")
    return quote(text, safe="")


def reads(model: type[Model]) -> Callable[[Answer], Model]:
    """Reads an answer as that model; fields and words that it does not know are kept."""

    def read(answer: Answer) -> Model:
        try:
            return model.model_validate_json(answer.content, context=LATER_WORDS)
        except ValidationError as error:
            wrong = {
                ".".join(map(str, found["loc"])) or "body" for found in error.errors(include_input=False)
            }
        # raised here, so that no traceback holds what was read: it may be a secret that is shown once
        raise UnexpectedAnswer(
            f"the answer is not the {model.__name__} that this version knows ({', '.join(sorted(wrong))})",
            remedy="check that the address is that of the service, and that client and service are of one version",
        )

    return read


def _pairs(query: Query) -> tuple[tuple[str, str], ...]:
    """Query parameters; ``None`` is left out, a list is repeated, a mapping becomes ``name[key]``."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, Mapping):
            pairs += [(f"{name}[{key}]", _text(item)) for key, item in value.items()]
            continue
        values = value if isinstance(value, list | tuple | set | frozenset) else [value]
        pairs += [(name, _text(item)) for item in values if item is not None]
    return tuple(pairs)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
