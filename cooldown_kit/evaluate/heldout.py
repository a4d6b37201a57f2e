"""Which held-out documents are scored, in an order that only their ids decide."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cooldown_kit.documents import Document, Kind, Segment, read_documents
from cooldown_kit.evaluate.head import BYTES_PER_TOKEN, TextEncoder, head_of
from cooldown_kit.model.segments import encode_segments

_ENCODE_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class HeldoutItem:
    """One document to score."""

    id: str
    kind: Kind
    source: str
    take: str
    language: str | None
    tokens: NDArray[np.int32]
    """Shape ``(n,)``: the tokens of its segments, one after the other."""
    trained: NDArray[np.bool_]
    """Shape ``(n,)``: True where the token belongs to a trained segment of text; only those are scored."""
    bytes: int
    """UTF-8 bytes of the trained segments of text: what bits per byte divide by."""
    head: bool = False
    """True where the document is longer, and these are its first tokens."""

    @property
    def scored_tokens(self) -> int:
        return int(self.trained.sum())


@dataclass(frozen=True)
class Selection:
    """The chosen items, kind by kind in the order of their hashes, and what was left out and why."""

    items: list[HeldoutItem]
    skipped: dict[str, dict[str, int]]
    """Kind → reason → documents: ``budget_spent`` or ``nothing_trained``."""


def choose(
    documents: Path, encoder: TextEncoder, *, tokens_per_kind: int, max_document_tokens: int
) -> Selection:
    """Choose held-out documents of every kind, at most ``tokens_per_kind`` tokens of each.

    Of a document longer than ``max_document_tokens`` only its first tokens are scored: one item would else decide the whole measure.
    Documents are walked in the order of a hash of their id and taken while they fit into what is left of the budget,
    so a document that is added later never changes the choice among those whose hashes are smaller.
    Memory holds the chosen items and one small tuple per held-out document.
    """
    skipped: defaultdict[str, Counter[str]] = defaultdict(Counter)
    limit = max(min(max_document_tokens, tokens_per_kind), 1)
    candidates = _candidates(documents, tokens_per_kind, limit, skipped)
    walk = sorted(
        _encoded(documents, encoder, candidates, limit), key=lambda item: (item.kind, _hash(item.id), item.id)
    )
    left: defaultdict[str, int] = defaultdict(lambda: tokens_per_kind)
    items = []
    for item in walk:
        if not item.scored_tokens:
            skipped[item.kind]["nothing_trained"] += 1  # the head holds none of what is trained
        elif len(item.tokens) > left[item.kind]:
            skipped[item.kind]["budget_spent"] += 1
        else:
            left[item.kind] -= len(item.tokens)
            items.append(item)
    return Selection(
        items, {kind: dict(sorted(reasons.items())) for kind, reasons in sorted(skipped.items())}
    )


def _hash(identity: str) -> bytes:
    return hashlib.blake2b(identity.encode(), digest_size=16).digest()


def _candidates(
    path: Path, tokens_per_kind: int, limit: int, skipped: defaultdict[str, Counter[str]]
) -> set[str]:
    """Ids of the documents, in hash order, that are surely enough to fill the budget of each kind."""
    seen: defaultdict[str, list[tuple[bytes, str, int]]] = defaultdict(list)
    for document in read_documents(path, split="heldout"):
        if not any(_scored(segment) and segment.text for segment in document.segments):
            skipped[document.kind]["nothing_trained"] += 1
        else:
            size = min(len(document.text), limit * BYTES_PER_TOKEN)
            seen[document.kind].append((_hash(document.id), document.id, size))
    chosen: set[str] = set()
    for kind, rows in seen.items():
        total = 0
        for _, identity, size in sorted(rows):
            if total >= tokens_per_kind * BYTES_PER_TOKEN:
                skipped[kind]["budget_spent"] += 1
            else:
                total += size
                chosen.add(identity)
    return chosen


def _encoded(path: Path, encoder: TextEncoder, chosen: set[str], limit: int) -> Iterator[HeldoutItem]:
    together: list[tuple[Document, list[Segment], bool]] = []
    for document in read_documents(path, split="heldout"):
        if document.id in chosen:
            together.append((document, *head_of(document.segments, encoder, limit)))
        if len(together) == _ENCODE_TOGETHER:
            yield from _encode(together, encoder)
            together = []
    yield from _encode(together, encoder)


def _encode(heads: list[tuple[Document, list[Segment], bool]], encoder: TextEncoder) -> Iterator[HeldoutItem]:
    pieces = iter(encode_segments([segment for _, segments, _ in heads for segment in segments], encoder))
    for document, segments, cut in heads:
        parts = [(next(pieces), _scored(segment)) for segment in segments]
        yield HeldoutItem(
            id=document.id,
            kind=document.kind,
            source=document.source,
            take=document.take,
            language=document.language,
            tokens=np.concatenate([tokens for tokens, _ in parts]).astype(np.int32),
            trained=np.concatenate([np.full(len(tokens), scored) for tokens, scored in parts]),
            bytes=sum(len(segment.text.encode()) for segment in segments if _scored(segment)),
            head=cut,
        )


def _scored(segment: Segment) -> bool:
    """Special tokens are not text: they stand for no byte, so they are read and never scored, whatever training does.

    So bits per byte stay comparable between a layout with special tokens and the same one in plain text."""
    return segment.trained and not segment.token
