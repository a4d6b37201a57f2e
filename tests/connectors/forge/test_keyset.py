from __future__ import annotations

import random
from typing import Any

from cooldown_connectors.forge.keyset import by_time
from cooldown_connectors.forge.protocol import Listed
from hypothesis import given
from hypothesis import strategies as st


class Restless:
    """A list by time of change whose items change while it is read: whatever changes moves to its end."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        spread = self.draw.choice([1, 3, 50])
        self.items = {key: self.draw.randint(0, spread) for key in range(self.draw.randint(0, 60))}
        self.size = self.draw.randint(1, 7)
        self.now = 60
        self.changes = self.draw.randint(0, 30)
        self.asked = 0

    def ask(self, since: str | None, page: int) -> Listed:
        self.asked += 1
        assert self.asked < 5000, "the reading does not end"
        ordered = sorted(
            (time, key) for key, time in self.items.items() if since is None or time >= int(since)
        )
        found = ordered[(page - 1) * self.size : page * self.size]
        answer = Listed([_item(key, time) for time, key in found], len(ordered) > page * self.size)
        for _ in range(self.draw.randint(0, 2)):
            self._change()
        return answer

    @property
    def quiet(self) -> bool:
        return not self.items or self.changes == 0

    def _change(self) -> None:
        if not self.quiet:
            self.changes -= 1
            self.now += self.draw.randint(0, 1)
            self.items[self.draw.choice(sorted(self.items))] = self.now


def _item(key: int, time: int) -> dict[str, Any]:
    return {"key": key, "time": f"{time:04d}"}


def _read(list_: Restless, cursor: Any, seen: dict[int, str], *, stop_after: int | None = None) -> Any:
    pages = by_time(list_.ask, cursor, time_of=lambda item: item["time"], key_of=lambda item: item["key"])
    for number, page in enumerate(pages, start=1):
        seen.update({item["key"]: item["time"] for item in page.items})
        cursor = page.cursor
        if number == stop_after:
            break
    return cursor


@given(st.integers(0, 1 << 30))
def test_nothing_is_missed_though_items_move_while_they_are_read_and_readers_are_killed(seed: int) -> None:
    list_ = Restless(seed)
    seen: dict[int, str] = {}
    cursor = None
    while not list_.quiet:
        cursor = _read(list_, cursor, seen, stop_after=list_.draw.choice([None, 1, 2, 3]))
    _read(list_, cursor, seen)
    assert seen == {key: f"{time:04d}" for key, time in list_.items.items()}


def test_a_quiet_list_is_read_once_and_costs_one_question_afterwards() -> None:
    list_ = Restless(1)
    list_.items, list_.size, list_.changes = {key: key for key in range(100)}, 10, 0
    cursor = _read(list_, None, {})
    assert list_.asked == 11  # each page begins with the last item of the one before
    seen: dict[int, str] = {}
    _read(list_, cursor, seen)
    assert list_.asked == 12
    assert list(seen) == [99]


def test_an_empty_list_gives_a_cursor_that_finds_the_first_item() -> None:
    list_ = Restless(1)
    list_.items = {}
    cursor = _read(list_, None, {})
    list_.items = {7: 3}
    list_.changes = 0
    seen: dict[int, str] = {}
    _read(list_, cursor, seen)
    assert seen == {7: "0003"}


def test_it_starts_where_the_recipe_says() -> None:
    list_ = Restless(1)
    list_.items, list_.changes = {key: key for key in range(50)}, 0
    pages = by_time(list_.ask, None, time_of=lambda i: i["time"], key_of=lambda i: i["key"], start="0040")
    assert {item["key"] for page in pages for item in page.items} == set(range(40, 50))
