"""A few training documents as the model will read them, for a plan that can be looked at before anything is trained."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from cooldown_kit.documents import Document, Segment, find_documents
from cooldown_kit.mix.tokens import TokenCounts, token_counts
from cooldown_kit.seeds import random_stream

if TYPE_CHECKING:
    from cooldown_kit.stages import Prepared

_SAMPLES = 8
_CHARACTERS = 2_000
_PIECES = 64


@dataclass(frozen=True)
class PlannedPiece:
    """Some text of a document that the model learns, or only reads."""

    text: str
    trained: bool
    special: bool
    """Whether the text names one special token of the tokenizer."""
    cut: bool
    """Whether the text goes on: only its first 2,000 characters are here."""


@dataclass(frozen=True)
class PlannedSample:
    """One training document, with the tokens that packing puts around it."""

    stream: str
    layout: str
    document: str
    """Id of the document."""
    repository: str | None
    revision: str | None
    path: str | None
    url: str | None
    title: str | None
    tokens: int
    """With the separator behind it, and BOS before it where the tokenizer has one."""
    trained_tokens: int
    """Of these, those that the model learns where the document is not cut: not prompts, and never the first."""
    pieces: tuple[PlannedPiece, ...]
    more_pieces: int
    """How many pieces are not shown: only the first 64 are."""


def planned_samples(prepared: Prepared, *, seed: int) -> tuple[PlannedSample, ...]:
    """Up to eight training documents of the streams that the mixture takes, of as many streams and layouts as there are.

    The same documents and seed give the same samples. Reads a few columns of all documents, and the text of those that are shown.
    """
    chosen = _choose(prepared, seed)
    documents = find_documents(prepared.curated.path / "documents.parquet", [name for _, name in chosen])
    before, behind = _around(prepared)
    counts: dict[str, Mapping[str, TokenCounts]] = {}
    for stream in dict.fromkeys(stream for stream, _ in chosen):
        wanted = [name for of, name in chosen if of == stream]
        counts[stream] = token_counts(prepared.tokens.path, stream, wanted)
    return tuple(
        _sample(documents[name], counts[stream][name], before, behind)
        for stream, name in chosen
        if name in documents
    )


def _choose(prepared: Prepared, seed: int) -> list[tuple[str, str]]:
    """Stream and id of the documents to show: streams take turns, and in each its layouts."""
    wanted = [s.name for source in prepared.mixture.sources for s in source.streams if s.tokens]
    turns = deque(queue for stream in dict.fromkeys(wanted) if (queue := _by_layout(prepared, stream, seed)))
    chosen: list[tuple[str, str]] = []
    while turns and len(chosen) < _SAMPLES:
        queue = turns.popleft()
        chosen.append(queue.popleft())
        if queue:
            turns.append(queue)
    return chosen


def _by_layout(prepared: Prepared, stream: str, seed: int) -> deque[tuple[str, str]]:
    """Up to eight documents of a stream, drawn evenly within each layout; the layouts take turns."""
    source, _, take = stream.partition(".")
    table = pq.read_table(
        prepared.curated.path / "documents.parquet",
        columns=["id", "layout"],
        filters=[("source", "=", source), ("take", "=", take), ("split", "=", "train")],
    )
    names: dict[str, list[str]] = {}
    for name, layout in zip(table["id"].to_pylist(), table["layout"].to_pylist(), strict=True):
        names.setdefault(layout, []).append(name)
    drawn = []
    for layout, ids in sorted(names.items()):
        draw = random_stream(seed, "plan", stream, layout)
        drawn.append([ids[int(i)] for i in draw.permutation(len(ids))[:_SAMPLES]])
    rounds = (ids[turn] for turn in range(_SAMPLES) for ids in drawn if turn < len(ids))
    return deque((stream, name) for name, _ in zip(rounds, range(_SAMPLES), strict=False))


def _around(prepared: Prepared) -> tuple[list[Segment], list[Segment]]:
    """The special tokens that are put before and behind every document."""
    from cooldown_kit.model.tokenizer import load_tokenizer

    summary = prepared.tokens.summary
    behind = [Segment(summary["separator"]["token"], token=True)]
    if summary["bos_id"] is None:
        return [], behind
    token = load_tokenizer(prepared.model.path).convert_ids_to_tokens(summary["bos_id"])
    return [Segment(token, trained=False, token=True)], behind


def _sample(
    document: Document, counts: TokenCounts, before: list[Segment], behind: list[Segment]
) -> PlannedSample:
    pieces = list(_pieces([*before, *document.segments, *behind]))
    return PlannedSample(
        stream=document.stream,
        layout=document.layout,
        document=document.id,
        repository=document.repository,
        revision=document.revision,
        path=document.path,
        url=document.url,
        title=document.title,
        tokens=counts.tokens,
        trained_tokens=counts.trained,
        pieces=tuple(pieces[:_PIECES]),
        more_pieces=max(0, len(pieces) - _PIECES),
    )


def _pieces(segments: list[Segment]) -> Iterator[PlannedPiece]:
    for segment in segments:
        if segment.text:
            cut = len(segment.text) > _CHARACTERS
            yield PlannedPiece(segment.text[:_CHARACTERS], segment.trained, segment.token, cut)
