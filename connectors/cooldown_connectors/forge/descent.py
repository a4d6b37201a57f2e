"""Lists that are sorted by the time of the last change, newest first: read from the top down to where the last complete reading began.

What changes while one reads moves to the top, which is above what is being read: nothing below can be skipped by it, and it is found by the next
descent. So the mark that the next one stops at moves only when a descent is complete, and to where that one began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cooldown_connectors.forge.protocol import Json


@dataclass(frozen=True)
class Step:
    """One answer on the way down: its items, and how the list is asked for what is below them (``None``: nothing is)."""

    items: list[Json]
    below: Json


@dataclass(frozen=True)
class DescentPage:
    """Items at or above the mark, and the cursor behind them."""

    items: list[Json]
    cursor: Json


def descend(
    ask: Callable[[Json], Step],
    cursor: Json,
    *,
    time_of: Callable[[Json], str],
    start: str | None = None,
) -> Iterator[DescentPage]:
    """The pages of a list, from where an unfinished descent stopped, or from the top, down to the mark (at first: ``start``).

    ``ask(below)`` gives a step, ``None`` asks for the top. Times are compared as text. ``start`` is the time from which on anything is wanted.
    """
    state = cursor or {"mark": start, "began": None, "below": None}
    mark, began, below = state["mark"], state["began"], state["below"]
    while True:
        step = ask(below)
        items = [item for item in step.items if mark is None or time_of(item) >= mark]
        if began is None and step.items:
            began = max(map(time_of, step.items))
        below = step.below
        if below is None or len(items) < len(step.items):
            newest = max((time for time in (began, mark) if time is not None), default=None)
            yield DescentPage(items, {"mark": newest, "began": None, "below": None})
            return
        yield DescentPage(items, {"mark": mark, "began": began, "below": below})
