"""Bitbucket Cloud: which lists it has, what is asked for one by one, and what that costs.

Requests and issues come from lists that are sorted by their last change and asked from a time on. Reviews need not touch a request's date, so the
repository's list of activities, newest first, names the requests of those too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from cooldown_connectors.bitbucket.cloud_things import (
    activity_parts,
    change_parts,
    comment_parts,
    issue_part,
    request_parts,
)
from cooldown_connectors.forge.descent import Step, descend
from cooldown_connectors.forge.fields import EPOCH, at, flag, integer, maybe, moment, objects, text
from cooldown_connectors.forge.keyset import by_time
from cooldown_connectors.forge.parts import CommentPart, Part, issue, request
from cooldown_connectors.forge.protocol import (
    Access,
    Census,
    Details,
    Facts,
    Gone,
    Json,
    Limits,
    Listed,
    Page,
    Planned,
    Session,
    Stream,
    TakeName,
    Todo,
)
from cooldown_connectors.http.errors import NotFound

API: Final = "https://api.bitbucket.org/2.0"
MOST: Final = 50
"""Items a page: what the API gives at most of requests and activities."""
STATES: Final = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")
_REQUESTS: Final = frozenset({"pull_requests", "reviews"})
_ISSUES: Final = frozenset({"issues"})
# What is not read need not come: rendered HTML and links are most of an answer.
_LEAN: Final = (
    "-values.rendered,-values.summary.html,-values.source.repository,-values.destination.repository"
)
_SPOKEN: Final = ("comment", "review_comment", "thread")
_DONE: Final = ("push", "review", "event")


def headers(token: str) -> Mapping[str, str]:
    """An access token by itself, an API token with the address of its account before it: ``ana@acme.example:TOKEN``."""
    if ":" in token:
        return {"Authorization": f"Basic {base64.b64encode(token.encode()).decode()}"}
    return {"Authorization": f"Bearer {token}"}


def git_login(token: str) -> tuple[str, str]:
    """What git says with the same token: an API token goes without the address before it, under a name of its own."""
    address, _, value = token.rpartition(":")
    return ("x-bitbucket-api-token-auth", value) if address else ("x-token-auth", token)


class Cloud:
    """bitbucket.org."""

    name = "bitbucket"
    takes: tuple[TakeName, ...] = ("pull_requests", "reviews", "issues")
    hosted: str | None = "https://bitbucket.org"
    access = Access(
        headers=headers,
        token_help=(  # noqa: S106
            "a repository or workspace access token with the scopes `repository`, `pullrequest` and, for issues, `issue`; "
            "or an API token, put down as `name@example.com:TOKEN`"
        ),
        git_login=git_login,
    )
    limits = Limits(calls_per_hour=1000)
    accept = "application/json"
    request_refs: str | None = None
    """There are none: commits of a request are in a clone only while its branch is, or once it is merged."""

    def api(self, url: str) -> str:
        return API if urlsplit(url).hostname in ("bitbucket.org", "www.bitbucket.org") else f"{url}/2.0"

    def split(self, repository: str) -> tuple[str, str]:
        owner, _, name = repository.partition("/")
        if not owner or not name or "/" in name:
            raise ValueError("a repository is written `workspace/repository`")
        return owner, name

    def facts(self, session: Session) -> Facts:
        found = session.get(_root(session)).data
        web = maybe(found, "links", "html", "href")
        return Facts(
            name=text(found, "full_name") or f"{session.owner}/{session.name}",
            clone_url=_clone_url(found) or f"{session.url}/{session.owner}/{session.name}.git",
            default_branch=maybe(found, "mainbranch", "name"),
            web_url=web,
            private=flag(found, "is_private"),
        )

    def repositories(self, session: Session) -> Iterator[str]:
        path = f"/repositories/{quote(session.owner, safe='')}"
        for items in _everything(session, path, {"fields": "next,values.full_name"}, 100):
            yield from (name for item in items if (name := text(item, "full_name")))

    def streams(self, session: Session) -> Sequence[Stream | Details]:  # noqa: ARG002 - the same for all
        return [
            Stream("requests", _REQUESTS, _requests),
            Stream("activity", _REQUESTS, _activity),  # last: its stamps count, as it knows of more
            Stream("issues", _ISSUES, _issues),
            Details("request_activity", _REQUESTS, _look_into_activity),
            Details("request_comments", _REQUESTS, _look_into_comments),
            Details("issue", _ISSUES, _look_into_issue),
        ]

    def census(self, session: Session) -> Sequence[Census]:  # noqa: ARG002 - the same for all
        """Of requests there is none, as they cannot be deleted."""
        return [
            Census(
                "issue",
                _ISSUES,
                lambda session: _count(session, "issues", _start(session)),
                _issue_keys,
                _issue_became,
                _one_issue,
            )
        ]

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        planned: list[Planned] = []
        for kind, takes, each in (("request", _REQUESTS, 2), ("issue", _ISSUES, 2)):
            if not takes & session.takes:
                continue
            cursor = cursors.get(f"{kind}s")
            since = _start(session) if cursor is None else cursor["since"]
            number = _count(session, "pullrequests" if kind == "request" else "issues", since) or 0
            planned.append(Planned(f"{kind}s", number, 1 + number // MOST))
            detail = "request_activity" if kind == "request" else "issue"
            planned.append(Planned(detail, number, each * number, exact=False))
        return planned


def _root(session: Session) -> str:
    return f"/repositories/{quote(session.owner, safe='{}')}/{quote(session.name, safe='{}')}"


def _clone_url(found: Json) -> str | None:
    """The address for HTTPS, without the name of whoever asked."""
    for link in objects(found, "links", "clone"):
        parts = urlsplit(text(link, "href"))
        if text(link, "name") == "https" and parts.hostname:
            port = f":{parts.port}" if parts.port else ""
            return f"https://{parts.hostname}{port}{parts.path}"
    return None


def _start(session: Session) -> str | None:
    return None if session.since is None else instant(session.since)


def instant(time: datetime) -> str:
    """A time as Bitbucket writes it: text that sorts."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def _changed(item: Json) -> str:
    return instant(moment(item, "updated_on") or EPOCH)


