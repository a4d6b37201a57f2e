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
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.pseudonyms import pseudonymise
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
    shown = pseudonymise(record) if layouts.options.pseudonyms else record
    rendered = _rendered(shown, origin, layouts)
    document = rendered.document
    if isinstance(document, Document) and shown is not record:
        # The keyed hashes are of the people themselves, so that one author is the same in all documents.
        document = msgspec.structs.replace(document, authors=_authors(record, origin))
    return Rendered(document, rendered.fallback)


def _rendered(record: Record, origin: Origin, layouts: Layouts) -> Rendered:
    if isinstance(record, SourceFile):
        return Rendered(render_source_file(record, origin, layouts))
    if isinstance(record, TextPage):
        return Rendered(render_text_page(record, origin))
    if isinstance(record, Release):
        return Rendered(release.render_release(record, origin))
    kind, renderers = _KINDS[type(record)]
    chosen, first = layouts.choose(kind, record.id), next(iter(renderers))
    document = renderers[chosen](record, origin, layouts)
    if chosen == first or isinstance(document, Document):
        return Rendered(document)
    instead = renderers[first](record, origin, layouts)
    return Rendered(instead, Fallback(chosen, document.reason) if isinstance(instead, Document) else None)


def _authors(record: Record, origin: Origin) -> list[str]:
    if isinstance(record, Commit):
        return commit.authors_of(record, origin)
    if isinstance(record, PullRequest):
        return pull_request.authors_of(record, origin)
    return release.authors_of(record, origin) if isinstance(record, Release) else []
