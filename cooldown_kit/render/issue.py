"""Issues and discussions as conversations (:mod:`cooldown_kit.render.conversation`)."""

from __future__ import annotations

from collections.abc import Sequence

from cooldown_kit.documents import Document
from cooldown_kit.records import Comment, Discussion, Issue
from cooldown_kit.render import related
from cooldown_kit.render.conversation import Turn, conversation, name_of, turn_of
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.origin import NotRendered, Origin, content_hash
from cooldown_kit.render.signals import text_signals
from cooldown_kit.render.talk_signals import authors, hashes, last_of, taking_part


def render_issue(record: Issue, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of an issue; one in which nothing is written below the title is not rendered (``empty_issue``)."""
    turns = [Turn(name_of(record.author), record.text)] if record.text else []
    turns += [turn_of(comment) for comment in record.comments]
    if not turns:
        return NotRendered("empty_issue")
    title = " ".join(record.title.split())
    facts = [f"Labels: {', '.join(record.labels)}"] if record.labels else []
    body = conversation(
        title,
        facts,
        turns,
        _closed(record),
        layouts,
        record.number,
    )
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="issue",
        layout="thread",
        segments=body.segments,
        content_hash=content_hash([title, record.text, *(comment.text for comment in record.comments)]),
        connector=origin.connector,
        repository=record.repository,
        url=record.url,
        title=title or None,
        authors=authors_of(record, origin),
        time=last_of([record.created_at, record.closed_at], record.comments),
        related=[related.issue(record.repository, record.number), *related.closing(record.linked)],
        signals={
            **text_signals(body.segments),
            **taking_part(record.author, authors(record.comments)),
            "closed": float(record.state == "closed"),
            "linked": float(len(record.linked)),
        },
    )


def render_discussion(record: Discussion, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a discussion, replies below what they answer; ``empty_discussion`` where nothing is written."""
    names = {comment.id: name_of(comment.author) for comment in record.comments}
    turns = [Turn(name_of(record.author), record.text)] if record.text else []
    for comment in _replies_below(record.comments):
        answered = names.get(comment.reply_to or "")
        turns.append(turn_of(comment, *([f"to {answered}"] if answered else [])))
    if not turns:
        return NotRendered("empty_discussion")
    title = " ".join(record.title.split())
    body = conversation(
        title,
        [f"Category: {record.category}"] if record.category else [],
        turns,
        f"Closed as {record.reason}."
        if record.closed_at and record.reason
        else "Closed."
        if record.closed_at
        else "",
        layouts,
        record.number,
    )
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="discussion",
        layout="thread",
        segments=body.segments,
        content_hash=content_hash([title, record.text, *(comment.text for comment in record.comments)]),
        connector=origin.connector,
        repository=record.repository,
        url=record.url,
        title=title or None,
        authors=authors_of(record, origin),
        time=last_of([record.created_at], record.comments),
        signals={
            **text_signals(body.segments),
            **taking_part(record.author, authors(record.comments)),
            "answered": float(any(comment.accepted for comment in record.comments)),
            **({} if record.score is None else {"score": float(record.score)}),
        },
    )


def _closed(record: Issue) -> str:
    if record.state != "closed":
        return ""
    why = f" as {record.reason.replace('_', ' ')}" if record.reason else ""
    return f"{name_of(record.closed_by)} closed it{why}." if record.closed_by else f"Closed{why}."


def _replies_below(comments: Sequence[Comment]) -> list[Comment]:
    """Each comment and below it, oldest first, what answers it, also by way of others."""
    known = {comment.id for comment in comments}
    below: dict[str, list[Comment]] = {}
    for comment in comments:
        below.setdefault(comment.reply_to if comment.reply_to in known else "", []).append(comment)
    ordered: list[Comment] = []
    left = below.pop("", [])[::-1]
    while left:
        comment = left.pop()
        ordered.append(comment)
        left += below.pop(comment.id, [])[::-1]
    return ordered + [comment for comments in below.values() for comment in comments]  # replies in a circle


def authors_of(record: Issue | Discussion, origin: Origin) -> list[str]:
    """Keyed hashes of who opened it and of who speaks."""
    return hashes([record.author, *authors(record.comments)], record.forge, origin.hash_author)
