"""GitHub as a forge: which lists are read, in which order, and what they cost.

With a token: requests, issues and discussions by GraphQL, newest change first (their threads, reviews and timelines are in no REST list);
comments of all requests and issues by the two lists that REST has of a whole repository, 100 at a time, by time of change.
Without one there is no GraphQL: requests and issues come from REST, and threads, reviews and timelines are not to be had.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from cooldown_connectors.forge.descent import Step, descend
from cooldown_connectors.forge.keyset import by_time
from cooldown_connectors.forge.parts import IssuePart, Part, RequestPart, discussion, issue, request
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
)
from cooldown_connectors.github import documents, nodes, rest
from cooldown_connectors.http.errors import NotFound

_LIST: Final = 100
"""Items of a REST page, as many as GitHub gives."""
_OF_REQUESTS: Final = frozenset({"pull_requests", "reviews"})
_ISSUES: Final = frozenset({"issues"})
_TALK: Final = _OF_REQUESTS | _ISSUES
_NODE_PAGE: Final = 100


class GitHub:
    """github.com, GitHub Enterprise Cloud with data residency, GitHub Enterprise Server."""

    name = "github"
    takes: tuple[TakeName, ...] = ("pull_requests", "reviews", "issues", "discussions", "releases")
    hosted: str | None = "https://github.com"
    accept = "application/vnd.github+json"
    request_refs: str | None = "refs/pull/{number}/head"
    limits = Limits(calls_per_hour=5000, points_per_hour=5000)
    access = Access(
        headers=lambda token: {"Authorization": f"Bearer {token}"},
        token_help="a fine-grained token that may read contents, issues, pull requests and discussions of the "  # noqa: S106
        "repository, a classic one with `repo` (`public_repo` for public ones), or a GitHub App that may read the same",
    )

    def api(self, url: str) -> str:
        """github.com and tenants of ghe.com have a host for it; a server of one's own has a path."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host in ("github.com", "www.github.com"):
            return "https://api.github.com"
        if host.endswith(".ghe.com"):
            return f"https://api.{host.removeprefix('api.')}"
        return f"{url}/api/v3"

    def split(self, repository: str) -> tuple[str, str]:
        owner, _, name = repository.partition("/")
        if not owner or not name or "/" in name:
            raise ValueError("a repository on GitHub is written `owner/name`")
        return owner, name

    def facts(self, session: Session) -> Facts:
        found = session.get(_repository(session)).data
        # One that was renamed is asked for by its new name from here on: by the old one every question is redirected, and asked twice.
        session.owner, session.name = self.split(found["full_name"])
        return Facts(
            name=found["full_name"],
            clone_url=found["clone_url"],
            default_branch=found.get("default_branch"),
            web_url=found.get("html_url"),
            private=found.get("private"),
        )

    def repositories(self, session: Session) -> Iterator[str]:
        try:
            yield from _names(session, f"/orgs/{session.owner}/repos")
        except NotFound:  # not an organisation
            yield from _names(session, f"/users/{session.owner}/repos")

    def streams(self, session: Session) -> Sequence[Stream | Details]:
        comments = [
            Stream("comments", _TALK, _comments),
            Stream("review_comments", _OF_REQUESTS, _review_comments),
        ]
        if not session.authenticated:
            return [
                Stream("pulls", _OF_REQUESTS, _pulls),
                Stream("issue_list", _ISSUES, _issue_list),
                *comments,
                Stream("releases", frozenset({"releases"}), _releases),
            ]
        # Comments first: what GraphQL then says of which exist is newer than what is stored, and so may remove some of it.
        return [
            *comments,
            Stream("requests", _OF_REQUESTS, _requests),
            Stream("issues", _ISSUES, _issues),
            Stream("discussions", frozenset({"discussions"}), _discussions),
            Stream("releases", frozenset({"releases"}), _releases),
        ]

    def census(self, session: Session) -> Sequence[Census]:
        if not session.authenticated:
            return []
        counter = _counter()
        return [
            Census(
                "request",
                _OF_REQUESTS,
                counter("pullRequests"),
                _lister("pullRequests"),
                _became_of_request,
                _one_request,
            ),
            Census("issue", _ISSUES, counter("issues"), _lister("issues"), _became_of_issue, _one_issue),
            Census(
                "discussion",
                frozenset({"discussions"}),
                counter("discussions"),
                _lister("discussions"),
                lambda _, key: Gone("discussion", key, "deleted"),
            ),
        ]

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        from cooldown_connectors.github.planning import plan

        return plan(session, cursors)


