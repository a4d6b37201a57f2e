"""Work items of Azure DevOps as issues: read in the order in which they changed, 200 at once, comments for those that have any.

They belong to the project, not to a repository: a harvest of one repository takes all of the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import unquote

from cooldown_connectors.azure_devops.people import person
from cooldown_connectors.azure_devops.questions import (
    full_name,
    project,
    repository,
    version,
    with_query,
    written,
)
from cooldown_connectors.forge.fields import EPOCH, at, flag, integer, maybe, moment, objects, text
from cooldown_connectors.forge.keyset import by_time
from cooldown_connectors.forge.parts import CommentPart, IssuePart, LinkPart, Part, issue
from cooldown_connectors.forge.protocol import Gone, Json, Listed, Page, Session, Todo
from cooldown_connectors.http.errors import NotFound, Refused
from cooldown_connectors.text.html import UnreadableHtmlError, to_markdown
from cooldown_kit.records import Comment, Link

DETAILS: Final = "work item comments"
AT_ONCE: Final = 200
"""Work items of one answer: the most that Azure DevOps gives."""
KEYS: Final = 10_000
"""Numbers of one answer; a query that finds more than 20,000 fails."""
_CLOSED_CATEGORIES: Final = ("Completed", "Removed")
_CLOSED_STATES: Final = frozenset({"closed", "done", "completed", "removed", "inactive"})
"""Where the categories of states are not to be had."""
_TEXTS: Final = (
    ("System.Description", ""),
    ("Microsoft.VSTS.TCM.ReproSteps", "Steps to reproduce"),
    ("Microsoft.VSTS.TCM.SystemInfo", "System"),
    ("Microsoft.VSTS.Common.AcceptanceCriteria", "Acceptance criteria"),
)
_RELATIONS: Final[dict[str, Literal["parent", "child", "related", "duplicate_of"]]] = {
    "System.LinkTypes.Hierarchy-Reverse": "parent",
    "System.LinkTypes.Hierarchy-Forward": "child",
    "System.LinkTypes.Related": "related",
    "System.LinkTypes.Dependency-Forward": "related",
    "System.LinkTypes.Dependency-Reverse": "related",
    "System.LinkTypes.Duplicate-Forward": "related",
    "System.LinkTypes.Duplicate-Reverse": "duplicate_of",
}
_WORK_ITEM = re.compile(r".*/_apis/wit/workItems/(\d+)", re.IGNORECASE)
_REQUEST = re.compile(r"vstfs:///Git/PullRequestId/[^/%]+(?:%2F|/)([^/%]+)(?:%2F|/)(\d+)", re.IGNORECASE)
_MENTION = re.compile(r"\[(@[^\]\[]{1,200})\]\(#\)")


def issue_pages(session: Session, cursor: Json) -> Iterator[Page]:
    """Work items from the cursor on, oldest change first."""
    closed, here = _closed_states(session), _repository_id(session)

    def ask(since: str | None, page: int) -> Listed:
        # A query has no pages: what was read of one instant is asked for again, and passed over.
        found = query(session, _changed_since(since), AT_ONCE * page)
        items = read(session, found.numbers[AT_ONCE * (page - 1) :])
        # What has changed since the query stood at another place of it, and is found at its new one: here it would hide others.
        there = [item for item in items if found.as_of is None or _changed_at(item) <= found.as_of]
        return Listed(there, len(found.numbers) == AT_ONCE * page)

    for page in by_time(
        ask,
        cursor,
        time_of=lambda item: written(_changed_at(item)),
        key_of=lambda item: integer(item, "id"),
        start=written(session.since) if session.since else None,
    ):
        parts: list[Part] = []
        todo: list[Todo] = []
        whole: list[tuple[str, str]] = []
        for item in page.items:
            if (part := issue_part(item, session, closed)) is None:
                continue
            of = issue(part.number)
            parts += [part, *link_parts(item, session, of, here)]
            whole.append(("link", of))
            if integer(item, "fields", "System.CommentCount") == 0:
                whole.append(("comment", of))
            else:
                todo.append(Todo(DETAILS, part.key, written(part.updated_at)))
        yield Page(parts, page.cursor, whole=whole, todo=todo)


def _changed_at(item: Json) -> datetime:
    return moment(item, "fields", "System.ChangedDate") or EPOCH


def _changed_since(since: str | None) -> str:
    where = f" AND [System.ChangedDate] >= '{since}'" if since else ""
    return f"{where} ORDER BY [System.ChangedDate] ASC, [System.Id] ASC"


@dataclass(frozen=True)
class Found:
    """What a query found."""

    numbers: list[int]
    as_of: datetime | None
    """The moment of which that is true."""


def query(session: Session, rest: str, top: int) -> Found:
    """Numbers of the project's work items that ``rest`` of a WIQL query selects and orders."""
    path = with_query(
        f"{project(session)}/_apis/wit/wiql", timePrecision="true", _top=top, api_version=version(session)
    )
    # `rest` holds nothing but times and numbers that we write ourselves.
    select = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"
    body = {"query": f"{select}{rest}"}
    answer = session.post(path, body).data
    numbers = (integer(one, "id") for one in objects(answer, "workItems"))
    return Found([number for number in numbers if number is not None], moment(answer, "asOf"))


