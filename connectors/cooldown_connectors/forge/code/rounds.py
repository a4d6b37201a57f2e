"""The heads that a request's branch had, in order: from pushes that a forge tells, and from what reviewers looked at.

Forges tell different things: every version (GitLab, Azure DevOps), pushes (Gitea, Bitbucket), or force-pushes and a list of commits (GitHub).
So the pushes are put in order first, what they say they replaced goes before them, and heads that only a review or a
comment names are put where they belong by ancestry or, where the graph does not know, by time. Commits that a forge lists without
saying how they were pushed are grouped: those between which nobody said anything are one round.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Final, Protocol

import msgspec

from cooldown_connectors.forge.code.told import Told
from cooldown_connectors.forge.parts import PushPart
from cooldown_kit.records import Person

_MANY: Final = 300
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Ancestry(Protocol):
    """What the graph knows of commits, by their ids."""

    def order(self, commit: str) -> int | None:
        """Larger than that of all its ancestors; ``None`` for a commit that is not known."""
        ...

    def reaches(self, commit: str, other: str) -> bool:
        """Whether both are known, and ``other`` is ``commit`` or one of its ancestors."""
        ...


@dataclass(frozen=True)
class State:
    """A head of the branch. ``at`` is when it was pushed, ``base`` the target's commit, as far as the forge says so."""

    head: str
    at: datetime | None = None
    pusher: Person | None = None
    forced: bool = False
    commits: tuple[str, ...] = ()
    base: str | None = None


def states_of(told: Told, full: Mapping[str, str], graph: Ancestry) -> list[State]:
    """The heads, oldest first; no two neighbours are equal. ``full`` has the whole id of each that is here; others stay as told."""

    def whole(name: str) -> str:
        return full.get(name, name)

    pushes = [_with_whole_ids(push, whole) for push in told.pushes]
    states = _with_replaced(_in_order([push for push in pushes if not push.by_commit], graph))
    seen = dict(_grouped([push for push in pushes if push.by_commit], told, graph, states))
    for head, at in _looked_at(told):
        name = whole(head)
        seen[name] = min(at, seen.get(name) or at)
    last = None if told.request.head is None else whole(told.request.head)
    for head, at in sorted(seen.items(), key=lambda one: _rank(one[0], one[1], graph)):
        if head != last and all(state.head != head for state in states):
            states.insert(_place(states, head, at, last, graph), State(head))
    if last is not None and not (states and graph.reaches(states[-1].head, last)):
        states.append(State(last))
    return [state for at, state in enumerate(states) if at == 0 or state.head != states[at - 1].head]


def names_in(told: Told) -> Iterator[str]:
    """Every commit that is named as a head or as something of the target: what must be here to tell the rounds.

    Commits that are listed come with the heads that reach them, and are not asked for by themselves.
    """
    request = told.request
    named = [request.head, request.base, request.merged_in]
    for push in told.pushes:
        if not push.by_commit:
            named += [push.head, push.before, push.base]
    named += [review.review.revision for review in told.reviews]
    named += [thread.anchor.head for thread in told.threads if thread.anchor is not None]
    yield from (name for name in named if name)


def _with_whole_ids(push: PushPart, whole: Callable[[str], str]) -> PushPart:
    return msgspec.structs.replace(
        push,
        head=whole(push.head),
        before=None if push.before is None else whole(push.before),
        base=None if push.base is None else whole(push.base),
        commits=[whole(commit) for commit in push.commits],
    )


def _looked_at(told: Told) -> Iterator[tuple[str, datetime]]:
    """Heads that somebody reviewed or commented on, and when."""
    for part in told.reviews:
        if part.review.revision:
            yield part.review.revision, part.review.submitted_at
    for thread in told.threads:
        if thread.anchor is not None and thread.anchor.head:
            yield thread.anchor.head, thread.at or _NEVER


