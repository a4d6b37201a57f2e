"""JSON of strangers: whatever can be read is read, and nothing in it can harm what reads it later."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import msgspec

_SURROGATE = re.compile("[\ud800-\udfff]")


def parsed(body: bytes) -> Any:
    """The value of a JSON text. Raises ``ValueError`` where it is none, cut short for example.

    Bytes that are no UTF-8 and halves of surrogate pairs, which no file or hash could take, become U+FFFD.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        value = json.loads(body.decode("utf-8", "replace"), parse_constant=_no_number)
        return _whole(value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
