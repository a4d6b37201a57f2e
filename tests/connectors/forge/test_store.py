from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cooldown_connectors.forge.parts import CommentPart, IssuePart, Part, ReleasePart, issue
from cooldown_connectors.forge.protocol import Gone, Page, Todo
from cooldown_connectors.forge.store import Position, Store
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.errors import StorageError
from cooldown_kit.records import Comment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ISSUES = frozenset({"issues"})


def an_issue(number: int, title: str = "A title") -> IssuePart:
    return IssuePart(
        number=number, title=title, text="", author=None, state="open", created_at=NOON, updated_at=NOON
    )


def a_comment(number: int, id: str, text: str = "Yes.") -> CommentPart:
    return CommentPart(of=issue(number), comment=Comment(id=id, author=None, created_at=NOON, text=text))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.db")


def keep(store: Store, *parts: Part, cursor: object = 1, **more: object) -> int:
    return store.keep("issues", Page(list(parts), cursor, **more), takes=ISSUES, since=None)  # type: ignore[arg-type]


def test_a_newer_answer_replaces_the_old_and_an_equal_one_changes_nothing(store: Store) -> None:
    assert keep(store, an_issue(1), a_comment(1, "a")) == 2
    assert keep(store, an_issue(1), a_comment(1, "a", "No, yes.")) == 1
    assert [part.comment.text for part in store.parts_of(issue(1))] == ["No, yes."]  # type: ignore[union-attr]


def test_what_a_whole_answer_lacks_was_deleted(store: Store) -> None:
    keep(store, an_issue(1), a_comment(1, "a"), a_comment(1, "b"), an_issue(2), a_comment(2, "a"))
    assert keep(store, a_comment(1, "b"), whole=[("comment", issue(1))]) == 1
    assert [part.key for part in store.parts_of(issue(1))] == ["b"]
    assert [part.key for part in store.parts_of(issue(2))] == ["a"]


def test_what_a_list_of_existing_things_lacks_was_deleted(store: Store) -> None:
    keep(store, a_comment(1, "a"), a_comment(1, "b"))
    keep(store, exist=[("comment", issue(1), frozenset("a"))])
    assert [part.key for part in store.parts_of(issue(1))] == ["a"]


def test_what_went_takes_everything_with_it_and_is_remembered_until_it_is_back(store: Store) -> None:
    keep(store, an_issue(1), a_comment(1, "a"))
    keep(store, gone=[Gone("issue", "1", "transferred", "acme/ledger#7")])
    assert store.numbers("issue") == [] and store.parts_of(issue(1)) == []
    assert list(store.all_gone()) == [Gone("issue", "1", "transferred", "acme/ledger#7")]
    keep(store, an_issue(1))
    assert list(store.all_gone()) == []


def test_a_killed_transaction_leaves_neither_parts_nor_cursor(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    keep(store, an_issue(1), cursor=1)
    digest = store.digest

    def parts():  # type: ignore[no-untyped-def]
        yield an_issue(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.keep("issues", Page(parts(), 2), takes=ISSUES, since=None)  # type: ignore[arg-type]
    assert store.digest == digest
    store.close()
    again = Store(tmp_path / "store.db")
    assert again.numbers("issue") == [1] and again.digest == digest
    position = again.position("issues")
    assert position is not None and position.cursor == 1


def test_an_etag_counts_from_the_moment_at_which_its_page_is_stored(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    store.put("/issues?page=1", '"x"')
    store.close()  # killed before the page was stored
    store = Store(tmp_path / "store.db")
    assert store.get("/issues?page=1") is None
    store.put("/issues?page=1", '"x"')
    keep(store, an_issue(1))
    assert store.get("/issues?page=1") == '"x"'


def test_a_thing_is_on_the_list_until_it_was_done_as_it_is_now(store: Store) -> None:
    keep(store, todo=[Todo("notes", "12", "monday"), Todo("notes", "2", "monday")])
    assert [todo.key for todo in store.todos("notes")] == ["2", "12"]
    first = store.todos("notes")[0]
    keep(store, todo=[Todo("notes", "2", "tuesday")])  # it changed while it was asked about
    store.keep_details(first, Page([]))
    assert [(todo.key, todo.stamp) for todo in store.todos("notes")] == [("12", "monday"), ("2", "tuesday")]
    for todo in store.todos("notes"):
        store.keep_details(todo, Page([]))
    keep(store, todo=[Todo("notes", "2", "tuesday")])
    assert store.todos("notes") == []


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "store.db")
    assert store.path.stat().st_mode & 0o077 == 0
    assert store.path.parent.stat().st_mode & 0o077 == 0


def test_a_store_of_another_version_says_so(tmp_path: Path) -> None:
    Store(tmp_path / "store.db").close()
    with sqlite3.connect(tmp_path / "store.db") as database:
        database.execute("UPDATE facts SET value = '0' WHERE name = 'schema'")
    assert not Store(tmp_path / "store.db").current


def test_a_full_disk_is_named_and_the_page_before_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store:
        store.keep("issues", Page([an_issue(1)], cursor=1), takes=ISSUES, since=None)
        before = store.digest
    pages = [an_issue(number, "x" * 5000) for number in range(2, 60)]
    with pytest.raises(StorageError, match="the disk is full") as refused, Store(path) as store:
        (held,) = store._database.execute("PRAGMA page_count").fetchone()
        store._database.execute(f"PRAGMA max_page_count = {held + 4}")
        try:
            store.keep("issues", Page(pages, cursor=2), takes=ISSUES, since=None)
        finally:
            assert store.digest == before
    assert refused.value.where == str(path)
    with Store(path) as store:
        assert store.position("issues") == Position(1, ISSUES, None)
        assert store.digest == before
        store.keep("issues", Page(pages, cursor=2), takes=ISSUES, since=None)
        assert store.position("issues") == Position(2, ISSUES, None)


def test_a_damaged_store_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError, match="cannot be used") as refused:
        Store(tmp_path / "store.db")
    assert "remove its folder" in str(refused.value.remedy)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("issue"), st.integers(1, 3), st.sampled_from("ab")),
        st.tuples(st.just("comment"), st.integers(1, 3), st.sampled_from("ab")),
        st.tuples(st.just("gone"), st.integers(1, 3), st.just("")),
    ),
    max_size=12,
)


@given(_STEPS)
@settings(max_examples=60)
def test_the_digest_depends_on_what_is_there_and_not_on_how_it_came(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("digest")
    with Store(folder / "one.db") as store, Store(folder / "other.db") as other:
        for kind, number, word in steps:
            if kind == "gone":
                keep(store, gone=[Gone("issue", str(number), "deleted")])
            else:
                keep(store, an_issue(number, word) if kind == "issue" else a_comment(number, "c", word))
        left = [store.part("issue", str(n)) for n in store.numbers("issue")]
        left += [part for n in (1, 2, 3) for part in store.parts_of(issue(n))]
        for part in reversed(left):
            assert part is not None
            keep(other, part)
        assert other.digest == store.digest


def test_releases_come_in_order_and_numbers_ascend(store: Store) -> None:
    release = ReleasePart(id="7", tag="v1", name=None, text="", author=None, published_at=NOON)
    keep(store, an_issue(12), an_issue(3), release)
    assert store.numbers("issue") == [3, 12]
    assert [part.key for part in store.all_of("release")] == ["7"]
    assert store.count("issue") == 2 and store.keys("issue") == {"3", "12"}
