"""Options of the evidence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cooldown_kit.options import Count, Options


class EvaluateOptions(Options):
    """What is measured before and after, on documents that training never saw."""

    suites: Annotated[tuple[Literal["heldout"], ...], Field(min_length=1)] = ("heldout",)
    """`heldout`: bits per byte of held-out documents, by kind."""
    tokens_per_kind: Count = 200_000
    """At most this many held-out tokens of each kind are scored; documents are chosen by a hash of their id."""
    max_document_tokens: Annotated[int, Field(ge=16)] = 4096
    """Of a longer held-out document, this many first tokens are scored, so that none decides the measure alone."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Level of the confidence intervals."""
    resamples: Annotated[int, Field(ge=100)] = 10_000
    """Bootstrap resamples of documents."""
    generations: Annotated[int, Field(ge=0)] = 3
    """Continuations of held-out documents per kind, written by the model before and after, side by side."""
    generation_tokens: Annotated[int, Field(ge=1)] = 48
    """Length of each continuation, in tokens."""
