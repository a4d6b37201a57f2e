"""Takes credentials out of whatever is written to a log: the last line of defence, since none should come so far."""

from __future__ import annotations

import re
from typing import Any, Final

SHOWN: Final = "[secret]"
_RULES: Final = (
    (re.compile(r"\b(ck_[a-z0-9]{8})_[A-Za-z0-9_-]{43}"), rf"\1_{SHOWN}"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}"), SHOWN),
    (
        re.compile(r"\b(?:gh[a-z]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_\w{20,}|sk-[\w-]{16,})"),
        SHOWN,
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), SHOWN),
    (re.compile(r"(?i)(\b(?:bearer|basic|token)\s+)[A-Za-z0-9._~+/=-]{8,}"), rf"\1{SHOWN}"),
    (
        re.compile(
            r"(?i)((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?)(?!bearer\b|basic\b|token\b)[^\s'\",}]+"
        ),
        rf"\1{SHOWN}",
    ),
    (re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@'\"]+@"), rf"\1{SHOWN}@"),
    (
        re.compile(
            r"(?i)([?&](?:access_token|api_?key|auth|code|key|password|private_token|secret|sig|signature|token|x-amz-[a-z-]+)=)[^&\s'\"]+"
        ),
        rf"\1{SHOWN}",
    ),
    (re.compile(r"(cooldown_session=)[A-Za-z0-9_-]+"), rf"\1{SHOWN}"),
)


def redact(text: str) -> str:
    """The text, with ``[secret]`` in place of what looks like a credential."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redact_values(value: Any) -> Any:
    """The same for every text in nested values."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_values(item) for item in value]
    return value