def _repository(session: Session, path: str = "") -> str:
    return f"/repos/{session.owner}/{session.name}{path}"


def _names(session: Session, path: str) -> Iterator[str]:
    page, more = 1, True
    while more:
        listed = session.numbered(path, {"type": "all"} if "/orgs/" in path else {}, page, _LIST)
        yield from (item["full_name"] for item in listed.items)
        page, more = page + 1, listed.more


# REST


def _since(session: Session) -> str | None:
    return None if session.since is None else session.since.strftime("%Y-%m-%dT%H:%M:%SZ")


def _changed(
    session: Session, path: str, cursor: Json, part: Callable[[Json], Part | None], **params: str
) -> Iterator[Page]:
    finished = bool(cursor and cursor.get("done"))

    def ask(since: str | None, page: int) -> Listed:
        nonlocal finished
        asked: dict[str, str | int | bool | Sequence[str]] = {
            **params,
            "sort": "updated",
            "direction": "asc",
        }
        if since is not None:
            asked["since"] = since
        conditional, finished = finished, False
        path_ = _repository(session, path)
        return session.numbered(path_, asked, page, _LIST, conditional=conditional)

    pages = by_time(
        ask,
        cursor,
        time_of=lambda item: item["updated_at"],
        key_of=lambda item: item["id"],
        start=_since(session),
    )
    for page in pages:
        yield Page([one for item in page.items if (one := part(item)) is not None], page.cursor)


def _comments(session: Session, cursor: Json) -> Iterator[Page]:
    return _changed(session, "/issues/comments", cursor, rest.comment_part)


def _review_comments(session: Session, cursor: Json) -> Iterator[Page]:
    return _changed(session, "/pulls/comments", cursor, rest.review_comment_part)


def _issue_list(session: Session, cursor: Json) -> Iterator[Page]:
    for page in _changed(session, "/issues", cursor, rest.issue_part, state="all"):
        old = [part for part in page.parts if isinstance(part, IssuePart) and _is_older(session, part)]
        earlier = [comment for part in old for comment in _comments_of(session, part.number)]
        yield replace(page, parts=[*page.parts, *earlier])


def _pulls(session: Session, cursor: Json) -> Iterator[Page]:
    def ask(below: Json) -> Step:
        page = below or 1
        listed = session.numbered(
            _repository(session, "/pulls"),
            {"state": "all", "sort": "updated", "direction": "desc"},
            page,
            _LIST,
        )
        return Step(listed.items, page + 1 if listed.more else None)

    for page in descend(ask, cursor, time_of=lambda item: item["updated_at"], start=_since(session)):
        parts: list[Part] = []
        for part in map(rest.request_part, page.items):
            parts.append(part)
            if _is_older(session, part):
                parts += _comments_of(session, part.number)
                parts += _review_comments_of(session, part.number)
        yield Page(parts, page.cursor)


# What was said before the time from which on changes are taken, of things that changed after it. The lists of all comments begin at
# that time; half a conversation is none.


def _is_older(session: Session, part: RequestPart | IssuePart) -> bool:
    return session.since is not None and part.created_at < session.since


def _earlier(session: Session, named: Sequence[Json]) -> bool:
    """Whether some of these comments are not in the lists of all comments."""
    since = _since(session)
    return since is not None and any(one["updatedAt"] < since for one in named)


def _comments_of(session: Session, number: int) -> Iterator[Part]:
    return _all_parts(session, f"/issues/{number}/comments", rest.comment_part)


def _review_comments_of(session: Session, number: int) -> Iterator[Part]:
    return _all_parts(session, f"/pulls/{number}/comments", rest.review_comment_part)


def _all_parts(session: Session, path: str, part: Callable[[Json], Part | None]) -> Iterator[Part]:
    page, more = 1, True
    while more:
        listed = session.numbered(_repository(session, path), {}, page, _LIST)
        yield from (one for item in listed.items if (one := part(item)) is not None)
        page, more = page + 1, listed.more


