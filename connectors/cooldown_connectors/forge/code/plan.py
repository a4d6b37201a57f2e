"""A request laid out before anything is compared: its heads, where each branches off, and which commits are to be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from cooldown_connectors.forge.code.bases import Based
from cooldown_connectors.forge.code.changes import Changed, Pair
from cooldown_connectors.forge.code.commits import Commits
from cooldown_connectors.forge.code.reapply import Reapplied, Rebase
from cooldown_connectors.forge.code.rounds import State, states_of
from cooldown_connectors.forge.code.told import Told
from cooldown_connectors.git.requests import merged_request

MAX_ROUNDS: Final = 500
"""Rounds of one request whose changes are read; those of later ones are left out as ``too_many_rounds``."""


@dataclass
class Step:
    """From one head that is here to the next one that is here; numbers of states."""

    before: int
    after: int
    pair: Pair
    """What to compare: of a rebased branch its first is the reapplied commit, once that is made."""
    rebase: Rebase | None = None
    reapplied: Reapplied | None = None
    changed: Changed = field(default_factory=Changed)


@dataclass
class Plan:
    """Heads in order, and of each its branch (``None``: it is not here, or branches off nothing)."""

    told: Told
    states: list[State]
    based: list[Based]
    merged_in: str | None
    base: str | None = None
    """What the whole request is compared with, and"""
    head: str | None = None
    """what is compared with it: its last head or, where that is gone, the commit that it was squashed into."""
    left_out: str | None = None
    steps: list[Step] = field(default_factory=list)
    pairs: dict[int, Pair] = field(default_factory=dict)
    """State → what it changes against where it branches off: the first of several, and those that were commented on."""

    @property
    def pair(self) -> Pair | None:
        """The whole request, to be compared."""
        return None if self.base is None or self.head is None or self.left_out else (self.base, self.head)

    def number_of(self, head: str | None, full: Mapping[str, str]) -> int | None:
        """The last state with that head."""
        whole = full.get(head or "", head)
        return next((at for at in reversed(range(len(self.states))) if self.states[at].head == whole), None)


def plan_of(told: Told, full: Mapping[str, str], commits: Commits) -> Plan:
    """``full`` has the whole id of each commit that is here, by the forge's name for it."""
    states = states_of(told, full, commits)
    based = _based(told, states, full, commits)
    merged_in = told.request.merged_in
    plan = Plan(told, states, based, full.get(merged_in or "", merged_in))
    _whole_request(plan, commits)
    commented = {
        plan.number_of(thread.anchor.head, full) for thread in told.threads if thread.anchor is not None
    }
    last = len(states) - 1
    for number in sorted({0, *(n for n in commented if n is not None)} - {last}):
        if number < len(states) and (base := _base(based[number], commits)) is not None:
            plan.pairs[number] = (base, states[number].head)
    plan.steps = _steps(plan, commits)
    return plan


def _based(told: Told, states: Sequence[State], full: Mapping[str, str], commits: Commits) -> list[Based]:
    """Where each head branches off the target as it was before the request went in."""
    request, bases = told.request, commits.bases
    numbers = [commits.order(state.head) for state in states]
    last = next((number for number in reversed(numbers) if number is not None), None)
    if last is None:
        return [Based(None, "missing") for _ in states]
    named = [request.base, *(state.base for state in reversed(states))]
    targets = [
        number for name in named if name and (number := commits.order(full.get(name, name))) is not None
    ]
    # Where the forge names no commit of the target, what stands before the oldest listed commit is one.
    listed = [commit for state in states for commit in state.commits] + [
        commit for push in told.pushes for commit in push.commits
    ]
    for commit in listed:
        if (number := commits.order(full.get(commit, commit))) is not None and bases.reaches(last, number):
            targets += commits.graph.parents(number)[:1]
    merged_in = None if request.merged_in is None else commits.order(full.get(request.merged_in, ""))
    before = bases.target_before(last, merged_in, targets)
    if before is None:
        return [Based(None, "missing" if number is None else "no_base") for number in numbers]
    target = request.target or ""
    return [
        Based(None, "missing") if number is None else bases.of(number, before, target) for number in numbers
    ]


def _base(based: Based, commits: Commits) -> str | None:
    return (
        None
        if based.branch is None or based.branch.base is None
        else commits.graph.revision(based.branch.base)
    )


def _whole_request(plan: Plan, commits: Commits) -> None:
    if not plan.states:
        plan.left_out = "missing"
        return
    plan.base, plan.head = _base(plan.based[-1], commits), plan.states[-1].head
    if plan.base is not None:
        return
    plan.left_out = plan.based[-1].problem
    squashed = None if plan.merged_in is None else commits.order(plan.merged_in)
    if plan.left_out != "missing" or squashed is None:
        return
    # The head is gone, but a squash that says so itself is all of the request in one commit.
    said = merged_request(commits.history.entry(squashed).message)
    parents = commits.graph.parents(squashed)
    if said is not None and said.number == plan.told.request.number and parents:
        plan.base, plan.head = commits.graph.revision(parents[0]), plan.merged_in
        plan.left_out = None


def _steps(plan: Plan, commits: Commits) -> list[Step]:
    here = [at for at, state in enumerate(plan.states) if commits.order(state.head) is not None]
    steps = []
    for before, after in pairwise(here[:MAX_ROUNDS]):
        old, new = plan.states[before].head, plan.states[after].head
        old_base, new_base = (_base(plan.based[at], commits) for at in (before, after))
        rebase = None
        if old_base is not None and new_base is not None and old_base != new_base:
            rebase = Rebase(old_base, old, new_base, new)
        steps.append(Step(before, after, (old, new), rebase))
    return steps
