"""Threads become comments, reviews, pushes and events, and stand where they were written."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from cooldown_connectors.azure_devops.people import person
from cooldown_connectors.azure_devops.threads import (
    Conversation,
    anchor,
    is_on_code,
    is_push,
    push_parts,
    thread_parts,
    voters,
)
from cooldown_connectors.forge.parts import (
    CommentPart,
    EventPart,
    Part,
    PushPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
)
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Anchor

URL = "https://dev.azure.com/acme/Pay%20Roll/_git/ledger/pullrequest/5"


@pytest.fixture
def conversation(made):
    iterations = [made.iteration(1, "1" * 40), made.iteration(2, "2" * 40), made.iteration(3, "3" * 40)]
    return Conversation("request:5", iterations, {made.ann_id: "ann@acme.example"}, URL)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_thread_without_state_and_place_is_a_conversation(made, conversation):
    thread = made.thread(
        40,
        made.comment(1, f"@<{made.ann_id.upper()}> why?"),
        made.comment(2, "Because", parentCommentId=1, author=made.ann, usersLiked=[made.ben]),
        made.comment(3, "gone", isDeleted=True),
    )
    first, second = thread_parts(thread, conversation)
    assert isinstance(first, CommentPart)
    assert (first.of, first.key, first.comment.text) == ("request:5", "40.1", "@ann@acme.example why?")
    assert (first.comment.score, first.comment.reply_to) == (0, None)
    assert (second.key, second.comment.reply_to, second.comment.score) == ("40.2", "40.1", 1)
    assert second.comment.author == person(made.ann)
    assert second.comment.url == f"{URL}?discussionId=40"


def test_a_thread_on_code_stands_in_the_iteration_in_which_it_was_written(made, conversation):
    *comments, thread = thread_parts(
        made.on_code(41, made.comment(1, "Off by one"), made.comment(2, "True", parentCommentId=1)),
        conversation,
    )
    where = Anchor(path="src/ledger.py", side="new", start_line=27, line=27, base="1" * 40, head="2" * 40)
    assert [type(part) for part in comments] == [ReviewCommentPart, ReviewCommentPart]
    assert {part.thread for part in comments} == {"41"}
    assert comments[0].anchor == where
    assert thread == ThreadPart(of="request:5", id="41", resolved=False, anchor=where)


@pytest.mark.parametrize(
    ("status", "resolved"),
    [
        ("active", False),
        ("pending", False),
        ("fixed", True),
        ("wontFix", True),
        ("closed", True),
        ("byDesign", True),
        ("unknown", None),
        (None, None),
    ],
)
def test_the_state_of_a_thread_says_whether_it_is_resolved(made, conversation, status, resolved):
    *_, thread = thread_parts(made.on_code(41, made.comment(1, "x"), status=status), conversation)
    assert thread.resolved is resolved


def test_a_thread_with_a_state_about_the_whole_request_is_a_thread_without_a_place(made, conversation):
    comment, thread = thread_parts(made.thread(42, made.comment(1, "x"), status="fixed"), conversation)
    assert (comment.anchor, comment.thread) == (None, "42")
    assert (thread.resolved, thread.anchor) == (True, None)


def lines(**sides):
    context = dict.fromkeys(("leftFileStart", "leftFileEnd", "rightFileStart", "rightFileEnd"))
    return {
        "filePath": "/src/ledger.py",
        **context,
        **{k: {"line": v, "offset": 1} for k, v in sides.items()},
    }


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (lines(rightFileStart=20, rightFileEnd=27), ("new", 20, 27)),
        (lines(leftFileStart=20, leftFileEnd=27), ("old", 20, 27)),
        (lines(leftFileStart=2, leftFileEnd=3, rightFileStart=20, rightFileEnd=27), ("new", 20, 27)),
        (lines(rightFileEnd=27), ("new", 27, 27)),
        (lines(rightFileStart=27), ("new", 27, 27)),
        (lines(rightFileStart=30, rightFileEnd=27), ("new", 27, 27)),
        (lines(), ("new", None, None)),
        ({"filePath": "/src/ledger.py"}, ("new", None, None)),
    ],
)
def test_where_a_thread_stands(made, conversation, context, expected):
    found = anchor(made.on_code(41, threadContext=context), conversation)
    assert (found.side, found.start_line, found.line) == expected
    assert found.path == "src/ledger.py"


def looked_at(first, second):
    return {"iterationContext": {"firstComparingIteration": first, "secondComparingIteration": second}}


@pytest.mark.parametrize(
    ("context", "base", "head"),
    [
        (looked_at(1, 3), "1" * 40, "3" * 40),
        (looked_at(3, 3), "a" * 40, "3" * 40),  # the whole request: against where it branches off
        (looked_at(0, 2), "a" * 40, "2" * 40),
        (looked_at(1, 9), "1" * 40, None),
        ({"iterationContext": None}, None, None),
        (None, None, None),
    ],
)
def test_which_commits_were_looked_at(made, conversation, context, base, head):
    found = anchor(made.on_code(41, pullRequestThreadContext=context), conversation)
    assert (found.base, found.head) == (base, head)


def test_a_thread_that_was_tracked_to_another_iteration_is_put_back(made, conversation):
    context = {
        **looked_at(1, 2),
        "trackingCriteria": {
            "firstComparingIteration": 1,
            "secondComparingIteration": 3,
            "origFilePath": "/src/book.py",
            "origLeftFileStart": None,
            "origLeftFileEnd": None,
            "origRightFileStart": {"line": 11, "offset": 1},
            "origRightFileEnd": {"line": 12, "offset": 1},
        },
    }
    found = anchor(made.on_code(41, pullRequestThreadContext=context), conversation)
    assert (found.path, found.start_line, found.line, found.head) == ("src/book.py", 11, 12, "2" * 40)


def test_no_place_is_no_place(made, conversation):
    assert anchor(made.thread(41), conversation) is None
    assert not is_on_code(made.thread(41))
    assert is_on_code(made.on_code(41))


@pytest.mark.parametrize(
    ("vote", "state"),
    [("10", "approved"), ("5", "approved"), ("-5", "changes_requested"), ("-10", "changes_requested")],
)
def test_a_vote_is_a_review(made, conversation, vote, state):
    thread = made.told(
        50,
        "VoteUpdate",
        f"Ann Ames voted {vote}",
        made.ann,
        CodeReviewVoteResult=vote,
        CodeReviewVotedByIdentity="1",
    )
    (part,) = thread_parts(thread, conversation)
    assert isinstance(part, ReviewPart)
    assert (part.key, part.review.state, part.review.author) == ("50", state, person(made.ann))
    assert part.review.submitted_at == at(1, 9)
    assert voters([thread, made.thread(1)]) == {made.ann_id}


@pytest.mark.parametrize(
    ("kind", "content", "properties", "event", "detail"),
    [
        ("VoteUpdate", "Ben Bo reset", {"CodeReviewVoteResult": "0"}, "review_dismissed", "Ben Bo reset"),
        ("StatusUpdate", "x", {"CodeReviewStatus": "Completed", "CodeReviewStatusUpdateAssociatedCommit": "c1"}, "merged", "c1"),
        ("StatusUpdate", "x", {"CodeReviewStatus": "Abandoned"}, "closed", ""),
        ("StatusUpdate", "x", {"CodeReviewStatus": "Active"}, "reopened", ""),
        ("StatusUpdate", "who knows", {"CodeReviewStatus": "Odd"}, "state", "who knows"),
        ("ReviewersUpdate", "x", {"CodeReviewReviewersUpdatedAddedIdentity": "2"}, "review_requested", "ann@acme.example"),
        ("ReviewersUpdate", "Ben removed Ann", {}, "state", "Ben removed Ann"),
        ("IsDraftUpdate", "x", {"CodeReviewIsDraft": "True"}, "draft", ""),
        ("IsDraftUpdate", "x", {"CodeReviewIsDraft": "False"}, "ready_for_review", ""),
        ("TargetChanged", "Ben changed the target", {}, "state", "Ben changed the target"),
        ("PolicyStatusUpdate", "", {}, "state", "PolicyStatusUpdate"),
    ],
)  # fmt: skip
def test_what_azure_devops_says_itself_is_an_event(
    made, conversation, kind, content, properties, event, detail
):
    (part,) = thread_parts(made.told(51, kind, content, made.ben, made.ann, **properties), conversation)
    assert isinstance(part, EventPart)
    assert (part.id, part.event.kind, part.event.detail, part.event.at) == ("51", event, detail, at(1, 9))
    assert part.event.actor == person(made.ben)


def test_a_push_is_told_by_iterations_and_by_threads_only_where_there_are_none(made, conversation):
    thread = made.told(
        52, "RefUpdate", "The reference refs/heads/x was updated.", CodeReviewRefNewHeadCommit="3"
    )
    assert is_push(thread)
    assert list(thread_parts(thread, conversation)) == []
    (part,) = thread_parts(thread, Conversation("request:5", [], {}, URL))
    assert part.event.kind == "pushed"


def test_system_comments_within_a_thread_are_kept_as_events(made, conversation):
    thread = made.on_code(
        41, made.comment(1, "x"), made.comment(2, "The file was renamed", commentType="codeChange")
    )
    parts = list(thread_parts(thread, conversation))
    (event,) = [part for part in parts if isinstance(part, EventPart)]
    assert (event.id, event.event.kind, event.event.detail) == ("41.2", "state", "The file was renamed")
    assert len(parts) == 3


def test_deleted_threads_and_threads_of_deleted_comments_give_nothing(made, conversation):
    assert list(thread_parts(made.on_code(41, made.comment(1, "x"), isDeleted=True), conversation)) == []
    assert list(thread_parts(made.on_code(41, made.comment(1, None, isDeleted=True)), conversation)) == []


def test_an_edited_comment_says_when(made, conversation):
    comment = made.comment(1, "x", lastContentUpdatedDate="2026-03-01T09:30:00.5Z")
    (part,) = thread_parts(made.thread(40, comment), conversation)
    assert part.comment.edited_at == datetime(2026, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)


def test_iterations_become_rounds_and_a_new_target_is_none(made):
    iterations = [
        made.iteration(4, "2" * 40, reason="retarget"),
        made.iteration(3, "2" * 40, "e" * 40, reason="forcePush", push=None),
        made.iteration(1, "1" * 40, reason="create"),
        {"id": 2, "sourceRefCommit": None},
    ]
    first, second = push_parts(iterations, "request:5")
    assert first == PushPart(
        of="request:5", id="1", head="1" * 40, at=at(1, 8), base="a" * 40, pusher=person(made.ben)
    )
    assert (second.id, second.before, second.base, second.forced) == ("3", "1" * 40, "e" * 40, True)
    assert second.pusher == person(made.ann)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
_FIELDS = (
    "id",
    "comments",
    "properties",
    "identities",
    "threadContext",
    "pullRequestThreadContext",
    "status",
    "publishedDate",
)


@given(
    st.dictionaries(st.sampled_from(_FIELDS), _JSON),
    _JSON,
    st.dictionaries(
        st.sampled_from(["id", "content", "author", "commentType", "usersLiked", "parentCommentId"]), _JSON
    ),
)
def test_a_thread_of_any_shape_neither_fails_nor_gives_parts_that_cannot_be_stored(
    thread, iteration, comment
):
    conversation = Conversation("request:5", [{"id": 1, "sourceRefCommit": iteration}], {}, URL)
    for one in (thread, {**thread, "comments": [comment], "threadContext": {"filePath": "/x"}}):
        for part in thread_parts(one, conversation):
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(part), type=Part) == part
