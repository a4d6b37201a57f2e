"""Requests in batches: from what a forge told of them to what git knows. A handful of processes of git serves a whole batch.

Where git fails, the batch is told without code: a broken repository never loses the talk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from cooldown_connectors.forge.code.bases import Bases
from cooldown_connectors.forge.code.changes import Changed, changes_between
from cooldown_connectors.forge.code.commits import Commits
from cooldown_connectors.forge.code.known import known_of, known_without_code
from cooldown_connectors.forge.code.made_commits import scratch
from cooldown_connectors.forge.code.open import Code
from cooldown_connectors.forge.code.plan import Plan, Step, plan_of
from cooldown_connectors.forge.code.reapply import reapply
from cooldown_connectors.forge.code.rounds import names_in
from cooldown_connectors.forge.code.told import Known, Told
from cooldown_connectors.forge.code.versions import FileReader
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.git.hardened import Git, GitFailed
from cooldown_kit.connector import Wanted
from cooldown_kit.events import Emit, Message

_REQUESTS: Final = 100
_STATES: Final = 400
"""Requests, and heads of requests, that are worked on at once."""
_MAX_PATCHES: Final = 32 << 20
"""Characters of patches that the rounds of one request may hold; those of later rounds are left out as ``too_large``."""


class CodeReader:
    """Reads the code of requests; ``code`` is ``None`` where there is none."""

    def __init__(
        self, code: Code | None, options: ForgeOptions, wanted: frozenset[Wanted], emit: Emit
    ) -> None:
        self._code = code
        self._options = options
        self._wanted = wanted
        self._emit = emit
        self._warned = False
        self._full: dict[str, str] = {}
        self._asked: set[str] = set()
        self._known: Commits | None = None

    def prepare(self, requests: Iterable[Told]) -> None:
        """Fetch and read the history of all requests that will be told, at once. Not needed, but without it every
        call of :meth:`tell` may fetch, and read the graph anew. Of what is given only names of commits are kept."""
        if self._code is not None:
            with contextlib.suppress(GitFailed):  # told again, and then by whom it concerns
                self._commits(self._code, requests)

    def tell(self, requests: Sequence[Told]) -> Iterator[Known]:
        """One :class:`Known` for each request, in order.

        Memory: the graph, and one batch of at most 100 requests without their patches.
        """
        if self._code is None:
            yield from (known_without_code(told, "no_clone") for told in requests)
            return
        try:
            requests = [_with_head(told, self._code) for told in requests]
            commits = self._commits(self._code, requests)
        except GitFailed as error:
            self._warn(error)
            yield from (known_without_code(told, "unreadable") for told in requests)
            return
        for batch in _batches(requests):
            done = 0
            try:
                for known in self._batch(self._code, batch, commits):
                    yield known
                    done += 1
            except GitFailed as error:
                self._warn(error)
                yield from (known_without_code(told, "unreadable") for told in batch[done:])

    def _commits(self, code: Code, requests: Iterable[Told]) -> Commits:
        """The graph, with the commits of these requests in it as far as they can be had."""
        names = {name for told in requests for name in names_in(_with_head(told, code))} - self._asked
        if names:
            self._full |= code.bring(names)
            self._asked |= names
        history = code.history(self._full[name] for name in names if name in self._full)
        if self._known is None or self._known.history is not history:
            self._known = Commits(history, Bases(history.graph, code.tip_of))
        return self._known

    def _batch(self, code: Code, batch: Sequence[Told], commits: Commits) -> Iterator[Known]:
        plans = [plan_of(told, self._full, commits) for told in batch]
        steps = [step for plan in plans for step in plan.steps]
        rebased = [step for step in steps if step.rebase is not None]
        if not rebased:
            yield from self._read(code.git, plans, steps, commits)
            return
        with scratch(code.git, code.folder, len(rebased[0].pair[0])) as git:
            self._reapply(git, plans, rebased)
            yield from self._read(git, plans, steps, commits)

    def _reapply(self, git: Git, plans: Sequence[Plan], rebased: Sequence[Step]) -> None:
        """Put the reapplied commit into each step that needs one. Where git cannot make them, plain differences are told."""
        rebases = []
        for plan in plans:
            paths = frozenset(thread.anchor.path for thread in plan.told.threads if thread.anchor is not None)
            rebases += [replace(step.rebase, paths=paths) for step in plan.steps if step.rebase is not None]
        try:
            for step, reapplied in zip(rebased, reapply(git, rebases, self._options), strict=True):
                step.reapplied = reapplied
                if reapplied is not None:
                    step.pair = (reapplied.revision, step.pair[1])
        except GitFailed as error:
            self._warn(error)

    def _read(
        self, git: Git, plans: Sequence[Plan], steps: Sequence[Step], commits: Commits
    ) -> Iterator[Known]:
        wholes = changes_between(
            git,
            [pair for plan in plans if (pair := plan.pair)],
            self._options,
            self._wanted & {"before", "untouched"},
        )
        heads = changes_between(git, [pair for plan in plans for pair in plan.pairs.values()], self._options)
        pushes = changes_between(git, [step.pair for step in steps], self._options)
        with FileReader(git, self._options.max_file_size) as files:
            for plan in plans:
                whole = next(wholes) if plan.pair else Changed(left_out=plan.left_out)
                changed = {number: next(heads) for number in plan.pairs}
                size = 0
                for step in plan.steps:
                    step.changed = next(pushes)
                    size += sum(len(change.patch or "") for change in step.changed.changes)
                    if size > _MAX_PATCHES:
                        step.changed = Changed(left_out="too_large")
                yield known_of(plan, whole, changed, self._full, commits, files, self._wanted)
                for step in plan.steps:
                    step.changed = Changed()  # the batch holds on to the plan

    def _warn(self, error: GitFailed) -> None:
        if self._warned or self._code is None:
            return
        self._warned = True
        text = (
            f"git cannot read {self._code.where} ({error.reason}): requests are taken without their code where that is "
            "so. To put it right: see what `git fsck` says there, or remove it from the workspace so that it is fetched anew"
        )
        self._emit(Message(stage="harvest", level="warning", text=text))


def _batches(requests: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """Neighbours, so that neither requests nor heads get too many."""
    start, heads = 0, 0
    for at, told in enumerate(requests):
        more = 1 + len(told.pushes) + len(told.reviews) + len(told.threads)
        if at > start and (at - start == _REQUESTS or heads + more > _STATES):
            yield requests[start:at]
            start, heads = at, 0
        heads += more
    if start < len(requests):
        yield requests[start:]


def _with_head(told: Told, code: Code) -> Told:
    """The request with its head; a forge that does not name it has a reference that does. Raises ``GitFailed``."""
    if told.request.head is not None:
        return told
    head = code.head_of(told.request.number)
    if head is None:
        return told
    return replace(told, request=msgspec.structs.replace(told.request, head=head))
