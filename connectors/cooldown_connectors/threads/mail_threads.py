"""The mails of one thread, each behind the one that it answers."""

from __future__ import annotations

import heapq
from collections import defaultdict

from cooldown_connectors.threads.mail_index import Kept


def answers(mails: list[Kept]) -> list[int | None]:
    """For each mail (in order of time) the index of the one that it answers: the nearest that is there.

    References that would close a loop are passed over; loops are looked for in order of time, so the result is always the same.
    """
    places: dict[int, int] = {}
    for place, kept in enumerate(mails):
        places.setdefault(kept.node, place)  # of several mails with one id the oldest is meant
    parents: list[int | None] = [None] * len(mails)
    backwards_only = True
    for place, kept in enumerate(mails):
        for node in kept.above:
            above = places.get(node)
            if above is None or above == place:
                continue
            if (above > place or not backwards_only) and _leads_to(parents, above, place):
                continue
            backwards_only = backwards_only and above < place
            parents[place] = above
            break
    return parents


def _leads_to(parents: list[int | None], start: int, end: int) -> bool:
    place: int | None = start
    while place is not None:
        if place == end:
            return True
        place = parents[place]
    return False


def reading_order(parents: list[int | None]) -> list[int]:
    """Oldest first, but nothing before what it answers: clocks are wrong."""
    below: dict[int | None, list[int]] = defaultdict(list)
    for place, parent in enumerate(parents):
        below[parent].append(place)
    ready = list(below[None])
    order = []
    while ready:
        place = heapq.heappop(ready)
        order.append(place)
        for child in below.get(place, ()):
            heapq.heappush(ready, child)
    return order
