"""Jobs, queue, leases, machines and webhooks as Prometheus metrics: read from the database when somebody scrapes, at most every 5 s.

No label names a project, a job or a machine: the number of series does not grow with use.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Delivery, Gpu, Job, Worker
from cooldown_api.settings import Settings
from cooldown_kit.client.states import State

_log = logging.getLogger("cooldown.metrics")
_SECONDS: Final = 5.0
_BANDS: Final = ((67, "high"), (34, "normal"), (0, "low"))
"""From that priority on."""


class FleetMetrics(Collector):
    """Of the whole service, whichever process is asked."""

    def __init__(
        self, database: Database, settings: Settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._lease = settings.worker.lease_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: list[Metric] = []
        self._read_at: float | None = None

    def collect(self) -> Iterator[Metric]:
        """What was read in the last seconds, or is read now. A database that is away is a metric too."""
        with self._lock:
            if self._read_at is None or self._clock() - self._read_at >= _SECONDS:
                self._kept = self._read()
                self._read_at = self._clock()
            yield from self._kept

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the database."""
        return iter(())

    def _read(self) -> list[Metric]:
        up = GaugeMetricFamily("cooldown_database_up", "Whether the database answers.")
        try:
            with self._database.read(ALL_PROJECTS) as session:
                now = self._database.now(session)
                found = [
                    _jobs(session),
                    *_queue(session, now),
                    *_attempts(session, now, self._lease),
                    *_machines(session, now, self._lease),
                    *_webhooks(session, now),
                ]
        except SQLAlchemyError as error:
            _log.warning("metrics could not be read: %s", type(error).__name__)
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]


def _jobs(session: Session) -> Metric:
    metric = GaugeMetricFamily("cooldown_jobs", "Jobs by state and kind.", labels=["state", "kind"])
    for state, kind, count in session.execute(
        select(Job.state, Job.kind, func.count()).group_by(Job.state, Job.kind)
    ):
        metric.add_metric([state, kind], count)
    return metric


def _queue(session: Session, now: datetime) -> list[Metric]:
    depth = GaugeMetricFamily("cooldown_queue_depth", "Jobs that wait, by priority.", labels=["priority"])
    oldest = GaugeMetricFamily("cooldown_queue_oldest_seconds", "How long the first of them has waited.")
    band = case(*[(Job.priority >= low, name) for low, name in _BANDS], else_="low").label("band")
    waiting = {name: 0 for _, name in _BANDS}
    first: datetime | None = None
    rows = session.execute(
        select(band, func.count(), func.min(Job.queued_at)).where(Job.state == State.QUEUED).group_by(band)
    )
    for name, count, since in rows:
        waiting[name] = count
        first = since if first is None else min(first, since)
    for name, count in waiting.items():
        depth.add_metric([name], count)
    oldest.add_metric([], (now - first).total_seconds() if first else 0)
    return [depth, oldest]


def _attempts(session: Session, now: datetime, lease: float) -> list[Metric]:
    ended = CounterMetricFamily(
        "cooldown_attempts_ended", "Attempts that ended, by reason.", labels=["reason"]
    )
    for reason, count in session.execute(
        select(Attempt.reason, func.count()).where(Attempt.state == "ended").group_by(Attempt.reason)
    ):
        ended.add_metric([reason], count)
    running, until = session.execute(
        select(func.count(), func.min(Attempt.lease_expires_at)).where(Attempt.state != "ended")
    ).one()
    alive = GaugeMetricFamily("cooldown_attempts_running", "Attempts that have not ended.")
    alive.add_metric([], running)
    age = GaugeMetricFamily("cooldown_lease_age_seconds", "Since the lease that was renewed longest ago.")
    age.add_metric([], max(0.0, (now - until).total_seconds() + lease) if until else 0)
    return [ended, alive, age]


def _machines(session: Session, now: datetime, lease: float) -> list[Metric]:
    workers = GaugeMetricFamily("cooldown_workers", "Workers that are alive.", labels=["draining"])
    counts = {"false": 0, "true": 0}
    slots = GaugeMetricFamily("cooldown_worker_slots", "Jobs that they may run at once.")
    total = 0
    for draining, count, places in session.execute(
        select(Worker.draining, func.count(), func.sum(Worker.slots))
        .where(Worker.heartbeat_at > now - timedelta(seconds=lease))
        .group_by(Worker.draining)
    ):
        counts["true" if draining else "false"] = count
        total += 0 if draining else int(places or 0)
    for name, count in counts.items():
        workers.add_metric([name], count)
    slots.add_metric([], total)
    gpus = GaugeMetricFamily("cooldown_gpus", "GPUs that workers have shown.", labels=["busy"])
    every, busy = session.execute(select(func.count(), func.count(Gpu.attempt_id))).one()
    gpus.add_metric(["true"], busy)
    gpus.add_metric(["false"], every - busy)
    return [workers, slots, gpus]


def _webhooks(session: Session, now: datetime) -> list[Metric]:
    deliveries = GaugeMetricFamily(
        "cooldown_webhook_deliveries", "Deliveries of the last 30 days, by outcome.", labels=["outcome"]
    )
    counts = {"pending": 0, "delivered": 0, "failed": 0}
    oldest: datetime | None = None
    for state, count, first in session.execute(
        select(Delivery.state, func.count(), func.min(Delivery.created_at)).group_by(Delivery.state)
    ):
        counts[state] = count
        oldest = first if state == "pending" else oldest
    for state, count in counts.items():
        deliveries.add_metric([state], count)
    age = GaugeMetricFamily(
        "cooldown_webhook_oldest_pending_seconds", "Age of the oldest delivery that waits."
    )
    age.add_metric([], (now - oldest).total_seconds() if oldest else 0)
    return [deliveries, age]
