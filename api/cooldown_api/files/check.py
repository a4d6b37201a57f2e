"""What an uploaded file holds, and the first things that are wrong with it. Memory stays flat, whatever its size.

Its content decides, not its name: JSON lines to train on (``chat``, ``completion``, ``text``), a whole ``recipe``, or a manifest of
``repositories``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from cooldown_api.creating.submission import LONGEST_TEXT
from cooldown_kit.errors import CooldownError

Kind = Literal["chat", "completion", "text", "recipe", "repositories", "unknown"]
ROWS: Final = ("chat", "completion", "text")
_LONGEST_LINE: Final = 16 << 20
_TOLD: Final = 5
"""So many errors are told; the others are counted."""
_LOOKS_LIKE: Final = (
    "each line must be a JSON object with `messages`, with `prompt` and `completion`, or with `text`; "
    "or the file must be a recipe or a manifest with `repositories`"
)


@dataclass
class Facts:
    """What was found. ``errors`` are the first ones, ``wrong`` counts all rows that are wrong."""

    kind: Kind = "unknown"
    rows: int = 0
    wrong: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        return "error" if self.errors else "processed"

    @property
    def details(self) -> str | None:
        """For a person: the first errors, with their lines."""
        if not self.errors:
            return None
        more = self.wrong - len(self.errors)
        return "; ".join(self.errors) + (f"; and {more:,} more" if more > 0 else "")

    def add(self, error: str) -> None:
        self.wrong += 1
        if len(self.errors) < _TOLD:
            self.errors.append(error)


def check_file(path: Path) -> Facts:
    """Read a file once. Nothing of its contents but key names and numbers of lines comes into the messages."""
    facts = Facts()
    first = next(iter(_lines(path)), None)
    if first is None:
        facts.add("the file is empty")
        return facts
    row = _row(first[1])
    if isinstance(row, dict) and (kind := _kind_of(row)) is not None:
        facts.kind = kind
        for number, line in _lines(path):
            facts.rows += 1
            if (error := _error(line, kind)) is not None:
                facts.add(f"line {number}: {error}")
        return facts
    _check_manifest(path, facts)
    return facts


def _lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Lines that hold something, with their numbers from 1; ``None`` for one that is too long to be held."""
    from cooldown_connectors.text.jsonl import lines
    from cooldown_connectors.text.walk import Found

    size = path.stat().st_size
    for number, line in lines(Found(path, "upload.jsonl", size, 0), _LONGEST_LINE):
        if line is None or line.strip():
            yield number, line


def _row(line: bytes | None) -> Any:
    try:
        return None if line is None else msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _kind_of(row: dict[str, Any]) -> Kind | None:
    if "messages" in row:
        return "chat"
    if "prompt" in row and "completion" in row:
        return "completion"
    return "text" if "text" in row else None


def _error(line: bytes | None, kind: Kind) -> str | None:
    if line is None:
        return f"longer than {_LONGEST_LINE:,} bytes"
    try:
        row: Any = msgspec.json.decode(line.decode())
    except UnicodeDecodeError:
        return "not UTF-8"
    except (msgspec.DecodeError, RecursionError) as error:
        return f"not JSON: {error}"
    if not isinstance(row, dict):
        return "not a JSON object"
    return _row_error(row, kind)


def _row_error(row: dict[str, Any], kind: Kind) -> str | None:
    from cooldown_connectors.text.turns import turns_of_messages, turns_of_prompt

    try:
        if kind == "chat":
            turns_of_messages(row.get("messages"))
            unknown = [key for key in row if key != "messages" and row[key] is not None]
            return f"`{unknown[0][:64]}` is not supported" if unknown else None
        if kind == "completion":
            turns_of_prompt(row.get("prompt"), row.get("completion"))
        elif not isinstance(text := row.get("text"), str) or not text.strip():
            return "`text` is not a string that says something"
    except ValueError as error:
        return str(error)
    return None


def _check_manifest(path: Path, facts: Facts) -> None:
    """A recipe or a manifest is small: it is read whole."""
    if path.stat().st_size > LONGEST_TEXT:
        facts.add(f"line 1: {_LOOKS_LIKE}")
        return
    try:
        data = read_manifest(path)
    except CooldownError as error:
        facts.add(f"{error.where or 'line 1'}: {error.what}; {_LOOKS_LIKE}")
        return
    except UnicodeDecodeError:
        facts.add(f"not UTF-8; {_LOOKS_LIKE}")
        return
    if not isinstance(data, dict) or not ({"sources", "repositories"} & data.keys()):
        facts.add(f"line 1: {_LOOKS_LIKE}")
        return
    facts.kind = "recipe" if "sources" in data else "repositories"
    if facts.kind == "recipe":
        _check_recipe(data, facts)
    else:
        _check_repositories(data, facts)


def read_manifest(path: Path) -> Any:
    """The data of a recipe or a manifest. Raises :class:`CooldownError` or ``UnicodeDecodeError``."""
    from cooldown_kit.yaml_source import parse_yaml

    return parse_yaml(path.read_text("utf-8-sig"), "the file").data


def _check_recipe(data: dict[str, Any], facts: Facts) -> None:
    """Its options; what it may reach is asked when a job is made of it. The job names the model."""
    from cooldown_kit.recipe import Recipe

    try:
        Recipe.parse({"name": "upload", "model": "named-by-the-job", **data}, where="the recipe")
    except CooldownError as error:
        facts.add(str(error))


def _check_repositories(data: dict[str, Any], facts: Facts) -> None:
    from pydantic import ValidationError

    from cooldown_api.files.manifest import Manifest

    try:
        Manifest.model_validate(data)
    except ValidationError as error:
        for item in error.errors():
            facts.add(f"{'.'.join(map(str, item['loc']))}: {item['msg']}")
