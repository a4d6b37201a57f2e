"""A `Session` without HTTP: a function answers, and a harvest can be killed before any call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cooldown_connectors.forge.protocol import Counted, Listed, Reply
from cooldown_connectors.http.errors import NotFound, Refused
from cooldown_connectors.http.links import link

Params = dict[str, str | list[str]]


class Killed(Exception):
    """The process is gone."""


@dataclass(frozen=True)
class Answer:
    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class FakeSession:
    """`answer` is given the path below the API's root and the parameters as text."""

    answer: Callable[[str, Params], Answer]
    owner: str = "acme"
    name: str = "payments"
    url: str = "https://git.acme.example"
    takes: frozenset[str] = frozenset({"pull_requests", "reviews", "issues", "discussions", "releases"})
    since: datetime | None = None
    authenticated: bool = True
    stream: str = ""
    root: str = "https://git.acme.example/api"
    lives: int | None = None
    """Calls that are answered before the process is killed."""
    asked: list[tuple[str, Params]] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
        size: str | None = None,
    ) -> Reply:
        if self.lives is not None:
            if self.lives == 0:
                raise Killed
            self.lives -= 1
        given: Params = {name: _text(value) for name, value in (params or {}).items()}
        if path.startswith(self.root):
            parts = urlsplit(path)
            given = {**dict(parse_qsl(parts.query)), **given}
            path = parts.path.removeprefix(urlsplit(self.root).path)
        assert path.startswith("/"), path
        self.asked.append((path, given))
        assert len(self.asked) < 5000, "it asks without end"
        self.counted.calls[self.stream] = self.counted.calls.get(self.stream, 0) + 1
        reply = self.answer(path, given)
        if reply.status in (404, 410):
            raise NotFound("it is not there", where=path)
        if reply.status in (401, 403):
            raise Refused("the token may not", where=path)
        return Reply(reply.status, reply.data, reply.headers, self.root + path)

    def sync(self) -> None:
        """There is no archive that could be lost."""

    def numbered(
        self,
        path: str,
        params: Mapping[str, Any],
        page: int,
        size: int,
        *,
        page_name: str = "page",
        size_name: str = "per_page",
        items: str | None = None,
        gaps: bool = False,
        conditional: bool = False,
    ) -> Listed:
        reply = self.get(path, {**params, page_name: page, size_name: size})
        if items is not None:
            return Listed(list(reply.data[items]), "next" in reply.data, reply.data.get("size"))
        header = reply.headers.get("link", "")
        total = reply.headers.get("x-total-count")
        more = link(header, "next") is not None if header else len(reply.data) >= size
        return Listed(list(reply.data), more, None if total is None else int(total))

    def post(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Reply:
        raise AssertionError("this forge is only read with GET")

    def graphql(
        self, document: str, variables: Mapping[str, Any], *, size: str | None = None
    ) -> Mapping[str, Any]:
        raise AssertionError("this forge has no GraphQL")

    def offset(self, path: str, params: Mapping[str, Any], start: int, size: int, **names: str) -> Listed:
        raise AssertionError("not used")


def _text(value: Any) -> str | list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(one) for one in value]
    return str(value)
