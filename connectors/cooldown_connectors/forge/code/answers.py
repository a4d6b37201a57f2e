"""The first push after a comment that touches the lines that it speaks of: they are followed from round to round by git's own diffs.

A round that was rebased is two steps. What the target brought in moves the lines, or takes them away, and answers nothing; what the author did
beside that (:mod:`~cooldown_connectors.forge.code.reapply`) does. Where the target took all of the lines away, the comment is taken to speak of what it
put in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cooldown_connectors.forge.code.anchors import Placed
from cooldown_connectors.forge.code.lines import Edit, Span, edits_of, moved, surviving
from cooldown_connectors.forge.code.plan import Step
from cooldown_connectors.forge.code.told import Unanswered
from cooldown_kit.records import Answer, FileChange

How = Literal["changed", "beside", "deleted"]


@dataclass
class Trace:
    """Where the file and the lines are after the last push, and what answered the comment on the way."""

    path: str | None
    place: Span | None
    kept: tuple[Span, ...]
    """Those of the lines themselves that are still there: what was put in between them is none of theirs."""
    answer: Answer | None = None
    """Without what the file held before: ``before`` is the commit to read it from."""
    before: str | None = None
    unread: bool = False
    """The way was lost: a diff is left out."""


@dataclass(frozen=True)
class Push:
    """A later round, as far as an answer needs it; ``number`` is from 0."""

    number: int
    head: str
    at: datetime | None


def trace(
    placed: Placed, steps: Sequence[Step], push_of: Callable[[int], Push], at: datetime | None
) -> Trace:
    """Follow a comment that was written ``at`` that time through the steps after its round.

    A push that is known to be older than the comment moves its lines, but answers nothing.
    """
    traced = Trace(placed.path, placed.place, placed.kept)
    if placed.number is None:
        return traced
    for step in steps:
        if step.before < placed.number or traced.path is None or traced.unread:
            continue
        _through_target(traced, step)
        if traced.path is not None:
            push = push_of(step.after)
            _through_push(traced, step, push, counts=at is None or push.at is None or push.at > at)
    return traced


def _through_target(traced: Trace, step: Step) -> None:
    """What a rebase brought in from the target."""
    if step.reapplied is None or traced.path is None:
        return
    move = step.reapplied.files.get(traced.path)
    if move is None:
        return
    traced.path = move.path
    if move.path is None:
        traced.place, traced.kept = None, ()
        return
    if traced.place is not None:
        traced.place = moved(move.edits, traced.place).place
    traced.kept = _still(move.edits, traced.kept)


def _through_push(traced: Trace, step: Step, push: Push, *, counts: bool) -> None:
    """What the author pushed."""
    if step.changed.left_out is not None:
        _lose(traced)
        return
    change = _change_of(step.changed.changes, traced.path)
    if change is None:
        return
    if change.status == "deleted":
        _answer(traced, step, push, "deleted", change, counts=counts)
        traced.path, traced.place, traced.kept = None, None, ()
        return
    traced.path = change.path
    if change.patch is None:
        if change.left_out != "empty":
            _lose(traced)
        return
    if traced.place is None:
        return
    edits = edits_of(change.patch)
    result = moved(edits, traced.place)
    if result.touch is not None:
        _answer(traced, step, push, result.touch, change, counts=counts)
    traced.place = result.place
    traced.kept = _still(edits, traced.kept)


def _still(edits: Sequence[Edit], kept: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(there for span in kept for there in surviving(edits, span))


def _answer(traced: Trace, step: Step, push: Push, how: How, change: FileChange, *, counts: bool) -> None:
    if traced.answer is not None or traced.place is None or not counts:
        return
    traced.before = step.pair[0]
    # Of a place between two lines the one before it is named.
    first = traced.place.start + 1 if traced.place.start < traced.place.end else max(1, traced.place.start)
    traced.answer = Answer(
        round=push.number + 1,
        revision=push.head,
        pushed_at=push.at,
        how=how,
        start_line=first,
        line=max(first, traced.place.end),
        change=change,
    )


def _lose(traced: Trace) -> None:
    traced.unread = True
    traced.place, traced.kept = None, ()


def _change_of(changes: Sequence[FileChange], path: str | None) -> FileChange | None:
    """The change of the file that stood at that path before."""
    return next(
        (
            change
            for change in changes
            if change.status != "added" and (change.old_path or change.path) == path
        ),
        None,
    )


def why_unanswered(
    placed: Placed, traced: Trace, later: Sequence[Push], seen: Sequence[int], at: datetime | None
) -> Unanswered:
    """Why a thread has no answer. ``later`` are the rounds after its own, ``seen`` the numbers of those that are here."""
    if placed.anchor.line is None:
        return "no_lines"
    if not any(at is None or push.at is None or push.at > at for push in later):
        return "no_later_push"
    if placed.number is None or not any(push.number in seen for push in later):
        return "commit_missing"
    if traced.unread or placed.place is None:
        return "left_out"
    return "untouched"