def _releases(session: Session, cursor: Json) -> Iterator[Page]:
    """All of them each time: they are few, and no list of those that changed is to be had."""
    state = cursor or {"page": 1}
    page, keys = state["page"], set[str]()
    whole, alone = page == 1, bool(state.get("alone"))
    while True:
        # That the first page is unchanged says something of all only where it is the only one.
        conditional = page == 1 and (alone or cursor is None)
        listed = session.numbered(_repository(session, "/releases"), {}, page, _LIST, conditional=conditional)
        if alone and listed.unchanged:
            yield Page([], {"page": 1, "alone": True})
            return
        parts = [part for item in listed.items if (part := rest.release_part(item)) is not None]
        keys |= {part.key for part in parts}
        if not listed.more:
            exist = [("release", "", frozenset(keys))] if whole else []
            yield Page(parts, {"page": 1, "alone": page == 1}, exist=exist)
            return
        page += 1
        yield Page(parts, {"page": page})


# GraphQL


def _in(session: Session, **variables: Json) -> dict[str, Json]:
    return {"owner": session.owner, "name": session.name, **variables}


def _asked(session: Session, document: str, connection: str, size: int) -> Callable[[Json], Step]:
    def ask(below: Json) -> Step:
        data = session.graphql(document, _in(session, first=size, after=below), size="first")
        found = data["repository"][connection]
        info = found["pageInfo"]
        return Step(_present(found), info["endCursor"] if info["hasNextPage"] else None)

    return ask


def _requests(session: Session, cursor: Json) -> Iterator[Page]:
    ask = _asked(session, documents.REQUEST_LIST, "pullRequests", documents.REQUESTS)
    for page in descend(ask, cursor, time_of=_updated, start=_since(session)):
        yield _page([_of_request(session, node) for node in page.items], page.cursor)


def _issues(session: Session, cursor: Json) -> Iterator[Page]:
    ask = _asked(session, documents.ISSUE_LIST, "issues", documents.ISSUES)
    for page in descend(ask, cursor, time_of=_updated, start=_since(session)):
        yield _page([_of_issue(session, node) for node in page.items], page.cursor)


def _discussions(session: Session, cursor: Json) -> Iterator[Page]:
    ask = _asked(session, documents.DISCUSSION_LIST, "discussions", documents.DISCUSSIONS)
    for page in descend(ask, cursor, time_of=_updated, start=_since(session)):
        yield _page([_of_discussion(session, node) for node in page.items], page.cursor)


def _updated(node: Json) -> str:
    return str(node["updatedAt"])


def _page(pages: Sequence[Page], cursor: Json) -> Page:
    """What several things have, as one page."""
    return Page(
        [part for page in pages for part in page.parts],
        cursor,
        whole=[pair for page in pages for pair in page.whole],
        exist=[entry for page in pages for entry in page.exist],
    )


def _of_request(session: Session, node: Json) -> Page:
    """Everything that a node of a request says, with what did not come along with it."""
    number = node["number"]
    of = request(number)
    all_of = _all_of(session, "pullRequest", node)
    node["labels"] = {"nodes": all_of("labels")}
    threads = all_of("reviewThreads")
    for thread in threads:
        written = _below(session, documents.THREAD_COMMENTS, thread, "comments")
        thread["comments"] = {"nodes": written}
    parts: list[Part] = [nodes.request_part(node)]
    parts += [part for one in all_of("reviews") if (part := nodes.review_part(number, one)) is not None]
    parts += [nodes.thread_part(number, one) for one in threads]
    parts += nodes.timeline_parts(of, all_of("requestTimeline"))
    parts += nodes.links_of_request(number, all_of("closingIssuesReferences"))
    written = [comment for one in threads for comment in one["comments"]["nodes"]]
    said = all_of("comments")
    if _earlier(session, said):
        parts += _comments_of(session, number)
    if _earlier(session, written):
        parts += _review_comments_of(session, number)
    exist = [("comment", of, _ids(said)), ("review_comment", of, _ids(written))]
    return Page(
        parts, whole=[(kind, of) for kind in ("review", "thread", "event", "push", "link")], exist=exist
    )


def _of_issue(session: Session, node: Json) -> Page:
    number = node["number"]
    of = issue(number)
    all_of = _all_of(session, "issue", node)
    timeline = all_of("issueTimeline")
    node["labels"], node["issueTimeline"] = {"nodes": all_of("labels")}, {"nodes": timeline}
    parts: list[Part] = [nodes.issue_part(node), *nodes.timeline_parts(of, timeline)]
    parts += nodes.links_of_issue(number, all_of("closedByPullRequestsReferences"))
    said = all_of("comments")
    if _earlier(session, said):
        parts += _comments_of(session, number)
    exist = [("comment", of, _ids(said))]
    return Page(parts, whole=[("event", of), ("link", of)], exist=exist)


