"""Several tokens that share the work: who asks next, and when.

The token with the most left above its reserve is taken. A quota counts down with each question, before the answer says
how much is left, so that several threads never spend more than there is. All times are the clock's ``monotonic()``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cooldown_connectors.http.bearer import Token
from cooldown_connectors.http.limits import Quota

_CALM_FIRST: Final = 60.0
_CALM_LONGEST: Final = 3600.0
_CALM_FORGOTTEN: Final = 900.0
"""After so long without another wish for calm the pauses start small again."""
_AFTER_RESET: Final = 1.0
"""Clocks differ, and a question a moment too early costs another refusal."""


@dataclass(frozen=True)
class Turn:
    """Who asks: a token, or nobody in particular (``None``), not before ``starts``."""

    token: Token | None
    starts: float


@dataclass(frozen=True)
class Pause:
    """Nobody may ask before ``until``."""

    until: float
    why: str


@dataclass
class _Left:
    limit: int
    remaining: int
    resets: float


@dataclass
class _Member:
    token: Token | None
    left: dict[str, _Left] = field(default_factory=dict)
    blocked: float = float("-inf")
    starts: float = float("-inf")
    asked: int = 0


class Pool:
    """Safe for threads. Without tokens it is one nameless member, whose quota is that of the address that we ask from."""

    def __init__(
        self,
        tokens: Sequence[Token],
        *,
        reserve: float = 0.0,
        calls_per_hour: int | None = None,
        points_per_hour: int | None = None,
        seconds_between: float = 0.0,
    ) -> None:
        """
        Args:
            reserve: share of each quota that is left to others.
            calls_per_hour: a bound for forges whose answers do not say theirs; what answers say counts more.
            points_per_hour: the same for GraphQL.
            seconds_between: from one question of a token to its next.
        """
        self._members = [_Member(token) for token in tokens] or [_Member(None)]
        self._reserve = reserve
        self._assumed = {"core": calls_per_hour, "graphql": points_per_hour}
        self._between = seconds_between
        self._lock = threading.Lock()
        self._calm_until = float("-inf")
        self._calm_since = float("-inf")
        self._calm_length = 0.0
        self._calm_why = ""

    @property
    def tokens(self) -> list[Token]:
        """Those that are still in use."""
        with self._lock:
            return [member.token for member in self._members if member.token is not None]

    def turn(self, resource: str, now: float) -> Turn | Pause:
        """Who may ask for something of that resource next; it counts as asked."""
        with self._lock:
            if now < self._calm_until:
                return Pause(self._calm_until, self._calm_why)
            free = [member for member in self._members if self._headroom(member, resource, now) >= 1]
            if not free:
                until = min(self._free_at(member, resource, now) for member in self._members)
                return Pause(until, f"{self._whose()} quota ({resource}) is used up but for its reserve")
            best = max(
                free,
                key=lambda member: (
                    -max(member.starts, now),  # one that need not pause first
                    self._headroom(member, resource, now),
                    -member.asked,
                ),
            )
            best.asked += 1
            left = self._left(best, resource, now)
            if left is not None:
                left.remaining -= 1
            starts = max(now, best.starts)
            best.starts = starts + self._between
            return Turn(best.token, starts)

    def learn(self, token: Token | None, resource: str, quota: Quota, now: float) -> None:
        """Take over what an answer says of a quota. Answers may overtake each other: within one period the least counts."""
        with self._lock:
            if (member := self._member(token)) is None:
                return
            old, resets = member.left.get(resource), now + quota.resets_in
            same = old is not None and abs(old.resets - resets) < 5 and old.limit == quota.limit
            remaining = min(old.remaining, quota.remaining) if old is not None and same else quota.remaining
            member.left[resource] = _Left(quota.limit, remaining, resets)

    def exhausted(self, token: Token | None, resource: str, until: float) -> None:
        """The forge says that this token's quota is used up until then."""
        with self._lock:
            if (member := self._member(token)) is not None:
                old = member.left.get(resource)
                member.left[resource] = _Left(old.limit if old else 1, 0, until)

    def block(self, token: Token | None, until: float) -> None:
        """Let this token ask nothing before then."""
        with self._lock:
            if (member := self._member(token)) is not None:
                member.blocked = max(member.blocked, until)

    def calm(
        self, asked_at: float, now: float, seconds: float | None, why: str, first: float = _CALM_FIRST
    ) -> None:
        """Let nobody ask for a while: at least what the forge says, at least ``first`` seconds, twice as long each time.

        All tokens pause: to go on with another one is what such limits are made against. Answers to questions that were
        under way when the pause began (``asked_at``) do not make it longer.
        """
        with self._lock:
            if asked_at < self._calm_since:
                return
            recent = now - self._calm_until < _CALM_FORGOTTEN
            self._calm_length = min(self._calm_length * 2 if recent else first, _CALM_LONGEST)
            self._calm_length = max(self._calm_length, first)
            self._calm_until = now + max(self._calm_length, seconds or 0.0)
            self._calm_since = now
            self._calm_why = why

    def drop(self, token: Token) -> bool:
        """Leave a token out that is refused. ``False`` where it is the last one: then it stays."""
        with self._lock:
            others = [member for member in self._members if member.token is not token]
            if not others:
                return False
            self._members = others
            return True

    def _member(self, token: Token | None) -> _Member | None:
        return next((member for member in self._members if member.token is token), None)

    def _left(self, member: _Member, resource: str, now: float) -> _Left | None:
        """What is left of a quota; a period that has ended starts anew."""
        left = member.left.get(resource)
        assumed = self._assumed.get(resource)
        if left is None and assumed is not None:
            left = member.left[resource] = _Left(assumed, assumed, now + 3600.0)
        if left is not None and now >= left.resets:
            if assumed is None:  # the next answer says it
                member.left.pop(resource)
                return None
            left.remaining, left.resets = left.limit, now + 3600.0
        return left

    def _headroom(self, member: _Member, resource: str, now: float) -> float:
        """Questions above the reserve that the member may ask."""
        if now < member.blocked:
            return 0.0
        left = self._left(member, resource, now)
        if left is None:
            return float("inf")
        return left.remaining - min(int(self._reserve * left.limit), left.limit - 1)

    def _free_at(self, member: _Member, resource: str, now: float) -> float:
        left = self._left(member, resource, now)
        resets = left.resets + _AFTER_RESET if left is not None and left.remaining < left.limit else now
        return max(member.blocked, resets, now + _AFTER_RESET)

    def _whose(self) -> str:
        if self._members[0].token is None:
            return "without a token, the"
        return "the token's" if len(self._members) == 1 else "every token's"
