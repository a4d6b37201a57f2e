"""Which documents are held out: those after an instant, or the newest share of each kind; undated ones by a hash of their id.

Splitting by time measures what a model that learns from the past does on what comes next. It is inherent in it that a held-out
commit may touch a file whose earlier state was trained on, and that a commit before the cut may have touched a file that is held
out in its newest state. A pull request, its commits and its reviews, which tell the same change, are kept together by
:mod:`cooldown_kit.curate.groups`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cooldown_kit.curate.options import HoldoutOptions


@dataclass(frozen=True)
class Cut:
    """How the documents of one kind that carry a date are split.

    ``rule`` is ``time`` (held out after ``instant``), ``hash`` (no instant separates the share asked for: the ``share`` is chosen
    by a hash of the id) or ``none`` (too few documents)."""

    rule: Literal["time", "hash", "none"]
    instant: datetime | None = None
    share: float = 0.0

    def holds_out(self, identity: str, time: datetime) -> bool:
        if self.rule == "time":
            assert self.instant is not None
            return time > self.instant
        return self.rule == "hash" and fraction_of(identity) < self.share


class Holdout:
    """The rule for all documents of a run, resolved on the times of the documents that passed the filters."""

    def __init__(self, options: HoldoutOptions, times: Mapping[str, Iterable[datetime]]) -> None:
        """``times`` are the dates of the documents of each kind."""
        self._undated = options.undated
        if options.after is not None:
            instant = instant_of(options.after)
            self.cuts = {kind: Cut("time", instant) for kind in times}
        else:
            share = options.newest_share
            assert share is not None
            self.cuts = {kind: newest_cut(values, share) for kind, values in times.items()}

    def holds_out(self, kind: str, identity: str, time: datetime | None) -> bool:
        if time is None or kind not in self.cuts:
            return fraction_of(identity) < self._undated
        return self.cuts[kind].holds_out(identity, time)


def instant_of(value: datetime) -> datetime:
    """What the option says, as an instant: a time without a zone is UTC (a plain date was read as its midnight)."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def newest_cut(times: Iterable[datetime], share: float) -> Cut:
    """The instant after which about that share of the times lies; at least one where there are two or more.

    Many documents may carry one date (an import, a reformatting of everything). The instant is the one that holds out the
    share or somewhat more, up to twice as many, else the one that holds out at least half of it; where neither exists, no instant
    separates such a share and the cut is by hash."""
    ordered = sorted(times)
    count = len(ordered)
    wanted = max(round(share * count), 1 if count > 1 and share > 0 else 0)
    if wanted == 0:
        return Cut("none")
    if wanted == count:
        return Cut("time", ordered[0] - timedelta(microseconds=1))
    oldest_held_out = ordered[count - wanted]
    first = bisect_left(ordered, oldest_held_out)
    if first > 0 and count - first <= 2 * wanted:
        return Cut("time", ordered[first - 1])
    fewer = count - bisect_right(ordered, oldest_held_out)
    if 2 * fewer >= wanted:
        return Cut("time", oldest_held_out)
    return Cut("hash", share=share)


def fraction_of(identity: str) -> float:
    """A number in [0, 1) that looks random and depends on the id alone."""
    digest = hashlib.blake2b(identity.encode(), digest_size=8, person=b"holdout").digest()
    return int.from_bytes(digest, "big") / 2**64
