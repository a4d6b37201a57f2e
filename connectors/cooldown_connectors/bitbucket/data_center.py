"""Bitbucket Data Center (and Server, from 7.0 on): which lists it has, what is asked for one by one, and what that costs.

Its list of requests knows neither a filter nor an order by the last change. But each item of it counts comments and tasks, and says what each reviewer last
did: so every harvest reads the whole list, 100 a call, and looks only into those of which anything differs. That finds a late comment on
a merged request, too, and requests that were deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from cooldown_connectors.bitbucket.data_center_things import activity_parts, request_parts, stamp
from cooldown_connectors.forge.fields import at, flag, integer, maybe, milliseconds, objects, text
from cooldown_connectors.forge.parts import Part, request
from cooldown_connectors.forge.protocol import (
    Access,
    Census,
    Details,
    Facts,
    Gone,
    Json,
    Limits,
    Page,
    Planned,
    Session,
    Stream,
    TakeName,
    Todo,
)
from cooldown_connectors.http.errors import NotFound

MOST: Final = 100
"""Items a page: what the server gives at most of requests, unless its owner allows more."""
_REQUESTS: Final = frozenset({"pull_requests", "reviews"})
_INSIDE: Final = ("comment", "review_comment", "thread", "review", "push", "event")


class DataCenter:
    """A Bitbucket that a company runs itself."""

    name = "bitbucket"
    takes: tuple[TakeName, ...] = ("pull_requests", "reviews")
    hosted: str | None = None
    access = Access(
        headers=lambda token: {"Authorization": f"Bearer {token}"},
        token_help="an HTTP access token (of yourself, the project or the repository) that may read the repository",  # noqa: S106
        git_username="x-token-auth",
    )
    limits = Limits()
    accept = "application/json"
    request_refs: str | None = "refs/pull-requests/{number}/from"

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Session, set[str]] = WeakKeyDictionary()
        """Keys of the requests of a list that one harvest has read from its beginning to its end."""

    def api(self, url: str) -> str:
        return f"{url}/rest/api/1.0"

    def split(self, repository: str) -> tuple[str, str]:
        """``PAY/payments``; ``~ana/notes`` is a personal repository."""
        project, _, name = repository.partition("/")
        if not project or not name or "/" in name:
            raise ValueError(
                "a repository is written `PROJECT/repository`, a personal one `~user/repository`"
            )
        return project, name

    def facts(self, session: Session) -> Facts:
        found = session.get(_root(session)).data
        project, slug = text(found, "project", "key") or session.owner, text(found, "slug") or session.name
        public = flag(found, "public")
        web = next((text(link, "href") for link in objects(found, "links", "self")), "")
        return Facts(
            name=f"{project}/{slug}",
            clone_url=_clone_url(found) or f"{session.url}/scm/{project.lower()}/{slug}.git",
            default_branch=maybe(found, "defaultBranch"),
            web_url=web.removesuffix("/browse") or None,
            private=None if public is None else not public,
        )

    def repositories(self, session: Session) -> Iterator[str]:
        for items, _ in _pages(session, f"/projects/{_quoted(session.owner)}/repos", {}, 0):
            yield from (f"{session.owner}/{slug}" for item in items if (slug := text(item, "slug")))

    def streams(self, session: Session) -> Sequence[Stream | Details]:  # noqa: ARG002 - the same for all
        return [
            Stream("requests", _REQUESTS, self._requests),
            Details("request", _REQUESTS, _look_into_request),
        ]

    def census(self, session: Session) -> Sequence[Census]:  # noqa: ARG002 - the same for all
        return [Census("request", _REQUESTS, self._count, self._keys, _became, _one_request)]

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        """The newest request's number is about how many there are. How many of them have changed only the list itself says."""
        params: dict[str, str | int] = {"state": "ALL", "order": "NEWEST", "limit": 1, "start": 0}
        newest = objects(session.get(_requests_path(session), params).data, "values")
        number = max((integer(item, "id") or 0 for item in newest), default=0)
        listed = Planned("requests", number, 1 + number // MOST, exact=False)
        inside = number if cursors.get("requests") is None else 0
        return [listed, Planned("request", inside, inside, exact=False)]

    def _requests(self, session: Session, cursor: Json) -> Iterator[Page]:
        """All of them, oldest first: new ones come at the end."""
        start = (cursor or {}).get("start", 0)
        seen: set[str] = set()
        for items, following in _pages(
            session, _requests_path(session), {"state": "ALL", "order": "OLDEST"}, start
        ):
            seen |= {str(number) for item in items if (number := integer(item, "id")) is not None}
            if following is None and start == 0:
                self._seen[session] = seen
            yield _request_page(session, items, {"start": following or 0})

    def _count(self, session: Session) -> int | None:
        """Of a list that this harvest has read; where it went on with half a list, nothing is known."""
        seen = self._seen.get(session)
        return None if seen is None else len(seen)

    def _keys(self, session: Session) -> Iterator[list[str]]:
        seen = self._seen.get(session)
        if seen is not None:
            yield sorted(seen)
            return
        for items, _ in _pages(session, _requests_path(session), {"state": "ALL", "order": "OLDEST"}, 0):
            yield [str(number) for item in items if (number := integer(item, "id")) is not None]


def _quoted(name: str) -> str:
    return quote(name, safe="~")


def _root(session: Session) -> str:
    return f"/projects/{_quoted(session.owner)}/repos/{_quoted(session.name)}"


def _requests_path(session: Session) -> str:
    return f"{_root(session)}/pull-requests"


def _clone_url(found: Json) -> str | None:
    """The address for HTTP, without the name of whoever asked."""
    for link in objects(found, "links", "clone"):
        parts = urlsplit(text(link, "href"))
        if text(link, "name") in ("http", "https") and parts.hostname:
            port = f":{parts.port}" if parts.port else ""
            return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
    return None


def _pages(
    session: Session, path: str, params: Mapping[str, Any], start: int
) -> Iterator[tuple[list[Json], int | None]]:
    """Pages of a list, each with where the next one starts. The server says so; it need not be where this one ends, as what the
    token may not see is counted and left out."""
    while True:
        body = session.get(path, {**params, "start": start, "limit": MOST}, size="limit").data
        following = integer(body, "nextPageStart")
        last = at(body, "isLastPage") is not False or following is None or following <= start
        yield objects(body, "values"), None if last else following
        if last or following is None:
            return
        start = following


def _request_page(session: Session, items: Sequence[Json], cursor: Json) -> Page:
    parts: list[Part] = []
    todo: list[Todo] = []
    whole: list[tuple[str, str]] = []
    for item in items:
        number, updated = integer(item, "id"), milliseconds(item, "updatedDate")
        if number is None or (session.since is not None and updated is not None and updated < session.since):
            continue
        parts += request_parts(item)
        todo.append(Todo("request", str(number), stamp(item)))
        whole.append(("link", request(number)))
    return Page(parts, cursor, whole=whole, todo=todo)


def _look_into_request(session: Session, key: str) -> Page:
    """Everything that happened to a request. One call for 100 activities."""
    of = request(int(key))
    found = [
        item
        for items, _ in _pages(session, f"{_requests_path(session)}/{key}/activities", {}, 0)
        for item in items
    ]
    return Page(activity_parts(found, of), whole=[(kind, of) for kind in _INSIDE])


def _became(session: Session, key: str) -> Gone | None:
    try:
        session.get(f"{_requests_path(session)}/{key}")
    except NotFound:
        return Gone("request", key, "deleted")
    return None


def _one_request(session: Session, key: str) -> Page:
    return _request_page(session, [session.get(f"{_requests_path(session)}/{key}").data], None)
