"""Pseudonyms in whole records, before any layout sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from cooldown_kit.records import (
    Cell,
    CodeReview,
    Commit,
    Discussion,
    Issue,
    Notebook,
    Person,
    PullRequest,
    Record,
    Release,
    SourceFile,
    TextPage,
    Thread,
)
from cooldown_kit.render import people
from cooldown_kit.render import pseudonymise_talk as talk
from cooldown_kit.render.message import without_signature, without_trailers
from cooldown_kit.render.pseudonyms import Pseudonyms

_AnyRecord = TypeVar("_AnyRecord", bound=Record)


def pseudonymise(record: _AnyRecord, pseudonyms: Pseudonyms | None = None) -> _AnyRecord:
    """The record with pseudonyms in place of people, in all texts that a layout shows; ids and paths stay, and of code the
    :class:`Person` fields, which are never shown. Who takes part in a conversation is shown, and is a pseudonym. ``pseudonyms`` is what records of one document share; each has its own by default."""
    who = pseudonyms or Pseudonyms()
    replaced: Record = _BY_TYPE[type(record)](record, who)
    return replaced  # type: ignore[return-value]  # of the type that it was


def _commit(record: Commit, who: Pseudonyms) -> Commit:
    for person in (record.author, record.committer, *_in_trailers(record.message)):
        who.know(person)
    return msgspec.structs.replace(
        record,
        message=_message(record.message, who),
        changes=[talk.change_of(change, who) for change in record.changes],
        untouched=[
            msgspec.structs.replace(file, content=who.text(file.content)) for file in record.untouched
        ],
    )


def _pull_request(record: PullRequest, who: Pseudonyms) -> PullRequest:
    messages = [record.description, *(commit.message for commit in record.commits)]
    for person in (*(c.author for c in record.commits), *(p for m in messages for p in _in_trailers(m))):
        who.know(person)
    if record.forge:
        record = talk.people_of_request(record, who)
    return msgspec.structs.replace(
        record,
        title=None if record.title is None else who.text(record.title, message=True),
        description=_message(record.description, who),
        commits=[
            msgspec.structs.replace(commit, message=_message(commit.message, who))
            for commit in record.commits
        ],
        changes=[talk.change_of(change, who) for change in record.changes],
        untouched=[
            msgspec.structs.replace(file, content=who.text(file.content)) for file in record.untouched
        ],
    )


def _release(record: Release, who: Pseudonyms) -> Release:
    for person in (*([record.tagger] if record.tagger else []), *_in_trailers(record.message)):
        who.know(person)
    return msgspec.structs.replace(
        record,
        name=None if record.name is None else who.text(record.name, message=True),
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
    turns = [msgspec.structs.replace(turn, text=who.text(turn.text)) for turn in record.turns]
    return msgspec.structs.replace(record, title=title, text=who.text(record.text), turns=turns)


_BY_TYPE: dict[type, Callable[..., Record]] = {
    Commit: _commit,
    PullRequest: _pull_request,
    CodeReview: talk.code_review,
    Issue: talk.issue,
    Discussion: talk.discussion,
    Thread: talk.thread,
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
