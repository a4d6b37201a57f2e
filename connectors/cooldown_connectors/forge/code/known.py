"""Puts together what git knows of one request: its rounds, and of each thread the lines, the answer and the versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from cooldown_connectors.forge.code.anchors import Head, Placed, as_told, place
from cooldown_connectors.forge.code.answers import Push, trace, why_unanswered
from cooldown_connectors.forge.code.changes import Changed
from cooldown_connectors.forge.code.commits import Commits, NoCommits
from cooldown_connectors.forge.code.plan import MAX_ROUNDS, Plan
from cooldown_connectors.forge.code.rounds import State, states_of
from cooldown_connectors.forge.code.told import Known, KnownThread, Told, ToldThread
from cooldown_connectors.forge.code.versions import FileReader
from cooldown_kit.connector import Wanted
from cooldown_kit.records import Anchor, FileChange, Round


def known_of(
    plan: Plan,
    whole: Changed,
    changed: Mapping[int, Changed],
    full: Mapping[str, str],
    commits: Commits,
    files: FileReader,
    wanted: frozenset[Wanted],
) -> Known:
    """``whole`` is what the request changes, ``changed`` what some of its heads change against where they branch off, by state."""
    told, states = plan.told, plan.states
    branch = plan.based[-1].branch if plan.based else None
    heads = _heads(plan, whole, changed, commits)
    threads = {thread.id: _thread(thread, plan, heads, full, files, wanted) for thread in told.threads}
    return Known(
        number=told.request.number,
        base=plan.base,
        head=states[-1].head if states else None,
        merged_in=plan.merged_in,
        commits=[]
        if branch is None
        else [one for n in branch.commits if (one := commits.commit(n)) is not None],
        changes=whole.changes,
        left_out=whole.left_out,
        untouched=whole.untouched,
        rounds=_rounds(plan, changed, commits),
        threads=threads,
        reviewed_rounds=_reviewed(told, states, full),
    )


def known_without_code(told: Told, why: str) -> Known:
    """What the forge's words alone say: rounds from its pushes, anchors with its own hunks."""
    states = states_of(told, {}, NoCommits())
    rounds = [
        Round(
            number=at + 1,
            head=state.head,
            pushed_at=state.at,
            pusher=state.pusher,
            forced=state.forced,
            commits=list(state.commits),
            left_out=why if len(states) > 1 else None,
        )
        for at, state in enumerate(states)
    ]
    threads = {}
    for thread in told.threads:
        number = None if thread.anchor is None else _number(states, thread.anchor.head, {})
        anchor = None if thread.anchor is None else as_told(thread.anchor, number)
        threads[thread.id] = _told_thread(anchor, thread, _pushes(states), number)
    return Known(
        number=told.request.number,
        base=None,
        head=states[-1].head if states else None,
        merged_in=told.request.merged_in,
        left_out=why,
        rounds=rounds,
        threads=threads,
        reviewed_rounds=_reviewed(told, states, {}),
    )


def _told_thread(
    anchor: Anchor | None, thread: ToldThread, pushes: Sequence[Push], number: int | None
) -> KnownThread:
    if anchor is None:
        return KnownThread()
    placed = Placed(anchor)
    later = pushes if number is None else pushes[number + 1 :]
    nowhere = trace(placed, [], lambda at: pushes[at], thread.at)
    return KnownThread(anchor, unanswered=why_unanswered(placed, nowhere, later, [], thread.at))


def _number(states: Sequence[State], head: str | None, full: Mapping[str, str]) -> int | None:
    whole = full.get(head or "", head)
    return next((at for at in reversed(range(len(states))) if states[at].head == whole), None)


def _reviewed(told: Told, states: Sequence[State], full: Mapping[str, str]) -> dict[str, int]:
    numbers = {part.review.id: _number(states, part.review.revision, full) for part in told.reviews}
    return {review: number + 1 for review, number in numbers.items() if number is not None}


def _pushes(states: Sequence[State]) -> list[Push]:
    return [Push(at, state.head, state.at) for at, state in enumerate(states)]


