"""Threads of reviews, and the edits that answered them."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit import patches
from cooldown_kit.documents import Document
from cooldown_kit.records import CodeReview, ReviewThread
from cooldown_kit.render.dispatch import Fallback, render_record
from cooldown_kit.render.edits import apply_edits, read_edits
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.review import before_answer, render_fix

from .talk_records import AFTER_FIRST, ANN, CODECOV, JO, PATH, SECOND_PUSH, at, code_review, comment, modified

ORIGIN = Origin("ledger", "github", str)
REVIEW = code_review()
ANSWER = REVIEW.thread.answer
assert ANSWER is not None


def review_with(**fields: object) -> CodeReview:
    """The review with other fields of its thread."""
    return msgspec.structs.replace(REVIEW, thread=msgspec.structs.replace(REVIEW.thread, **fields))


def answered(**fields: object) -> CodeReview:
    return review_with(answer=msgspec.structs.replace(ANSWER, **fields))


def render(record: CodeReview, layout: str = "thread", **options: object):
    return render_record(
        record, ORIGIN, Layouts(RenderOptions.model_validate({"review": {layout: 1}, **options}))
    )


def test_the_edits_of_the_answer_give_the_file_after_the_push() -> None:
    document, fallback = render(REVIEW, "fix")
    assert isinstance(document, Document)
    assert fallback is None
    prompt, answer = document.segments
    assert (prompt.trained, answer.trained) == (False, True)
    assert apply_edits(AFTER_FIRST, read_edits(answer.text)) == patches.apply(AFTER_FIRST, SECOND_PUSH)
    assert "IEEE 754" not in prompt.text
    assert "Nobody will know why" in prompt.text


def test_what_was_said_after_the_answer_is_no_part_of_the_question() -> None:
    document = render(REVIEW, "fix").document
    assert isinstance(document, Document)
    assert "Done, with a test" not in document.text
    assert [c.id for c in before_answer(REVIEW)] == ["c2"]
    untimed = answered(pushed_at=None)
    assert [c.id for c in before_answer(untimed)] == ["c2"], "the request's author answers"
    early = answered(pushed_at=at(1))
    assert [c.id for c in before_answer(early)] == ["c2"], "clocks differ; the first comment asked"
    others = msgspec.structs.replace(untimed, request_author=None)
    assert [c.id for c in before_answer(others)] == ["c2", "c3"]
    assert [c.id for c in before_answer(review_with(answer=None))] == ["c2", "c3"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (review_with(answer=None), "no_answer"),
        (review_with(answer=None, unanswered="no_later_push"), "no_later_push"),
        (review_with(answer=None, unanswered="untouched"), "untouched"),
        (review_with(answer=None, unanswered="commit_missing"), "commit_missing"),
        (answered(change=modified(PATH, SECOND_PUSH)), "no_contents"),
        (answered(change=modified(PATH, SECOND_PUSH, "other\n")), "does_not_fit"),
        (answered(change=modified(PATH, None, left_out="binary")), "no_edits"),
        (answered(change=modified(PATH, "@@ -1 +1 @@\n-x\n+" + "y" * 30_000 + "\n", "x\n")), "too_large"),
    ],
)
def test_a_thread_that_cannot_be_a_fix_is_a_thread_and_says_why(record: CodeReview, reason: str) -> None:
    document, fallback = render(record, "fix")
    assert isinstance(document, Document)
    assert (document.layout, fallback) == ("thread", Fallback("fix", reason))


def test_a_thread_in_which_only_machines_speak_gives_no_document() -> None:
    record = review_with(comments=[comment("c", CODECOV, at(2), "Coverage fell")])
    assert render(record) == (NotRendered("no_comment"), None)
    assert render(record, "fix") == (NotRendered("no_comment"), None)
    silent = review_with(comments=[])
    assert render_fix(silent, ORIGIN, Layouts()) == NotRendered("no_comment")


def test_the_lines_spoken_of_are_seen_in_a_long_file() -> None:
    long = "".join(f"number = {n}\n" for n in range(1, 1001))
    patch = "@@ -900 +900 @@\n-number = 900\n+number = 0\n"
    record = answered(start_line=100, line=101, change=modified(PATH, patch, long))
    document = render(record, "fix", prompt_characters=2000).document
    assert isinstance(document, Document)
    prompt = document.segments[0].text
    assert "number = 100\nnumber = 101\n" in prompt
    assert "number = 900\n" in prompt
    assert "lines 100-101" in prompt
    assert "not shown]" in prompt


def test_the_document_tells_what_became_of_the_thread() -> None:
    document = render(REVIEW).document
    assert isinstance(document, Document)
    wanted = {
        "human_turns": 2,
        "participants": 2,
        "merged": 1,
        "answered": 1,
        "resolved": 1,
        "bot": 0,
        "bot_comments": 0,
    }
    assert {name: document.signals[name] for name in wanted} == wanted
    assert (document.kind, document.path, document.language) == ("review", PATH, "Python")
    assert document.related == ["acme/ledger!413"]
    assert document.authors == ["github:jweber", "github:ann-berg"]
    assert document.time == REVIEW.closed_at
    unmerged = msgspec.structs.replace(REVIEW, merged=False)
    assert render(unmerged).document.time == at(2, 12)
    unknown = review_with(resolved=None)
    assert "resolved" not in render(unknown).document.signals
    by_bot = msgspec.structs.replace(REVIEW, request_author=CODECOV)
    assert render(by_bot).document.signals["bot"] == 1


def test_both_layouts_have_the_same_content_hash() -> None:
    assert render(REVIEW).document.content_hash == render(REVIEW, "fix").document.content_hash


def test_a_thread_about_no_place_is_talk_alone() -> None:
    document = render(review_with(anchor=None, resolved=False)).document
    assert isinstance(document, Document)
    assert document.text == (
        "# Round half to even when splitting a payment (#413)\n\n"
        "user_1: Nobody will know why in a year. Say so here, @user_2?\n\nuser_2: Done, with a test.\n"
    )


def test_a_long_thread_loses_its_middle_and_says_how_much() -> None:
    talk = [comment(f"c{n}", JO if n % 2 else ANN, at(2, 9, n), f"{n} " + "word " * 50) for n in range(30)]
    thread = ReviewThread(id="T", comments=talk)
    document = render(msgspec.structs.replace(REVIEW, thread=thread), conversation_characters=1500).document
    assert isinstance(document, Document)
    hidden = int(document.text.partition(" turns not shown]")[0].rpartition("[")[2])
    assert document.text.count("\n\nuser_") + hidden == 30
