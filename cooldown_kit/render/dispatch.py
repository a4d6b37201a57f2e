"""One record → one document: the layout that its id gets, or the kind's first one where the record cannot take that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from cooldown_kit.documents import Document
from cooldown_kit.records import (
    CodeReview,
    Commit,
    Discussion,
    FileChange,
    Issue,
    Notebook,
    PullRequest,
    Record,
    Release,
    Round,
    SourceFile,
    TextPage,
    Thread,
)
from cooldown_kit.render import commit, issue, pull_request, release, review, thread
from cooldown_kit.render.before_after import render_before_after
from cooldown_kit.render.cells import render_cells
from cooldown_kit.render.chat import render_chat
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import NEEDS
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.pseudonymise import pseudonymise
from cooldown_kit.render.script import render_script
from cooldown_kit.render.source_file import render_source_file
from cooldown_kit.render.story import render_story
from cooldown_kit.render.task import render_request_task, render_task
from cooldown_kit.render.text_page import render_text_page
from cooldown_kit.render.tidy import tidy, without_words

_Renderer = Callable[[Any, Origin, Layouts], Document | NotRendered]


class Fallback(NamedTuple):
    """A record that could not take the ``layout`` that its id got, and why."""

    layout: str
    reason: str


class Rendered(NamedTuple):
    document: Document | NotRendered
    fallback: Fallback | None = None


def _diff_or_story(record: PullRequest, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The first layout of a request: its diff, or its story where there is talk and no diff (nobody has the commits any more)."""
    document = pull_request.render_pull_request(record, origin)
    if isinstance(document, NotRendered) and record.forge:
        return render_story(record, origin, layouts)
    return document


_KINDS: Mapping[type, tuple[str, Mapping[str, _Renderer]]] = {
    Commit: (
        "commit",
        {
            "diff": lambda record, origin, _: commit.render_commit(record, origin),
            "before_after": render_before_after,
            "task": render_task,
        },
    ),
    Notebook: ("notebook", {"script": render_script, "cells": render_cells}),
    PullRequest: (
        "pull_request",
        {
            "diff": _diff_or_story,
            "story": render_story,
            "task": render_request_task,
        },
    ),
    CodeReview: ("review", {"thread": review.render_review, "fix": review.render_fix}),
    Issue: ("issue", {"thread": issue.render_issue}),
    Discussion: ("discussion", {"thread": issue.render_discussion}),
    Thread: ("thread", {"thread": thread.render_thread}),
}
"""Type of record → its key in the options, and its layouts; the first is the one that all of them can take."""


def render_record(record: Record, origin: Origin, layouts: Layouts) -> Rendered:
    """The document of one record by itself. A source file's is ``file``: packs are made of many records."""
    if isinstance(record, SourceFile):
        return Rendered(_with(render_source_file, record, origin, layouts))
    if isinstance(record, TextPage) and record.turns:
        return Rendered(_with(render_chat, record, origin, layouts))
    if isinstance(record, TextPage):
        return Rendered(
            _with(lambda page, whence, _: render_text_page(page, whence), record, origin, layouts)
        )
    if isinstance(record, Release):
        return Rendered(
            _with(lambda one, whence, _: release.render_release(one, whence), record, origin, layouts)
        )
    kind, renderers = _KINDS[type(record)]
    chosen, first = layouts.choose(kind, record.id), next(iter(renderers))
    document = _laid_out(renderers, chosen, record, origin, layouts)
    if chosen == first or isinstance(document, Document):
        return Rendered(document)
    instead = _laid_out(renderers, first, record, origin, layouts)
    return Rendered(instead, Fallback(chosen, document.reason) if isinstance(instead, Document) else None)


def _laid_out(
    renderers: Mapping[str, _Renderer], layout: str, record: Record, origin: Origin, layouts: Layouts
) -> Document | NotRendered:
    talks = layout == "story" or (isinstance(record, PullRequest) and not record.changes)
    return _with(renderers[layout], _read_by(layout, record, layouts), origin, layouts, talks=talks)


def _with(
    renderer: _Renderer, record: Record, origin: Origin, layouts: Layouts, *, talks: bool = True
) -> Document | NotRendered:
    """What the renderer makes of the record once it is tidy, with pseudonyms where the options ask for them.

    ``talks``: the layout shows what was said of a request; else looking for people in it would cost time and numbers."""
    record, left_out = tidy(record, layouts.options)
    named = record
    if isinstance(record, PullRequest) and not talks:
        record = without_words(record)
    if layouts.options.pseudonyms:
        record = pseudonymise(record)
    document = renderer(record, origin, layouts)
    if isinstance(document, NotRendered):
        return document
    # The keyed hashes are of the people themselves, so that one author is the same in all documents.
    signals = {**document.signals, **left_out} if left_out else document.signals
    return msgspec.structs.replace(document, authors=_authors(named, origin), signals=signals)


def _read_by(layout: str, record: Record, layouts: Layouts) -> Record:
    """The record without the contents that the layout does not show: looking for people in them costs time and numbers."""
    needs = NEEDS.get(layout, frozenset())
    if layout == "story" and layouts.tokens:
        needs |= {"before"}
    if isinstance(record, Commit | PullRequest) and "untouched" not in needs and record.untouched:
        record = msgspec.structs.replace(record, untouched=[])
    if isinstance(record, PullRequest):
        record = msgspec.structs.replace(record, rounds=_read_of_rounds(record, layout))
    if isinstance(record, Commit | PullRequest) and "before" not in needs:
        record = msgspec.structs.replace(record, changes=[_without_contents(c) for c in record.changes])
    if isinstance(record, CodeReview):
        record = _read_of_review(record, needs)
    return record


def _read_of_rounds(record: PullRequest, layout: str) -> list[Round]:
    """What single pushes did is told in the story alone, or where nothing else is known."""
    if layout != "story" and record.changes:
        return [msgspec.structs.replace(one, changes=[]) for one in record.rounds]
    return [
        msgspec.structs.replace(one, changes=[_without_contents(c) for c in one.changes])
        for one in record.rounds
    ]


def _read_of_review(record: CodeReview, needs: frozenset[str]) -> CodeReview:
    answer = record.thread.answer
    if answer is not None and "before" not in needs:
        answer = msgspec.structs.replace(answer, change=_without_contents(answer.change))
    thread = msgspec.structs.replace(record.thread, answer=answer)
    return msgspec.structs.replace(record, thread=thread, criticised=None, accepted=None)


def _without_contents(change: FileChange) -> FileChange:
    return change if change.before is None else msgspec.structs.replace(change, before=None)


def _authors(record: Record, origin: Origin) -> list[str]:
    of = _AUTHORS.get(type(record))
    return of(record, origin) if of else []


_AUTHORS: Mapping[type, Callable[[Any, Origin], list[str]]] = {
    Commit: commit.authors_of,
    PullRequest: pull_request.authors_of,
    CodeReview: review.authors_of,
    Issue: issue.authors_of,
    Discussion: issue.authors_of,
    Thread: thread.authors_of,
    Release: release.authors_of,
}
