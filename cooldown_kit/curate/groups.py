"""Documents of different kinds that tell the same change: a pull request and the commits that it brought in.

Each kind may have its own instant of the hold-out, and a pull request is dated by its merge, its commits by the days before. So
time alone would train on the commits of a pull request that is held out. A group is held out as a whole where one of it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cooldown_kit.documents import Document, Split


class Group(NamedTuple):
    """What a pull request and its commits have in common."""

    source: str
    repository: str
    pull_request: int


def group_of(document: Document) -> Group | None:
    """The group of a commit or pull request; ``None`` where no number is known."""
    if document.repository is None:
        return None
    if document.kind == "pull_request":  # its record's id is {repository}#{number}
        number = document.id.rpartition("#")[2]
        return Group(document.source, document.repository, int(number)) if number.isdecimal() else None
    known = document.signals.get("pull_request") if document.kind == "commit" else None
    return None if known is None else Group(document.source, document.repository, int(known))


def whole_groups(groups: Sequence[Group | None], reasons: Sequence[str | None], splits: list[Split]) -> int:
    """Hold out every document whose group has one that is held out and was not dropped; changes ``splits``, returns how many kept ones it moved."""
    heldout = {
        group
        for group, reason, split in zip(groups, reasons, splits, strict=True)
        if group is not None and reason is None and split == "heldout"
    }
    moved = 0
    for number, group in enumerate(groups):
        if group in heldout and splits[number] == "train":
            splits[number] = "heldout"
            moved += reasons[number] is None
    return moved
