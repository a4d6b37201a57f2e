"""Everything that the report and the model card show. The pipeline fills it; nothing here reads a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cooldown_kit.documents import Segment
from cooldown_kit.evaluate.evidence import Evidence
from cooldown_kit.report.prefix import PrefixShares


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An option that the recipe left to the kit."""

    option: str
    """As in the recipe: ``train.learning_rate``."""
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LayoutFacts:
    """Documents of one stream in one layout, held-out ones included."""

    layout: str
    documents: int
    special_tokens: int
    """How many of them are marked with special tokens; the others are plain text."""


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """What became of one stream ``{source}.{take}`` on its way to training."""

    stream: str
    connector: str
    harvested: int
    """Records that the connector gave."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Reason → things that the connector saw and did not take."""
    documents: int
    """Documents that were rendered."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Reason → documents that curation dropped."""
    train: int
    heldout: int
    tokens: int | None = None
    """Training tokens of one epoch; ``None`` where the stream has no share of the mixture."""
    secrets: Mapping[str, int] = field(default_factory=dict)
    """Rule → secrets replaced."""
    layouts: Sequence[LayoutFacts] = ()
    """How the documents that were kept are laid out."""
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    """``before_after: no_contents`` → records that could not have the layout that fell to them and took the first of their kind."""


@dataclass(frozen=True, kw_only=True)
class MixtureShare:
    """One share of the mixture, asked and attained."""

    name: str
    group: str
    asked: float
    attained: float
    tokens: int
    unique_tokens: int
    epochs: float
    rows: int
    """Sequences."""
    documents: int
    documents_cut: int
    """How often a document was cut at the end of a sequence and went on in another."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One optimizer step."""

    step: int
    loss: float
    learning_rate: float
    grad_norm: float | None = None
    tokens_per_second: float | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A document to look at."""

    kind: str
    stream: str
    id: str
    split: Literal["train", "heldout"]
    parts: Sequence[Segment]
    """The text as a model reads it: special tokens and what is not trained are segments of their own."""
    layout: str = "plain"
    provenance: Mapping[str, str] = field(default_factory=dict)
    """What leads back to where it came from: repository, revision, path, URL, time."""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class LineageItem:
    """One thing that the model was made from, or that was made on the way."""

    what: str
    """``base model``, ``repository``, ``mixture``, …"""
    identity: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long a stage took."""

    stage: str
    detail: str = ""
    seconds: float
    cached: bool = False
    """True where an earlier run had already made the output; ``seconds`` is what it took then."""


@dataclass(frozen=True, kw_only=True)
class ReportContents:
    """One run, told to a person."""

    title: str
    run: str
    """Name of the run."""
    made_at: datetime
    goal: str
    base_model: str
    """A hub name, or the name of a folder or file."""
    licence: str | None = None
    """Licence of the cooled-down model as an SPDX or hub identifier, where it is known."""
    method: str
    """How it was trained, in words: ``LoRA, rank 64, on all linear layers``."""
    parameters: int | None = None
    trained_parameters: int | None = None
    recipe: str
    """YAML, as resolved."""
    choices: Sequence[Choice] = ()
    sources: Sequence[SourceFacts] = ()
    mixture: Sequence[MixtureShare] = ()
    sequence_length: int
    prefix: PrefixShares | None = None
    history: Sequence[Step] = ()
    evidence: Evidence | None = None
    """With the continuations before and after, which it carries."""
    samples: Sequence[Sample] = ()
    lineage: Sequence[LineageItem] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    timings: Sequence[Timing] = ()
    warnings: Sequence[str] = ()

    @property
    def tokens(self) -> int:
        """Tokens that the model was trained on."""
        return sum(share.tokens for share in self.mixture)