def _heads(plan: Plan, whole: Changed, changed: Mapping[int, Changed], commits: Commits) -> dict[int, Head]:
    """The heads that are here. Of those on which nobody commented it is not read what they change."""
    heads = {}
    last = len(plan.states) - 1
    for at, (state, based) in enumerate(zip(plan.states, plan.based, strict=True)):
        if commits.order(state.head) is None:
            continue
        branch = based.branch
        base = None if branch is None or branch.base is None else commits.graph.revision(branch.base)
        heads[at] = Head(at, state.head, base, whole if at == last else changed.get(at))
    return heads


def _rounds(plan: Plan, changed: Mapping[int, Changed], commits: Commits) -> list[Round]:
    steps = {step.after: step for step in plan.steps}
    rounds = []
    for at, state in enumerate(plan.states):
        before = plan.states[at - 1].head if at else None
        branch, earlier = plan.based[at].branch, plan.based[at - 1].branch if at else None
        known = set() if earlier is None else set(earlier.commits)
        new = list(state.commits)
        if branch is not None:
            new = [commits.graph.revision(number) for number in branch.commits if number not in known]
        forced = state.forced
        if before is not None and None not in (commits.order(before), commits.order(state.head)):
            forced = not commits.reaches(state.head, before)
        step = steps.get(at)
        shown = changed.get(0, Changed(left_out=plan.based[0].problem)) if at == 0 else None
        if step is not None and step.before == at - 1:
            shown = step.changed
        elif at:
            shown = Changed(left_out="too_many_rounds" if at >= MAX_ROUNDS else "missing")
        if len(plan.states) == 1 or shown is None:
            shown = Changed()
        base = None if branch is None or branch.base is None else commits.graph.revision(branch.base)
        rounds.append(
            Round(
                number=at + 1,
                head=state.head,
                base=base,
                pushed_at=state.at,
                pusher=state.pusher,
                forced=forced,
                commits=new,
                changes=shown.changes,
                left_out=shown.left_out,
            )
        )
    return rounds


def _with_contents(change: FileChange, commit: str | None, files: FileReader) -> FileChange:
    """The change with what the file held before. All of a deleted file is in its hunks."""
    if change.patch is None or change.old_blob is None or change.status == "deleted":
        return change
    return msgspec.structs.replace(change, before=files.text(commit, change.old_path or change.path))


def _thread(
    thread: ToldThread,
    plan: Plan,
    heads: Mapping[int, Head],
    full: Mapping[str, str],
    files: FileReader,
    wanted: frozenset[Wanted],
) -> KnownThread:
    if thread.anchor is None:
        return KnownThread()
    number = _number(plan.states, thread.anchor.head, full)
    placed = place(thread.anchor, number, heads, files)
    pushes = _pushes(plan.states)
    traced = trace(placed, plan.steps, lambda at: pushes[at], thread.at)
    answer = traced.answer
    if answer is not None and "before" in wanted:
        change = _with_contents(answer.change, traced.before, files)
        answer = msgspec.structs.replace(answer, change=change)
    start = placed.number if placed.number is not None else number
    later = pushes if start is None else pushes[start + 1 :]
    unanswered = None
    if answer is None:
        unanswered = why_unanswered(placed, traced, later, list(heads), thread.at)
    last_here = placed.number is not None and len(plan.states) - 1 in heads
    anchor = placed.anchor
    if last_here and (traced.kept or (anchor.line is None and traced.path is not None)):
        anchor = msgspec.structs.replace(
            anchor,
            now_path=traced.path,
            now_start_line=traced.kept[0].start + 1 if traced.kept else None,
            now_line=traced.kept[-1].end if traced.kept else None,
        )
    criticised = accepted = accepted_path = None
    if "versions" in wanted and placed.number is not None:
        criticised = files.text(anchor.base if anchor.side == "old" else anchor.head, anchor.path)
        if plan.told.request.state == "merged" and traced.path is not None:
            accepted_path = traced.path
            accepted = files.text(plan.states[-1].head if last_here else plan.merged_in, traced.path)
    return KnownThread(
        anchor=anchor,
        answer=answer,
        unanswered=unanswered,
        criticised=criticised,
        accepted=accepted,
        accepted_path=None if accepted is None else accepted_path,
    )
