"""Requests, issues and discussions with all that hangs on them, through GraphQL, newest change first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cooldown_connectors.forge.descent import Step, descend
from cooldown_connectors.forge.parts import Part, discussion, issue, request
from cooldown_connectors.forge.protocol import Json, Page, Session
from cooldown_connectors.github import documents, nodes
from cooldown_connectors.github.asking import since_text, within
from cooldown_connectors.github.lists import comments_of, earlier, review_comments_of


def _asked(session: Session, document: str, connection: str, size: int) -> Callable[[Json], Step]:
    def ask(below: Json) -> Step:
        data = session.graphql(document, within(session, first=size, after=below), size="first")
        found = data["repository"][connection]
        info = found["pageInfo"]
        return Step(present(found), info["endCursor"] if info["hasNextPage"] else None)

    return ask


def requests(session: Session, cursor: Json) -> Iterator[Page]:
    """Requests with reviews, threads, timeline and what they close."""
    ask = _asked(session, documents.REQUEST_LIST, "pullRequests", documents.REQUESTS)
    for page in descend(ask, cursor, time_of=_updated, start=since_text(session)):
        yield _page([_of_request(session, node) for node in page.items], page.cursor)


def issues(session: Session, cursor: Json) -> Iterator[Page]:
    """Issues with their timeline and what closes them."""
    ask = _asked(session, documents.ISSUE_LIST, "issues", documents.ISSUES)
    for page in descend(ask, cursor, time_of=_updated, start=since_text(session)):
        yield _page([_of_issue(session, node) for node in page.items], page.cursor)


def discussions(session: Session, cursor: Json) -> Iterator[Page]:
    """Discussions with comments and replies."""
    ask = _asked(session, documents.DISCUSSION_LIST, "discussions", documents.DISCUSSIONS)
    for page in descend(ask, cursor, time_of=_updated, start=since_text(session)):
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
    if earlier(session, said):
        parts += comments_of(session, number)
    if earlier(session, written):
        parts += review_comments_of(session, number)
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
    if earlier(session, said):
        parts += comments_of(session, number)
    exist = [("comment", of, _ids(said))]
    return Page(parts, whole=[("event", of), ("link", of)], exist=exist)


def _of_discussion(session: Session, node: Json) -> Page:
    number = node["number"]
    of = discussion(number)

    def more(after: str) -> Json:
        variables = within(session, number=number, after=after)
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
        items += present(found)
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
            variables = within(session, number=node["number"], after=after)
            return of(session.graphql(documents.rest_of(thing, connection), variables)["repository"][thing])

        return _followed(of(node), more)

    return read


def present(connection: Json) -> list[Json]:
    """The nodes; GitHub gives null for what the token may not see."""
    return [node for node in connection["nodes"] or [] if node]


def _ids(items: Sequence[Json]) -> frozenset[str]:
    return frozenset(str(item["fullDatabaseId"]) for item in items)


def one_request(session: Session, key: str) -> Page:
    """One request; nothing where it is gone."""
    found = session.graphql(documents.ONE_REQUEST, within(session, number=int(key)))["repository"][
        "pullRequest"
    ]
    return Page([]) if found is None else _of_request(session, found)


def one_issue(session: Session, key: str) -> Page:
    """One issue; nothing where it is gone."""
    found = session.graphql(documents.ONE_ISSUE, within(session, number=int(key)))["repository"]["issue"]
    return Page([]) if found is None else _of_issue(session, found)
