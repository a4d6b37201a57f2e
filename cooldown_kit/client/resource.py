"""What every group of calls has: a driver, and how calls are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from cooldown_kit.client.actions import Flow
from cooldown_kit.client.awaiting import AwaitingDriver
from cooldown_kit.client.blocking import BlockingDriver
from cooldown_kit.client.call import Call, CallOptions, reads
from cooldown_kit.client.endpoint import Awaiting, Blocking, Listing
from cooldown_kit.client.paging import walk
from cooldown_kit.client.retry import perform
from cooldown_kit.errors import InputError

Model = TypeVar("Model", bound=BaseModel)
Driver = BlockingDriver | AwaitingDriver
_KEY = re.compile(r"[!-~]{1,256}")


@dataclass(frozen=True)
class Link:
    """A client, as its groups of calls and its handles see it."""

    driver: Driver
    options: CallOptions


class Calls:
    """The calls of one kind of thing, below one path."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def _ask(self, method: str, path: str, model: type[Model], **query: Any) -> Flow[Model]:
        return perform(Call(method, path, reads(model), query), self._link.options)

    def _post(
        self,
        path: str,
        model: type[Model],
        body: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        *,
        method: str = "POST",
        repeatable: bool = True,
    ) -> Flow[Model]:
        """``repeatable`` is false for what the service would do twice when it is asked twice.

        Raises :class:`InputError` for a key that no header can carry.
        """
        if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
            raise InputError(
                f"{idempotency_key!r} is no idempotency key",
                where="idempotency_key",
                remedy="write 1 to 256 visible ASCII characters, without spaces; or leave it out: each call then has its own",
            )
        call = Call(
            method, path, reads(model), body=body, idempotency_key=idempotency_key, repeatable=repeatable
        )
        return perform(call, self._link.options)

    def _list(
        self,
        path: str,
        model: type[Model],
        query: Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        made: Callable[[Model], Any] | None = None,
    ) -> Listing[Any]:
        return Listing(walk(path, model, query or {}, self._link.options, limit=limit, made=made))


class BlockingCalls(Calls, Blocking):
    @property
    def _driver(self) -> BlockingDriver:
        assert isinstance(self._link.driver, BlockingDriver)
        return self._link.driver


class AwaitingCalls(Calls, Awaiting):
    @property
    def _driver(self) -> AwaitingDriver:
        assert isinstance(self._link.driver, AwaitingDriver)
        return self._link.driver
