"""What git knows of objects without reading them: whether they are there, and how large they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable

from cooldown_connectors.git.hardened import Git


def sizes(git: Git, objects: Iterable[bytes]) -> dict[bytes, int | None]:
    """Object → its size in bytes, ``None`` where it is not there. Contents are not touched."""
    asked = sorted(set(objects))
    if not asked:
        return {}
    with tempfile.TemporaryFile() as question:
        question.write(b"\n".join(asked) + b"\n")
        reply = git.run("cat-file", "--batch-check=%(objectsize)", "--buffer", stdin=question)
    return {
        one: int(size) if size.isdigit() else None
        for one, size in zip(asked, reply.splitlines(), strict=True)
    }


def existing(git: Git, objects: Iterable[bytes]) -> set[bytes]:
    """Those objects that are there."""
    return {one for one, size in sizes(git, objects).items() if size is not None}
