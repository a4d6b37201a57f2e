"""Which layout a record gets, decided by its id and the seed alone: neither order nor neighbours matter."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cooldown_kit.render.options import RenderOptions


@dataclass(frozen=True)
class Layouts:
    """The layouts that a recipe asks for, under its seed, for a model's tokenizer."""

    options: RenderOptions = field(default_factory=RenderOptions)
    seed: int = 0
    tokenizer_tokens: frozenset[str] = frozenset()
    """The special tokens of the model's tokenizer."""

    @property
    def tokens(self) -> frozenset[str]:
        """The special tokens that layouts may use: none unless the recipe turns them on."""
        return self.tokenizer_tokens if self.options.special_tokens else frozenset()

    def choose(self, kind: str, identity: str) -> str:
        """The layout of the thing of that id, ``kind`` being a key of :data:`options.LAYOUTS`.

        Over many ids each layout gets its share; one id gets the same layout in every run under that seed.
        """
        shares = self.options.shares(kind)
        point = self.fraction(kind, identity)
        reached = 0.0
        for name, share in shares.items():
            reached += share
            if point < reached:
                return name
        return next(reversed(shares))  # the shares' sum may fall short of 1 by a rounding error

    def fraction(self, purpose: str, identity: str) -> float:
        """An evenly spread number in [0, 1) for that id under the seed, another one for every purpose."""
        text = f"{purpose}\x1f{identity}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, digest_size=8, key=str(self.seed).encode()).digest()
        return (int.from_bytes(digest) >> 11) / (1 << 53)