def _listed(session: Session, path: str, params: Mapping[str, Any], page: int, size: int) -> Listed:
    return session.numbered(path, params, page, size, size_name="pagelen", items="values")


def _everything(
    session: Session, path: str, params: Mapping[str, Any], size: int = MOST
) -> Iterator[list[Json]]:
    """All pages of a list."""
    page = 1
    while True:
        listed = _listed(session, path, params, page, size)
        yield [item for item in listed.items if isinstance(item, Mapping)]
        if not listed.more:
            return
        page += 1


def _whole(session: Session, path: str, fields: str) -> list[dict[str, Any]]:
    return [item for items in _everything(session, path, {"fields": fields}) for item in items]


def _activities(session: Session, path: str, params: Mapping[str, Any]) -> Step:
    """A page of a list of activities. Its pages have no numbers: each names the next."""
    size = parse_qs(urlsplit(path).query).get("pagelen", [])
    number = int(size[0]) if size and size[0].isdecimal() else MOST
    body = session.get(path, {"pagelen": number, **params}, size="pagelen").data
    return Step(objects(body, "values"), maybe(body, "next"))


def _by_change(
    session: Session, path: str, params: Mapping[str, Any], cursor: Json
) -> Iterator[tuple[list[Json], Json]]:
    def ask(since: str | None, page: int) -> Listed:
        asked = {**params, "sort": "updated_on"}
        if since is not None:
            asked["q"] = f"updated_on >= {since}"
        return _listed(session, path, asked, page, MOST)

    found = by_time(
        ask, cursor, time_of=_changed, key_of=lambda item: integer(item, "id"), start=_start(session)
    )
    return ((page.items, page.cursor) for page in found)


def _requests(session: Session, cursor: Json) -> Iterator[Page]:
    """By last change. Of a request without comments none need be asked for."""
    params = {"state": STATES, "fields": _LEAN}
    try:
        for items, behind in _by_change(session, f"{_root(session)}/pullrequests", params, cursor):
            yield _request_page(items, behind)
    except NotFound:  # pull requests are off
        return


def _request_page(items: Sequence[Json], cursor: Json) -> Page:
    parts: list[Part] = []
    todo: list[Todo] = []
    whole: list[tuple[str, str]] = []
    for item in items:
        number = integer(item, "id")
        if number is None:
            continue
        parts += request_parts(item)
        of, stamp = request(number), _changed(item)
        todo.append(Todo("request_activity", str(number), stamp))
        whole.append(("link", of))
        if integer(item, "comment_count") == 0:
            whole += [(kind, of) for kind in _SPOKEN]
        else:
            todo.append(Todo("request_comments", str(number), stamp))
    return Page(parts, cursor, whole=whole, todo=todo)


