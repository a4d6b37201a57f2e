"""Options of the mixture."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cooldown_kit.options import Count, Options, Share


class MixOptions(Options):
    """How much of which source the model reads, in which order, in sequences of what length."""

    tokens: Count | Literal["auto"] = "auto"
    """Token budget of the phase, for example `20M`. `auto`: as many as the scarcest source can give at `auto_epochs`."""
    sequence_length: Annotated[int, Field(ge=16)] | Literal["auto"] = "auto"
    """Tokens per sequence. `auto`: the model's context length, at most 2048."""
    shares: dict[str, dict[str, Share]] | None = None
    """Token shares: group → source or `source.take` → share. They add up to 100%. Left out: set by `goal`."""
    max_epochs: Annotated[float, Field(gt=0)] = 16.0
    """Refuse a mixture that would read any source more often than this; above 4 it warns (arXiv 2305.16264)."""
    auto_epochs: Annotated[float, Field(gt=0)] = 4.0
    """How often `tokens: auto` lets the scarcest source be read."""
    separator: str = "auto"
    """Token that ends every document. `auto`: `<|endoftext|>` where the tokenizer has it as a special token, else its EOS."""

    @model_validator(mode="after")
    def _shares_add_up(self) -> MixOptions:
        if self.shares is not None:
            flat = [name for group in self.shares.values() for name in group]
            if twice := {name for name in flat if flat.count(name) > 1}:
                raise ValueError(f"shares name {', '.join(sorted(twice))} twice; give it one share")
            total = sum(share for group in self.shares.values() for share in group.values())
            if abs(total - 1) > 1e-6:
                raise ValueError(
                    f"shares add up to {total:.4%}, not to 100%; raise or lower one by {abs(1 - total):.4%}"
                )
        return self
