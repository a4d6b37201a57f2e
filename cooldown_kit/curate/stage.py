"""The curate stage: documents of all sources → those worth training on, split into training and held-out.

Two passes over the documents. The first judges each one alone and remembers a few words about it; from these the languages, the
instants of the hold-out and the held-out contents follow. The second writes every document, kept or rejected with its reason.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow.parquet as pq

from cooldown_kit.curate.duplicates import Duplicates
from cooldown_kit.curate.filters import reason_to_drop
from cooldown_kit.curate.groups import Groups, heldout_groups, whole_groups
from cooldown_kit.curate.holdout import Holdout
from cooldown_kit.curate.options import CurateOptions, HoldoutOptions
from cooldown_kit.curate.preferences import Fates, curate_preferences
from cooldown_kit.documents import Document, DocumentWriter, Split, read_documents
from cooldown_kit.events import Emit, Message, Progress

VERSION = 4
"""Raised whenever the same documents and options would give another output."""

_PROGRESS_EVERY = 500


class _Note(NamedTuple):
    """What the first pass remembers of a document."""

    kind: str
    identity: str
    content_hash: str
    time: datetime | None
    language: str | None
    reason: str | None
    group: int | None
    """A number of the group of what tells the same change; not the final one before all were seen."""


def curate(
    inputs: Sequence[Path],
    options: CurateOptions,
    holdout: HoldoutOptions,
    out: Path,
    emit: Emit,
    *,
    preferences: Sequence[Path] = (),
) -> dict[str, Any]:
    """Filter, split and write the documents of ``inputs`` (``documents.parquet`` files, in the order of the recipe).

    Writes ``out/documents.parquet`` (kept, with their split) and ``out/rejects.parquet`` (dropped, with the reason); of the preference pairs
    in ``preferences``, where there are any, to ``out/preferences.parquet`` those that may be trained on. Returns the counters:
    by stream what was read, kept and dropped and why, the instants of the hold-out, the languages kept, and totals.
    """
    total = 2 * sum(pq.read_metadata(path).num_rows for path in inputs)
    known = Groups()
    notes = [_note(document, options, known) for document in _with_progress(inputs, 0, total, emit)]
    languages = _largest_languages(notes, options.languages)
    reasons = [
        note.reason or ("rare_language" if note.language and note.language not in languages else None)
        for note in notes
    ]
    rule = _resolve(holdout, notes, reasons)
    splits: list[Split] = [
        "heldout" if rule.holds_out(note.kind, note.identity, note.time) else "train" for note in notes
    ]
    groups = [None if note.group is None else known.find(note.group) for note in notes]
    moved = whole_groups(groups, reasons, splits)
    heldout = {
        note.content_hash
        for note, reason, split in zip(notes, reasons, splits, strict=True)
        if reason is None and split == "heldout"
    }
    duplicates = Duplicates(heldout, keep_in_train=not options.exact_duplicates)
    tally = _Tally()
    fates = Fates(known, heldout_groups(groups, reasons, splits), rule)
    with (
        DocumentWriter(out / "documents.parquet") as kept,
        DocumentWriter(out / "rejects.parquet", rejects=True) as rejected,
    ):
        documents = _with_progress(inputs, len(notes), total, emit)
        for document, reason, split in zip(documents, reasons, splits, strict=True):
            dropped = reason or duplicates.reason(document.content_hash, split)
            tally.add(document, split, dropped)
            fates.add(document, split, dropped)
            if dropped:
                rejected.write(document, reason=dropped)
            else:
                kept.write(msgspec.structs.replace(document, split=split))
    summary = {**tally.summary(rule, languages), "heldout_with_their_pull_request": moved}
    if preferences:
        summary["preferences"] = curate_preferences(preferences, fates, out / "preferences.parquet")
    _warn(summary, rule, emit)
    return summary


def _with_progress(inputs: Sequence[Path], done: int, total: int, emit: Emit) -> Iterator[Document]:
    for path in inputs:
        for document in read_documents(path):
            yield document
            done += 1
            if done % _PROGRESS_EVERY == 0 or done == total:
                emit(Progress(stage="curate", done=done / 2, total=total / 2, unit="documents"))


def _note(document: Document, options: CurateOptions, groups: Groups) -> _Note:
    is_file = document.kind == "code" and document.layout != "repository"
    is_program = is_file and not document.signals.get("markup")
    return _Note(
        kind=sys.intern(document.kind),
        identity=document.id,
        content_hash=document.content_hash,
        time=document.time,
        language=sys.intern(document.language) if document.language and is_program else None,
        reason=reason_to_drop(document, options),
        group=groups.join(document.related),
    )


def _largest_languages(notes: Sequence[_Note], count: int) -> dict[str, int]:
    """Language → files of the ``count`` largest (0: of all), among files that passed the filters."""
    files = Counter(note.language for note in notes if note.language and note.reason is None)
    ranked = sorted(files.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[: count or None])


def _resolve(options: HoldoutOptions, notes: Sequence[_Note], reasons: Sequence[str | None]) -> Holdout:
    times: dict[str, list[datetime]] = {}
    for note, reason in zip(notes, reasons, strict=True):
        if reason is None and note.time is not None:
            times.setdefault(note.kind, []).append(note.time)
    return Holdout(options, times)


class _Tally:
    """Counts what happened to the documents of each stream and kind."""

    def __init__(self) -> None:
        self._streams: dict[str, dict[str, Any]] = {}
        self._train: Counter[str] = Counter()
        self._heldout: Counter[str] = Counter()
        self._heldout_characters: Counter[str] = Counter()

    def add(self, document: Document, split: Split, reason: str | None) -> None:
        counts = self._streams.setdefault(
            document.stream,
            {
                "read": 0,
                "train": 0,
                "heldout": 0,
                "characters": {"train": 0, "heldout": 0},
                "dropped": {},
                "layouts": {},
            },
        )
        counts["read"] += 1
        if reason is not None:
            counts["dropped"][reason] = counts["dropped"].get(reason, 0) + 1
            return
        characters = sum(len(segment.text) for segment in document.segments)
        counts[split] += 1
        counts["characters"][split] += characters
        layout = counts["layouts"].setdefault(document.layout, {"documents": 0, "special_tokens": 0})
        layout["documents"] += 1
        layout["special_tokens"] += any(segment.token for segment in document.segments)
        if split == "train":
            self._train[document.kind] += 1
        else:
            self._heldout[document.kind] += 1
            self._heldout_characters[document.kind] += characters

    def summary(self, rule: Holdout, languages: dict[str, int]) -> dict[str, Any]:
        streams = self._streams.values()
        dropped: Counter[str] = Counter()
        for counts in streams:
            dropped.update(counts["dropped"])
        return {
            "streams": self._streams,
            "totals": {
                "read": sum(counts["read"] for counts in streams),
                "train": sum(counts["train"] for counts in streams),
                "heldout": sum(counts["heldout"] for counts in streams),
                "dropped": dict(dropped),
            },
            "train_by_kind": dict(self._train),
            "heldout_by_kind": dict(self._heldout),
            "heldout_characters_by_kind": dict(self._heldout_characters),
            "cutoffs": {kind: cut.instant.isoformat() for kind, cut in rule.cuts.items() if cut.instant},
            "holdout_rules": {kind: cut.rule for kind, cut in rule.cuts.items()},
            "languages": languages,
        }


def _warn(summary: dict[str, Any], rule: Holdout, emit: Emit) -> None:
    for kind, cut in rule.cuts.items():
        if cut.rule == "hash":
            text = (
                f"no instant separates the newest {cut.share:.0%} of {kind} documents: too many carry the same date; "
                "they are held out by a hash of their id instead. Give `holdout: {after: …}` to choose an instant"
            )
            emit(Message(stage="curate", level="warning", text=text))
    if summary["totals"]["read"] and not summary["totals"]["heldout"]:
        text = "nothing is held out, so there will be no evidence: choose an earlier `holdout.after` or a larger share"
        emit(Message(stage="curate", level="warning", text=text))
