"""Keeping within a forge's limits: whose turn it is, what answers say of quotas, and what a refusal for a limit leads to."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final, NamedTuple

from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.bearer import Token
from cooldown_connectors.http.clock import Clock
from cooldown_connectors.http.exchange import Exchange
from cooldown_connectors.http.limits import LONGEST_SECONDS, LimitKind, quota, retry_after
from cooldown_connectors.http.pool import Pause, Pool
from cooldown_connectors.http.waiting import Waiting
from cooldown_kit.errors import InputError

_BUSY_SECONDS: Final = 5.0


class Held(NamedTuple):
    """A question that has been asked: by whom, when, and against which quota as far as was known."""

    token: Token | None
    url: str
    resource: str
    asked_at: float
    where: str


class Quotas:
    """Safe for threads."""

    def __init__(self, asked: Asked, tokens: Sequence[Token], waiting: Waiting, clock: Clock) -> None:
        self.pool = Pool(
            tokens,
            reserve=asked.reserve,
            calls_per_hour=asked.calls_per_hour,
            points_per_hour=asked.points_per_hour,
            seconds_between=asked.seconds_between,
        )
        self._api = asked.api.rstrip("/")
        self._waiting = waiting
        self._clock = clock
        self._lock = threading.Lock()
        self._resources: dict[str, str] = {}

    def take_turn(self, url: str, resource: str) -> Token | None:
        """Wait until somebody may ask, and say who."""
        while True:
            turn = self.pool.turn(self._resource(url, resource), self._clock.monotonic())
            if isinstance(turn, Pause):
                self._waiting.until(turn.until, turn.why)
                continue
            self._waiting.until(turn.starts, "pause between calls")
            return turn.token

    def learn(self, held: Held, got: Exchange) -> None:
        """Take over what an answer says of quotas, and pauses that it wishes for beside a good answer."""
        now, wall = self._clock.monotonic(), self._clock.now()
        left = quota(got.headers, wall)
        if left is not None:
            if left.resource is not None:
                with self._lock:
                    self._resources[self._segment(held.url)] = left.resource
            self.pool.learn(held.token, self._resource(held.url, held.resource), left, now)
        if 200 <= got.status < 300 and (pause := retry_after(got.headers, wall)):
            self.pool.block(held.token, now + min(pause, LONGEST_SECONDS))

    def note_limit(self, held: Held, got: Exchange, kind: LimitKind) -> None:
        """Note a limit; the next turn waits for it, or is another token's."""
        now, wall = self._clock.monotonic(), self._clock.now()
        asked = retry_after(got.headers, wall)
        asked = None if asked is None else self.bearable(asked, held.where)
        left = quota(got.headers, wall)
        if kind == "primary" and asked is None and left is not None and left.remaining == 0:
            asked = left.resets_in
        if kind == "primary" and asked is not None:
            self.pool.exhausted(held.token, self._resource(held.url, held.resource), now + asked)
        elif kind == "busy":
            self.pool.calm(held.asked_at, now, asked, "the forge asks for fewer calls (429)", _BUSY_SECONDS)
        else:
            why = "the forge's limit on bursts (secondary rate limit)"
            self.pool.calm(held.asked_at, now, asked, why)

    def bearable(self, seconds: float, where: str) -> float:
        """The same, unless nobody would wait so long: then ``InputError``."""
        if seconds > LONGEST_SECONDS:
            raise InputError(
                f"the forge wants to be left alone for {seconds / 3600:.0f} hours",
                where=where,
                remedy="run it again after that: the harvest goes on where it ended",
            )
        return seconds

    def _resource(self, url: str, guess: str) -> str:
        return self._resources.get(self._segment(url), guess)

    def _segment(self, url: str) -> str:
        """The first word of the path below the API's root: forges keep quotas by it (``/search``)."""
        return url.removeprefix(self._api).lstrip("/").partition("?")[0].partition("/")[0]
