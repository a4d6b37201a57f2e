"""Discussions become comments, threads and where they stand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cooldown_connectors.forge.parts import CommentPart, EventPart, ReviewCommentPart, ReviewPart, ThreadPart
from cooldown_connectors.gitlab.discussions import anchor, discussion_parts
from cooldown_connectors.gitlab.mapping import Place
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Anchor, Person

PLACE = Place("https://git.acme.example", "acme/pay", "ledger")
ANN = Person(name="Ann Ames", email="", login="ann")
CODE = "588440f66559714280628a4f9799f0c4eb880a4a"


def parts(discussion, of="request:1", **options) -> list:
    return list(discussion_parts(discussion, of, PLACE, **options))


def test_a_plain_note_is_a_comment(made):
    (part,) = parts(made.discussion("d1", made.note(5, "Why?\n```suggestion:-0+0\nx = 1\n```")))
    assert isinstance(part, CommentPart)
    assert (part.of, part.key, part.comment.reply_to) == ("request:1", "5", None)
    assert part.comment.text == "Why?\n```suggestion:-0+0\nx = 1\n```"
    assert part.comment.edited_at is None


def test_an_edited_note_says_when(made):
    (part,) = parts(made.discussion("d1", made.note(5, "x", updated_at="2026-03-01T09:05:00.000Z")))
    assert part.comment.edited_at == datetime(2026, 3, 1, 9, 5, tzinfo=UTC)
    (touched,) = parts(made.discussion("d1", made.note(5, "x", updated_at="2026-03-01T09:00:00.400Z")))
    assert touched.comment.edited_at is None


def test_a_thread_on_lines_holds_its_comments_where_it_stands_and_who_resolved_it(made):
    resolved = {"resolvable": True, "resolved": True, "resolved_by": made.ann, "type": "DiffNote"}
    position = made.position()
    found = parts(
        made.discussion(
            "d1",
            made.note(5, "Off by one", position=position, **resolved),
            made.note(6, "True", position=position, author=made.ann, **resolved),
            made.note(
                7, "changed this line in [version 2 of the diff](/x)", system=True, type="DiscussionNote"
            ),
        )
    )
    first, second, thread = found
    assert isinstance(first, ReviewCommentPart)
    assert (first.thread, first.comment.reply_to, second.comment.reply_to) == ("d1", None, "5")
    assert first.anchor == Anchor(
        path="ledger.py", side="new", start_line=27, line=27, base="b" * 40, head="4" * 40
    )
    assert thread == ThreadPart(of="request:1", id="d1", resolved=True, resolved_by=ANN, outdated=True)


def test_a_thread_is_resolved_when_all_of_it_is(made):
    notes = [
        made.note(
            5,
            "a",
            type="DiffNote",
            resolvable=True,
            resolved=True,
            resolved_by=made.ann,
            position=made.position(),
        ),
        made.note(
            6,
            "b",
            type="DiffNote",
            resolvable=True,
            resolved=False,
            resolved_by=None,
            position=made.position(),
        ),
    ]
    *_, thread = parts(made.discussion("d1", *notes))
    assert (thread.resolved, thread.resolved_by, thread.outdated) == (False, None, False)


def test_a_thread_about_the_request_as_a_whole_is_a_thread_without_a_place(made):
    note = made.note(5, "Shall we?", type="DiscussionNote", resolvable=True, resolved=False)
    comment, thread = parts(made.discussion("d1", note))
    assert (comment.anchor, comment.thread) == (None, "d1")
    assert thread == ThreadPart(of="request:1", id="d1", resolved=False)


def test_replies_in_an_issue_answer_its_first_note(made):
    notes = [made.note(5, "a", type="DiscussionNote"), made.note(6, "b", type="DiscussionNote")]
    first, second = parts(made.discussion("d1", *notes), of="issue:4")
    assert isinstance(first, CommentPart)
    assert (first.of, first.comment.reply_to, second.comment.reply_to) == ("issue:4", None, "5")


def test_internal_notes_give_nothing(made):
    assert parts(made.discussion("d1", made.note(5, "secret", internal=True))) == []
    assert parts(made.discussion("d1", made.note(5, "secret", confidential=True))) == []
    (kept,) = parts(made.discussion("d1", made.note(5, "secret", internal=True), made.note(6, "open")))
    assert (kept.key, kept.comment.reply_to) == ("6", None)


def test_system_notes_are_events_and_verdicts_are_reviews(made):
    approved, pushed = (
        made.discussion("d1", made.note(5, "approved this merge request", system=True)),
        made.discussion("d2", made.note(6, "added 1 commit", system=True)),
    )
    assert isinstance(parts(approved)[0], ReviewPart)
    assert isinstance(parts(pushed)[0], EventPart)
    assert parts(pushed, pushes=False) == []


def test_a_note_of_a_deleted_account_stays(made):
    ghost = {**made.ben, "username": "ghost"}
    (part,) = parts(made.discussion("d1", made.note(5, "x", author=ghost)))
    assert part.comment.author is None


def place(path="ledger.py", side="new", start=None, line=None):
    return Anchor(path=path, side=side, start_line=start, line=line, base="b" * 40, head="4" * 40)


def at(line, old=None, new=None, type="new"):
    return {"line_code": f"{CODE}_{line[0]}_{line[1]}", "type": type, "old_line": old, "new_line": new}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, place(start=27, line=27)),
        ({"old_line": 25}, place(start=27, line=27)),  # a line of the context has both numbers
        ({"old_line": 25, "new_line": None}, place(side="old", start=25, line=25)),
        (
            {"old_line": 25, "new_line": None, "old_path": "was.py"},
            place(path="was.py", side="old", start=25, line=25),
        ),
        ({"old_path": "was.py"}, place(start=27, line=27)),
        ({"line_range": {"start": at((20, 22), new=22), "end": at((20, 27), new=27)}}, place(start=22, line=27)),
        # It starts on a removed line and ends on an added one: where the removed line was, counted on the new side.
        ({"line_range": {"start": at((20, 21), old=20, type="old"), "end": at((22, 27), new=27)}}, place(start=21, line=27)),
        ({"line_range": {"start_line_code": f"{CODE}_20_23", "end_line_code": f"{CODE}_20_27"}}, place(start=23, line=27)),
        ({"line_range": {"start": None, "end": None}}, place(start=27, line=27)),
        ({"line_range": {"start": at((40, 40), new=40)}}, place(start=27, line=27)),
        ({"position_type": "file", "new_line": None}, place()),
        ({"position_type": "image", "new_line": None, "width": 10, "height": 10, "x": 3, "y": 4}, place()),
        ({"new_path": None}, place(start=27, line=27)),
    ],
)  # fmt: skip
def test_where_a_note_stands(made, changed, expected):
    found = anchor(made.position(**changed))
    assert found == (expected if "new_path" not in changed else place(start=27, line=27))


def test_no_position_is_no_place():
    assert anchor(None) is None
    assert anchor({}) is None
    assert anchor({"base_sha": "b", "new_line": 3}) is None


_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "body", "system", "position", "author", "resolvable", "created_at", "resolved_by"]
        ),
        _JSON,
    )
)
def test_a_note_of_any_shape_neither_fails_nor_gives_parts_that_cannot_be_stored(note):
    import msgspec
    from cooldown_connectors.forge.parts import Part

    for part in parts({"id": "d1", "notes": [note]}):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(part), type=Part) == part
