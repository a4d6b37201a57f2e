"""GitHub's REST lists as pages: what a whole repository has, and what was said of one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from cooldown_connectors.forge.descent import Step, descend
from cooldown_connectors.forge.keyset import by_time
from cooldown_connectors.forge.parts import IssuePart, Part, RequestPart
from cooldown_connectors.forge.protocol import Json, Listed, Page, Session
from cooldown_connectors.github import asking, rest
from cooldown_connectors.github.asking import repository, since_text


def names(session: Session, path: str) -> Iterator[str]:
    """Full names of the repositories in a list."""
    page, more = 1, True
    while more:
        listed = session.numbered(path, {"type": "all"} if "/orgs/" in path else {}, page, asking.LIST)
        yield from (item["full_name"] for item in listed.items)
        page, more = page + 1, listed.more


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
        path_ = repository(session, path)
        return session.numbered(path_, asked, page, asking.LIST, conditional=conditional)

    pages = by_time(
        ask,
        cursor,
        time_of=lambda item: item["updated_at"],
        key_of=lambda item: item["id"],
        start=since_text(session),
    )
    for page in pages:
        yield Page([one for item in page.items if (one := part(item)) is not None], page.cursor)


def comments(session: Session, cursor: Json) -> Iterator[Page]:
    """What was said in the conversations of all requests and issues."""
    return _changed(session, "/issues/comments", cursor, rest.comment_part)


def review_comments(session: Session, cursor: Json) -> Iterator[Page]:
    """What was said of lines of all requests."""
    return _changed(session, "/pulls/comments", cursor, rest.review_comment_part)


def issue_list(session: Session, cursor: Json) -> Iterator[Page]:
    """Issues, where there is no token for GraphQL."""
    for page in _changed(session, "/issues", cursor, rest.issue_part, state="all"):
        old = [part for part in page.parts if isinstance(part, IssuePart) and _is_older(session, part)]
        earlier = [comment for part in old for comment in comments_of(session, part.number)]
        yield replace(page, parts=[*page.parts, *earlier])


def pulls(session: Session, cursor: Json) -> Iterator[Page]:
    """Requests, where there is no token for GraphQL."""

    def ask(below: Json) -> Step:
        page = below or 1
        listed = session.numbered(
            repository(session, "/pulls"),
            {"state": "all", "sort": "updated", "direction": "desc"},
            page,
            asking.LIST,
        )
        return Step(listed.items, page + 1 if listed.more else None)

    for page in descend(ask, cursor, time_of=lambda item: item["updated_at"], start=since_text(session)):
        parts: list[Part] = []
        for part in map(rest.request_part, page.items):
            parts.append(part)
            if _is_older(session, part):
                parts += comments_of(session, part.number)
                parts += review_comments_of(session, part.number)
        yield Page(parts, page.cursor)


# What was said before the time from which on changes are taken, of things that changed after it. The lists of all comments begin at
# that time; half a conversation is none.


def _is_older(session: Session, part: RequestPart | IssuePart) -> bool:
    return session.since is not None and part.created_at < session.since


def earlier(session: Session, named: Sequence[Json]) -> bool:
    """Whether some of these comments are not in the lists of all comments."""
    since = since_text(session)
    return since is not None and any(one["updatedAt"] < since for one in named)


def comments_of(session: Session, number: int) -> Iterator[Part]:
    """The whole conversation of one request or issue."""
    return _all_parts(session, f"/issues/{number}/comments", rest.comment_part)


def review_comments_of(session: Session, number: int) -> Iterator[Part]:
    """All that was said of lines of one request."""
    return _all_parts(session, f"/pulls/{number}/comments", rest.review_comment_part)


def _all_parts(session: Session, path: str, part: Callable[[Json], Part | None]) -> Iterator[Part]:
    page, more = 1, True
    while more:
        listed = session.numbered(repository(session, path), {}, page, asking.LIST)
        yield from (one for item in listed.items if (one := part(item)) is not None)
        page, more = page + 1, listed.more


def releases(session: Session, cursor: Json) -> Iterator[Page]:
    """All of them each time: they are few, and no list of those that changed is to be had."""
    state = cursor or {"page": 1}
    page, keys = state["page"], set[str]()
    whole, alone = page == 1, bool(state.get("alone"))
    while True:
        # That the first page is unchanged says something of all only where it is the only one.
        conditional = page == 1 and (alone or cursor is None)
        listed = session.numbered(
            repository(session, "/releases"), {}, page, asking.LIST, conditional=conditional
        )
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
