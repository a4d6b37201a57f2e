"""Pseudonyms in records of conversations: whoever takes part is ``user_1``, ``user_2``, … in the order of their first turns.

Turns are headed by these names, so that the people of the records themselves become pseudonyms, not only the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from cooldown_kit.records import (
    CodeReview,
    Comment,
    Discussion,
    FileChange,
    Issue,
    Link,
    Person,
    PullRequest,
    Review,
    ReviewThread,
    Round,
    Thread,
    TimelineEvent,
)
from cooldown_kit.render.pseudonyms import Pseudonyms

_Item = TypeVar("_Item")


def change_of(change: FileChange, who: Pseudonyms) -> FileChange:
    """A change of a file with pseudonyms, so that the patch still fits."""
    return msgspec.structs.replace(
        change,
        before=None if change.before is None else who.text(change.before),
        patch=None if change.patch is None else who.patch(change.patch),
    )


def people_of_request(record: PullRequest, who: Pseudonyms) -> PullRequest:
    """What a forge knows of a request beside its title, description, commits and changes, with pseudonyms."""
    said = [comment for thread in record.threads for comment in thread.comments]
    turns = [(comment.created_at, comment.author) for comment in [*record.comments, *said]]
    turns += [(review.submitted_at, review.author) for review in record.reviews]
    _meet([record.author, *_in_order(turns)], who)
    others = [*(one.pusher for one in record.rounds), *(one.resolved_by for one in record.threads)]
    _meet([*others, *(event.actor for event in record.timeline), record.closed_by], who)
    return msgspec.structs.replace(
        record,
        author=who.call(record.author),
        closed_by=who.call(record.closed_by),
        linked=_each(record.linked, _link, who),
        comments=_each(record.comments, _comment, who),
        reviews=_each(record.reviews, _review, who),
        threads=_each(record.threads, _review_thread, who),
        rounds=_each(record.rounds, _round, who),
        timeline=_each(record.timeline, _event, who),
    )


def code_review(record: CodeReview, who: Pseudonyms) -> CodeReview:
    """A thread of a review with pseudonyms, in its texts and in all versions of its file."""
    speakers = [(comment.created_at, comment.author) for comment in record.thread.comments]
    _meet([*_in_order(speakers), record.request_author], who)
    return msgspec.structs.replace(
        record,
        request_author=who.call(record.request_author),
        title=who.text(record.title, message=True),
        description=who.text(record.description, message=True),
        thread=_review_thread(record.thread, who),
        criticised=None if record.criticised is None else who.text(record.criticised),
        accepted=None if record.accepted is None else who.text(record.accepted),
    )


def issue(record: Issue, who: Pseudonyms) -> Issue:
    """An issue with pseudonyms."""
    speakers = [(comment.created_at, comment.author) for comment in record.comments]
    _meet([record.author, *_in_order(speakers), record.closed_by], who)
    return msgspec.structs.replace(
        record,
        author=who.call(record.author),
        closed_by=who.call(record.closed_by),
        title=who.text(record.title, message=True),
        text=who.text(record.text, message=True),
        comments=_each(record.comments, _comment, who),
        linked=_each(record.linked, _link, who),
        timeline=_each(record.timeline, _event, who),
    )


def discussion(record: Discussion, who: Pseudonyms) -> Discussion:
    """A discussion with pseudonyms."""
    speakers = [(comment.created_at, comment.author) for comment in record.comments]
    _meet([record.author, *_in_order(speakers)], who)
    return msgspec.structs.replace(
        record,
        author=who.call(record.author),
        title=who.text(record.title, message=True),
        text=who.text(record.text, message=True),
        comments=_each(record.comments, _comment, who),
    )


def thread(record: Thread, who: Pseudonyms) -> Thread:
    """A thread of a mailing list or a question with pseudonyms."""
    _meet(_in_order((post.created_at, post.author) for post in record.posts), who)
    return msgspec.structs.replace(
        record, title=who.text(record.title, message=True), posts=_each(record.posts, _comment, who)
    )


def _in_order(turns: Iterable[tuple[object, Person | None]]) -> list[Person | None]:
    return [person for _, person in sorted(turns, key=lambda turn: turn[0])]  # type: ignore[arg-type, return-value]


def _meet(people: Iterable[Person | None], who: Pseudonyms) -> None:
    """Know all of them before any text is read, and number them in this order."""
    met = [person for person in people if person is not None]
    for person in met:
        who.know(person)
    for person in met:
        who.call(person)


def _each(items: list[_Item], replace: Callable[[_Item, Pseudonyms], _Item], who: Pseudonyms) -> list[_Item]:
    return [replace(item, who) for item in items]


def _comment(comment: Comment, who: Pseudonyms) -> Comment:
    author, text = who.call(comment.author), who.text(comment.text, message=True)
    return msgspec.structs.replace(comment, author=author, text=text)


def _review(review: Review, who: Pseudonyms) -> Review:
    author, text = who.call(review.author), who.text(review.text, message=True)
    return msgspec.structs.replace(review, author=author, text=text)


def _review_thread(thread: ReviewThread, who: Pseudonyms) -> ReviewThread:
    anchor, answer = thread.anchor, thread.answer
    if anchor is not None and anchor.hunk is not None:
        anchor = msgspec.structs.replace(anchor, hunk=who.patch(anchor.hunk))
    if answer is not None:
        answer = msgspec.structs.replace(answer, change=change_of(answer.change, who))
    return msgspec.structs.replace(
        thread,
        comments=_each(thread.comments, _comment, who),
        anchor=anchor,
        answer=answer,
        resolved_by=who.call(thread.resolved_by),
    )


def _round(one: Round, who: Pseudonyms) -> Round:
    changes = [change_of(change, who) for change in one.changes]
    return msgspec.structs.replace(one, pusher=who.call(one.pusher), changes=changes)


def _link(link: Link, who: Pseudonyms) -> Link:
    title = None if link.title is None else who.text(link.title, message=True)
    text = None if link.text is None else who.text(link.text, message=True)
    return msgspec.structs.replace(link, title=title, text=text)


def _event(event: TimelineEvent, who: Pseudonyms) -> TimelineEvent:
    detail = who.text(event.detail, message=True)
    return msgspec.structs.replace(event, actor=who.call(event.actor), detail=detail)
