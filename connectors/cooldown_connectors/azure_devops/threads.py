"""Threads of a pull request as parts: what people said and where it stands, and what Azure DevOps itself says of votes, pushes and states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from cooldown_connectors.azure_devops.people import person, with_names
from cooldown_connectors.forge.fields import EPOCH, at, flag, integer, maybe, moment, objects, text
from cooldown_connectors.forge.parts import (
    CommentPart,
    EventPart,
    Part,
    PushPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
)
from cooldown_connectors.forge.protocol import Json
from cooldown_kit.records import Anchor, Comment, EventKind, Person, Review, TimelineEvent

_RESOLVED: Final = {
    "active": False,
    "pending": False,
    "fixed": True,
    "wontFix": True,
    "closed": True,
    "byDesign": True,
}
_VERDICTS: Final[dict[str, Literal["approved", "changes_requested"]]] = {
    "10": "approved",
    "5": "approved",  # with suggestions
    "-5": "changes_requested",  # waits for the author
    "-10": "changes_requested",  # rejected
}
_STATES: Final[dict[str, EventKind]] = {
    "completed": "merged",
    "abandoned": "closed",
    "active": "reopened",
}
_ACTORS: Final = {
    "VoteUpdate": "CodeReviewVotedByIdentity",
    "RefUpdate": "CodeReviewRefUpdatedByIdentity",
    "StatusUpdate": "CodeReviewStatusUpdatedByIdentity",
    "ReviewersUpdate": "CodeReviewReviewersUpdatedByIdentity",
    "IsDraftUpdate": "CodeReviewIsDraftUpdatedByIdentity",
}
"""Kind of a thread that Azure DevOps wrote → the property that says who did it."""
_EDITED: Final = 1.0
"""Seconds after which a changed comment counts as edited."""


@dataclass(frozen=True)
class Conversation:
    """What threads of one request have in common."""

    of: str
    iterations: Sequence[Json]
    names: Mapping[str, str]
    """Id → name of those who take part."""
    url: str
    """Address of the request for people."""

    def commit(self, number: int | None, field: str) -> str | None:
        """A commit of an iteration: ``sourceRefCommit``, ``commonRefCommit``, …"""
        found = (one for one in self.iterations if integer(one, "id") == number)
        return maybe(next(found, None), field, "commitId")


def is_on_code(thread: Json) -> bool:
    """Whether a thread stands on a file."""
    return bool(text(thread, "threadContext", "filePath"))


def is_push(thread: Json) -> bool:
    """Whether a thread announces a push: iterations tell more of it."""
    return said_by_itself(thread, "CodeReviewThreadType") == "RefUpdate"


def said_by_itself(thread: Json, name: str) -> str:
    """A property that Azure DevOps gave a thread: ``{"$type": …, "$value": …}``, or the bare value."""
    value = at(thread, "properties", name)
    value = at(value, "$value") if isinstance(value, Mapping) else value
    return "" if value is None else str(value)


def thread_parts(thread: Json, conversation: Conversation) -> Iterator[Part]:
    """The parts of one thread; of a deleted one, and of deleted comments, nothing."""
    if flag(thread, "isDeleted"):
        return
    comments = [one for one in objects(thread, "comments") if not flag(one, "isDeleted")]
    if kind := said_by_itself(thread, "CodeReviewThreadType"):
        yield from _happened(thread, kind, comments, conversation)
        return
    said = []
    for one in comments:
        if text(one, "commentType") in ("system", "codeChange"):
            detail, actor = text(one, "content"), person(one.get("author"))
            yield _event(conversation, _id(thread, one), "state", one, actor, detail)
        else:
            said.append(one)
    if said:
        yield from _said(thread, said, conversation)


def _said(thread: Json, comments: Sequence[Json], conversation: Conversation) -> Iterator[Part]:
    of, id = conversation.of, str(integer(thread, "id"))
    resolved = _RESOLVED.get(text(thread, "status"))
    if resolved is None and not is_on_code(thread):
        for one in comments:
            yield CommentPart(of=of, comment=_comment(thread, one, conversation))
        return
    where = anchor(thread, conversation)
    for one in comments:
        comment = _comment(thread, one, conversation)
        yield ReviewCommentPart(of=of, comment=comment, anchor=where, thread=id)
    yield ThreadPart(of=of, id=id, resolved=resolved, anchor=where)


def _comment(thread: Json, comment: Json, conversation: Conversation) -> Comment:
    published = moment(comment, "publishedDate") or moment(thread, "publishedDate") or EPOCH
    changed = moment(comment, "lastContentUpdatedDate") or published
    parent = integer(comment, "parentCommentId")
    liked = at(comment, "usersLiked")
    return Comment(
        id=_id(thread, comment),
        author=person(comment.get("author")),
        created_at=published,
        text=with_names(text(comment, "content"), conversation.names),
        edited_at=changed if (changed - published).total_seconds() >= _EDITED else None,
        reply_to=f"{integer(thread, 'id')}.{parent}" if parent else None,
        score=len(liked) if isinstance(liked, list) else None,
        url=f"{conversation.url}?discussionId={integer(thread, 'id')}",
    )


def _id(thread: Json, comment: Json) -> str:
    """Comments are numbered within their thread."""
    return f"{integer(thread, 'id')}.{integer(comment, 'id')}"


def anchor(thread: Json, conversation: Conversation) -> Anchor | None:
    """Where a thread stands, in the iteration in which it was written."""
    context: Any = at(thread, "threadContext")
    path = text(context, "filePath")
    if not path:
        return None
    # A thread that was tracked to a later iteration says where it was to begin with.
    tracked: Any = at(thread, "pullRequestThreadContext", "trackingCriteria")
    first, last, side = _lines(tracked, "orig{}File{}") or _lines(context, "{}File{}") or (None, None, "new")
    path = text(tracked, "origFilePath") or path
    left = integer(thread, "pullRequestThreadContext", "iterationContext", "firstComparingIteration")
    right = integer(thread, "pullRequestThreadContext", "iterationContext", "secondComparingIteration")
    if left in (None, 0, right):  # the whole request was looked at: against where it branches off
        base = conversation.commit(right, "commonRefCommit")
    else:
        base = conversation.commit(left, "sourceRefCommit")
    return Anchor(
        path=path.removeprefix("/"),
        side=side,
        start_line=first,
        line=last,
        base=base,
        head=conversation.commit(right, "sourceRefCommit"),
    )


def _lines(context: Json, form: str) -> tuple[int, int, Literal["old", "new"]] | None:
    """First and last line, and which side they are counted on; ``None`` for a whole file."""
    sides: tuple[tuple[str, Literal["old", "new"]], ...] = (("right", "new"), ("left", "old"))
    for name, side in sides:
        name = name.capitalize() if form.startswith("orig") else name
        start = integer(context, form.format(name, "Start"), "line")
        end = integer(context, form.format(name, "End"), "line") or start
        if end:
            return min(start or end, end), end, side
    return None


def _happened(
    thread: Json, kind: str, comments: Sequence[Json], conversation: Conversation
) -> Iterator[Part]:
    """What a thread says that Azure DevOps wrote."""
    first: Json = comments[0] if comments else {}
    id, of = str(integer(thread, "id")), conversation.of
    actor = _identity(thread, _ACTORS.get(kind, "")) or person(first.get("author"))
    detail = text(first, "content")
    when = _at(thread)
    if kind == "VoteUpdate":
        verdict = _VERDICTS.get(said_by_itself(thread, "CodeReviewVoteResult"))
        if verdict:
            review = Review(id=id, author=actor, state=verdict, submitted_at=when)
            yield ReviewPart(of=of, review=review)
        else:
            yield _event(conversation, id, "review_dismissed", thread, actor, detail)
    elif kind == "RefUpdate":
        if not conversation.iterations:
            yield _event(conversation, id, "pushed", thread, actor, detail)
    elif kind == "StatusUpdate":
        state = said_by_itself(thread, "CodeReviewStatus").lower()
        commit = said_by_itself(thread, "CodeReviewStatusUpdateAssociatedCommit")
        event = _STATES.get(state, "state")
        told = commit if event == "merged" else "" if event != "state" else detail
        yield _event(conversation, id, event, thread, actor, told)
    elif kind == "ReviewersUpdate" and (
        asked := _identity(thread, "CodeReviewReviewersUpdatedAddedIdentity")
    ):
        yield _event(conversation, id, "review_requested", thread, actor, asked.login or asked.name)
    elif draft := said_by_itself(thread, "CodeReviewIsDraft").lower():
        yield _event(conversation, id, "draft" if draft == "true" else "ready_for_review", thread, actor, "")
    else:
        yield _event(conversation, id, "state", thread, actor, detail or kind)


def _identity(thread: Json, name: str) -> Person | None:
    key = said_by_itself(thread, name) if name else ""
    return person(at(thread, "identities", key)) if key else None


def voters(threads: Sequence[Json]) -> set[str]:
    """Ids of those whose votes threads tell of."""
    found = set()
    for thread in threads:
        key = said_by_itself(thread, _ACTORS["VoteUpdate"])
        if key and said_by_itself(thread, "CodeReviewThreadType") == "VoteUpdate":
            found.add(text(thread, "identities", key, "id").lower())
    return found


def _at(item: Json) -> datetime:
    return moment(item, "publishedDate") or EPOCH


def _event(
    conversation: Conversation, id: str, kind: EventKind, item: Json, actor: Person | None, detail: str
) -> EventPart:
    detail = with_names(detail, conversation.names)
    event = TimelineEvent(kind=kind, at=_at(item), actor=actor, detail=detail)
    return EventPart(of=conversation.of, id=id, event=event)


def push_parts(iterations: Sequence[Json], of: str) -> Iterator[PushPart]:
    """The rounds of a request, from its iterations. A new target without a push is none."""
    before: str | None = None
    for one in sorted(iterations, key=lambda one: integer(one, "id") or 0):
        head = maybe(one, "sourceRefCommit", "commitId")
        if head is None or head == before:
            continue
        base = maybe(one, "commonRefCommit", "commitId") or maybe(one, "targetRefCommit", "commitId")
        yield PushPart(
            of=of,
            id=str(integer(one, "id")),
            head=head,
            at=moment(one, "createdDate"),
            before=before,
            base=base,
            pusher=person(at(one, "push", "pushedBy")) or person(at(one, "author")),
            forced=any(word in text(one, "reason") for word in ("forcePush", "rebase")),
        )
        before = head
