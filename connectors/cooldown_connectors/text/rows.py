"""Rows of files → pages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from cooldown_connectors.text.options import RowOptions
from cooldown_connectors.text.pages import TAKE
from cooldown_connectors.text.turns import turns_of_messages, turns_of_prompt
from cooldown_kit.records import ChatTurn, Skipped, TextPage

_MILLISECONDS_FROM = 1e11
"""A larger number of seconds would lie after the year 5138, so it is one of milliseconds."""


class RowReader:
    """Turns the rows of one file into pages; ``warnings`` counts what was wrong with optional fields."""

    def __init__(self, name: str, options: RowOptions, warnings: Counter[str]) -> None:
        self._name = name
        self._options = options
        self._warnings = warnings
        self._seen: set[int] = set()

    def page(self, row: Mapping[str, Any], number: int) -> TextPage | Skipped:
        """The page of one row, or why there is none: ``missing_field``, ``not_text``, ``not_messages``, ``too_large``, ``empty``."""
        options, what = self._options, f"{self._name}#{number}"
        text = row.get(options.main_field)
        if text is None:
            return Skipped(what=what, reason="missing_field", detail=f"no {options.main_field!r}")
        if options.messages_field is not None or options.prompt_field is not None:
            return self._example(row, number, text)
        if not isinstance(text, str):
            detail = f"{options.text_field!r} is not a string but {type(text).__name__}"
            return Skipped(what=what, reason="not_text", detail=detail)
        if len(text) > options.max_text_size or len(text.encode()) > options.max_text_size:
            return text_too_large(what, options)
        if not text.strip():
            return Skipped(what=what, reason="empty")
        return self._made(row, number, text, [])

    def _example(self, row: Mapping[str, Any], number: int, value: Any) -> TextPage | Skipped:
        """A row that shows how to answer: ``not_messages`` (also where a prompt is no string), ``too_large``."""
        options, what = self._options, f"{self._name}#{number}"
        try:
            if options.prompt_field is None:
                turns = turns_of_messages(value)
            else:
                turns = turns_of_prompt(row.get(options.prompt_field), value)
        except ValueError as error:
            return Skipped(what=what, reason="not_messages", detail=str(error))
        if sum(len(turn.text.encode("utf-8", "surrogatepass")) for turn in turns) > options.max_text_size:
            return text_too_large(what, options)
        return self._made(row, number, "", turns)

    def _made(self, row: Mapping[str, Any], number: int, text: str, turns: list[ChatTurn]) -> TextPage:
        return TextPage(
            id=self._id(row, number),
            take=TAKE,
            path=self._name,
            row=number,
            title=_string(row, self._options.title_field),
            text=text,
            turns=turns,
            time=self._time(row),
            url=_string(row, self._options.url_field),
        )

    def page_of_bytes(self, row: dict[str, Any], number: int) -> TextPage | Skipped:
        """The same for a row with strings as bytes, which need not be UTF-8: ``not_utf8``. They are decoded in place."""
        options = self._options
        for field, value in row.items():
            if isinstance(value, bytes):
                what = f"{self._name}#{number}"
                if field == options.main_field and len(value) > options.max_text_size:
                    return text_too_large(what, options)
                try:
                    row[field] = value.decode()
                except UnicodeDecodeError as error:
                    return Skipped(what=what, reason="not_utf8", detail=f"{field!r}: {error}")
        return self.page(row, number)

    def page_of_json(self, data: bytes, number: int) -> TextPage | Skipped:
        """The same for a row that is an object of JSON: ``not_utf8``, ``bad_json``."""
        what = f"{self._name}#{number}"
        try:
            row: Any = msgspec.json.decode(data.decode())
        except UnicodeDecodeError as error:
            return Skipped(what=what, reason="not_utf8", detail=str(error))
        except (msgspec.DecodeError, RecursionError) as error:
            return Skipped(what=what, reason="bad_json", detail=str(error))
        if not isinstance(row, dict):
            return Skipped(what=what, reason="bad_json", detail="the line is not a JSON object")
        return self.page(row, number)

    def _id(self, row: Mapping[str, Any], number: int) -> str:
        """``{path}#{id}``; the row's number stands in, and a warning is counted, where an id is missing or not unique."""
        field = self._options.id_field
        if field is None:
            return f"{self._name}#{number}"
        own = _string(row, field)
        if own is None:
            self._warnings[f"rows without {field!r} are identified by their number"] += 1
            return f"{self._name}#{number}"
        digest = hash_of(own)
        if digest in self._seen:
            self._warnings[
                f"rows with a {field!r} that an earlier row of the file has, too, got their number added"
            ] += 1
            return f"{self._name}#{own}#{number}"
        self._seen.add(digest)
        return f"{self._name}#{own}"

    def _time(self, row: Mapping[str, Any]) -> datetime | None:
        field = self._options.time_field
        value = row.get(field) if field else None
        if value is None:
            return None
        time = parse_time(value)
        if time is None:
            self._warnings[f"rows with a {field!r} that is no time are undated"] += 1
        return time


def text_too_large(what: str, options: RowOptions) -> Skipped:
    """A row whose text is over ``max_text_size``."""
    return Skipped(what=what, reason="too_large", detail=f"max_text_size is {options.max_text_size:,} bytes")


def hash_of(value: str) -> int:
    """64 bits that stand for an identifier, so that millions of them fit into memory."""
    return int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8).digest(), "little")


def parse_time(value: object) -> datetime | None:
    """A time in UTC from ISO 8601, seconds or milliseconds since 1970, or a ``datetime``; ``None`` for anything else.

    What names no time zone is taken as UTC.
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, tz=UTC)
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
    except (
        ValueError,
        OverflowError,
        OSError,
    ):  # what fromtimestamp and astimezone raise outside of years 1 to 9999
        return None
    return None


def _string(row: Mapping[str, Any], field: str | None) -> str | None:
    value = row.get(field) if field else None
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).strip() or None
