"""Headers of mails as they are in the wild: any charset, any length, any date."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import Final

from cooldown_kit.records import Person

_MAX_VALUE: Final = 4 << 10
"""Characters of a header that are looked at."""
_MAX_REFERENCES: Final = 16 << 10
_NEWEST: Final = 100
"""References that count: the first, and so many last ones."""
_ID: Final = re.compile(r"<\s*([^<>\s]{1,250})\s*>")
_SPACE: Final = re.compile(r"[\s\0]+")
_AT: Final = re.compile(r"^([^\s<>()]{1,100}) at ([\w.-]{1,200}\.[A-Za-z]{2,20})(?=\s|$)")
"""How pipermail writes addresses."""
_PREFIX: Final = re.compile(
    r"\s*(?:(?:re|aw|sv|vs|antw|antwort|rif|odp|ynt|fw|fwd|wg|tr)\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*[:：])",
    re.IGNORECASE,
)
_BRACKET: Final = re.compile(r"\s*\[([^\[\]]{1,60})\]")
_MEANT: Final = re.compile(r"patch|rfc|bug|\d", re.IGNORECASE)
"""Brackets that belong to the subject: ``[PATCH 2/3]``, ``[Bug 123]``."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_STAMP: Final = re.compile(
    rb"([A-Za-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?: .{0,20})? ((?:19|20)\d\d)"
)
_YEARS: Final = range(1971, 2100)


def raw(message: Message, name: str) -> list[str]:
    """All values of a header as they stand there; raw bytes are kept as surrogates, which ``message.get`` would replace."""
    lower = name.lower()
    return [str(value) for key, value in message.raw_items() if key.lower() == lower]


def first(message: Message, name: str) -> str:
    """The beginning of the first of them; empty where there is none."""
    return next((value[:_MAX_VALUE] for value in raw(message, name)), "")


def header(message: Message, name: str, encoding: str) -> str:
    """The value with encoded words decoded, on one line; empty where there is none."""
    return _SPACE.sub(" ", decoded(first(message, name), encoding)).strip()


def decoded(value: str, encoding: str) -> str:
    """Encoded words, and raw bytes that the parser kept as surrogates, as text."""
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError, UnicodeError):
        parts = [(value, None)]
    return "".join(
        _text(part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape"), charset, encoding)
        for part, charset in parts
    )


def _text(data: bytes, charset: str | None, encoding: str) -> str:
    for name in (charset, "utf-8", encoding):
        if name and name.lower() not in SLOW_CODECS:
            try:
                text = data.decode(name)
                text.encode()
                return text
            except (LookupError, UnicodeError, ValueError):
                continue
    return data.decode("utf-8", "replace")


SLOW_CODECS: Final = ("punycode", "idna", "unknown-8bit")
"""Never used for texts, and the first two take time in the square of the length."""


def message_id(message: Message) -> str | None:
    value = first(message, "Message-ID")
    found = _ID.search(value)
    plain = found[1] if found else _SPACE.sub("", value).strip("<>")[:250]
    return _clean(plain) or None


def references(message: Message) -> list[str]:
    """Ids of the mails that this one answers, the nearest first."""
    replied = _ID.findall(_clean(first(message, "In-Reply-To")))
    value = _clean(next(iter(raw(message, "References")), ""))
    if len(value) > _MAX_REFERENCES:
        value = value[:500] + " " + value[-_MAX_REFERENCES:]
    above = _ID.findall(value)
    return list(dict.fromkeys([*replied[:1], *reversed(above[-_NEWEST:]), *above[:1], *replied[1:3]]))


def author(message: Message, encoding: str) -> Person | None:
    value = header(message, "From", encoding)
    # Decoded first, so that a name in encoded words may hold a comma only where it was quoted.
    name, address = parseaddr(_AT.sub(r"\1@\2", value))
    if not address and not name:
        return Person(name=value[:200], email="") if value else None
    if "@" not in address:
        name, address = name or address, ""
    return Person(name=name.strip().strip("'\""), email=address.strip())


def sent_at(message: Message, postmark: bytes) -> datetime | None:
    """From ``Date``; where that is none, from when it was received, or from the mbox."""
    received = [value.rpartition(";")[2] for value in raw(message, "Received")[:3]]
    for value in (first(message, "Date"), *received):
        time = _date(value[:200])
        if time is not None:
            return time
    return _stamp(postmark)


def _date(value: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(value)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return time if time.year in _YEARS else None


def _stamp(postmark: bytes) -> datetime | None:
    match = _STAMP.search(postmark)
    if match is None or match[1].decode().lower() not in _MONTHS:
        return None
    month = _MONTHS.index(match[1].decode().lower()) + 1
    try:
        time = datetime(
            int(match[6]), month, int(match[2]), int(match[3]), int(match[4]), int(match[5] or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    return time if time.year in _YEARS else None


def title(subject: str, place: str) -> str:
    """The subject without reply signs and without the list's own ``[name]``."""
    names = {place.lower(), place.lower().partition(".")[0], place.lower().partition("@")[0]}
    while True:
        shorter = _PREFIX.sub("", subject, count=1) if _PREFIX.match(subject) else subject
        bracket = _BRACKET.match(shorter)
        if bracket and bracket[1].strip().lower() in names:
            shorter = shorter[bracket.end() :]
        if shorter == subject:
            return subject.strip()
        subject = shorter


def subject_key(subject: str) -> tuple[str, bool]:
    """What subjects of one conversation have in common, and whether this one is marked as a reply."""
    reply = False
    while True:
        prefix, bracket = _PREFIX.match(subject), _BRACKET.match(subject)
        if prefix:
            subject, reply = subject[prefix.end() :], True
        elif bracket and not _MEANT.search(bracket[1]):
            subject = subject[bracket.end() :]
        else:
            return _SPACE.sub(" ", subject).strip().lower(), reply


def list_name(message: Message, encoding: str) -> str:
    """``python-dev.python.org`` of ``List-Id: Development <python-dev.python.org>``; empty where there is none."""
    found = _ID.search(header(message, "List-Id", encoding))
    return found[1] if found else ""


def archived_at(message: Message, encoding: str) -> str | None:
    url = header(message, "Archived-At", encoding).strip("<> ")
    return url if url.startswith(("https://", "http://")) and " " not in url else None


def _clean(value: str) -> str:
    """Without the surrogates that stand for raw bytes."""
    return value.encode("utf-8", "replace").decode().replace("\0", "")
