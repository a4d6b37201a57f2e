"""What every renderer is told beside the record, and what it answers where there is nothing to read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Where records come from: the source's name in the recipe, its connector, and the keyed hash for authors."""

    source: str
    connector: str
    hash_author: Callable[[str], str]


@dataclass(frozen=True)
class NotRendered:
    """Why a record became no document: a snake_case word, counted by the stage."""

    reason: str


def content_hash(parts: Iterable[str]) -> str:
    """32 hex digits that identify a content; each part is preceded by its length, so that no two splits are alike."""
    hasher = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        hasher.update(len(encoded).to_bytes(8, "little"))
        hasher.update(encoded)
    return hasher.hexdigest()


def count_lines(text: str) -> int:
    """Lines as an editor counts them: a last line without a newline counts too."""
    return text.count("\n") + (bool(text) and not text.endswith("\n"))


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def quote_path(path: str) -> str:
    """The path as git writes it in diffs: quoted like a C string where it holds control characters, quotes or backslashes.

    Other characters stay as they are (git's ``core.quotePath=false``), so that a path is always one line.
    """
    if not any(character < " " or character in '"\\\x7f\x85\u2028\u2029' for character in path):
        return path
    return '"' + "".join(_quote(character) for character in path) + '"'


def _quote(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character < " " or character in "\x7f\x85\u2028\u2029":
        return "".join(f"\\{byte:03o}" for byte in character.encode())
    return character
