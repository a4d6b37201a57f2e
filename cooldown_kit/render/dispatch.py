"""One record → one document: the layout that its id gets, or the kind's first one where the record cannot take that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from cooldown_kit.documents import Document
from cooldown_kit.records import Commit, Notebook, PullRequest, Record, Release, SourceFile, TextPage
from cooldown_kit.render import commit, pull_request, release
from cooldown_kit.render.before_after import render_before_after
from cooldown_kit.render.cells import render_cells
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import NEEDS
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.pseudonymise import pseudonymise
from cooldown_kit.render.script import render_script
from cooldown_kit.render.source_file import render_source_file
from cooldown_kit.render.task import render_task
from cooldown_kit.render.text_page import render_text_page

_Renderer = Callable[[Any, Origin, Layouts], Document | NotRendered]


class Fallback(NamedTuple):
    """A record that could not take the ``layout`` that its id got, and why."""

    layout: str
    reason: str


class Rendered(NamedTuple):
    document: Document | NotRendered
    fallback: Fallback | None = None


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
        {"diff": lambda record, origin, _: pull_request.render_pull_request(record, origin)},
    ),
}
"""Type of record → its key in the options, and its layouts; the first is the one that all of them can take."""


def render_record(record: Record, origin: Origin, layouts: Layouts) -> Rendered:
    """The document of one record by itself. A source file's is ``file``: packs are made of many records."""
    if isinstance(record, SourceFile):
        return Rendered(_with(render_source_file, record, origin, layouts))
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
    document = _with(renderers[chosen], _read_by(chosen, record), origin, layouts)
    if chosen == first or isinstance(document, Document):
        return Rendered(document)
    instead = _with(renderers[first], _read_by(first, record), origin, layouts)
    return Rendered(instead, Fallback(chosen, document.reason) if isinstance(instead, Document) else None)


def _with(renderer: _Renderer, record: Record, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """What the renderer makes of the record, with pseudonyms where the options ask for them."""
    if not layouts.options.pseudonyms:
        return renderer(record, origin, layouts)
    document = renderer(pseudonymise(record), origin, layouts)
    if isinstance(document, NotRendered):
        return document
    # The keyed hashes are of the people themselves, so that one author is the same in all documents.
    return msgspec.structs.replace(document, authors=_authors(record, origin))


def _read_by(layout: str, record: Record) -> Record:
    """The record without the contents that the layout does not show: looking for people in them costs time and numbers."""
    needs = NEEDS.get(layout, frozenset())
    if isinstance(record, Commit) and "untouched" not in needs and record.untouched:
        record = msgspec.structs.replace(record, untouched=[])
    if isinstance(record, Commit | PullRequest) and "before" not in needs:
        changes = [msgspec.structs.replace(change, before=None) for change in record.changes]
        record = msgspec.structs.replace(record, changes=changes)
    return record


def _authors(record: Record, origin: Origin) -> list[str]:
    if isinstance(record, Commit):
        return commit.authors_of(record, origin)
    if isinstance(record, PullRequest):
        return pull_request.authors_of(record, origin)
    return release.authors_of(record, origin) if isinstance(record, Release) else []
