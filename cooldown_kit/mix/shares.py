"""Which share of the mixture each source gets, and whether it can."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cooldown_kit.errors import RecipeError
from cooldown_kit.mix.options import MixOptions

Family = Literal["code", "text"]

WARN_EPOCHS = 4.0
"""Above this, repeated tokens are worth clearly less than fresh ones (Muennighoff et al., arXiv 2305.16264)."""


@dataclass(frozen=True)
class StreamSize:
    """What one stream ``{source}.{take}`` can give."""

    source: str
    take: str
    family: Family
    tokens: int
    documents: int

    @property
    def name(self) -> str:
        return f"{self.source}.{self.take}"


@dataclass(frozen=True)
class MixSource:
    """One share of the mixture: the pool of the streams that its key names."""

    name: str
    group: str
    share: Fraction
    streams: tuple[StreamSize, ...]

    @property
    def tokens(self) -> int:
        """Tokens of one epoch."""
        return sum(stream.tokens for stream in self.streams)

    @property
    def documents(self) -> int:
        return sum(stream.documents for stream in self.streams)


@dataclass(frozen=True)
class MixPlan:
    """The mixture as resolved: what is asked, what it takes, and what a person should know about it."""

    sources: tuple[MixSource, ...]
    rows: int
    sequence_length: int
    reasons: Mapping[str, str]
    """Option → why an ``auto`` (or a left-out share) became what it is."""
    warnings: tuple[str, ...]

    @property
    def tokens(self) -> int:
        return self.rows * self.sequence_length

    def epochs(self, source: MixSource) -> float:
        """How often the mixture reads the source's tokens."""
        return float(source.share) * self.tokens / source.tokens


def plan_mixture(
    options: MixOptions,
    streams: Sequence[StreamSize],
    *,
    code_share: float,
    code_share_reason: str,
    context_length: int,
    rows_multiple_of: int,
) -> MixPlan:
    """Resolve shares, budget and sequence length against what the streams hold.

    ``code_share`` applies where ``options.shares`` is left out. The number of sequences is a multiple of ``rows_multiple_of`` (the
    sequences of one optimizer step): a given budget is rounded up to whole steps, ``auto`` down.
    Raises :class:`RecipeError` naming the source and both remedies where a share cannot be had.
    """
    reasons: dict[str, str] = {}
    length = _sequence_length(options, context_length, reasons)
    rows = 0  # until the scarcest source decides
    if options.tokens != "auto":
        rows = max(math.ceil(options.tokens / length / rows_multiple_of), 1) * rows_multiple_of
        if rows * length != options.tokens:
            reasons["mix.tokens"] = (
                f"{options.tokens:,} rounded up to whole steps of {rows_multiple_of} sequences"
            )
    if options.shares is None:
        sources = _shares_by_family(options, streams, code_share, rows * length if rows else math.inf)
        reasons["mix.shares"] = code_share_reason
    else:
        sources = _shares_as_asked(options.shares, streams)
    for source in sources:
        if not source.tokens:
            raise RecipeError(
                f"`{source.name}` has a share of {float(source.share):.1%} but not one training token",
                where="mix.shares",
                remedy=f"look at why its documents were dropped or held out (`cooldown inspect`), or give the share of `{source.name}` to another source",
            )
    if options.tokens == "auto":
        scarcest = min(sources, key=lambda s: s.tokens / s.share)
        most = options.auto_epochs * scarcest.tokens / float(scarcest.share)
        rows = max(math.floor(most / length / rows_multiple_of), 1) * rows_multiple_of
        reasons["mix.tokens"] = f"reads the scarcest source, {scarcest.name}, {options.auto_epochs:g} times"
    plan = MixPlan(tuple(sources), rows, length, reasons, ())
    _refuse_too_many_epochs(plan, options)
    return MixPlan(tuple(sources), rows, length, reasons, tuple(_warnings(plan, streams)))


def _sequence_length(options: MixOptions, context_length: int, reasons: dict[str, str]) -> int:
    if options.sequence_length == "auto":
        length = min(context_length, 2048)
        reasons["mix.sequence_length"] = "the model's context length" + (
            ", at most 2048" if context_length > 2048 else ""
        )
        return length
    if options.sequence_length > context_length:
        raise RecipeError(
            f"sequences of {options.sequence_length} tokens do not fit the model's context of {context_length}",
            where="mix.sequence_length",
            remedy=f"set it to {context_length} or less",
        )
    return options.sequence_length


