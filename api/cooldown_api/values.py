"""What a request may hold at all: values that both databases keep, in a size that a recipe needs, and no credential."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

from cooldown_api.problems import ProblemError

MOST_VALUES: Final = 10_000
"""A recipe has hundreds."""
MOST_DEPTH: Final = 64
_SHORTEST_SECRET: Final = 8
_SHORT: Final = 64


def check_body(body: BaseModel) -> None:
    """:func:`check_values` of everything in a body."""
    check_values(body.model_dump(mode="python"), "")


def check_values(value: Any, where: str) -> None:
    """Raises :class:`ProblemError` ``validation`` at the first value that cannot be kept, or that looks like a credential.

    Postgres keeps no NUL and no half of a surrogate pair, JSON no NaN; an integer beyond 64 bits means nothing in a recipe. Goes
    through nested values without recursion. The message does not repeat the value.
    """
    pending: list[tuple[Any, str, int]] = [(value, where, 0)]
    seen = 0
    while pending:
        item, place, depth = pending.pop()
        seen += 1
        if seen > MOST_VALUES:
            raise _wrong(
                where, f"more than {MOST_VALUES:,} values", "send a smaller one: a recipe has hundreds"
            )
        if depth > MOST_DEPTH:
            raise _wrong(where, f"nested more than {MOST_DEPTH} levels deep", "write it flatter")
        if isinstance(item, dict):
            for key, inner in item.items():
                _check_scalar(key, f"a key in {place}" if place else "a key")
                pending.append((inner, f"{place}.{key}" if place else str(key), depth + 1))
        elif isinstance(item, list | tuple):
            pending += [(inner, f"{place}.{number}", depth + 1) for number, inner in enumerate(item)]
        else:
            _check_scalar(item, place)


def scrub(text: str) -> str:
    """A message for a person, with ``<secret:rule>`` in place of whatever in it looks like a credential."""
    return _cleaned(text) if len(text) >= _SHORTEST_SECRET else text


def _check_scalar(item: Any, place: str) -> None:
    if isinstance(item, str):
        _check_text(item, place)
    elif isinstance(item, float) and not math.isfinite(item):
        raise _wrong(place, "not a finite number", "write a number, or leave it out")
    elif isinstance(item, int) and not -(2**63) <= item < 2**63:
        raise _wrong(place, "an integer of more than 64 bits", "write a smaller number")


def _check_text(text: str, place: str) -> None:
    if "\0" in text:
        raise _wrong(place, "a NUL character", "take it out")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _wrong(place, "half of a surrogate pair", "send valid Unicode") from None
    if len(text) >= _SHORTEST_SECRET and _looks_secret(text):
        raise _wrong(
            place,
            "what looks like a credential",
            "revoke it, keep the new one in the service's folder of secrets and say `token: secret:NAME`",
        )


def _looks_secret(text: str) -> bool:
    return _short_looks_secret(text) if len(text) <= _SHORT else _cleaned(text) != text


@lru_cache(4096)
def _short_looks_secret(text: str) -> bool:
    """Nearly all texts of a recipe are an option's default: the same in every request."""
    return _cleaned(text) != text


def _wrong(place: str, what: str, remedy: str) -> ProblemError:
    shown = scrub(place.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0"))[:200]
    detail = f"{shown} holds {what}" if shown else f"the body holds {what}"
    return ProblemError("validation", detail, where=shown or None, remedy=remedy)


def _cleaned(text: str) -> str:
    from cooldown_kit.curate.secrets import SecretCleaner

    return SecretCleaner(b"").clean_text(text)  # one for each text: a cleaner remembers what it found
