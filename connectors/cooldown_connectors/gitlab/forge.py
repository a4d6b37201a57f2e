"""GitLab: which lists it has, how they are read without missing anything, and what is asked for thing by thing.

Everything is REST: GitLab's GraphQL answers with an error 500 where the position of a note on a request from a fork is asked for, and
refuses questions above a complexity of 250 (gitlab-org/gitlab#298827, #409417).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Any, Final
from urllib.parse import quote

from cooldown_connectors.forge.fields import flag, integer, maybe, moment, text
from cooldown_connectors.forge.gone import deleted_if_missing
from cooldown_connectors.forge.keyset import by_time
from cooldown_connectors.forge.parts import Part, issue, request
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
from cooldown_connectors.gitlab import mapping
from cooldown_connectors.gitlab.counting import count, plan
from cooldown_connectors.gitlab.details import (
    OF_ISSUES,
    OF_REQUESTS,
    issue_asks,
    issue_details,
    request_asks,
    request_details,
)
from cooldown_connectors.gitlab.people import time_of, written
from cooldown_connectors.gitlab.questions import (
    ISSUES,
    OPEN_ISSUES,
    PAGE,
    RELEASES,
    REQUESTS,
    Questions,
    root,
)
from cooldown_connectors.http.errors import NotFound

_OVERLAP: Final = timedelta(minutes=2)
"""Read again at the start of each harvest: a change is dated before it is stored, and replicas of the database lag behind."""
_OAUTH = re.compile(r"[0-9a-f]{64}")
_REQUEST_TAKES: Final = frozenset[str]({"pull_requests", "reviews"})
_ISSUE_TAKES: Final = frozenset[str]({"issues"})
_RELEASE_TAKES: Final = frozenset[str]({"releases"})


def _headers(token: str) -> Mapping[str, str]:
    """Job tokens and those of OAuth (``glab auth login`` stores one) have headers of their own."""
    if token.startswith("glcbt-"):
        return {"JOB-TOKEN": token}
    if _OAUTH.fullmatch(token):
        return {"Authorization": f"Bearer {token}"}
    return {"PRIVATE-TOKEN": token}


class GitLab:
    """gitlab.com, and GitLab that one runs oneself (13.2 or later for everything, 12.0 for the most part)."""

    name = "gitlab"
    takes: tuple[TakeName, ...] = ("pull_requests", "reviews", "issues", "releases")
    hosted: str | None = "https://gitlab.com"
    access = Access(
        _headers,
        "a personal, group or project access token with the scope `read_api` (and `read_repository`, for the code) and at least the "
        "role Reporter",
        git_username="oauth2",
    )
    limits = Limits()
    accept = "application/json"
    request_refs: str | None = "refs/merge-requests/{number}/head"

    def api(self, url: str) -> str:
        return f"{url}/api/v4"

    def split(self, repository: str) -> tuple[str, str]:
        """Groups may be nested: all but the last part is the owner."""
        owner, slash, name = repository.strip("/").rpartition("/")
        if not slash or not all(owner.split("/")) or not name:
            raise ValueError("a project of GitLab is written `group/project` or `group/subgroup/project`")
        return owner, name

    def facts(self, session: Session) -> Facts:
        found = session.get(root(session)).data
        name = text(found, "path_with_namespace") or f"{session.owner}/{session.name}"
        visibility = text(found, "visibility")  # "internal" is open to everybody who is logged in: not public
        return Facts(
            name=name,
            clone_url=text(found, "http_url_to_repo") or f"{session.url}/{name}.git",
            default_branch=maybe(found, "default_branch"),
            web_url=maybe(found, "web_url"),
            private=visibility != "public" if visibility else None,
        )

    def repositories(self, session: Session) -> Iterator[str]:
        """Of a group, its subgroups included; of a user where no group has the name."""
        whole = takewhile(lambda part: "*" not in part, session.owner.split("/"))
        owner = quote("/".join(whole), safe="")
        group: dict[str, str | int | bool] = {"include_subgroups": True, "with_shared": False}
        try:
            yield from self._projects(session, f"/groups/{owner}/projects", group)
        except NotFound:
            yield from self._projects(session, f"/users/{owner}/projects", {})

    def _projects(self, session: Session, path: str, params: Mapping[str, str | int | bool]) -> Iterator[str]:
        asked = {**params, "simple": True, "order_by": "id", "sort": "asc"}
        for item in Questions(session).all(path, asked):
            if name := text(item, "path_with_namespace"):
                yield name

    def streams(self, session: Session) -> Sequence[Stream | Details]:
        del session
        return (
            Stream("requests", _REQUEST_TAKES, _request_pages),
            Details("request details", _REQUEST_TAKES, request_details),
            Stream("issues", _ISSUE_TAKES, _issue_pages),
            Details("issue details", _ISSUE_TAKES, issue_details),
            Stream("releases", _RELEASE_TAKES, _release_pages),
        )

    def census(self, session: Session) -> Sequence[Census]:
        del session
        return (
            Census(
                "request",
                _REQUEST_TAKES,
                lambda session: count(session, "merge_requests", REQUESTS),
                _request_keys,
                _request_became,
            ),
            Census(
                "issue",
                _ISSUE_TAKES,
                lambda session: count(session, "issues", OPEN_ISSUES),
                _issue_keys,
                _issue_became,
            ),
            Census("release", _RELEASE_TAKES, _release_count, _release_keys, _release_became),
        )

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        return plan(session, cursors)


def _changed(
    session: Session, resource: str, params: Mapping[str, Any], cursor: Json, by: str = "updated"
) -> Iterator[tuple[list[Json], Json]]:
    """Pages of a list by time, ascending, from the cursor on, with the cursor behind each."""

    def ask(since: str | None, page: int) -> Listed:
        after = {f"{by}_after": since} if since else {}
        asked = {**params, "order_by": f"{by}_at", "sort": "asc", **after}
        return session.numbered(f"{root(session)}/{resource}", asked, page, PAGE)

    start = written(session.since) if session.since and by == "updated" else None
    if since := moment(cursor, "since"):
        again = written(since - _OVERLAP if cursor.get("done") else since)
        cursor = {"since": max(again, start or again)}
    for page in by_time(
        ask,
        cursor,
        time_of=lambda item: written(time_of(item, f"{by}_at")),
        key_of=lambda item: integer(item, "iid"),
        start=start,
    ):
        yield page.items, page.cursor


def _request_pages(session: Session, cursor: Json) -> Iterator[Page]:
    for items, after in _changed(session, "merge_requests", REQUESTS, cursor):
        parts: list[Part] = []
        todo: list[Todo] = []
        whole: list[tuple[str, str]] = []
        for item in items:
            if (part := mapping.request_part(item)) is None:
                continue
            parts.append(part)
            if asks := request_asks(item):
                todo.append(Todo("request details", " ".join((part.key, *asks)), written(part.updated_at)))
            else:  # nobody has said anything, or it was all deleted
                whole += [(kind, request(part.number)) for kind in OF_REQUESTS]
        yield Page(parts, after, whole=whole, todo=todo)


def _issue_pages(session: Session, cursor: Json) -> Iterator[Page]:
    for items, after in _changed(session, "issues", ISSUES, cursor):
        parts: list[Part] = []
        gone: list[Gone] = []
        todo: list[Todo] = []
        whole: list[tuple[str, str]] = []
        for item in items:
            if (part := mapping.issue_part(item)) is None:
                continue
            if flag(item, "confidential"):
                gone.append(Gone("issue", part.key, "hidden"))
                continue
            parts.append(part)
            if asks := issue_asks(item):
                todo.append(Todo("issue details", " ".join((part.key, *asks)), written(part.updated_at)))
            else:
                whole += [(kind, issue(part.number)) for kind in OF_ISSUES]
        yield Page(parts, after, whole=whole, gone=gone, todo=todo)


def _release_pages(session: Session, cursor: Json) -> Iterator[Page]:
    """All of them each time: they are few, and no list says which were changed."""
    page = integer(cursor, "page") or 1
    while True:
        listed = session.numbered(f"{root(session)}/releases", RELEASES, page, PAGE)
        page += 1
        found = [part for item in listed.items if (part := mapping.release_part(item)) is not None]
        if session.since is not None:
            found = [part for part in found if part.published_at >= session.since]
        yield Page(found, {"page": page if listed.more else 1})
        if not listed.more:
            return


def _request_keys(session: Session) -> Iterator[list[str]]:
    yield from _keys(session, "merge_requests", {**REQUESTS, "view": "simple"})


def _issue_keys(session: Session) -> Iterator[list[str]]:
    yield from _keys(session, "issues", OPEN_ISSUES)


def _keys(session: Session, resource: str, params: Mapping[str, Any]) -> Iterator[list[str]]:
    after = {"updated_after": written(session.since)} if session.since else {}
    for items, _ in _changed(session, resource, {**params, **after}, None, by="created"):
        yield [str(number) for item in items if (number := integer(item, "iid")) is not None]


def _request_became(session: Session, key: str) -> Gone | None:
    return deleted_if_missing(session, f"{root(session)}/merge_requests/{key}", "request", key)


def _issue_became(session: Session, key: str) -> Gone | None:
    try:
        item = session.get(f"{root(session)}/issues/{key}").data
    except NotFound:
        return Gone("issue", key, "deleted")
    return Gone("issue", key, "hidden") if flag(item, "confidential") else None


def _release_count(session: Session) -> int | None:
    if session.since is not None:  # the list cannot be asked for those since a time
        return None
    return session.numbered(f"{root(session)}/releases", RELEASES, 1, 1).total


def _release_keys(session: Session) -> Iterator[list[str]]:
    for item in Questions(session).all(f"{root(session)}/releases", RELEASES):
        yield [text(item, "tag_name")]


def _release_became(session: Session, key: str) -> Gone | None:
    return deleted_if_missing(session, f"{root(session)}/releases/{quote(key, safe='')}", "release", key)