def _activity(session: Session, cursor: Json) -> Iterator[Page]:
    """Requests that somebody approved, criticised or spoke of since the last harvest; the first one only notes where the list begins."""
    path = f"{_root(session)}/pullrequests/activity"

    def ask(below: Json) -> Step:
        return _activities(session, below or path, {})

    try:
        if cursor is None:
            first = _activities(session, path, {"pagelen": 1})
            newest = max((_happened(entry) for entry in first.items), default=instant(EPOCH))
            yield Page([], {"mark": newest, "began": None, "below": None})
            return
        mark = cursor["mark"]
        for page in descend(ask, cursor, time_of=_happened):
            yield Page([], page.cursor, todo=_named(page.items, mark))
    except NotFound:
        return


def _happened(entry: Json) -> str:
    said = (
        moment(entry, "comment", "created_on")
        or moment(entry, "approval", "date")
        or moment(entry, "changes_requested", "date")
        or moment(entry, "update", "date")
    )
    return instant(said or EPOCH)


def _named(entries: Sequence[Json], mark: str) -> list[Todo]:
    """What to look into. The stamp is the same for all of one descent, on whichever page a request is named, and never that of another."""
    todo: list[Todo] = []
    for entry in entries:
        number = integer(entry, "pull_request", "id")
        if number is not None and _happened(entry) > mark:
            todo.append(Todo("request_activity", str(number), f"after {mark}"))
            if at(entry, "comment") is not None:
                todo.append(Todo("request_comments", str(number), f"after {mark}"))
    return todo


def _look_into_activity(session: Session, key: str) -> Page:
    of = request(int(key))
    path: str | None = f"{_root(session)}/pullrequests/{key}/activity"
    params = {"fields": "-values.comment,-values.pull_request"}
    entries: list[Json] = []
    while path is not None:
        step = _activities(session, path, params)
        entries += step.items
        path, params = step.below, {}
    return Page(activity_parts(entries, of), whole=[(kind, of) for kind in _DONE])


def _look_into_comments(session: Session, key: str) -> Page:
    of = request(int(key))
    items = _whole(
        session, f"{_root(session)}/pullrequests/{key}/comments", "-values.content.html,-values.pullrequest"
    )
    return Page(comment_parts(items, of), whole=[(kind, of) for kind in _SPOKEN])


def _issues(session: Session, cursor: Json) -> Iterator[Page]:
    try:
        params = {"fields": "-values.content.html,-values.repository"}
        for items, behind in _by_change(session, f"{_root(session)}/issues", params, cursor):
            found = [part for item in items if (part := issue_part(item)) is not None]
            yield Page(
                found, behind, todo=[Todo("issue", part.key, instant(part.updated_at)) for part in found]
            )
    except NotFound:  # the repository has no tracker
        return


def _look_into_issue(session: Session, key: str) -> Page:
    """Comments and changes. A change that nothing was said about has an empty comment."""
    of, root = issue(int(key)), f"{_root(session)}/issues/{key}"
    comments = _whole(session, f"{root}/comments", "-values.content.html,-values.issue")
    changes = _whole(session, f"{root}/changes", "-values.message.html,-values.issue")
    said = [
        part
        for part in comment_parts([{**item, "inline": None} for item in comments], of)
        if isinstance(part, CommentPart) and part.comment.text.strip()
    ]
    return Page([*said, *change_parts(changes, of)], whole=[("comment", of), ("event", of)])


def _count(session: Session, what: str, since: str | None) -> int | None:
    params: dict[str, Any] = {"pagelen": 1, "page": 1, "fields": "size"}
    if what == "pullrequests":
        params["state"] = STATES
    if since is not None:
        params["q"] = f"updated_on >= {since}"
    try:
        return integer(session.get(f"{_root(session)}/{what}", params).data, "size")
    except NotFound:
        return 0


def _issue_keys(session: Session) -> Iterator[list[str]]:
    params = {"fields": "next,values.id", "sort": "id"}
    for items in _everything(session, f"{_root(session)}/issues", params):
        yield [str(number) for item in items if (number := integer(item, "id")) is not None]


def _issue_became(session: Session, key: str) -> Gone | None:
    try:
        session.get(f"{_root(session)}/issues/{key}", {"fields": "id"})
    except NotFound:
        return Gone("issue", key, "deleted")
    return None


def _one_issue(session: Session, key: str) -> Page:
    part = issue_part(session.get(f"{_root(session)}/issues/{key}").data)
    return Page([]) if part is None else Page([part], todo=[Todo("issue", key, instant(part.updated_at))])
