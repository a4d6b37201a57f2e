"""Named, seeded random streams: adding one never changes what another draws."""

from __future__ import annotations

import hashlib

import numpy as np


def random_stream(seed: int, *name: str | int) -> np.random.Generator:
    """The random generator of that name under that seed; the same on every machine."""
    text = "\x1f".join(map(str, (seed, *name)))
    return np.random.Generator(
        np.random.PCG64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest()))
    )
