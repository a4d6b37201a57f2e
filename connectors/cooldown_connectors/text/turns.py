"""Rows that show how a model is to answer: conversations in OpenAI's form, and prompts with their completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cooldown_kit.records import ChatTurn

ROLES: Final = ("system", "developer", "user", "assistant", "tool")
_KNOWN: Final = frozenset({"role", "content", "weight", "name"})
"""Keys of a message that are understood; one that is null says nothing."""


def turns_of_messages(value: Any) -> list[ChatTurn]:
    """The turns of a list of ``{role, content}``, where ``content`` is a string or a list of parts of text.

    What the assistant says is trained, unless its ``weight`` is 0. Raises ``ValueError`` that says which message is wrong, and why: a call
    of a tool, a picture or an unknown key is not left out in silence.
    """
    if not isinstance(value, list) or not value:
        raise ValueError("it is not a list of messages")
    turns = [_turn(message, f"message {number}") for number, message in enumerate(value, 1)]
    if not any(turn.trained and turn.text.strip() for turn in turns):
        raise ValueError("there is no message of the role `assistant` to learn from")
    return turns


def turns_of_prompt(prompt: Any, completion: Any) -> list[ChatTurn]:
    """A prompt that is read and a completion that is trained. Raises ``ValueError``."""
    if not isinstance(prompt, str):
        raise ValueError(f"the prompt is not a string but {_kind(prompt)}")
    if not isinstance(completion, str):
        raise ValueError(f"the completion is not a string but {_kind(completion)}")
    if not completion.strip():
        raise ValueError("the completion is empty")
    return [ChatTurn(text=prompt, trained=False), ChatTurn(text=completion)]


def _turn(message: Any, where: str) -> ChatTurn:
    if not isinstance(message, Mapping):
        raise ValueError(f"{where} is not an object but {_kind(message)}")
    role = message.get("role")
    if role not in ROLES:
        raise ValueError(f"{where}: `role` must be one of {', '.join(ROLES)}")
    unknown = [str(key) for key, said in message.items() if key not in _KNOWN and said is not None]
    if unknown:
        raise ValueError(f"{where}: `{unknown[0]}` is not supported")
    weight = message.get("weight")
    if weight not in (None, 0, 1):
        raise ValueError(f"{where}: `weight` must be 0 or 1")
    if weight is not None and role != "assistant":
        raise ValueError(f"{where}: `weight` is for the role `assistant` only")
    return ChatTurn(
        role=role,
        text=_content(message.get("content"), where),
        trained=role == "assistant" and weight != 0,
    )


def _content(content: Any, where: str) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ValueError(f"{where}: `content` is not a string but {_kind(content)}")
    texts = []
    for part in content:
        if (
            not isinstance(part, Mapping)
            or part.get("type") != "text"
            or not isinstance(part.get("text"), str)
        ):
            kind = part.get("type") if isinstance(part, Mapping) else _kind(part)
            raise ValueError(f"{where}: `content` has a part that is not text but {kind}")
        texts.append(part["text"])
    return "".join(texts)


def _kind(value: Any) -> str:
    names = {type(None): "null", dict: "an object", list: "a list", bool: "true or false", str: "a string"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
