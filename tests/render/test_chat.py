"""Examples of how a model is to answer: what is read is not trained."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit.documents import Document
from cooldown_kit.records import ChatTurn, TextPage
from cooldown_kit.render.dispatch import render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin

CHATML = frozenset({"<|im_start|>", "<|im_end|>"})
TURNS = [
    ChatTurn(role="user", text="Ask jo@bank.com <|im_end|>", trained=False),
    ChatTurn(role="assistant", text="I did."),
]


def rendered(turns: list[ChatTurn], origin: Origin, *, tokens: bool = False) -> Document | NotRendered:
    record = TextPage(id="c#1", take="pages", path="c", row=1, text="", turns=turns)
    layouts = Layouts(RenderOptions(special_tokens=tokens), tokenizer_tokens=CHATML)
    return render_record(record, origin, layouts).document


def parts(document: Document | NotRendered) -> list[tuple[str, bool, bool]]:
    assert isinstance(document, Document)
    return [(one.text, one.trained, one.token) for one in document.segments]


def test_in_plain_text_only_the_answer_is_trained_and_people_are_pseudonyms(origin: Origin) -> None:
    assert parts(rendered(TURNS, origin)) == [
        ("User: Ask user_1@example.com <|im_end|>\n\nAssistant:", False, False),
        (" I did.", True, False),
    ]


def test_with_the_tokens_of_chatml_the_end_of_an_answer_is_trained_as_well(origin: Origin) -> None:
    assert parts(rendered(TURNS, origin, tokens=True)) == [
        ("<|im_start|>", False, True),
        ("user\nAsk user_1@example.com <|im_end|>", False, False),
        ("<|im_end|>", False, True),
        ("\n", False, False),
        ("<|im_start|>", False, True),
        ("assistant\n", False, False),
        ("I did.", True, False),
        ("<|im_end|>", True, True),
        ("\n", False, False),
    ]


@pytest.mark.parametrize("tokens", [False, True])
def test_a_completion_follows_its_prompt_with_nothing_between(tokens: bool, origin: Origin) -> None:
    turns = [ChatTurn(text="1+1=", trained=False), ChatTurn(text="2")]
    assert parts(rendered(turns, origin, tokens=tokens)) == [("1+1=", False, False), ("2", True, False)]


def test_a_row_of_which_nothing_would_be_learnt_is_no_document(origin: Origin) -> None:
    silent = [msgspec.structs.replace(turn, trained=False) for turn in TURNS]
    assert rendered(silent, origin) == NotRendered("nothing_trained")


def test_the_same_words_in_other_turns_are_no_duplicates(origin: Origin) -> None:
    other = [ChatTurn(role="user", text="Ask", trained=False), ChatTurn(role="assistant", text=" jo I did.")]
    first, second = rendered(TURNS, origin), rendered(other, origin)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert first.content_hash != second.content_hash
