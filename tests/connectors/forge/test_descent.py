from __future__ import annotations

import random
from typing import Any

from cooldown_connectors.forge.descent import Step, descend
from hypothesis import given
from hypothesis import strategies as st


class Restless:
    """A list with the newest change first and opaque cursors, as GraphQL gives them; it changes while it is read."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.items = {
            key: self.draw.randint(0, self.draw.choice([3, 50])) for key in range(self.draw.randint(0, 40))
        }
        self.size = self.draw.randint(1, 7)
        self.now = 60
        self.changes = self.draw.randint(0, 20)

    def ask(self, below: Any) -> Step:
        ordered = sorted(((time, key) for key, time in self.items.items()), reverse=True)
        left = [one for one in ordered if below is None or list(one) < below]
        found = left[: self.size]
        answer = Step(
            [{"key": key, "time": f"{time:04d}"} for time, key in found],
            list(found[-1]) if len(left) > self.size else None,
        )
        if self.changes and self.items and self.draw.random() < 0.7:
            self.changes -= 1
            self.now += self.draw.randint(0, 1)
            self.items[self.draw.choice(sorted(self.items))] = self.now
        return answer


def _read(
    list_: Restless, cursor: Any, seen: dict[int, str], stop_after: int | None = None
) -> tuple[Any, int]:
    count = 0
    for page in descend(list_.ask, cursor, time_of=lambda item: item["time"]):
        seen.update({item["key"]: max(item["time"], seen.get(item["key"], "")) for item in page.items})
        cursor, count = page.cursor, count + 1
        if count == stop_after:
            break
    return cursor, count


@given(st.integers(0, 1 << 30))
def test_nothing_is_missed_though_items_move_while_they_are_read_and_readers_are_killed(seed: int) -> None:
    list_ = Restless(seed)
    seen: dict[int, str] = {}
    cursor = None
    while list_.items and list_.changes:
        cursor, _ = _read(list_, cursor, seen, list_.draw.choice([None, 1, 2]))
    for _ in range(2):  # one that finishes a killed descent, and one from the top
        cursor, _ = _read(list_, cursor, seen)
    assert seen == {key: f"{time:04d}" for key, time in list_.items.items()}


def test_the_next_descent_ends_at_the_first_page_where_nothing_changed() -> None:
    list_ = Restless(1)
    list_.items, list_.size, list_.changes = {key: key for key in range(50)}, 10, 0
    cursor, pages = _read(list_, None, {})
    assert pages == 5
    seen: dict[int, str] = {}
    assert _read(list_, cursor, seen)[1] == 1
    assert list(seen) == [49]  # what changed in the very instant of the mark is read again
