"""Sends what is due. Any number of dispatchers may run, in API processes and workers: none sends what another has claimed.

A delivery is claimed for a minute, sent, and settled; a dispatcher that dies in between leaves a claim that runs out, and the
receiver may get the event twice, with the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from cooldown_api.audit import record
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Delivery, Webhook
from cooldown_api.settings import Settings
from cooldown_api.webhooks.schedule import next_try
from cooldown_api.webhooks.secret_box import SecretBox, WrongKey
from cooldown_api.webhooks.send import Outcome, send

_log = logging.getLogger("cooldown.webhooks")

_CLAIM: Final = timedelta(seconds=60)
_AT_ONCE: Final = 32
_OF_ONE: Final = 4
"""Of one webhook at once: a receiver that hangs must not hold up the others."""
_POLL_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 2.0
_KEPT: Final = timedelta(days=30)
_SWEEP_SECONDS: Final = 3600.0


@dataclass(frozen=True)
class _Claimed:
    """What is needed to send, without a connection to the database."""

    id: str
    webhook: str
    project: str
    url: str
    body: dict[str, Any]
    secrets: tuple[str, ...]
    """Encrypted."""
    tries: int
    until: datetime
    """Also the token: only who holds this claim may settle it."""


class Dispatcher:
    """One thread with an event loop of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._box: SecretBox | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._sending: Counter[str] = Counter()

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._thread = threading.Thread(target=self.run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more, give what is being sent two seconds, and leave the rest to whoever comes after the claims."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS + 2 * _POLL_SECONDS)

    def run(self) -> None:
        """Until :meth:`stop`."""
        asyncio.run(self._run())

    async def send_due(self) -> int:
        """Send what is due now, and return how many were tried: for tests, and for who wants no thread."""
        claimed = await self._claimed()
        await asyncio.gather(*map(self._deliver, claimed))
        return len(claimed)

    async def _claimed(self) -> list[_Claimed]:
        claimed = await asyncio.to_thread(self._claim, Counter(self._sending))
        self._sending.update(item.webhook for item in claimed)
        return claimed

    async def _run(self) -> None:
        tasks: set[asyncio.Task[None]] = set()
        swept = -_SWEEP_SECONDS
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            claimed: list[_Claimed] = []
            try:
                if loop.time() - swept > _SWEEP_SECONDS:
                    await asyncio.to_thread(self._sweep)
                    swept = loop.time()
                claimed = await self._claimed()
            except SQLAlchemyError as error:
                _log.warning("the database does not answer: %s", type(error).__name__)
            for item in claimed:
                task = asyncio.create_task(self._deliver(item))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            if not claimed:
                await asyncio.to_thread(self._stop.wait, _POLL_SECONDS)
            else:
                await asyncio.wait(tasks, timeout=_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()

    def _claim(self, sending: Counter[str]) -> list[_Claimed]:
        """Claim what is due and may be sent beside what ``sending`` counts by webhook."""
        free = _AT_ONCE - sending.total()
        busy = [webhook for webhook, count in sending.items() if count >= _OF_ONE]
        due = select(Delivery.id).join(Webhook, Webhook.id == Delivery.webhook_id)
        with self._database.read(ALL_PROJECTS) as session:  # nothing to do is the rule, and takes no lock
            now = self._database.now(session)
            due = (
                due.where(
                    Delivery.state == "pending",
                    Delivery.next_at <= now,
                    or_(Delivery.claimed_until.is_(None), Delivery.claimed_until <= now),
                    Webhook.enabled,
                    Delivery.webhook_id.not_in(busy),
                )
                .order_by(Delivery.next_at)
                .limit(4 * _AT_ONCE)
            )
            if free <= 0 or session.scalar(due.limit(1)) is None:
                return []
        with self._database.write(ALL_PROJECTS) as session:
            now = self._database.now(session)
            ids = due.with_for_update(skip_locked=True, of=Delivery)
            rows = session.execute(
                select(Delivery, Webhook)
                .join(Webhook, Webhook.id == Delivery.webhook_id)
                .where(Delivery.id.in_(session.scalars(ids).all()))
                .order_by(Delivery.next_at)
            )
            claimed: list[_Claimed] = []
            for delivery, hook in rows:
                if len(claimed) < free and sending[hook.id] < _OF_ONE:
                    delivery.claimed_until = now + _CLAIM
                    delivery.tries += 1
                    sending[hook.id] += 1
                    claimed.append(_claimed(delivery, hook, now))
        return claimed

    async def _deliver(self, item: _Claimed) -> None:
        try:
            outcome = await self._try(item)
            await asyncio.to_thread(self._settle, item, outcome)
        except SQLAlchemyError as error:  # the claim runs out, and it is sent again
            _log.warning("delivery %s could not be settled: %s", item.id, type(error).__name__)
        finally:
            self._sending[item.webhook] -= 1

    async def _try(self, item: _Claimed) -> Outcome:
        try:
            self._box = self._box or SecretBox.open(self._settings)
            secrets = [self._box.take_out(closed) for closed in item.secrets]
        except WrongKey:
            return Outcome(False, error="its secret was encrypted with another key: rotate it")
        return await send(self._settings, item.url, item.id, item.body, secrets)

    def _settle(self, item: _Claimed, outcome: Outcome) -> None:
        with self._database.write(ALL_PROJECTS) as session:
            now = self._database.now(session)
            again = None if outcome.gone else next_try(item.tries, now, outcome.retry_after)
            state = "delivered" if outcome.delivered else "pending" if again else "failed"
            session.execute(
                update(Delivery)
                .where(Delivery.id == item.id, Delivery.claimed_until == item.until)
                .values(
                    state=state,
                    status=outcome.status,
                    error=outcome.error,
                    claimed_until=None,
                    next_at=again or now,
                    delivered_at=now if outcome.delivered else None,
                )
                .execution_options(synchronize_session=False)
            )
            if outcome.gone:
                _disable(session, item, now)
        _log.info(
            "delivery",
            extra={"delivery": item.id, "webhook": item.webhook, "project": item.project, "state": state}
            | {"tries": item.tries, "status": outcome.status, "error": outcome.error},
        )

    def _sweep(self) -> None:
        """Forget what ended a month ago."""
        with self._database.write(ALL_PROJECTS) as session:
            old = self._database.now(session) - _KEPT
            session.execute(delete(Delivery).where(Delivery.state != "pending", Delivery.created_at < old))


def _claimed(delivery: Delivery, hook: Webhook, now: datetime) -> _Claimed:
    assert delivery.claimed_until is not None
    secrets = [hook.secret]
    if hook.old_secret is not None and hook.old_until is not None and now < hook.old_until:
        secrets.append(hook.old_secret)
    return _Claimed(
        delivery.id,
        hook.id,
        hook.project_id,
        hook.url,
        delivery.body,
        tuple(secrets),
        delivery.tries,
        delivery.claimed_until,
    )


def _disable(session: Any, item: _Claimed, now: datetime) -> None:
    """The receiver answered 410: it is gone, and so is what still waits for it."""
    session.execute(update(Webhook).where(Webhook.id == item.webhook).values(enabled=False))
    session.execute(
        update(Delivery)
        .where(Delivery.webhook_id == item.webhook, Delivery.state == "pending")
        .values(state="failed", error="the receiver answered 410 to another delivery", claimed_until=None)
    )
    record(
        session,
        project=item.project,
        actor="service",
        action="webhook.disable",
        target=item.webhook,
        detail={"status": 410},
        now=now,
    )
