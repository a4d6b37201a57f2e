"""One real record of every kind in each layout that the kind can have: rendered again, to be looked at, from what a run harvested."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cooldown_kit.curate.secrets import SecretCleaner
from cooldown_kit.documents import Document, read_documents
from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.events import ignore
from cooldown_kit.records import CodeReview, Commit, FileChange, PullRequest, Record, read_records
from cooldown_kit.render.options import LAYOUTS, NEEDS, RenderOptions
from cooldown_kit.render.stage import DOCUMENTS, render_source
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.samples import RECORDS_REMEDY, Sample, heading, not_kept
from cooldown_kit.seeds import random_stream
from cooldown_kit.workspace import MANIFEST

_DRAWN = 40
"""Records of a kind that are tried: not every one can have every layout."""
_TOGETHER = 400
"""Source files of one source that are looked at together, for files that import each other."""


@dataclass(frozen=True)
class LayoutSample:
    """A kind of record in one layout, or why there is none."""

    kind: str
    layout: str
    sample: Sample | None
    why: str
    """What share the layout has in the run, or why no record of the run can have it and which key of the recipe changes that."""


@dataclass(frozen=True)
class _Source:
    """How one source of a run was rendered, and records of it."""

    name: str
    connector: str
    options: RenderOptions
    secrets: bool
    special_tokens: frozenset[str]
    records: Mapping[str, list[Record]]
    """Kind → some of its records."""


def layout_samples(
    run: RunFolder, *, source: str | None = None, layout: str | None = None, seed: int = 0
) -> Iterator[LayoutSample]:
    """For every kind of record in the run, of one source if it is given: one in each layout, or in the one given.

    Secrets and names are replaced as in the run. Raises :class:`RecipeError` where no kind of record has such a layout, and
    :class:`InputError` where the run had its documents from a pinned dataset, which holds no records.
    """
    if why := not_kept(run, "layouts"):
        raise InputError(why, where=str(run.path), remedy=RECORDS_REMEDY)
    known = {name for names in LAYOUTS.values() for name in names}
    if layout is not None and layout not in known:
        raise RecipeError(
            f"there is no layout `{layout}`",
            where="--layout",
            remedy=f"use one of {', '.join(sorted(known))}",
        )
    sources = [_read(run, name, seed) for name in run.stages_of("harvest") if source in (None, name)]
    for kind in dict.fromkeys(kind for found in sources for kind in found.records):
        names = [name for name in LAYOUTS.get(kind, ("",)) if layout in (None, name)]
        holders = [found for found in sources if kind in found.records]
        yield from _of_kind(holders, kind, names)


def _of_kind(sources: list[_Source], kind: str, layouts: list[str]) -> Iterator[LayoutSample]:
    """The same record in as many layouts as it can have, so that they can be compared; another one in the others."""
    found: dict[str, dict[str, Document]] = {}
    reasons: dict[str, dict[str, int]] = {}
    for name in layouts:
        found[name], reasons[name] = {}, {}
        for source in sources if _has_contents(sources, kind, name) else ():
            found[name] |= _render(source, kind, name, reasons[name])
    best = _most_telling(found)
    by_name = {source.name: source for source in sources}
    for name in layouts:
        document = found[name].get(best) or _middle(found[name].values())
        if document is None:
            yield LayoutSample(kind, name, None, _why_not(sources, kind, name, reasons[name]))
        else:
            sample = Sample(heading(document), tuple(document.segments))
            share = _share(by_name[document.source], kind, name)
            yield LayoutSample(kind, document.layout, sample, share)


def _most_telling(found: Mapping[str, Mapping[str, Document]]) -> str:
    """The id that has most layouts; of several the one whose documents are neither the shortest nor the longest."""
    layouts = Counter(identity for documents in found.values() for identity in documents)
    most = max(layouts.values(), default=0)
    longest = {
        identity: max(
            (documents[identity] for documents in found.values() if identity in documents), key=_size
        )
        for identity, count in layouts.items()
        if count == most
    }
    document = _middle(longest.values())
    return document.id if document else ""


def _middle(documents: Iterable[Document]) -> Document | None:
    ordered = sorted(documents, key=lambda document: (_size(document), document.id))
    return ordered[len(ordered) // 2] if ordered else None


def _size(document: Document) -> int:
    return sum(len(segment.text) for segment in document.segments)


def _render(source: _Source, kind: str, layout: str, reasons: dict[str, int]) -> dict[str, Document]:
    """Id → document, of the records of a kind that really have the layout; adds up why the others have not."""
    options = source.options.model_copy(update={kind: {layout: 1.0}}) if layout else source.options
    cleaner = SecretCleaner(b"shown to a person, never kept")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        summary = render_source(
            source.records[kind],
            source=source.name,
            connector=source.connector,
            clean=cleaner.clean if source.secrets else lambda record: record,
            hash_author=lambda address: hashlib.blake2b(address.encode(), digest_size=8).hexdigest(),
            out=out,
            emit=ignore,
            options=options,
            special_tokens=source.special_tokens,
        )
        for name in ("fallbacks", "not_rendered"):
            for reason, count in _counts(summary[name]):
                reasons[reason] = reasons.get(reason, 0) + count
        return {d.id: d for d in read_documents(out / DOCUMENTS) if d.layout == layout or not layout}


def _counts(value: Any) -> Iterator[tuple[str, int]]:
    """Reason → count, in whatever depth it is counted."""
    for name, inner in value.items() if isinstance(value, Mapping) else ():
        if isinstance(inner, int):
            yield str(name), inner
        else:
            yield from _counts(inner)


def _share(source: _Source, kind: str, layout: str) -> str:
    if kind not in LAYOUTS:
        return "the layout of every record of this kind"
    share = source.options.shares(kind).get(layout, 0.0)
    return f"share in this run: {share:.0%} (`render.{kind}.{layout}`)"


def _why_not(sources: list[_Source], kind: str, layout: str, reasons: Mapping[str, int]) -> str:
    if not _has_contents(sources, kind, layout):
        return (
            "not here: the records of this run hold no contents before the change. "
            f"Give `render.{kind}.{layout}` a share (`render: {{{kind}: {{{LAYOUTS[kind][0]}: 80%, {layout}: 20%}}}}`) and run again"
        )
    tried = sum(len(source.records[kind]) for source in sources)
    listed = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in sorted(reasons.items()))
    return f"not here: none of the {tried} records that were tried can have it" + (
        f" ({listed})" if listed else ""
    )


def _has_contents(sources: list[_Source], kind: str, layout: str) -> bool:
    """Whether the run harvested what the layout is made of. Changes that only add files need none, and would mislead."""
    if "before" not in NEEDS.get(layout, ()):
        return True
    return any(
        change.before is not None
        for source in sources
        for record in source.records[kind]
        for change in _changes(record)
    )


def _changes(record: Record) -> list[FileChange]:
    if isinstance(record, Commit | PullRequest):
        return record.changes
    answer = record.thread.answer if isinstance(record, CodeReview) else None
    return [answer.change] if answer else []


def _read(run: RunFolder, name: str, seed: int) -> _Source:
    harvest, render = (Path(run.stages_of(stage)[name]["path"]) for stage in ("harvest", "render"))
    asked = json.loads((harvest / MANIFEST).read_text())["options"]
    settings = json.loads((render / MANIFEST).read_text())["options"]
    return _Source(
        name=name,
        connector=asked.get("source", asked)["connector"],
        options=RenderOptions.model_validate(settings["render"]),
        secrets=settings["secrets"],
        special_tokens=frozenset(settings["special_tokens"]),
        records=_some_records(harvest / "records.jsonl.zst", seed),
    )


def _some_records(path: Path, seed: int) -> dict[str, list[Record]]:
    """An even draw of the records of each kind; of source files the first ones, which are neighbours."""
    draw = random_stream(seed, "layouts")
    kept: dict[str, list[Record]] = {}
    seen: dict[str, int] = {}
    for record in read_records(path):
        kind = str(record.__struct_config__.tag)
        number = seen[kind] = seen.get(kind, 0) + 1
        found = kept.setdefault(kind, [])
        limit = _TOGETHER if kind == "source_file" else _DRAWN
        if len(found) < limit:
            found.append(record)
        elif kind != "source_file" and (place := int(draw.integers(number))) < limit:
            found[place] = record
    return kept
