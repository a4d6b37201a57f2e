"""Pages that are too large for the forge are asked for in parts, and nobody who asked for the page notices.

Forges answer 502 where a page of a hundred long threads takes them too long, and the same page of fifty is fine. A page of size n becomes
pages of size n/2 (of n over its smallest divisor, where it is odd), each of which may be divided again, down to one item.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from cooldown_connectors.forge.protocol import Json, Listed
from cooldown_connectors.http.errors import TooHeavy

_GROWS_AFTER: Final = 8
"""Good answers of a smaller size before a larger one is tried again."""

Ask = Callable[[int, int, bool], Listed]
"""``(start, size, halvable)`` → those items; ``start`` is a multiple of ``size`` wherever the whole page's was."""


class Fits:
    """Which size the forge has answered lately, for each list, so that not every page fails first. Safe for threads."""

    def __init__(self, *, remembers: bool = True) -> None:
        """A replay does not remember: it must try what was tried then."""
        self._remembers = remembers
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._good: dict[str, int] = {}

    def size(self, name: str, wanted: int) -> int:
        """The size to begin with: ``wanted`` divided as often as was needed."""
        with self._lock:
            most = self._sizes.get(name, wanted)
        while wanted > most:
            wanted //= smallest_divisor(wanted)
        return wanted

    def failed(self, name: str, size: int) -> None:
        """A page of that size was too much."""
        if self._remembers:
            with self._lock:
                self._sizes[name] = max(1, size // smallest_divisor(size))
                self._good[name] = 0

    def worked(self, name: str) -> None:
        """A page came; after some, larger ones are tried again."""
        with self._lock:
            if name not in self._sizes:
                return
            self._good[name] = self._good.get(name, 0) + 1
            if self._good[name] >= _GROWS_AFTER:
                self._good[name] = 0
                self._sizes[name] *= 2
                if self._sizes[name] > 1 << 20:
                    del self._sizes[name]


def whole(start: int, size: int, ask: Ask, fits: Fits, name: str) -> Listed:
    """``size`` items from ``start`` on, in as few questions as the forge can bear. Raises ``TooHeavy`` never: a single item
    that cannot be had raises what ``ask`` raises."""
    return _part(start, size, fits.size(name, size), ask, fits, name)


def _part(start: int, size: int, first: int, ask: Ask, fits: Fits, name: str) -> Listed:
    if size <= first:
        try:
            listed = ask(start, size, size > 1)
        except TooHeavy:
            if size == 1:
                raise
            fits.failed(name, size)
        else:
            fits.worked(name)
            return listed
    part = size // smallest_divisor(size)
    items: list[Json] = []
    total = None
    more = True
    for begin in range(start, start + size, part):
        listed = _part(begin, part, min(first, part), ask, fits, name)
        items += listed.items
        more, total = listed.more, listed.total if total is None else total
        if not more:  # the list ends in this part
            break
    return Listed(items, more, total)


def smallest_divisor(size: int) -> int:
    """The smallest divisor above one."""
    return next((d for d in range(2, int(size**0.5) + 1) if size % d == 0), max(size, 2))