def _of_discussion(session: Session, node: Json) -> Page:
    number = node["number"]
    of = discussion(number)

    def more(after: str) -> Json:
        variables = _in(session, number=number, after=after)
        found = session.graphql(documents.DISCUSSION_COMMENTS, variables)["repository"]["discussion"]
        return (found or {}).get("comments")

    comments = _followed(node["comments"], more)
    parts: list[Part] = [nodes.discussion_part(node)]
    for comment in comments:
        parts.append(nodes.discussion_comment(number, comment))
        replies = _below(session, documents.REPLIES, comment, "replies")
        parts += [nodes.discussion_comment(number, one, comment["id"]) for one in replies]
    return Page(parts, whole=[("comment", of)])


def _below(session: Session, document: str, node: Json, connection: str) -> list[Json]:
    """All nodes of a connection of a node that is asked for by its id."""

    def more(after: str) -> Json:
        found = session.graphql(document, {"id": node["id"], "after": after})["node"]
        return (found or {}).get(connection)

    return _followed(node[connection], more)


def _followed(first: Json, more: Callable[[str], Json]) -> list[Json]:
    """The nodes of a connection from its first page on; what it belongs to may be deleted meanwhile, and then has no more."""
    found, items = first, []
    while found:
        items += _present(found)
        found = more(found["pageInfo"]["endCursor"]) if found["pageInfo"]["hasNextPage"] else None
    return items


def _all_of(session: Session, thing: str, node: Json) -> Callable[[str], list[Json]]:
    """All nodes of a connection, also those that did not come along."""

    def read(connection: str) -> list[Json]:
        # An older server lacks some connections; its answers then lack them too.
        field = "timelineItems" if connection.endswith("Timeline") else connection

        def of(found: Json) -> Json:
            return found and (found.get(connection) or found.get(field))

        def more(after: str) -> Json:
            variables = _in(session, number=node["number"], after=after)
            return of(session.graphql(documents.rest_of(thing, connection), variables)["repository"][thing])

        return _followed(of(node), more)

    return read


def _present(connection: Json) -> list[Json]:
    """The nodes; GitHub gives null for what the token may not see."""
    return [node for node in connection["nodes"] or [] if node]


def _ids(items: Sequence[Json]) -> frozenset[str]:
    return frozenset(str(item["fullDatabaseId"]) for item in items)


# What vanished


def _counter() -> Callable[[str], Callable[[Session], int | None]]:
    """How many there are of each: one question for all of them."""
    known: dict[str, int] = {}

    def of(connection: str) -> Callable[[Session], int | None]:
        def count(session: Session) -> int:
            if not known:
                found = session.graphql(documents.COUNTS, _in(session))["repository"]
                known.update({name: int(one["totalCount"]) for name, one in found.items()})
            return known[connection]

        return count

    return of


def _lister(connection: str) -> Callable[[Session], Iterator[list[str]]]:
    def read(session: Session) -> Iterator[list[str]]:
        document, after = documents.numbers(connection), None
        while True:
            variables = _in(session, first=_NODE_PAGE, after=after)
            found = session.graphql(document, variables, size="first")["repository"][connection]
            yield [str(node["number"]) for node in _present(found)]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    return read


def _became_of_request(session: Session, key: str) -> Gone | None:
    try:
        session.get(_repository(session, f"/pulls/{key}"))
    except NotFound:
        return Gone("request", key, "deleted")
    return None


def _became_of_issue(session: Session, key: str) -> Gone | None:
    """A transferred issue answers with where it is now: the question is redirected there."""
    try:
        found = session.get(_repository(session, f"/issues/{key}")).data
    except NotFound:
        return Gone("issue", key, "deleted")
    url = str(found.get("html_url") or "")
    here = f"/{session.owner}/{session.name}/issues/{key}".lower()
    return None if url.lower().endswith(here) else Gone("issue", key, "transferred", url)


def _one_request(session: Session, key: str) -> Page:
    found = session.graphql(documents.ONE_REQUEST, _in(session, number=int(key)))["repository"]["pullRequest"]
    return Page([]) if found is None else _of_request(session, found)


def _one_issue(session: Session, key: str) -> Page:
    found = session.graphql(documents.ONE_ISSUE, _in(session, number=int(key)))["repository"]["issue"]
    return Page([]) if found is None else _of_issue(session, found)


def pages(items: int, size: int) -> int:
    """How many questions a list of so many items takes."""
    return max(1, math.ceil(items / size))
