"""What a forge says in the body of an error, fit for a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cooldown_connectors.http.json_body import parsed

_LONGEST: Final = 300
_LOOKED_AT: Final = 64 << 10
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|\?xml)", re.IGNORECASE)


def is_page(body: bytes, content_type: str) -> bool:
    """Whether this is a web page where JSON was expected."""
    return "html" in content_type.lower() or bool(_HTML.match(body[:1000]))


def said(body: bytes) -> str:
    """The message in an error's body: one line of at most 300 characters, nothing in it invisible; may be empty."""
    head = body[:_LOOKED_AT]
    if _HTML.match(head[:1000]):
        title = _TITLE.search(head)
        return clean(title[1].decode("utf-8", "replace") if title else "")
    try:
        return clean(_message(parsed(head)))
    except ValueError:
        return clean(head.decode("utf-8", "replace"))


def clean(text: str) -> str:
    """One line of at most 300 characters: controls, and signs that turn or hide text, become spaces."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: _LONGEST * 20]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _message(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > 3:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_message(item, depth + 1) for item in value[:5])))
    if isinstance(value, Mapping):
        names = ("message", "error_description", "error", "errors", "detail", "title")
        found = [_message(value[name], depth + 1) for name in names if value.get(name)]
        return "; ".join(dict.fromkeys(filter(None, found[:3])))
    return ""
