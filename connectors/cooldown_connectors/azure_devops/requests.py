"""Pull requests of Azure DevOps: how their list is read, and everything about one of them.

The list cannot be asked for what changed, only for what was opened or closed since a time, and it shortens descriptions to 400
characters. So requests are read one by one: all of them once, and from then on those that are open and those that were closed since
a week before the last harvest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from cooldown_connectors.azure_devops.people import is_group, known, person, with_names
from cooldown_connectors.azure_devops.questions import (
    PAGE,
    full_name,
    project,
    repository,
    version,
    web,
    written,
)
from cooldown_connectors.azure_devops.threads import (
    Conversation,
    is_on_code,
    is_push,
    push_parts,
    thread_parts,
    voters,
)
from cooldown_connectors.forge.fields import EPOCH, at, flag, integer, maybe, moment, objects, text
from cooldown_connectors.forge.parts import LinkPart, Part, RequestPart, ReviewPart, request
from cooldown_connectors.forge.protocol import Json, Page, Session, Todo
from cooldown_kit.records import Link, Review

DETAILS: Final = "request details"
_LATE: Final = timedelta(days=7)
"""How long after a request was closed it is looked at again: people go on talking."""
_STATES: Final[dict[str, Literal["merged", "closed"]]] = {"completed": "merged", "abandoned": "closed"}
_KINDS: Final = ("comment", "review_comment", "thread", "review", "push", "event", "link")


_PAGING: Final = {"start_name": "$skip", "size_name": "$top", "items": "value"}
_VERDICTS: Final[dict[int, Literal["approved", "changes_requested"]]] = {
    10: "approved",
    5: "approved",
    -5: "changes_requested",
    -10: "changes_requested",
}


def request_pages(session: Session, cursor: Json) -> Iterator[Page]:
    """What to look into. The cursor holds where the first reading stands, and since when closed ones are to be asked for."""
    since, skip = moment(cursor, "since"), integer(cursor, "skip")
    if cursor is None and session.since is not None:
        since = session.since + _LATE  # nothing that was closed earlier is wanted
    if since is None or skip is not None:
        yield from _all(session, skip or 0, maybe(cursor, "since"))
    else:
        yield from _changed(session, max(since, session.since or since))


def request_list(session: Session, status: str) -> tuple[str, dict[str, str]]:
    """Path and parameters of the list of requests, newest first."""
    params = {"searchCriteria.status": status, "api-version": version(session)}
    return f"{repository(session)}/pullrequests", params


def _all(session: Session, skip: int, began: str | None) -> Iterator[Page]:
    """Every request. None ever leaves this list, and new ones push others down: what is read twice does no harm."""
    path, params = request_list(session, "all")
    while True:
        listed = session.offset(path, params, skip, PAGE, **_PAGING)
        # Whatever is closed later than this, we may have read while it was open.
        began = began or _newest(listed.items)
        skip += PAGE
        cursor: Json = {"since": began, "skip": skip} if listed.more else {"since": began} if began else None
        yield Page([], cursor, todo=_todo(listed.items, None, None))
        if not listed.more:
            return


def _changed(session: Session, since: datetime) -> Iterator[Page]:
    """Those that are open, and those closed lately. Nothing in a list says whether anybody has said anything: all are looked into."""
    now = written(datetime.now(UTC))
    after = max(since - _LATE, session.since or EPOCH)
    closed = {"searchCriteria.minTime": written(after), "searchCriteria.queryTimeRangeType": "closed"}
    newest = written(since)
    for status in ("completed", "abandoned", "active"):
        path, params = request_list(session, status)
        params |= {} if status == "active" else closed
        skip, more = 0, True
        while more:
            listed = session.offset(path, params, skip, PAGE, **_PAGING)
            if skip == 0 and status != "active":
                newest = max(newest, _newest(listed.items, "closedDate") or newest)
            # What leaves the list while one reads moves the rest up: pages overlap by half.
            skip, more = skip + PAGE // 2, listed.more
            yield Page([], {"since": written(since)}, todo=_todo(listed.items, after, now))
    yield Page([], {"since": newest})


def _newest(items: list[Json], *fields: str) -> str | None:
    times = [moment(item, field) for item in items for field in fields or ("creationDate", "closedDate")]
    return max((written(time) for time in times if time), default=None)


def _todo(items: list[Json], after: datetime | None, now: str | None) -> list[Todo]:
    """Requests to look into. Servers that know no ``minTime`` give all: what was closed earlier is passed over."""
    found = []
    for item in items:
        number, closed = integer(item, "pullRequestId"), moment(item, "closedDate")
        if number is None or (after is not None and closed is not None and closed < after):
            continue
        head = text(item, "lastMergeSourceCommit", "commitId")
        stamp = now or " ".join((text(item, "status"), written(closed) if closed else "", head))
        found.append(Todo(DETAILS, str(number), stamp))
    return found


def request_details(session: Session, key: str) -> Page:
    """Everything about one request: itself with its whole description, its threads, and its iterations where there are several or a
    thread stands on code."""
    path, asked = f"{repository(session)}/pullrequests/{key}", {"api-version": version(session)}
    item = session.get(path, {**asked, "includeWorkItemRefs": True}).data
    threads = objects(session.get(f"{path}/threads", asked).data, "value")
    iterations: list[Json] = []
    if any(is_on_code(thread) or is_push(thread) for thread in threads):
        iterations += objects(session.get(f"{path}/iterations", asked).data, "value")
    of, url = request(int(key)), f"{web(session)}/pullrequest/{key}"
    conversation = Conversation(of, iterations, known(_people(item, threads)), url)
    parts: list[Part] = [request_part(item, int(key), threads, conversation)]
    parts += [part for thread in threads for part in thread_parts(thread, conversation)]
    parts += push_parts(iterations, of)
    parts += _votes(item, of, voters(threads))
    parts += _links(session, item, of)
    return Page(parts, whole=[(kind, of) for kind in _KINDS])


def request_part(item: Json, number: int, threads: Sequence[Json], conversation: Conversation) -> RequestPart:
    """The request by itself. Azure DevOps does not say when it changed last: it is the latest time that there is."""
    created, closed = moment(item, "creationDate") or EPOCH, moment(item, "closedDate")
    state = _STATES.get(text(item, "status"))
    times = [moment(thread, "lastUpdatedDate") for thread in threads]
    return RequestPart(
        number=number,
        title=text(item, "title"),
        text=with_names(text(item, "description"), conversation.names),
        author=person(at(item, "createdBy")),
        state=state or "open",
        created_at=created,
        updated_at=max(time for time in (created, closed, *times) if time is not None),
        draft=bool(flag(item, "isDraft")),
        closed_at=closed if state else None,
        closed_by=person(at(item, "closedBy")) if state else None,
        merged_at=closed if state == "merged" else None,
        merged_in=maybe(item, "lastMergeCommit", "commitId") if state == "merged" else None,
        target=_branch(item, "targetRefName"),
        branch=_branch(item, "sourceRefName"),
        base=maybe(item, "lastMergeTargetCommit", "commitId"),
        head=maybe(item, "lastMergeSourceCommit", "commitId"),
        labels=[text(label, "name") for label in objects(item, "labels") if text(label, "name")],
        url=conversation.url,
    )


def _branch(item: Json, field: str) -> str | None:
    return text(item, field).removeprefix("refs/heads/") or None


def _people(item: Json, threads: Sequence[Json]) -> Iterator[Json]:
    """Everybody who is named somewhere."""
    yield from (at(item, "createdBy"), at(item, "closedBy"), *objects(item, "reviewers"))
    for thread in threads:
        yield from (comment.get("author") for comment in objects(thread, "comments"))
        identities = at(thread, "identities")
        yield from identities.values() if isinstance(identities, Mapping) else ()


def _votes(item: Json, of: str, told: set[str]) -> Iterator[ReviewPart]:
    """Votes that no thread tells of. Their time is that of the end of the request, or of its beginning."""
    when = moment(item, "closedDate") or moment(item, "creationDate") or EPOCH
    for one in objects(item, "reviewers"):
        verdict, id = _VERDICTS.get(integer(one, "vote") or 0), text(one, "id").lower()
        if verdict and not is_group(one) and id not in told:
            review = Review(id=f"vote-{id}", author=person(one), state=verdict, submitted_at=when)
            yield ReviewPart(of=of, review=review)


def _links(session: Session, item: Json, of: str) -> Iterator[LinkPart]:
    """Work items that belong to it: to Azure DevOps they are what the request is for, and are closed with it where one wants."""
    for one in objects(item, "workItemRefs"):
        if (number := text(one, "id")).isdecimal():
            key = f"{full_name(session)}#{number}"
            url = f"{session.url}{project(session)}/_workitems/edit/{number}"
            yield LinkPart(of=of, link=Link(key=key, relation="closes", kind="issue", url=url))
