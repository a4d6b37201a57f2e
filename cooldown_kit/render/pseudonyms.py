"""Pseudonyms for people: ``user_1``, ``user_2``, …, numbered as they first appear in a document, the same person the same one.

All texts of a document share one mapping, and each line is replaced by itself: what a line of a file becomes, the same line of a patch
becomes too, so that patches still fit, and no line is added or lost. :mod:`cooldown_kit.render.pseudonymise` does it to whole records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cooldown_kit.bots import is_machine
from cooldown_kit.records import Person
from cooldown_kit.render import people

_DOMAIN = "example.com"
_LOGIN = re.compile(r"(?:\d+\+)?([A-Za-z0-9-]+)@users\.noreply\.\S+", re.IGNORECASE)


class _Span(NamedTuple):
    """Characters ``start`` to ``end`` name somebody who is known by ``alias``."""

    start: int
    end: int
    alias: str
    address: bool


class Pseudonyms:
    """Who is called what in one document. Several records that make one document share it."""

    def __init__(self) -> None:
        self._who: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._everywhere: list[str] = []
        self._logins: dict[str, None] = {}
        self._mentioned: re.Pattern[str] | None = None
        self._met: set[Person] = set()
        self._called: dict[Person, Person | None] = {}

    def know(self, person: Person) -> None:
        """Someone whose address, and whose name if it has several words, is replaced wherever it stands.

        A name of one word and a login are only @mentions: ``ubuntu`` and ``Max`` are words of code as well."""
        if person in self._met:
            return
        self._met.add(person)
        aliases, everywhere = _aliases(person)
        self._everywhere += [alias for alias in everywhere if alias not in self._everywhere]
        if person.login and aliases and person.login.lower() not in self._logins:
            self._logins[person.login.lower()] = None
            self._mentioned = None
        who = next(
            (self._who[alias] for alias in aliases if alias in self._who), aliases[0] if aliases else ""
        )
        for alias in aliases:
            self._who.setdefault(alias, who)

    def call(self, person: Person | None) -> Person | None:
        """Somebody who takes part in a conversation, under a pseudonym; machines keep their names, and nobody stays nobody."""
        if person is None:
            return None
        if person not in self._called:
            self._called[person] = self._pseudonym(person)
        return self._called[person]

    def _pseudonym(self, person: Person) -> Person | None:
        if is_machine(person):
            return person
        self.know(person)
        aliases, _ = _aliases(person)
        if not aliases:
            return None
        return Person(name="", email="", login=self.of(aliases[0]), bot=person.bot)

    def of(self, alias: str) -> str:
        """The pseudonym of whoever has that address, name or ``@login``; a new one where nobody had it yet."""
        who = self._who.setdefault(alias.lower(), alias.lower())
        return f"user_{self._numbers.setdefault(who, len(self._numbers) + 1)}"

    def text(self, text: str, *, message: bool = False) -> str:
        """``text`` with its people replaced; in a ``message`` those that are only mentioned as well."""
        return self._replaced(text, self._known_in(text), message)

    def patch(self, patch: str) -> str:
        """The hunks of a unified diff: the sign of a line is none of its text."""
        known = self._known_in(patch)
        lines = patch.split("\n")
        for number, line in enumerate(lines):
            if line.startswith("@@ "):
                ranges, mark, heading = line[3:].partition(" @@")
                lines[number] = f"@@ {ranges}{mark}{self._replaced(heading, known, False)}"
            elif known is not None or "@" in line:
                lines[number] = line[:1] + self._replaced(line[1:], known, False)
        return "\n".join(lines)

    def _known_in(self, text: str) -> re.Pattern[str] | None:
        if not self._everywhere:
            return None
        lower = text.lower()
        found = sorted((alias for alias in self._everywhere if alias in lower), key=len, reverse=True)
        if not found:
            return None
        parts = [people.known_address(a) if "@" in a else people.known_name(a) for a in found]
        return re.compile("|".join(parts), re.IGNORECASE)

    def _replaced(self, text: str, known: re.Pattern[str] | None, message: bool) -> str:
        spans = list(_addresses(text)) if "@" in text else []
        if known is not None:
            spans += [
                _Span(*match.span(), match[0].lower(), "@" in match[0]) for match in known.finditer(text)
            ]
        if message and "@" in text:
            spans += [_Span(start, end, f"@{who}", False) for start, end, who in people.mentions(text)]
            spans += [_Span(*match.span(1), match[0].lower(), False) for match in self._known_mentions(text)]
        parts, position = [], 0
        for span in _apart(spans):
            user = self.of(span.alias)
            parts += [text[position : span.start], f"{user}@{_DOMAIN}" if span.address else user]
            position = span.end
        return "".join([*parts, text[position:]]) if parts else text

    def _known_mentions(self, text: str) -> Iterator[re.Match[str]]:
        """Where those who take part are mentioned, also by logins that could be words of code (``@user``, ``@ann.berg``)."""
        if not self._logins:
            return iter(())
        if self._mentioned is None:
            longest_first = sorted(self._logins, key=len, reverse=True)
            self._mentioned = re.compile(people.known_mention(longest_first), re.IGNORECASE)
        return self._mentioned.finditer(text)


def _apart(spans: list[_Span]) -> list[_Span]:
    """The spans in order without those that overlap an earlier one; an address that begins within a name takes the name in."""
    apart: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
        elif span.address and not apart[-1].address and span.end > apart[-1].end:
            apart[-1] = span._replace(start=apart[-1].start)
    return apart


def _aliases(person: Person) -> tuple[list[str], list[str]]:
    """By what somebody is known, the surest first, and which of it is replaced wherever it stands; nothing of robots and nobody."""
    name, address = " ".join(person.name.split()), person.email.strip().lower()
    if people.is_nobody(address) or name.lower().endswith("[bot]") or person.login.endswith("[bot]"):
        return [], []
    everywhere = [address] if "@" in address.strip("@") else []
    if " " in name and len(name) > 4:
        first, _, last = name.rpartition(" ")
        everywhere += [name.lower(), f"{last}, {first}".lower()]
    hidden = _LOGIN.fullmatch(address)
    words = (person.login, name, hidden[1] if hidden else "")
    return everywhere + [f"@{word.lower()}" for word in words if word and " " not in word], everywhere


def _addresses(text: str) -> Iterator[_Span]:
    """Addresses of people, and the names before them in ``Name <address>``; only lines that hold an ``@`` are looked at."""
    at = text.find("@")
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        for match in people.PAIR.finditer(text, start, end):
            if people.is_person(match[2], text, *match.span(2)):
                name = people.name_before(match[1], text, match.start(1))
                if name:
                    yield _Span(match.end(1) - len(name), match.end(1), match[2].lower(), False)
        for match in people.KEYED.finditer(text, start, end):
            if people.is_person(match[2], text, *match.span(2)):
                yield _Span(*match.span(1), match[2].lower(), False)
        for match in people.ADDRESS.finditer(text, start, end):
            if people.is_person(match[0], text, *match.span()):
                yield _Span(*match.span(), match[0].lower(), True)
        at = text.find("@", end)
