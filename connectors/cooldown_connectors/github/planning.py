"""What a harvest of a GitHub repository will ask for, found out with at most seven questions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

from cooldown_connectors.forge.protocol import Json, Planned, Session
from cooldown_connectors.github import documents

_PAGE: Final = 100
_POINTS: Final = {"pullRequests": 14, "issues": 3, "discussions": 12}
"""Points of one page: measured by GitHub's own rule, connections that are opened divided by 100."""

_WHOLE: Final = ("/pulls", "/releases")
"""Lists that cannot be asked for from a time on."""


def plan(session: Session, cursors: Mapping[str, Json]) -> list[Planned]:
    """One entry a stream. Lists that go on from a cursor are counted from there; what changes meanwhile is not known."""
    takes = session.takes
    found: list[Planned] = []
    talk = takes & {"pull_requests", "reviews", "issues"}
    if talk:
        found.append(_list(session, "comments", "/issues/comments", cursors))
    if takes & {"pull_requests", "reviews"}:
        found.append(_list(session, "review_comments", "/pulls/comments", cursors))
    if session.authenticated:
        found += _nodes(session, cursors)
    else:
        if takes & {"pull_requests", "reviews"}:
            found.append(_list(session, "pulls", "/pulls", {}, state="all"))
        if "issues" in takes:
            found.append(_list(session, "issue_list", "/issues", cursors, state="all"))
    if "releases" in takes:
        found.append(_list(session, "releases", "/releases", {}))
    return found


def _list(session: Session, stream: str, path: str, cursors: Mapping[str, Json], **params: str) -> Planned:
    since = (cursors.get(stream) or {}).get("since") or _since(session)
    question: dict[str, str | int | bool | list[str]] = {**params, "per_page": 1}
    if since is not None and path not in _WHOLE:
        question["since"] = since
    reply = session.get(f"/repos/{session.owner}/{session.name}{path}", question)
    last = reply.link("last")
    items = int(parse_qs(urlsplit(last).query)["page"][0]) if last else len(reply.data)
    # A page by time starts with the last thing of the one before.
    exact = since is None or path != "/pulls"  # which are read down to that time
    return Planned(stream, items, max(1, math.ceil(items / (_PAGE - 1))), exact=exact)


def _since(session: Session) -> str | None:
    return None if session.since is None else session.since.strftime("%Y-%m-%dT%H:%M:%SZ")


def _nodes(session: Session, cursors: Mapping[str, Json]) -> Iterator[Planned]:
    counts = session.graphql(documents.COUNTS, {"owner": session.owner, "name": session.name})["repository"]
    lists = (
        ("requests", "pullRequests", documents.REQUESTS, {"pull_requests", "reviews"}, "is:pr"),
        ("issues", "issues", documents.ISSUES, {"issues"}, "is:issue"),
        ("discussions", "discussions", documents.DISCUSSIONS, {"discussions"}, None),
    )
    for stream, connection, size, takes, kind in lists:
        if not takes & session.takes:
            continue
        mark = (cursors.get(stream) or {}).get("mark") or _since(session)
        items, exact = counts[connection]["totalCount"], mark is None
        if mark is not None and kind is not None:
            query = f"repo:{session.owner}/{session.name} {kind} updated:>={mark}"
            items = session.graphql(documents.CHANGED, {"query": query})["search"]["issueCount"]
        calls = max(1, math.ceil(items / size))
        yield Planned(stream, items, calls, calls * _POINTS[connection], exact)