def _in_order(pushes: Sequence[PushPart], graph: Ancestry) -> list[PushPart]:
    """By time; where that says nothing by what replaced what, by ancestry, and as they were told."""
    timed = sorted((push for push in pushes if push.at is not None), key=lambda push: push.at or _NEVER)
    rest = [push for push in pushes if push.at is None]
    orders = [graph.order(push.head) for push in rest]
    if not any(push.before for push in rest) and None not in orders:
        rest = [push for _, push in sorted(zip(orders, rest, strict=True), key=lambda one: one[0] or 0)]
    ordered = _chained(timed)
    for push in _chained(rest):
        ordered.insert(_place_of_push(ordered, push, graph), push)
    return ordered


def _chained(pushes: Sequence[PushPart]) -> list[PushPart]:
    """The same order, but of pushes at one time none before that whose head it replaced."""
    return [push for _, same in groupby(pushes, lambda push: push.at) for push in _unwound(list(same))]


def _unwound(waiting: list[PushPart]) -> list[PushPart]:
    if len(waiting) > _MANY:  # nobody pushes that often at once
        return waiting
    ordered: list[PushPart] = []
    while waiting:
        first = waiting[0]
        steps = 0
        while steps < len(waiting):  # a branch may have gone back and forth: there may be a circle
            steps += 1
            earlier = next(
                (push for push in waiting if push is not first and push.head == first.before),
                None,
            )
            if earlier is None:
                break
            first = earlier
        waiting.remove(first)
        ordered.append(first)
    return ordered


def _place_of_push(ordered: Sequence[PushPart], push: PushPart, graph: Ancestry) -> int:
    """Where a push without a time goes among the others."""
    for at, other in enumerate(ordered):
        if push.before is not None and other.head == push.before:
            return at + 1
        if other.before == push.head or (other.head != push.head and graph.reaches(other.head, push.head)):
            return at
    return len(ordered)


def _with_replaced(pushes: Iterable[PushPart]) -> list[State]:
    """A state for each push, and one for each head that one replaced and no push is known of."""
    states: list[State] = []
    heads: set[str] = set()
    for push in pushes:
        if push.before is not None and push.before not in heads and push.before.strip("0"):
            states.append(State(push.before))
            heads.add(push.before)
        states.append(State(push.head, push.at, push.pusher, push.forced, tuple(push.commits), push.base))
        heads.add(push.head)
    return states


def _grouped(
    pushes: Sequence[PushPart], told: Told, graph: Ancestry, states: Sequence[State]
) -> Iterator[tuple[str, datetime]]:
    """Of listed commits those with which a round ends: after each, and before the next, somebody said something."""
    listed = {commit: push.at for push in pushes for commit in (*push.commits, push.head)}
    if not listed:
        return
    ordered = sorted(listed.items(), key=lambda one: _rank(one[0], one[1] or _NEVER, graph))
    moments = sorted(
        [
            *told.moments,
            *(part.review.submitted_at for part in told.reviews),
            *(thread.at for thread in told.threads if thread.at is not None),
        ]
    )
    for (commit, at), (_, following) in zip(ordered, [*ordered[1:], ("", None)], strict=True):
        if at is None or _came_with_force(commit, states, graph):
            continue
        next_moment = bisect_left(moments, at)
        if next_moment < len(moments) and (following is None or moments[next_moment] <= following):
            yield commit, moments[next_moment]


def _came_with_force(commit: str, states: Sequence[State], graph: Ancestry) -> bool:
    """Whether a commit was written anew by a rebase: then it was pushed with the others of the branch, whatever its time says."""
    for before, state in pairwise(states):
        if state.forced and graph.reaches(state.head, commit):
            return not graph.reaches(before.head, commit)
    return False


def _rank(head: str, at: datetime, graph: Ancestry) -> tuple[int, datetime]:
    """Commits that the graph knows by their order in it, after all others."""
    order = graph.order(head)
    return (-1 if order is None else order, at)


def _place(states: Sequence[State], head: str, at: datetime, last: str | None, graph: Ancestry) -> int:
    """Where a head goes that no push is known of."""
    for number, state in enumerate(states):
        if graph.reaches(state.head, head):
            return number
    below = [number for number, state in enumerate(states) if graph.reaches(head, state.head)]
    if below:
        return below[-1] + 1
    for number, state in enumerate(states):
        if state.at is not None and state.at > at:
            return number
    return len(states) - 1 if states and states[-1].head == last else len(states)
