"""Records of conversations as layouts show them: without machines' talk and without what no reader needs.

It comes before pseudonyms, so that nobody who is named only in what is not shown uses up a number. What is left out is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from cooldown_kit.bots import calls_a_bot, is_machine, is_report
from cooldown_kit.records import (
    CodeReview,
    Comment,
    Discussion,
    Issue,
    Link,
    PullRequest,
    Record,
    Release,
    Review,
    ReviewThread,
    Thread,
)
from cooldown_kit.render.mail import new_in_mail
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.talk import Limits, clean_talk

_UNWANTED = frozenset({"spam", "abuse"})


class Tidy(NamedTuple):
    record: Record
    left_out: Mapping[str, float]
    """Signals of the document: ``bot_comments``, and ``hidden_comments`` that the forge hides as spam or abuse. Empty where nobody talks."""


def tidy(record: Record, options: RenderOptions) -> Tidy:
    """The record as layouts show it. Records of code are what they were."""
    if isinstance(record, Release) and record.forge and record.notes:
        return Tidy(msgspec.structs.replace(record, notes=clean_talk(record.notes)), {})
    talks = _TIDY.get(type(record))
    if talks is None or (isinstance(record, PullRequest) and not record.forge):
        return Tidy(record, {})
    room = _Room(Limits(options.comment_lines, options.comment_characters))
    made = talks(record, room)
    counts = {"bot_comments": 0.0} | {name: float(count) for name, count in room.left_out.items()}
    return Tidy(made, counts)


def without_words(record: PullRequest) -> PullRequest:
    """The request with everybody who takes part in it and nothing of what they say, for layouts that show none of it."""
    threads = [
        msgspec.structs.replace(thread, comments=_silent(thread.comments), anchor=None)
        for thread in record.threads
    ]
    reviews = [
        msgspec.structs.replace(review, text="") if review.text else review for review in record.reviews
    ]
    return msgspec.structs.replace(
        record, comments=_silent(record.comments), reviews=reviews, threads=threads, timeline=[]
    )


def _silent(comments: Iterable[Comment]) -> list[Comment]:
    return [msgspec.structs.replace(comment, text="") for comment in comments]


class _Room:
    """How long a turn may be, and what was left out so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left_out: Counter[str] = Counter()

    def clean(self, text: str, *, template: bool = False) -> str:
        return clean_talk(text, self.limits, template=template)

    def kept(self, comments: Iterable[Comment], read: Callable[[str], str] = str) -> list[Comment]:
        """The comments of people that say something, cleaned; ``read`` sees each text first."""
        found = []
        for comment in comments:
            if is_machine(comment.author) or calls_a_bot(comment.text) or is_report(comment.text):
                self.left_out["bot_comments"] += 1
            elif comment.hidden in _UNWANTED:
                self.left_out["hidden_comments"] += 1
            elif text := self.clean(read(comment.text)):
                found.append(msgspec.structs.replace(comment, text=text))
        return found


def _pull_request(record: PullRequest, room: _Room) -> PullRequest:
    threads = (_review_thread(thread, room) for thread in record.threads)
    return msgspec.structs.replace(
        record,
        description=room.clean(record.description, template=True),
        linked=[_link(link, room) for link in record.linked],
        comments=room.kept(record.comments),
        reviews=_reviews(record.reviews, room),
        threads=[thread for thread in threads if thread.comments],
    )


def _reviews(reviews: Iterable[Review], room: _Room) -> list[Review]:
    """Those of people; one that only holds its comments says nothing by itself."""
    found = []
    for review in reviews:
        if is_machine(review.author) or (review.text and is_report(review.text)):
            room.left_out["bot_comments"] += 1
            continue
        text = "" if calls_a_bot(review.text) else room.clean(review.text)
        if text or review.state != "commented":
            found.append(msgspec.structs.replace(review, text=text))
    return found


def _review_thread(thread: ReviewThread, room: _Room) -> ReviewThread:
    return msgspec.structs.replace(thread, comments=room.kept(thread.comments))


def _code_review(record: CodeReview, room: _Room) -> CodeReview:
    return msgspec.structs.replace(
        record,
        description=room.clean(record.description, template=True),
        thread=_review_thread(record.thread, room),
    )


def _issue(record: Issue, room: _Room) -> Issue:
    return msgspec.structs.replace(
        record,
        text=room.clean(record.text),
        comments=room.kept(record.comments),
        linked=[_link(link, room) for link in record.linked],
    )


def _discussion(record: Discussion, room: _Room) -> Discussion:
    return msgspec.structs.replace(record, text=room.clean(record.text), comments=room.kept(record.comments))


def _thread(record: Thread, room: _Room) -> Thread:
    """The first post stays, whoever wrote it: the others speak of it."""
    read = new_in_mail if record.kind == "mail" else str
    first = [msgspec.structs.replace(post, text=room.clean(read(post.text))) for post in record.posts[:1]]
    return msgspec.structs.replace(record, posts=first + room.kept(record.posts[1:], read))


def _link(link: Link, room: _Room) -> Link:
    return link if link.text is None else msgspec.structs.replace(link, text=room.clean(link.text))


_TIDY: dict[type, Callable[[Any, _Room], Record]] = {
    PullRequest: _pull_request,
    CodeReview: _code_review,
    Issue: _issue,
    Discussion: _discussion,
    Thread: _thread,
}
