"""What git knows of objects without reading them: whether they are there, and how large they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable

from cooldown_connectors.git.hardened import Git


def large_or_missing(git: Git, blobs: Iterable[bytes], max_size: int) -> dict[bytes, str]:
    """Those blobs that must not be read, each with the reason ``too_large`` or ``missing``. Contents are not touched."""
    asked = sorted(set(blobs))
    reasons: dict[bytes, str] = {}
    if not asked:
        return reasons
    with tempfile.TemporaryFile() as question:
        question.write(b"\n".join(asked) + b"\n")
        reply = git.run("cat-file", "--batch-check=%(objectsize)", "--buffer", stdin=question)
    for blob, size in zip(asked, reply.splitlines(), strict=True):
        if not size.isdigit():
            reasons[blob] = "missing"
        elif int(size) > max_size:
            reasons[blob] = "too_large"
    return reasons