def read(session: Session, numbers: Sequence[int]) -> list[Json]:
    """Work items with all fields and relations, in the order of the numbers; those that are gone by now are missing."""
    if not numbers:
        return []
    path = with_query(f"{project(session)}/_apis/wit/workitemsbatch", api_version=version(session))
    body = {"ids": list(numbers), "$expand": "Relations", "errorPolicy": "Omit"}
    found = {integer(item, "id"): item for item in objects(session.post(path, body).data, "value")}
    return [found[number] for number in numbers if number in found]


def _closed_states(session: Session) -> dict[tuple[str, str], bool]:
    """(type, state) → whether the state is an end, by the category that the process gives it."""
    try:
        path = f"{project(session)}/_apis/wit/workitemtypes"
        types = objects(session.get(path, {"api-version": version(session)}).data, "value")
    except NotFound:
        return {}
    except Refused as answer:
        if answer.status == 401:  # the token is not valid any more
            raise
        return {}
    return {
        (text(kind, "name"), text(state, "name")): text(state, "category") in _CLOSED_CATEGORIES
        for kind in types
        for state in objects(kind, "states")
        if text(state, "category")
    }


def _repository_id(session: Session) -> str:
    """By it work items name the repository of a request."""
    return text(session.get(repository(session), {"api-version": version(session)}).data, "id").lower()


def issue_part(item: Json, session: Session, closed: dict[tuple[str, str], bool]) -> IssuePart | None:
    """A work item by itself; ``None`` where it has no number."""
    number = integer(item, "id")
    fields: Any = at(item, "fields")
    if number is None:
        return None
    state, kind = text(fields, "System.State"), text(fields, "System.WorkItemType")
    ended = closed.get((kind, state), state.lower() in _CLOSED_STATES)
    created = moment(fields, "System.CreatedDate") or EPOCH
    by = person(at(fields, "Microsoft.VSTS.Common.ClosedBy"))
    return IssuePart(
        number=number,
        title=text(fields, "System.Title"),
        text=_body(item),
        author=person(at(fields, "System.CreatedBy")),
        state="closed" if ended else "open",
        created_at=created,
        updated_at=moment(fields, "System.ChangedDate") or created,
        closed_at=_closed_at(fields) if ended else None,
        closed_by=by if ended else None,
        reason=maybe(fields, "System.Reason") if ended else None,
        type=kind.lower() or None,
        labels=[tag for tag in map(str.strip, text(fields, "System.Tags").split(";")) if tag],
        milestone=_milestone(fields),
        url=f"{session.url}{project(session)}/_workitems/edit/{number}",
    )


def _closed_at(fields: Json) -> datetime | None:
    return moment(fields, "Microsoft.VSTS.Common.ClosedDate") or moment(
        fields, "Microsoft.VSTS.Common.StateChangeDate"
    )


def _milestone(fields: Json) -> str | None:
    """The iteration below the project's own, which stands for none."""
    _, inside, path = text(fields, "System.IterationPath").partition("\\")
    return path if inside and path else None


