"""Issues and discussions."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit.documents import Document
from cooldown_kit.records import Discussion, Issue
from cooldown_kit.render.dispatch import render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import TOKENS
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin

from .talk_records import ANN, CODECOV, JO, at, comment

ORIGIN = Origin("ledger", "github", str)
MARKED = Layouts(RenderOptions(special_tokens=True), tokenizer_tokens=frozenset(TOKENS["thread"][0].values()))


def render(record: Issue | Discussion, layouts: Layouts | None = None) -> Document:
    document = render_record(record, ORIGIN, layouts or Layouts()).document
    assert isinstance(document, Document)
    return document


def test_an_issue_tells_whence_it_is_and_what_it_belongs_to(issue: Issue) -> None:
    document = render(issue)
    assert (document.kind, document.layout, document.title) == ("issue", "thread", issue.title)
    assert document.related == ["acme/ledger#412", "acme/ledger!413"]
    assert document.authors == ["github:jweber", "github:ann-berg"]
    assert document.time == issue.closed_at
    assert document.language is None
    wanted = {"human_turns": 2, "participants": 2, "bot": 0, "closed": 1, "linked": 1, "bot_comments": 1}
    assert {name: document.signals[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({"state": "open"}, "Please.\n"),
        ({"reason": None, "closed_by": None}, "\n\nClosed.\n"),
        ({"reason": "not_planned", "closed_by": None}, "\n\nClosed as not planned.\n"),
        ({"reason": "duplicate"}, "\n\nuser_2 closed it as duplicate.\n"),
    ],
)
def test_how_an_issue_ended_is_told(issue: Issue, fields: dict[str, object], ending: str) -> None:
    assert render(msgspec.structs.replace(issue, **fields)).text.endswith(ending)


def test_only_a_closed_issue_ends_with_the_token(issue: Issue) -> None:
    assert render(issue, MARKED).segments[-1].text == "<issue_closed>"
    opened = msgspec.structs.replace(issue, state="open")
    assert "<issue_closed>" not in render(opened, MARKED).text


def test_an_issue_in_which_nothing_is_written_gives_no_document(issue: Issue) -> None:
    empty = msgspec.structs.replace(
        issue, text="<!-- template -->", comments=[comment("b", CODECOV, at(2), "Hi")]
    )
    assert render_record(empty, ORIGIN, Layouts()) == (NotRendered("empty_issue"), None)
    answered = msgspec.structs.replace(issue, text="")
    assert render(answered).text.startswith(
        "# The report of the day drifts by a cent (#412)\n\nLabels: bug, money\n\nuser_2:"
    )


def test_an_issue_of_a_machine_is_marked_as_one(issue: Issue) -> None:
    document = render(msgspec.structs.replace(issue, author=CODECOV))
    assert document.signals["bot"] == 1
    assert "codecov[bot]: Split payments" in document.text


def test_a_log_in_an_issue_is_cut_and_says_so(issue: Issue) -> None:
    log = "Fails:\n\n```\n" + "".join(f"line {n}\n" for n in range(500)) + "```\n"
    text = render(msgspec.structs.replace(issue, text=log)).text
    assert "lines not shown]" in text
    assert "line 499\n```" in text
    wide = Layouts(RenderOptions(comment_lines=1000, comment_characters=20_000))
    assert "not shown]" not in render(msgspec.structs.replace(issue, text=log), wide).text


def test_a_discussion_tells_whether_it_was_answered(discussion: Discussion) -> None:
    document = render(discussion)
    wanted = {"human_turns": 3, "participants": 3, "answered": 1, "score": 3}
    assert {name: document.signals[name] for name in wanted} == wanted
    assert document.time == at(4, 12)
    assert "score" not in render(msgspec.structs.replace(discussion, score=None)).signals


def test_replies_stand_below_what_they_answer_also_replies_to_replies(discussion: Discussion) -> None:
    comments = [
        comment("a", JO, at(4, 1), "first"),
        comment("b", ANN, at(4, 2), "second"),
        comment("c", ANN, at(4, 3), "to first", reply_to="a"),
        comment("d", JO, at(4, 4), "to that", reply_to="c"),
        comment("e", JO, at(4, 5), "to one that is gone", reply_to="zz"),
        comment("f", JO, at(4, 6), "in a circle", reply_to="g"),
        comment("g", JO, at(4, 6), "round and round", reply_to="f"),
    ]
    text = render(msgspec.structs.replace(discussion, comments=comments)).text
    said = [line.partition("): " if "(" in line else ": ")[2] for line in text.split("\n\n")[3:]]
    assert [one.strip() for one in said] == [
        "first", "to first", "to that", "second", "to one that is gone", "in a circle", "round and round",
    ]  # fmt: skip


def test_a_discussion_that_was_closed_says_so_and_an_empty_one_gives_no_document(
    discussion: Discussion,
) -> None:
    closed = msgspec.structs.replace(discussion, closed_at=at(5), reason="outdated")
    assert render(closed).text.endswith("\n\nClosed as outdated.\n")
    assert render(msgspec.structs.replace(closed, reason=None)).text.endswith("\n\nClosed.\n")
    empty = msgspec.structs.replace(discussion, text="", comments=[])
    assert render_record(empty, ORIGIN, Layouts()) == (NotRendered("empty_discussion"), None)
