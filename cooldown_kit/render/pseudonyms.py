"""Pseudonyms for people: ``user_1``, ``user_2``, …, numbered as they first appear in a document, the same person the same one.

A record is pseudonymised before any layout sees it, all its texts with one mapping and each line by itself: what a line of a file
becomes, the same line of a patch becomes too, so that patches still fit, and no line is added or lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import msgspec

from cooldown_kit.records import (
    Cell,
    Commit,
    FileChange,
    Notebook,
    Person,
    PullRequest,
    Record,
    Release,
    SourceFile,
    TextPage,
)
from cooldown_kit.render import people
from cooldown_kit.render.message import without_signature, without_trailers

_DOMAIN = "example.com"
_LOGIN = re.compile(r"(?:\d+\+)?([A-Za-z0-9-]+)@users\.noreply\.\S+", re.IGNORECASE)
_AnyRecord = TypeVar("_AnyRecord", bound=Record)


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

    def know(self, person: Person) -> None:
        """Someone whose address, and whose name if it has several words, is replaced wherever it stands.

        A name of one word is only an @mention: ``ubuntu`` and ``Max`` are words of code as well."""
        name, address = " ".join(person.name.split()), person.email.strip().lower()
        if people.is_nobody(address) or name.lower().endswith("[bot]"):
            return
        aliases = [address] if "@" in address.strip("@") else []
        if " " in name and len(name) > 4:
            first, _, last = name.rpartition(" ")
            aliases += [name.lower(), f"{last}, {first}".lower()]
        self._everywhere += [alias for alias in aliases if alias not in self._everywhere]
        login = _LOGIN.fullmatch(address)
        aliases += [
            f"@{word.lower()}" for word in (name, login[1] if login else "") if word and " " not in word
        ]
        who = next(
            (self._who[alias] for alias in aliases if alias in self._who), aliases[0] if aliases else ""
        )
        for alias in aliases:
            self._who.setdefault(alias, who)

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
        parts, position = [], 0
        for span in sorted(spans, key=lambda span: (span.start, -span.end)):
            if span.start >= position:
                user = self.of(span.alias)
                parts += [text[position : span.start], f"{user}@{_DOMAIN}" if span.address else user]
                position = span.end
        return "".join([*parts, text[position:]]) if parts else text


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


def pseudonymise(record: _AnyRecord, pseudonyms: Pseudonyms | None = None) -> _AnyRecord:
    """The record with pseudonyms in place of people, in all texts that a layout shows; ids, paths and :class:`Person` fields,
    which are never shown, stay. ``pseudonyms`` is what records of one document share; each has its own by default."""
    who = pseudonyms or Pseudonyms()
    replaced: Record = _BY_TYPE[type(record)](record, who)
    return replaced  # type: ignore[return-value]  # of the type that it was


def _commit(record: Commit, who: Pseudonyms) -> Commit:
    for person in (record.author, record.committer, *_in_trailers(record.message)):
        who.know(person)
    return msgspec.structs.replace(
        record,
        message=_message(record.message, who),
        changes=[_change(change, who) for change in record.changes],
        untouched=[
            msgspec.structs.replace(file, content=who.text(file.content)) for file in record.untouched
        ],
    )


def _pull_request(record: PullRequest, who: Pseudonyms) -> PullRequest:
    messages = [record.description, *(commit.message for commit in record.commits)]
    for person in (*(c.author for c in record.commits), *(p for m in messages for p in _in_trailers(m))):
        who.know(person)
    return msgspec.structs.replace(
        record,
        title=None if record.title is None else who.text(record.title, message=True),
        description=_message(record.description, who),
        commits=[
            msgspec.structs.replace(commit, message=_message(commit.message, who))
            for commit in record.commits
        ],
        changes=[_change(change, who) for change in record.changes],
    )


def _change(change: FileChange, who: Pseudonyms) -> FileChange:
    return msgspec.structs.replace(
        change,
        before=None if change.before is None else who.text(change.before),
        patch=None if change.patch is None else who.patch(change.patch),
    )


def _release(record: Release, who: Pseudonyms) -> Release:
    for person in (*([record.tagger] if record.tagger else []), *_in_trailers(record.message)):
        who.know(person)
    return msgspec.structs.replace(
        record,
        notes=None if record.notes is None else who.text(record.notes, message=True),
        message=_message(without_signature(record.message), who),
        subjects=[who.text(subject, message=True) for subject in record.subjects],
    )


def _notebook(record: Notebook, who: Pseudonyms) -> Notebook:
    def cell(one: Cell) -> Cell:
        source, outputs = who.text(one.source), [who.text(output) for output in one.outputs]
        return msgspec.structs.replace(one, source=source, outputs=outputs)

    return msgspec.structs.replace(record, cells=[cell(one) for one in record.cells])


def _source_file(record: SourceFile, who: Pseudonyms) -> SourceFile:
    return msgspec.structs.replace(record, content=who.text(record.content))


def _text_page(record: TextPage, who: Pseudonyms) -> TextPage:
    title = None if record.title is None else who.text(record.title)
    return msgspec.structs.replace(record, title=title, text=who.text(record.text))


_BY_TYPE: dict[type, Callable[..., Record]] = {
    Commit: _commit,
    PullRequest: _pull_request,
    Release: _release,
    Notebook: _notebook,
    SourceFile: _source_file,
    TextPage: _text_page,
}


def _message(text: str, who: Pseudonyms) -> str:
    """A message with its people replaced, without the trailers that no layout shows: they would use up numbers."""
    return who.text(without_trailers(text).text, message=True)


def _in_trailers(message: str) -> Iterator[Person]:
    """People whom the trailers of a message name, wherever they stand in it."""
    for match in people.TRAILER.finditer(message):
        yield Person(name=match[1].strip(), email=match[2])
