from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.forge.parts import CommentPart, IssuePart, issue
from cooldown_connectors.forge.protocol import Census, Counted, Details, Gone, Page, Stream, Todo
from cooldown_connectors.forge.store import Store
from cooldown_connectors.forge.sync import Synchroniser
from cooldown_connectors.http.errors import NotFound, Refused

from cooldown_kit.errors import Stopped
from cooldown_kit.events import Event, Message, ignore
from cooldown_kit.records import Comment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ISSUES = frozenset({"issues"})


class FakeSession:
    """A session of which the forge below asks nothing."""

    def __init__(self, takes: Sequence[str] = ("issues",), since: datetime | None = None) -> None:
        self.takes, self.since, self.stream = frozenset(takes), since, ""
        self.counted = Counted()

    def sync(self) -> None: ...
    def interrupt(self) -> None: ...


class FakeForge:
    def __init__(self, streams: Sequence[Stream | Details], census: Sequence[Census] = ()) -> None:
        self._streams, self._census = streams, census

    def streams(self, session: Any) -> Sequence[Stream | Details]:
        return self._streams

    def census(self, session: Any) -> Sequence[Census]:
        return self._census


def an_issue(number: int) -> IssuePart:
    return IssuePart(
        number=number, title="", text="", author=None, state="open", created_at=NOON, updated_at=NOON
    )


def counting(pages: int, asked: list[int], takes: frozenset[str] = ISSUES) -> Stream:
    def read(session: Any, cursor: Any) -> Iterator[Page]:
        for number in range((cursor or 0) + 1, pages + 1):
            asked.append(number)
            yield Page([an_issue(number)], number, todo=[Todo("notes", str(number), "1")])

    return Stream("issues", takes, read)


def synchronise(store: Store, streams: Sequence[Stream | Details], **more: Any) -> Synchroniser:
    session = more.pop("session", FakeSession())
    one = Synchroniser(
        FakeForge(streams, more.pop("census", ())),  # type: ignore[arg-type]
        session,
        store,
        more.pop("emit", ignore),
        source="forge",
        concurrency=more.pop("concurrency", 3),
    )
    one.run()
    return one


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.db")


def test_a_stream_goes_on_at_its_cursor(store: Store) -> None:
    asked: list[int] = []
    synchronise(store, [counting(3, asked)])
    synchronise(store, [counting(5, asked)])
    assert asked == [1, 2, 3, 4, 5]
    assert store.numbers("issue") == [1, 2, 3, 4, 5]


def test_streams_of_takes_that_nobody_wants_are_not_read(store: Store) -> None:
    asked: list[int] = []
    synchronise(store, [counting(3, asked, frozenset({"releases"}))])
    assert asked == []


def test_a_take_that_is_new_is_read_from_the_start(store: Store) -> None:
    asked: list[int] = []
    both = frozenset({"issues", "reviews"})
    synchronise(store, [counting(2, asked, both)])
    synchronise(store, [counting(2, asked, both)], session=FakeSession(["issues", "reviews"]))
    synchronise(store, [counting(2, asked, both)], session=FakeSession(["reviews"]))
    assert asked == [1, 2, 1, 2]


def test_an_earlier_since_reads_from_the_start_and_a_later_one_goes_on(store: Store) -> None:
    asked: list[int] = []
    march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    for since in (april, april, march, april, None):
        synchronise(store, [counting(1, asked)], session=FakeSession(since=since))
    assert asked == [1, 1, 1]


def _notes(fetch: Callable[[Any, str], Page]) -> Details:
    return Details("notes", ISSUES, fetch)


def _note(number: str) -> CommentPart:
    return CommentPart(
        of=issue(int(number)), comment=Comment(id="1", author=None, created_at=NOON, text="Yes.")
    )


def test_details_are_asked_for_once_for_what_changed(store: Store) -> None:
    fetched: list[str] = []

    def fetch(session: Any, key: str) -> Page:
        fetched.append(key)
        return Page([_note(key)])

    for _ in range(2):
        synchronise(store, [counting(4, []), _notes(fetch)])
    assert sorted(fetched) == ["1", "2", "3", "4"]
    assert len(store.parts_of(issue(3))) == 1


def test_details_are_stored_in_order_though_several_are_under_way(store: Store) -> None:
    """The second answer comes before the first: where the first fails, the second is not stored either, and both are asked for again."""
    second_is_there = threading.Event()

    def fetch(session: Any, key: str) -> Page:
        if key == "1":
            assert second_is_there.wait(30)
            raise ConnectionError("the first one fails")
        second_is_there.set()
        return Page([_note(key)])

    with pytest.raises(ConnectionError):
        synchronise(store, [counting(2, []), _notes(fetch)], concurrency=2)
    assert [todo.key for todo in store.todos("notes")] == ["1", "2"]


