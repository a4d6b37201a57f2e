"""How a forge's file asks its forge: paths and pages, on top of questions and answers.

A session is for one repository. Sessions of one source share a :class:`~cooldown_connectors.http.client.Client`, and with it
tokens, quotas and connections; each has an archive of its own, so that a repository can be replayed by itself::

    with forge_client(forge, options, folder=…, emit=…, source="forge") as client:
        with ForgeSession(Recording(client, store / "archive"), forge, options, owner="acme", name="payments", etags=…) as session:
            …
    for path in archived(store / "archive"):                      # without the network
        with ForgeSession(Replay(path), forge, options, owner="acme", name="payments") as session:
            …                                                     # until ArchiveEnds
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from cooldown_connectors.forge.halving import Fits, smallest_divisor, whole
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Counted, Forge, Json, Listed, Reply
from cooldown_connectors.http.archive import Recording, Replay
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.errors import TooHeavy
from cooldown_connectors.http.links import link
from cooldown_connectors.http.questions import Answer, Asking, Question
from cooldown_kit.errors import InputError

Params = Mapping[str, str | int | bool | Sequence[str]]
_Said = TypeVar("_Said")
_GRAPHQL = "../graphql"
"""Beside the API's version: ``https://api.github.com/graphql``, ``https://git.acme.example/api/graphql`` (GitHub's server and GitLab)."""


class Etags(Protocol):
    """Where ETags stay between harvests."""

    def get(self, key: str) -> str | None: ...
    def put(self, key: str, etag: str) -> None: ...


class ForgeSession:
    """The :class:`~cooldown_connectors.forge.protocol.Session` of one repository. Safe for threads."""

    def __init__(
        self,
        asking: Client | Recording | Replay,
        forge: Forge,
        options: ForgeOptions,
        *,
        owner: str,
        name: str,
        etags: Etags | None = None,
    ) -> None:
        """
        Args:
            asking: the forge itself, the forge with an archive that writes along, or an archive alone.
            etags: where those of the last harvest are; without it every question is answered in full. A replay needs none.
        """
        self.owner = owner
        self.name = name
        self.url = forge_address(forge, options)
        self.takes: frozenset[str] = frozenset(options.take)
        self.since: datetime | None = options.earliest
        self.authenticated = bool(options.token)
        self.stream = ""
        """Which stream asks; the engine says so, and calls are counted under it."""
        self.counted = Counted()
        self._lock = threading.Lock()
        self._asking: Asking = asking
        self._api = forge.api(self.url).rstrip("/")
        self._etags = None if isinstance(asking, Replay) else etags
        self._fits = Fits(remembers=not isinstance(asking, Replay))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive; the client stays open for others."""
        if isinstance(self._asking, (Recording, Replay)):
            self._asking.close()

    def interrupt(self) -> None:
        """The harvest is being stopped: nobody waits for a limit any more."""
        self._asking.interrupt()

    def sync(self) -> None:
        """Bring the archive to the disk; the engine calls it before it stores a page."""
        if isinstance(self._asking, Recording):
            self._asking.sync()

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
        size: str | None = None,
    ) -> Reply:
        """See :meth:`cooldown_connectors.forge.protocol.Session.get`."""
        if size is not None:
            return self._smaller(
                urlsplit(path).path,
                int(str((params or {})[size])),
                lambda number, halvable: self._reply(
                    Question(
                        "GET",
                        self._url(path, {**(params or {}), size: number}),
                        headers=headers or {},
                        halvable=halvable,
                        spent=self._spent(),
                    )
                ),
            )
        question = Question("GET", self._url(path, params), headers=headers or {}, spent=self._spent())
        return self._reply(question, conditional=conditional)

    def post(self, path: str, body: Json, *, headers: Mapping[str, str] | None = None) -> Reply:
        """See :meth:`cooldown_connectors.forge.protocol.Session.post`."""
        content = json.dumps(body, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
        question = Question("POST", self._url(path, None), content, headers or {}, spent=self._spent())
        return self._reply(question)

    def graphql(
        self, document: str, variables: Mapping[str, Json], *, size: str | None = None
    ) -> Mapping[str, Json]:
        """See :meth:`cooldown_connectors.forge.protocol.Session.graphql`."""
        if size is None:
            return self._graphql(document, variables, halvable=False)
        return self._smaller(
            document,
            int(variables[size]),
            lambda number, halvable: self._graphql(document, {**variables, size: number}, halvable=halvable),
        )

    def numbered(
        self,
        path: str,
        params: Params,
        page: int,
        size: int,
        *,
        page_name: str = "page",
        size_name: str = "per_page",
        items: str | None = None,
        gaps: bool = False,
        conditional: bool = False,
    ) -> Listed:
        """See :meth:`cooldown_connectors.forge.protocol.Session.numbered`."""

        def ask(start: int, many: int, halvable: bool) -> Listed:
            asked = {**params, page_name: start // many + 1, size_name: many}
            question = Question("GET", self._url(path, asked), halvable=halvable, spent=self._spent())
            # only the page as it was asked for: halves have no story of their own
            reply = self._reply(question, conditional=conditional and many == size)
            if reply.unchanged:
                return Listed([], _more(reply, full=False), None, unchanged=True)
            found, total = self._items(reply, items), _total(reply)
            if gaps:
                return Listed(found, True, total)
            if items is not None:
                size_told = reply.data.get("size")
                total = size_told if isinstance(size_told, int) else None
                return Listed(found, bool(reply.data.get("next")), total)
            full = len(found) >= many if total is None else start + len(found) < total
            return Listed(found, _more(reply, full=full), total)

        return whole((page - 1) * size, size, ask, self._fits, path)

    def offset(
        self,
        path: str,
        params: Params,
        start: int,
        size: int,
        *,
        start_name: str,
        size_name: str,
        items: str,
    ) -> Listed:
        """See :meth:`cooldown_connectors.forge.protocol.Session.offset`."""

        def ask(begin: int, many: int, halvable: bool) -> Listed:
            asked = {**params, start_name: begin, size_name: many}
            question = Question("GET", self._url(path, asked), halvable=halvable, spent=self._spent())
            reply = self._reply(question)
            found = self._items(reply, items)
            given = reply.data.get("limit")
            if halvable and isinstance(given, int) and given < many:  # the rest would be passed over
                raise TooHeavy(f"the forge gives no more than {given} items at once", where=path)
            return Listed(found, len(found) >= many)

        return whole(start, size, ask, self._fits, path)

    def _smaller(self, name: str, size: int, ask: Callable[[int, bool], _Said]) -> _Said:
        """The answer to the question for ``size`` things, or for as many as the forge can bear."""
        number = self._fits.size(name, size)
        while True:
            try:
                said = ask(number, number > 1)
            except TooHeavy:
                self._fits.failed(name, number)
                number //= smallest_divisor(number)
            else:
                self._fits.worked(name)
                return said

    def _graphql(self, document: str, variables: Mapping[str, Json], *, halvable: bool) -> Mapping[str, Json]:
        body = {"query": document, "variables": dict(variables)}
        question = Question(
            "POST",
            urljoin(f"{self._api}/", _GRAPHQL),
            json.dumps(body, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace"),
            resource="graphql",
            graphql=True,
            halvable=halvable,
            spent=self._spent(),
        )
        answer = self._asking.ask(question)
        data = answer.data.get("data") if isinstance(answer.data, dict) else None
        if not isinstance(data, dict):
            raise self._strange(question, "its GraphQL answer holds no data")
        limit = data.get("rateLimit")
        cost = limit.get("cost") if isinstance(limit, dict) else None
        self._points(cost if isinstance(cost, int) and cost >= 0 else 1)
        return data

    def _reply(self, question: Question, *, conditional: bool = False) -> Reply:
        key = question.digest.hex()
        if conditional and self._etags is not None and (etag := self._etags.get(key)):
            question = replace(question, etag=etag)
        answer: Answer = self._asking.ask(question)
        if conditional and self._etags is not None and answer.status == 200 and "etag" in answer.headers:
            self._etags.put(key, answer.headers["etag"])
        return Reply(answer.status, answer.data, answer.headers, question.url)

    def _items(self, reply: Reply, name: str | None) -> list[Json]:
        found: Any = reply.data
        if name is not None:
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, list):
            what = f"its answer holds no list `{name}`" if name else "its answer is no list"
            raise self._strange(Question("GET", reply.url), what)
        return found

    def _strange(self, question: Question, what: str) -> InputError:
        return InputError(
            what,
            where=f"{question.method} {question.url.partition('?')[0]}",
            remedy="check that `url` is the address of this kind of forge",
        )

    def _url(self, path: str, params: Params | None) -> str:
        """``path`` on the API, or an absolute URL as it is (whoever asks checks its host)."""
        url = path if "://" in path else f"{self._api}/{path.lstrip('/')}"
        if not params:
            return url
        parts = urlsplit(url)
        pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in params]
        for key, value in params.items():
            values = [value] if isinstance(value, (str, int)) else value
            pairs += [(key, _written(one)) for one in values]
        return urlunsplit(parts._replace(query=urlencode(pairs, quote_via=quote)))

    def _spent(self) -> Callable[[], None]:
        stream = self.stream

        def count() -> None:
            with self._lock:
                self.counted.calls[stream] = self.counted.calls.get(stream, 0) + 1

        return count

    def _points(self, cost: int) -> None:
        if isinstance(self._asking, Replay):
            return
        with self._lock:
            self.counted.points[self.stream] = self.counted.points.get(self.stream, 0) + cost


def forge_address(forge: Forge, options: ForgeOptions) -> str:
    """The forge's own address, without a slash at its end. Raises :class:`InputError` where nobody says it."""
    address = options.url or forge.hosted
    if address is None:
        raise InputError(
            f"everybody runs a {forge.name} of their own, and the recipe does not say where this one is",
            where="url",
            remedy="set `url` to its address, for example `https://git.acme.example`",
        )
    return address.rstrip("/")


def _written(value: str | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _more(reply: Reply, *, full: bool) -> bool:
    """Whether a list goes on after this page."""
    header = reply.headers.get("link", "")
    if header:
        return link(header, "next") is not None
    return full


def _total(reply: Reply) -> int | None:
    for name in ("x-total-count", "x-total"):
        if (text := reply.headers.get(name, "")).isdecimal() and len(text) < 16:
            return int(text)
    return None
