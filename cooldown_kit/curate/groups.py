"""Documents of different kinds that tell the same change: a pull request, its commits, its reviews, the issues that it closes.

Each kind may have its own instant of the hold-out, and a pull request is dated by its merge, its commits by the days before. So
time alone would train on the commits of a pull request that is held out. A group is held out as a whole where one of it is.

Documents say what they tell by names that all sources share (:attr:`Document.related`), so that it makes no difference that a commit was
harvested with git and its pull request from a forge. Names are joined: two requests that close one issue are one group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from cooldown_kit.documents import Split


class Groups:
    """Groups of names, joined as documents are seen (union-find). A group is a number that :meth:`find` makes final."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._parents: list[int] = []

    def join(self, names: Iterable[str]) -> int | None:
        """Put all these names into one group; a number of it, or ``None`` where there are none."""
        joined: int | None = None
        for name in names:
            number = self.find(self._number(name))
            if joined is not None and number != joined:
                joined, number = min(joined, number), max(joined, number)
                self._parents[number] = joined
            else:
                joined = number
        return joined

    def find(self, number: int) -> int:
        """The number by which the group of that number is known now."""
        root = number
        while self._parents[root] != root:
            root = self._parents[root]
        while self._parents[number] != root:
            self._parents[number], number = root, self._parents[number]
        return root

    def of(self, names: Iterable[str]) -> set[int]:
        """The groups of those names that were seen; joins nothing."""
        known = (self._numbers.get(_short(name)) for name in names)
        return {self.find(number) for number in known if number is not None}

    def _number(self, name: str) -> int:
        number = self._numbers.setdefault(_short(name), len(self._parents))
        if number == len(self._parents):
            self._parents.append(number)
        return number


def _short(name: str) -> int:
    """64 bits in place of a name: a few of two million names might share them, and would be held out together."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def heldout_groups(
    groups: Sequence[int | None], reasons: Sequence[str | None], splits: Sequence[Split]
) -> set[int]:
    """The groups of which a document is held out and was not dropped."""
    return {
        group
        for group, reason, split in zip(groups, reasons, splits, strict=True)
        if group is not None and reason is None and split == "heldout"
    }


def whole_groups(groups: Sequence[int | None], reasons: Sequence[str | None], splits: list[Split]) -> int:
    """Hold out every document whose group has one that is held out and was not dropped; changes ``splits``, returns how many kept ones it moved."""
    heldout = heldout_groups(groups, reasons, splits)
    moved = 0
    for number, group in enumerate(groups):
        if group in heldout and splits[number] == "train":
            splits[number] = "heldout"
            moved += reasons[number] is None
    return moved
