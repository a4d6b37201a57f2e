"""Questions with their answers, and threads of mails."""

from __future__ import annotations

import re

import msgspec

from cooldown_kit.documents import Document
from cooldown_kit.records import Thread
from cooldown_kit.render.dispatch import render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin

from .talk_records import ANN, JO, SAM, at, comment

ORIGIN = Origin("desk", "threads", str)


def render(record: Thread, **options: object) -> Document:
    document = render_record(record, ORIGIN, Layouts(RenderOptions.model_validate(options))).document
    assert isinstance(document, Document)
    return document


def test_the_accepted_answer_comes_first_and_the_others_by_votes(question: Thread) -> None:
    more = [
        comment("a3", ANN, at(1, 14), "third", reply_to="q", score=-2),
        comment("a4", ANN, at(1, 15), "fourth", reply_to="q", score=30),
        comment("a5", ANN, at(1, 13), "fifth", reply_to="q", score=30),
    ]
    text = render(msgspec.structs.replace(question, posts=[*question.posts, *more])).text
    votes = re.findall(r"answer, (-?\d+) votes", text)
    assert votes == ["4", "30", "30", "9", "-2"]
    assert text.index("fifth") < text.index("fourth"), "of as many votes the older one"


def test_remarks_stand_below_what_they_speak_of_and_none_is_lost(question: Thread) -> None:
    lost = comment("x", JO, at(1, 20), "To an answer that was deleted.", reply_to="gone")
    record = msgspec.structs.replace(
        question, posts=[*question.posts, lost], remarks=[*question.remarks, "x"]
    )
    text = render(record).text
    assert text.index("Half up is biased") < text.index("By how much?") < text.index("IEEE 754")
    assert text.endswith("(remark): To an answer that was deleted.\n")


def test_a_question_tells_its_votes_and_answers(question: Thread) -> None:
    document = render(question)
    wanted = {"answers": 2, "answered": 1, "score": 12, "participants": 3, "human_turns": 4}
    assert {name: document.signals[name] for name in wanted} == wanted
    assert document.licence == "CC BY-SA 4.0"
    assert (document.kind, document.path, document.url) == ("thread", question.place, question.url)
    assert (
        "(answer):"
        in render(
            msgspec.structs.replace(question, posts=[question.posts[0], comment("a", SAM, at(2), "Yes.")])
        ).text
    )
    one = msgspec.structs.replace(question.posts[0], score=1)
    assert "(question, 1 vote):" in render(msgspec.structs.replace(question, posts=[one])).text


def test_a_closed_question_says_why(question: Thread) -> None:
    assert render(msgspec.structs.replace(question, closed="off topic")).text.endswith(
        "\n\nClosed: off topic.\n"
    )


def test_mails_keep_their_order_and_lose_quotes_signatures_and_footers(mail: Thread) -> None:
    text = render(mail).text
    assert text.index("Dear all") < text.index("Yes, to Monday.")
    assert "mailing list" not in text
    assert "Ledger team" not in text
    assert "Ann Berg" not in text
    assert text.count("Dear all") == 1


def test_who_writes_mails_is_a_pseudonym_and_an_author(mail: Thread) -> None:
    document = render(mail)
    assert document.authors == ["ann.berg@bank.com", "jo.weber@bank.com"]
    assert "\n\nuser_2:\n\n>" in document.text
    assert "\n\nJo Weber:\n\n>" in render(mail, pseudonyms=False).text


def test_a_thread_in_which_nothing_is_written_gives_no_document(mail: Thread) -> None:
    empty = msgspec.structs.replace(mail, posts=[comment("m", ANN, at(1), "-- \nAnn")])
    assert render_record(empty, ORIGIN, Layouts()) != (NotRendered("empty_thread"), None)
    blank = msgspec.structs.replace(mail, posts=[comment("m", ANN, at(1), "\n")])
    assert render_record(blank, ORIGIN, Layouts()) == (NotRendered("empty_thread"), None)
    none = msgspec.structs.replace(mail, posts=[])
    assert render_record(none, ORIGIN, Layouts()) == (NotRendered("empty_thread"), None)
