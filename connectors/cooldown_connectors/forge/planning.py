"""What an update will take: calls, points and time, found out beforehand with a handful of questions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from cooldown_connectors.forge.access import limits_of
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge, Json, Planned
from cooldown_connectors.forge.session import ForgeSession
from cooldown_kit.connector import Estimate

_HOUR: Final = 3600.0


def planned(
    forge: Forge, options: ForgeOptions, session: ForgeSession, cursors: Mapping[str, Json]
) -> list[Estimate]:
    """One estimate a stream. Time is that of answers as long as those to the plan's own questions, or what quotas make of it."""
    start = time.monotonic()
    streams = forge.plan(session, cursors)
    asked = sum(session.counted.calls.values())
    latency = (time.monotonic() - start) / max(asked, 1)
    name = f"{session.owner}/{session.name}"
    return [_estimate(forge, options, name, one, latency) for one in streams]


def _estimate(forge: Forge, options: ForgeOptions, name: str, stream: Planned, latency: float) -> Estimate:
    limits, share = limits_of(forge, options), max(len(options.token), 1) * (1 - options.reserve)
    seconds = stream.calls * max(latency, limits.seconds_between)
    # What is counted in points costs no calls of the other quota.
    used = [
        (stream.points, limits.points_per_hour) if stream.points else (stream.calls, limits.calls_per_hour)
    ]
    for spent, quota in used:
        if quota and share:
            seconds = max(seconds, (spent / (quota * share) - 1) * _HOUR)
    return Estimate(
        f"{name} {stream.stream}", stream.items, stream.calls, stream.points, seconds, stream.exact
    )


def summed(estimates: list[Estimate]) -> str:
    """``about 820 calls (4,480 points), 12 minutes``."""
    calls, points = sum(one.calls for one in estimates), sum(one.points for one in estimates)
    minutes = sum(one.seconds for one in estimates) / 60
    spent = f"about {calls:,} calls" + (f" ({points:,} points)" if points else "")
    return f"{spent}, {minutes:,.0f} minutes" if minutes >= 1 else f"{spent}, under a minute"
