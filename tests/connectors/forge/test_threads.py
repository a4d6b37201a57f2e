from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cooldown_connectors.forge.parts import ReviewCommentPart, ThreadPart
from cooldown_connectors.forge.threads import threads_of
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Comment

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def comment(id: int, *, reply_to: int | None = None, thread: str | None = None) -> ReviewCommentPart:
    said = Comment(
        id=str(id),
        author=None,
        created_at=START + timedelta(minutes=id),
        text=f"{id}",
        reply_to=None if reply_to is None else str(reply_to),
    )
    return ReviewCommentPart(of="request:1", comment=said, thread=thread)


def _ids(comments: list[ReviewCommentPart], parts: list[ThreadPart]) -> dict[str, list[str]]:
    return {one.id: [c.key for c in one.comments] for one in threads_of(comments, parts)}


def test_a_comment_names_its_thread() -> None:
    assert _ids([comment(1, thread="a"), comment(2, thread="b"), comment(3, thread="a")], []) == {
        "a": ["1", "3"],
        "b": ["2"],
    }


def test_a_thread_names_its_comments_and_a_later_reply_is_found_by_what_it_answers() -> None:
    part = ThreadPart(of="request:1", id="T", comments=["1"], resolved=True)
    threads = threads_of([comment(1), comment(2, reply_to=1), comment(3, reply_to=2)], [part])
    assert [[c.key for c in one.comments] for one in threads] == [["1", "2", "3"]]
    assert threads[0].part is part


def test_replies_alone_make_a_thread_under_the_first_ones_id() -> None:
    assert _ids([comment(1), comment(2, reply_to=1), comment(5)], []) == {"1": ["1", "2"], "5": ["5"]}


def test_a_reply_to_a_comment_that_was_deleted_stands_alone() -> None:
    assert _ids([comment(2, reply_to=1)], []) == {"2": ["2"]}


def test_a_thread_whose_comments_are_all_gone_is_none() -> None:
    assert _ids([], [ThreadPart(of="request:1", id="T", comments=["1"])]) == {}


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.none() | st.integers(0, 8), st.none() | st.sampled_from("ab")),
        max_size=9,
    )
)
def test_every_comment_is_in_exactly_one_thread_whatever_replies_say(
    rows: list[tuple[int, int | None, str | None]],
) -> None:
    comments = [comment(n, reply_to=reply, thread=thread) for n, reply, thread in rows]
    unique = list({one.key: one for one in comments}.values())
    found = [c.key for one in threads_of(unique, []) for c in one.comments]
    assert sorted(found) == sorted(one.key for one in unique)