def test_a_thing_that_went_while_it_was_asked_about_stops_nothing(store: Store) -> None:
    def fetch(session: Any, key: str) -> Page:
        if key == "2":
            raise NotFound("there is none", status=404)
        return Page([_note(key)])

    synchronise(store, [counting(3, []), _notes(fetch)])
    assert store.todos("notes") == []
    assert [len(store.parts_of(issue(number))) for number in (1, 2, 3)] == [1, 0, 1]


def test_what_a_token_may_not_see_is_said_once_and_asked_for_again(store: Store) -> None:
    events: list[Event] = []
    closed = True

    def fetch(session: Any, key: str) -> Page:
        if closed and key in "23":
            raise Refused("the forge refuses (status 403)", status=403)
        return Page([_note(key)])

    synchronise(store, [counting(4, []), _notes(fetch)], emit=events.append)
    warnings = [e.text for e in events if isinstance(e, Message)]
    assert len(warnings) == 1 and "notes of 2 things cannot be read, 2 among them" in warnings[0]
    closed = False
    synchronise(store, [counting(4, []), _notes(fetch)])
    assert [len(store.parts_of(issue(number))) for number in (1, 2, 3, 4)] == [1, 1, 1, 1]


def test_a_token_that_runs_out_ends_it_and_loses_nothing(store: Store) -> None:
    def fetch(session: Any, key: str) -> Page:
        raise Refused("the forge refuses (status 401)", status=401)

    with pytest.raises(Refused):
        synchronise(store, [counting(3, []), _notes(fetch)])
    assert len(store.todos("notes")) == 3


def _census(there: list[str], **more: Any) -> Census:
    return Census(
        "issue",
        ISSUES,
        count=lambda _: len(there),
        keys=lambda _: iter([there]),
        became=lambda _, key: Gone("issue", key, "deleted"),
        **more,
    )


def test_what_vanished_is_noticed_and_removed(store: Store) -> None:
    one = synchronise(store, [counting(4, [])], census=[_census(["1", "2", "4"])])
    assert store.numbers("issue") == [1, 2, 4]
    assert one.found.gone == 1


def test_what_no_list_gave_is_asked_for(store: Store) -> None:
    census = _census(["1", "2", "9"], fetch=lambda _, key: Page([an_issue(int(key))]))
    synchronise(store, [counting(2, [])], census=[census])
    assert store.numbers("issue") == [1, 2, 9]


def test_a_census_of_equal_numbers_lists_nothing(store: Store) -> None:
    def keys(session: Any) -> Iterator[list[str]]:
        raise AssertionError("nobody needs the list")

    census = Census("issue", ISSUES, lambda _: 2, keys, lambda _, key: Gone("issue", key, "deleted"))
    synchronise(store, [counting(2, [])], census=[census])


def test_killed_at_every_page_and_resumed_it_ends_with_the_same_store(tmp_path: Path) -> None:
    with Store(tmp_path / "whole.db") as whole:
        synchronise(whole, [counting(6, []), _notes(lambda _, key: Page([_note(key)]))])
        expected = whole.digest
    for kill in range(1, 13):
        left = kill

        def dies(event: Event) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

        with Store(tmp_path / f"{kill}.db") as store:
            streams = [counting(6, []), _notes(lambda _, key: Page([_note(key)]))]
            with pytest.raises(KeyboardInterrupt):
                synchronise(store, streams, emit=dies)
            synchronise(store, streams)
            assert store.digest == expected


def test_stopping_lets_no_other_thread_wait_for_a_limit_first(store: Store) -> None:
    """Two details are asked for; one waits for an hour, in the session; the other is stopped."""
    woken, waiting = threading.Event(), threading.Event()

    class Session(FakeSession):
        def interrupt(self) -> None:
            woken.set()

    def fetch(session: Any, key: str) -> Page:
        if key == "1":
            assert waiting.wait(30)
            raise Stopped("the run was stopped")
        waiting.set()
        assert woken.wait(30), "nobody woke it"
        raise Stopped("the harvest was stopped while it waited")

    with pytest.raises(Stopped, match="the run was stopped"):
        synchronise(store, [counting(2, []), _notes(fetch)], concurrency=2, session=Session())
