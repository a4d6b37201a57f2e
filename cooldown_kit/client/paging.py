"""Lists: page after page, until there are no more or enough was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from cooldown_kit.client.actions import Flow, Give
from cooldown_kit.client.call import Call, CallOptions, Query, reads
from cooldown_kit.client.errors import UnexpectedAnswer
from cooldown_kit.client.retry import perform
from cooldown_kit.client.wire import Page

Item = TypeVar("Item", bound=BaseModel)
_PAGE: Final = 100


def walk(
    path: str,
    model: type[Item],
    query: Query,
    options: CallOptions,
    *,
    limit: int | None = None,
    made: Callable[[Item], Any] | None = None,
) -> Flow[None]:
    """Gives the items of a list, newest first, ``limit`` of them at most; or what ``made`` makes of each."""
    if limit is not None and limit < 0:
        raise ValueError(f"limit is {limit}, and cannot be below 0")
    read = reads(Page[model])  # type: ignore[valid-type]
    left, after = limit, None
    while left is None or left > 0:
        wanted = _PAGE if left is None else min(left, _PAGE)
        page = yield from perform(
            Call("GET", path, read, {**query, "limit": wanted, "after": after}), options
        )
        for item in page.data[:left]:
            yield Give(item if made is None else made(item))
        left = None if left is None else left - len(page.data)
        if not page.has_more or not page.data:
            return
        if page.last_id is None or page.last_id == after:
            raise UnexpectedAnswer("the list has more, and does not say after what", where=path)
        after = page.last_id


def collected(flow: Flow[None]) -> Flow[list[Any]]:
    """All that a flow gives, as a list."""
    items: list[Any] = []
    try:
        action = next(flow)
        while True:
            if isinstance(action, Give):
                items.append(action.item)
                action = flow.send(None)
                continue
            try:
                result = yield action
            except Exception as error:  # noqa: BLE001 - for the flow to decide
                action = flow.throw(error)
            else:
                action = flow.send(result)
    except StopIteration:
        return items