def _shares_as_asked(
    shares: Mapping[str, Mapping[str, float]], streams: Sequence[StreamSize]
) -> list[MixSource]:
    pools: dict[str, list[StreamSize]] = {}
    for stream in streams:
        pools.setdefault(stream.name, []).append(stream)
        pools.setdefault(stream.source, []).append(stream)
    exact = {key: Fraction(str(round(share, 9))) for group in shares.values() for key, share in group.items()}
    total = sum(exact.values())
    sources, owner = [], dict[str, str]()
    for group, members in shares.items():
        for key in members:
            if key not in pools:
                near = difflib.get_close_matches(key, pools, n=1, cutoff=0.4)
                raise RecipeError(
                    f"there is no source or stream `{key}`",
                    where=f"mix.shares.{group}",
                    remedy=f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(sorted(pools))}",
                )
            for stream in pools[key]:
                if stream.name in owner:
                    raise RecipeError(
                        f"`{key}` and `{owner[stream.name]}` both claim {stream.name}",
                        where=f"mix.shares.{group}",
                        remedy=f"name the streams one by one, for example `{stream.name}`",
                    )
                owner[stream.name] = key
            if exact[key]:
                sources.append(MixSource(key, group, exact[key] / total, tuple(pools[key])))
    return sources


def _shares_by_family(
    options: MixOptions, streams: Sequence[StreamSize], code_share: float, tokens: float
) -> list[MixSource]:
    """The goal's split over code and text; inside each, as even as sizes allow (UniMax, arXiv 2304.09151)."""
    sources: list[MixSource] = []
    parts: dict[Family, float] = {"text": 1 - code_share, "code": code_share}
    for family, part in parts.items():
        known = [stream for stream in streams if stream.family == family]
        members = [stream for stream in known if stream.tokens]
        if not members:
            raise RecipeError(
                f"the goal wants {part:.0%} {family}, but "
                + (f"{_listed(known)} left not one training token" if known else "no source gives any"),
                where="goal",
                remedy="look at why its documents were dropped or held out (`holdout`, `curate`), or add documents"
                if known
                else f"add a source of {family} (see `cooldown connectors`), or set `mix.shares` yourself",
            )
        budget = part * tokens
        weights = _unimax([m.tokens for m in members], budget, options.auto_epochs)
        exact = [Fraction(weight).limit_denominator(10_000) for weight in weights]
        for member, weight in zip(members, exact, strict=True):
            share = Fraction(str(part)) * weight / sum(exact)
            if share:
                sources.append(MixSource(member.name, family, share, (member,)))
    return sources


def _listed(streams: Sequence[StreamSize]) -> str:
    return " and ".join(stream.name for stream in streams)


def _unimax(sizes: Sequence[int], budget: float, epochs: float) -> list[float]:
    """Shares that are as even as possible with no size read more than ``epochs`` times; proportional if that cannot be."""
    if budget >= epochs * sum(sizes):
        return [size / sum(sizes) for size in sizes]
    tokens = [0.0] * len(sizes)
    left = budget
    for place, index in enumerate(sorted(range(len(sizes)), key=lambda i: sizes[i])):
        tokens[index] = min(left / (len(sizes) - place), epochs * sizes[index])
        left -= tokens[index]
    return [t / budget for t in tokens]


def _refuse_too_many_epochs(plan: MixPlan, options: MixOptions) -> None:
    for source in plan.sources:
        epochs = plan.epochs(source)
        if epochs > options.max_epochs:
            budget = options.max_epochs * source.tokens / float(source.share)
            share = options.max_epochs * source.tokens / plan.tokens
            raise RecipeError(
                f"`{source.name}` has {source.tokens:,} tokens; a share of {float(source.share):.1%} of {plan.tokens:,} would read them "
                f"{epochs:.1f} times, more than `max_epochs` ({options.max_epochs:g})",
                where="mix",
                remedy=f"raise `mix.max_epochs` to {math.ceil(epochs)}, or lower `mix.tokens` to {math.floor(budget):,} "
                f"(or the share of `{source.name}` to {math.floor(share * 1000) / 1000:.1%})",
            )


def _warnings(plan: MixPlan, streams: Sequence[StreamSize]) -> list[str]:
    used = {stream.name for source in plan.sources for stream in source.streams}
    warnings = [
        f"{stream.name} was harvested ({stream.tokens:,} tokens) but has no share in the mixture"
        for stream in streams
        if stream.name not in used and stream.tokens
    ]
    for source in plan.sources:
        epochs = plan.epochs(source)
        if epochs > WARN_EPOCHS:
            warnings.append(
                f"{source.name} is read {epochs:.1f} times; above {WARN_EPOCHS:g} repeated tokens are worth much less than fresh ones: "
                "give it a smaller share, or lower mix.tokens"
            )
    return warnings