def _body(item: Json) -> str:
    """The fields that hold text, one below the other. They are HTML, where the item does not say that they are Markdown."""
    found: list[str] = []
    for field, heading in _TEXTS:
        markdown = text(item, "multilineFieldsFormat", field).lower() == "markdown"
        if body := as_markdown(text(item, "fields", field), markdown=markdown):
            found.append(f"## {heading}\n\n{body}" if heading and found else body)
    return "\n\n".join(found)


def as_markdown(body: str, *, markdown: bool) -> str:
    """A text of a work item as Markdown; as it stands where it cannot be converted."""
    if not markdown and ("<" in body or "&" in body):
        with suppress(UnreadableHtmlError):
            body = _MENTION.sub(r"\1", to_markdown(body)[1])
    return body.strip()


def link_parts(item: Json, session: Session, of: str, repository_id: str) -> Iterator[LinkPart]:
    """Other work items, and requests that belong to this one."""
    here, there = full_name(session), f"{session.url}{project(session)}"
    for one in objects(item, "relations"):
        url = text(one, "url")
        relation = _RELATIONS.get(text(one, "rel"))
        if relation and (match := _WORK_ITEM.fullmatch(url)):
            where = f"{there}/_workitems/edit/{match[1]}"
            link = Link(key=f"{here}#{match[1]}", relation=relation, kind="issue", url=where)
            yield LinkPart(of=of, link=link)
        elif match := _REQUEST.fullmatch(url):
            same = match[1].lower() == repository_id
            repository = here if same else f"{here.rpartition('/')[0]}/{match[1]}"
            where = f"{there}/_git/{repository.rpartition('/')[2]}/pullrequest/{match[2]}"
            link = Link(key=f"{repository}#{match[2]}", relation="closed_by", kind="pull_request", url=where)
            yield LinkPart(of=of, link=link)


def issue_details(session: Session, key: str) -> Page:
    """The comments of one work item."""
    path = f"{project(session)}/_apis/wit/workItems/{key}/comments"
    params = {
        "order": "asc",
        "api-version": version(session, "-preview.4" if version(session) == "7.1" else "-preview.3"),
    }
    of = issue(int(key))
    parts: list[Part] = []
    while True:
        answer = session.get(path, params).data
        there = (one for one in objects(answer, "comments") if not flag(one, "isDeleted"))
        parts += [CommentPart(of=of, comment=_comment(one)) for one in there]
        token = maybe(answer, "continuationToken")
        if token is None or params.get("continuationToken") == token:
            return Page(parts, whole=[("comment", of)])
        params["continuationToken"] = token


def _comment(item: Json) -> Comment:
    created = moment(item, "createdDate") or EPOCH
    changed = moment(item, "modifiedDate") or created
    return Comment(
        id=str(integer(item, "id")),
        author=person(at(item, "createdBy")),
        created_at=created,
        text=as_markdown(text(item, "text"), markdown=text(item, "format").lower() == "markdown"),
        edited_at=changed if (changed - created).total_seconds() >= 1 else None,
    )


def issue_keys(session: Session) -> Iterator[list[str]]:
    """Numbers of all work items that a harvest takes, ascending."""
    last = 0
    since = f" AND [System.ChangedDate] >= '{written(session.since)}'" if session.since else ""
    while True:
        found = query(session, f" AND [System.Id] > {last}{since} ORDER BY [System.Id] ASC", KEYS).numbers
        yield [str(number) for number in found]
        if len(found) < KEYS:
            return
        last = found[-1]


def issue_became(session: Session, key: str) -> Gone | None:
    """Deleted (the recycle bin counts), or moved to another project."""
    organisation = project(session).rpartition("/")[0]
    try:
        path = f"{organisation}/_apis/wit/workitems/{key}"
        item = session.get(path, {"api-version": version(session)}).data
    except NotFound:
        return Gone("issue", key, "deleted")
    where = text(item, "fields", "System.TeamProject")
    if where and where.lower() != unquote(session.owner.rpartition("/")[2]).lower():
        return Gone("issue", key, "transferred", f"{unquote(organisation[1:])}/{where}#{key}")
    return None
