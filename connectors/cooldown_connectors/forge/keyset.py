"""Lists that are sorted by the time of the last change, oldest first, and can be asked from a time on: nothing in them is ever missed.

Page numbers are not safe in such a list: while one reads, what changes moves to its end, everything behind it moves up, and what
stood first on the next page is skipped. So every page is asked for from the last time on that was seen, as page one. What moved to the end
is seen there once more. Only where more than a page of things share one instant are page numbers used, and that instant is read again until a
whole reading finds nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cooldown_connectors.forge.protocol import Json, Listed


@dataclass(frozen=True)
class KeysetPage:
    """Items of one answer, and the cursor from which the list goes on after them."""

    items: list[Json]
    cursor: Json
    last: bool
    """Whether nothing follows for now."""


def by_time(
    ask: Callable[[str | None, int], Listed],
    cursor: Json,
    *,
    time_of: Callable[[Json], str],
    key_of: Callable[[Json], Any],
    start: str | None = None,
) -> Iterator[KeysetPage]:
    """The pages of a list from ``cursor`` (``None``: from ``start``, or the beginning) to its end.

    ``ask(since, page)`` gives the page of what changed at ``since`` or later, by time and ascending. Times are compared as text, so all must
    be written alike. The last page's cursor finds what changes later, and says ``done``: only from such a cursor may the first question be
    conditional, for an answer that is unchanged says nothing of what an unfinished reading had left. Memory: the keys of one instant.
    """
    since: str | None = cursor["since"] if cursor else start
    page = 1
    reading: list[Any] = []
    earlier: tuple[list[Any], str | None, bool] | None = None
    while True:
        listed = ask(since, page)
        newest = max(map(time_of, listed.items), default=since)
        reading += [key_of(item) for item in listed.items if time_of(item) == since]
        if newest == since and listed.more:  # more than a page changed in that instant
            page += 1
            yield KeysetPage(listed.items, {"since": since}, False)
            continue
        more = listed.more
        if page > 1:
            # Whatever left the instant between two questions moved the next page up. If the same things were there the last time, too,
            # nothing had left by then, and the last page of that reading was whole.
            if earlier is None or earlier[0] != reading:
                earlier, reading, page = (reading, newest, more), [], 1
                yield KeysetPage(listed.items, {"since": since}, False)
                continue
            _, newest, more = earlier
        since, page, reading, earlier = newest, 1, [], None
        if not more:
            yield KeysetPage(listed.items, {"since": since, "done": True}, True)
            return
        yield KeysetPage(listed.items, {"since": since}, False)
