"""Rows that show how a model is to answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cooldown_connectors.text import TextConnector, TextOptions
from cooldown_connectors.text.turns import turns_of_messages, turns_of_prompt
from pydantic import ValidationError

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from cooldown_kit.records import ChatTurn, Skipped, TextPage

ASKED = {"role": "user", "content": "What is due?"}
ANSWERED = {"role": "assistant", "content": "Two invoices."}


def harvest(path: Path, **options: Any) -> list[Any]:
    context = HarvestContext(source="chats", store=path.parent, folder=path.parent, emit=ignore)
    return list(TextConnector().harvest(TextOptions(connector="text", path=str(path), **options), context))


def test_what_the_assistant_says_is_trained_and_the_rest_is_read() -> None:
    system = {
        "role": "system",
        "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}],
    }
    first = {"role": "assistant", "content": "Which month?", "weight": 0}
    assert turns_of_messages(
        [system, ASKED, first, {**ASKED, "name": "jo"}, {**ANSWERED, "tool_calls": None}]
    ) == [
        ChatTurn(role="system", text="Be brief.", trained=False),
        ChatTurn(role="user", text="What is due?", trained=False),
        ChatTurn(role="assistant", text="Which month?", trained=False),
        ChatTurn(role="user", text="What is due?", trained=False),
        ChatTurn(role="assistant", text="Two invoices."),
    ]


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ("hello", "not a list"),
        ([], "not a list"),
        ([3], "message 1 is not an object but a number"),
        ([{"role": "bot", "content": "x"}], "message 1: `role` must be one of"),
        ([ASKED, {"role": "assistant", "content": None}], "message 2: `content` is not a string but null"),
        ([ASKED, {**ANSWERED, "tool_calls": [{}]}], "message 2: `tool_calls` is not supported"),
        (
            [{"role": "user", "content": [{"type": "image_url"}]}, ANSWERED],
            "part that is not text but image_url",
        ),
        ([ASKED, {**ANSWERED, "weight": 0.5}], "`weight` must be 0 or 1"),
        ([{**ASKED, "weight": 1}, ANSWERED], "`weight` is for the role `assistant` only"),
        ([ASKED], "no message of the role `assistant`"),
        ([ASKED, {**ANSWERED, "weight": 0}], "no message of the role `assistant`"),
    ],
)
def test_what_cannot_be_learnt_from_is_named(messages: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("(", r"\(")):
        turns_of_messages(messages)


@pytest.mark.parametrize(("prompt", "completion"), [(None, "x"), ("x", 3), ("x", "  ")])
def test_a_prompt_and_its_completion_are_strings_that_say_something(prompt: Any, completion: Any) -> None:
    with pytest.raises(ValueError, match=r"prompt|completion"):
        turns_of_prompt(prompt, completion)


def test_conversations_come_from_jsonl_and_parquet_alike(tmp_path: Path) -> None:
    rows = [{"messages": [ASKED, ANSWERED]}, {"messages": [ASKED]}, {"other": 1}]
    lines = tmp_path / "chats.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = tmp_path / "chats.parquet"
    pq.write_table(pa.Table.from_pylist([{"messages": row.get("messages")} for row in rows]), table)
    for path in (lines, table):
        page, *skipped = harvest(path, messages_field="messages")
        assert isinstance(page, TextPage)
        assert page.text == ""
        assert page.turns == turns_of_messages([ASKED, ANSWERED])
        assert [one.reason for one in skipped] == ["not_messages", "missing_field"]


def test_a_prompt_is_read_and_its_completion_is_trained(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        json.dumps({"prompt": "1+1=", "completion": "2"}) + "\n" + json.dumps({"completion": "2"})
    )
    page, skipped = harvest(path, prompt_field="prompt", text_field="completion")
    assert [(turn.text, turn.trained) for turn in page.turns] == [("1+1=", False), ("2", True)]
    assert isinstance(skipped, Skipped)
    assert skipped.detail == "the prompt is not a string but null"


def test_a_conversation_that_is_too_long_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"messages": [ASKED, {**ANSWERED, "content": "é" * 100}]}))
    (skipped,) = harvest(path, messages_field="messages", max_text_size=120)
    assert skipped.reason == "too_large"


def test_rows_hold_conversations_or_prompts_not_both() -> None:
    with pytest.raises(ValidationError, match="not both"):
        TextOptions(connector="text", path="x", messages_field="a", prompt_field="b")
