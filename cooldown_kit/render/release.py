"""Releases as Markdown: what was released, the notes, the tag's message, and the commits since the release before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Release
from cooldown_kit.render.message import without_address, without_signature, without_trailers
from cooldown_kit.render.origin import NotRendered, Origin, content_hash
from cooldown_kit.render.signals import text_signals
from cooldown_kit.render.talk_signals import hashes


def render_release(record: Release, origin: Origin) -> Document | NotRendered:
    """The document of a release; one that says nothing and names no commit is not rendered (``empty_release``)."""
    message, notes = _message(record), (record.notes or "").strip("\n")
    if not (message or notes.strip() or record.subjects):
        return NotRendered("empty_release")
    header = f"# Release {record.tag} of {record.repository}{_name(record)}\n\n"
    shown = [text for text in (notes, message) if text.strip()]
    if len(shown) == 2 and _words(message) in _words(notes):
        shown.pop()  # many projects put the notes into the tag as well
    parts = [f"{text}\n" for text in shown]
    if record.subjects:
        parts.append("".join(_changes(record)))
    segments = [Segment(header + "\n".join(parts))]
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="release",
        layout="release",
        segments=segments,
        content_hash=content_hash([message, notes, *record.subjects]),
        connector=origin.connector,
        repository=record.repository,
        revision=record.revision,
        url=record.url,
        title=record.tag,
        authors=authors_of(record, origin),
        time=record.released_at,
        signals={
            **text_signals(segments, len(header)),
            "message_characters": float(len(message)),
            "notes_characters": float(len(notes)),
            "commits": float(len(record.subjects) + record.subjects_left_out),
            **({"prerelease": float(record.prerelease)} if record.forge else {}),
        },
    )


def authors_of(record: Release, origin: Origin) -> list[str]:
    """The keyed hash of who made the tag or the release, where it says so."""
    return hashes([record.tagger], record.forge, origin.hash_author)


def _name(record: Release) -> str:
    """The title that a forge shows, where it says more than the tag."""
    name = " ".join((record.name or "").split())
    known = f"release {record.tag} {record.tag.lstrip('v')} {record.repository}"
    return f": {name}" if set(_words(name).split()) - set(_words(known).split()) else ""


def _message(record: Release) -> str:
    text = without_trailers(without_signature(record.message)).text
    return without_address(text, record.tagger.email) if record.tagger else text


def _words(text: str) -> str:
    """The text without what layout and Markdown add to it, to see whether one says what the other does."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _changes(record: Release) -> Iterator[str]:
    yield f"Changes since {record.previous}:\n\n" if record.previous else "Changes:\n\n"
    # In their order, and said once, however often they were written.
    for subject, times in Counter(record.subjects).items():
        yield f"- {subject}\n" if times == 1 else f"- {subject} ({times} times)\n"
    if record.subjects_left_out:
        yield f"- and {record.subjects_left_out} more\n"
