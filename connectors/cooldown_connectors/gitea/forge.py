"""Gitea and Forgejo: which lists they have, what is asked for one by one, and what that costs.

Requests come from their own list, newest change first. Issues and comments come from lists that can be asked for what changed since a time. Everything
else hangs on single requests and issues: their timelines (comments, pushes, events), and reviews with their comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, Literal
from urllib.parse import quote

from cooldown_connectors.forge.descent import descend
from cooldown_connectors.forge.fields import flag, integer, maybe, text
from cooldown_connectors.forge.parts import IssuePart, Part, RequestPart, issue, request
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
from cooldown_connectors.gitea.listing import (
    MOST,
    Server,
    began,
    begin,
    changed,
    clock,
    count,
    everything,
    instant,
    page_size,
    server,
    steps,
    utc,
)
from cooldown_connectors.gitea.things import (
    comment_part,
    has_comments,
    issue_part,
    owner_of,
    release_part,
    request_part,
    review_part,
    thread_parts,
)
from cooldown_connectors.gitea.timeline import timeline_parts
from cooldown_connectors.http.errors import NotFound

_REQUESTS: Final = frozenset({"pull_requests", "reviews"})
_ISSUES: Final = frozenset({"issues"})
_Kind = Literal["request", "issue"]
_RELEASES: Final = frozenset({"releases"})
_PUBLISHED: Final = {"draft": "false"}
_SPOKEN: Final = ("comment", "event", "push")
_REVIEWED: Final = ("review", "review_comment", "thread")


class Gitea:
    """Gitea, from 1.17 on; older ones give what they have."""

    name = "gitea"
    takes: tuple[TakeName, ...] = ("pull_requests", "reviews", "issues", "releases")
    hosted: str | None = None
    access = Access(
        headers=lambda token: {"Authorization": f"token {token}"},
        token_help="an access token (Settings, Applications) with the scopes `read:repository` and `read:issue`",  # noqa: S106
    )
    limits = Limits()
    accept = "application/json"
    request_refs: str | None = "refs/pull/{number}/head"

    def api(self, url: str) -> str:
        return f"{url}/api/v1"

    def split(self, repository: str) -> tuple[str, str]:
        owner, _, name = repository.partition("/")
        if not owner or not name or "/" in name:
            raise ValueError("a repository is written `owner/name`")
        return owner, name

    def facts(self, session: Session) -> Facts:
        found = session.get(_root(session)).data
        return Facts(
            name=text(found, "full_name") or f"{session.owner}/{session.name}",
            clone_url=text(found, "clone_url") or f"{session.url}/{session.owner}/{session.name}.git",
            default_branch=maybe(found, "default_branch"),
            web_url=maybe(found, "html_url"),
            private=flag(found, "private"),
        )

    def repositories(self, session: Session) -> Iterator[str]:
        size, owner = page_size(session), quote(session.owner, safe="")
        try:  # organisations first: the list of users knows fewer of their repositories
            yield from _names(everything(session, f"/orgs/{owner}/repos", {}, size))
        except NotFound:
            yield from _names(everything(session, f"/users/{owner}/repos", {}, size))

    def streams(self, session: Session) -> Sequence[Stream | Details]:
        known = cache(lambda: server(session))

        def size() -> int:
            return known().size

        return [
            Stream(
                "request_comments",
                frozenset({"pull_requests"}),
                partial(_comments, size=size, kind="request"),
            ),
            Stream("issue_comments", _ISSUES, partial(_comments, size=size, kind="issue")),
            Stream("requests", _REQUESTS, partial(_requests, known=known)),
            Stream("issues", _ISSUES, partial(_issues, size=size)),
            Stream("releases", _RELEASES, partial(_releases, size=size)),
            Details("request", _REQUESTS, lambda session, key: _look_into_request(session, key, size())),
            Details("issue", _ISSUES, lambda session, key: _look_into_issue(session, key, size(), 0)),
        ]

    def census(self, session: Session) -> Sequence[Census]:
        return [
            _census(session, "request", _REQUESTS, "pulls", _one_request),
            _census(session, "issue", _ISSUES, "issues", _one_issue),
            Census("release", _RELEASES, _count_releases, _release_keys, _release_became),
        ]

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        planned: list[Planned] = []
        requests = cursors.get("requests")
        if session.takes & _REQUESTS:
            since = (requests or {}).get("mark") or _start(session)
            planned += _planned(session, "pulls", "request", since, new=requests is None)
        if session.takes & _ISSUES:
            issues = cursors.get("issues")
            since = (issues or {}).get("since") or _start(session)
            planned += _planned(session, "issues", "issue", since, new=issues is None)
        if session.takes & _RELEASES:
            releases = _count_releases(session) or 0
            planned.append(Planned("releases", releases, 1 + releases // MOST))
        return planned


class Forgejo(Gitea):
    """Forgejo: the same API, under its own name."""

    name = "forgejo"


def _root(session: Session) -> str:
    return f"/repos/{quote(session.owner, safe='')}/{quote(session.name, safe='')}"


def _start(session: Session) -> str | None:
    return None if session.since is None else instant(session.since)


def _names(pages: Iterator[list[Json]]) -> Iterator[str]:
    for items in pages:
        yield from (name for item in items if (name := text(item, "full_name")))


def _requests(session: Session, cursor: Json, known: Callable[[], Server]) -> Iterator[Page]:
    """Newest change first, down to where the last complete reading began: ``/pulls`` cannot be asked for changes since a time."""
    try:
        size, now = known().size, known().now
        ask = steps(session, f"{_root(session)}/pulls", {"state": "all", "sort": "recentupdate"}, size)
        for page in descend(ask, cursor, time_of=utc, start=_start(session)):
            found = [part for item in page.items if (part := request_part(item)) is not None]
            todo = [_todo("request", part, now) for part in found]
            yield Page(found, page.cursor, todo=todo)
    except NotFound:  # the repository has no pull requests
        return


def _issues(session: Session, cursor: Json, size: Callable[[], int]) -> Iterator[Page]:
    path, params = f"{_root(session)}/issues", {"state": "all", "type": "issues"}
    try:
        for items, behind in changed(session, path, params, cursor, size, session.since):
            found = [part for item in items if (part := issue_part(item)) is not None]
            now = began(behind)
            yield Page(found, behind, todo=[_todo("issue", part, now) for part in found])
    except NotFound:  # issues are off, or live elsewhere
        return


def _todo(kind: _Kind, part: RequestPart | IssuePart, now: str) -> Todo:
    """What to look into. Times are whole seconds: what changed in this very one may change once more and look no newer, so the
    next harvest, which gives it another stamp, looks into it again."""
    changed_at = instant(part.updated_at)
    return Todo(kind, part.key, f"{changed_at} or later" if changed_at >= now else changed_at)


def _comments(session: Session, cursor: Json, size: Callable[[], int], kind: _Kind) -> Iterator[Page]:
    """Comments that were written or edited since the last harvest: an edit does not count as a change of its issue.

    The first harvest only notes the time: it reads all comments with the timelines, which hold more and which it needs anyhow.
    """
    path = f"{_root(session)}/issues/comments"
    try:
        if cursor is None:
            yield Page([], begin(clock(session, path, {})[0]))
            return
        for items, behind in changed(session, path, {}, cursor, size, None):
            owners = [(item, owner_of(item)) for item in items]
            said = [
                comment_part(item, of) for item, of in owners if of is not None and of.startswith(f"{kind}:")
            ]
            yield Page([part for part in said if part is not None], behind)
    except NotFound:  # neither issues nor requests
        return


def _releases(session: Session, cursor: Json, size: Callable[[], int]) -> Iterator[Page]:
    """All of them, every time: an edited release looks no newer. They are few."""
    ask = steps(session, f"{_root(session)}/releases", _PUBLISHED, size())
    below = cursor
    try:
        while True:
            step = ask(below)
            below = step.below
            found = [part for item in step.items if (part := release_part(item)) is not None]
            if session.since is not None:
                found = [part for part in found if part.published_at >= session.since]
            yield Page(found, below)
            if below is None:
                return
    except NotFound:
        return


def _look_into_request(session: Session, key: str, size: int) -> Page:
    """Reviews with their comments, and the timeline. Calls: 2, and one for each review that has comments."""
    of, root = request(int(key)), f"{_root(session)}/pulls/{key}/reviews"
    parts: list[Part] = []
    remarks = 0
    try:
        for items in everything(session, root, {}, size):
            for review in items:
                if (part := review_part(review, of)) is not None:
                    parts.append(part)
                if has_comments(review) and (identity := integer(review, "id")) is not None:
                    comments = session.get(f"{root}/{identity}/comments").data or []
                    remarks += len(comments)
                    parts += thread_parts(review, comments, of)
    except NotFound:  # a server from before reviews
        pass
    rest = _look_into_issue(session, key, size, remarks, of)
    return Page([*parts, *rest.parts], whole=[*((kind, of) for kind in _REVIEWED), *rest.whole])


def _look_into_issue(session: Session, key: str, size: int, remarks: int, of: str = "") -> Page:
    """The timeline of an issue or a request. One call for 50 rows; where the server has no timelines, its comments alone."""
    of = of or issue(int(key))
    root = f"{_root(session)}/issues/{key}"
    try:
        parts = timeline_parts(_timeline(session, root, size, remarks), of, f"{session.owner}/{session.name}")
    except NotFound:
        comments = session.get(f"{root}/comments").data or []
        said = [comment_part(item, of) for item in comments]
        return Page([part for part in said if part is not None], whole=[("comment", of)])
    return Page(parts, whole=[(kind, of) for kind in _SPOKEN])


def _timeline(session: Session, root: str, size: int, remarks: int) -> list[dict[str, Any]]:
    """All rows of a timeline. Comments on code count for its pages and are left out of them, so a page may be short, or empty, and not be the last.

    ``remarks`` is how many such comments there are at most: only where a page lacks more than these was it the last.
    """
    rows: dict[int, dict[str, Any]] = {}
    page = 0
    while True:
        page += 1
        found = session.numbered(f"{root}/timeline", {}, page, size, size_name="limit", gaps=True).items
        new = {
            number: row for row in found if (number := integer(row, "id")) is not None and number not in rows
        }
        rows |= new
        # a server that knows no pages here gives everything at once, and then again
        if page * size - len(rows) > remarks or (found and not new) or len(found) > size:
            return list(rows.values())


def _census(
    session: Session, kind: _Kind, takes: frozenset[str], type_: str, fetch: Callable[[Session, str], Page]
) -> Census:
    """Requests stand in the list of issues too, in fewer bytes and with a time from which on they are wanted."""
    path = f"{_root(session)}/issues"
    params: dict[str, str] = {"state": "all", "type": type_}
    if (start := _start(session)) is not None:
        params["since"] = start

    def how_many(session: Session) -> int | None:
        try:
            return count(session, path, params)
        except NotFound:
            return 0

    def keys(session: Session) -> Iterator[list[str]]:
        for items in everything(session, path, params, page_size(session)):
            yield [str(number) for item in items if (number := integer(item, "number")) is not None]

    def became(session: Session, key: str) -> Gone | None:
        try:
            session.get(f"{path}/{key}")
        except NotFound:
            return Gone(kind, key, "deleted")
        return None

    return Census(kind, takes, how_many, keys, became, fetch)


def _one_request(session: Session, key: str) -> Page:
    part = request_part(session.get(f"{_root(session)}/pulls/{key}").data)
    return Page([]) if part is None else Page([part], todo=[_todo("request", part, "")])


def _one_issue(session: Session, key: str) -> Page:
    part = issue_part(session.get(f"{_root(session)}/issues/{key}").data)
    return Page([]) if part is None else Page([part], todo=[_todo("issue", part, "")])


def _count_releases(session: Session) -> int | None:
    try:
        return count(session, f"{_root(session)}/releases", _PUBLISHED)
    except NotFound:
        return 0


def _release_keys(session: Session) -> Iterator[list[str]]:
    for items in everything(session, f"{_root(session)}/releases", _PUBLISHED, page_size(session)):
        yield [str(identity) for item in items if (identity := integer(item, "id")) is not None]


def _release_became(session: Session, key: str) -> Gone | None:
    try:
        session.get(f"{_root(session)}/releases/{key}")
    except NotFound:
        return Gone("release", key, "deleted")
    return None


def _planned(session: Session, type_: str, kind: _Kind, since: str | None, *, new: bool) -> list[Planned]:
    """One call counts what changed; a request costs its timeline, its reviews, and by experience one review with comments."""
    params: dict[str, str] = {"state": "all", "type": type_, **({"since": since} if since else {})}
    try:
        items = count(session, f"{_root(session)}/issues", params)
    except NotFound:
        items = 0
    number = items or 0
    each = 3 if kind == "request" else 1
    return [
        Planned(
            f"{kind}s", number, 1 + number // MOST + (kind == "issue"), exact=items is not None and not new
        ),
        Planned(kind, number, each * number, exact=kind == "issue"),
    ]
