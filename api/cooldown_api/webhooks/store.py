"""Webhooks of a project: made, changed, given a new secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Delivery, Webhook
from cooldown_api.jobs.outbox import EVENT_TYPES, delivery
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.settings import Settings
from cooldown_api.webhooks.destination import destination_of
from cooldown_api.webhooks.secret_box import SecretBox
from cooldown_api.webhooks.signing import new_secret
from cooldown_kit.client.wire import WebhookCreate, WebhookUpdate

OLD_SECRET_LASTS: Final = timedelta(hours=24)
_MOST: Final = 50


@dataclass(frozen=True)
class Secret:
    """A webhook with its secret in clear, to be shown once."""

    hook: Webhook
    secret: str

    def __repr__(self) -> str:
        return f"Secret({self.hook.id})"


def create_webhook(
    session: Session, settings: Settings, new: WebhookCreate, *, project: str, actor: str, now: datetime
) -> Secret:
    """Raises :class:`ProblemError`: ``validation``, ``refused``, and ``conflict`` where the project has too many."""
    destination_of(new.url, settings)
    _check_types(new.event_types)
    count = session.scalar(select(func.count()).select_from(Webhook).where(Webhook.project_id == project))
    if (count or 0) >= _MOST:
        raise ProblemError(
            "conflict", f"this project has {count} webhooks, and {_MOST} are allowed", remedy="delete some"
        )
    secret = new_secret()
    hook = Webhook(
        id=new_id("hook"),
        project_id=project,
        name=new.name,
        url=new.url,
        event_types=list(new.event_types),
        secret=SecretBox.open(settings).close_in(secret),
        enabled=True,
        created_by=actor,
        created_at=now,
    )
    session.add(hook)
    session.flush()
    return Secret(hook, secret)


def find_webhook(session: Session, id: str) -> Webhook:
    """Raises :class:`ProblemError` ``not-found``, also for those of other projects."""
    hook = session.scalar(select(Webhook).where(Webhook.id == id))
    if hook is None:
        raise not_found("webhook", id)
    return hook


def update_webhook(session: Session, settings: Settings, id: str, changes: WebhookUpdate) -> Webhook:
    """What is left out stays."""
    hook = find_webhook(session, id)
    if changes.url is not None:
        destination_of(changes.url, settings)
        hook.url = changes.url
    if changes.event_types is not None:
        _check_types(changes.event_types)
        hook.event_types = list(changes.event_types)
    if changes.name is not None:
        hook.name = changes.name
    if changes.enabled is not None:
        hook.enabled = changes.enabled
    return hook


def rotate_secret(session: Session, settings: Settings, id: str, now: datetime) -> Secret:
    """A new secret; the old one signs too for a day, so that receivers can change over without losing an event."""
    hook = find_webhook(session, id)
    secret = new_secret()
    hook.old_secret, hook.old_until = hook.secret, now + OLD_SECRET_LASTS
    hook.secret = SecretBox.open(settings).close_in(secret)
    return Secret(hook, secret)


def send_test(session: Session, id: str, now: datetime) -> Delivery:
    """Queue an event that says nothing, whatever types the webhook asks for."""
    hook = find_webhook(session, id)
    if not hook.enabled:
        raise ProblemError("conflict", f"{id} is disabled", remedy="enable it first")
    sent = delivery(hook, "webhook.test", {"id": hook.id}, now=now)
    session.add(sent)
    session.flush()
    return sent


def redeliver(session: Session, webhook_id: str, id: str, now: datetime) -> Delivery:
    """Send a delivery again, under its own id: a receiver that had it can tell."""
    hook = find_webhook(session, webhook_id)
    found = session.scalar(
        select(Delivery).where(Delivery.id == id, Delivery.webhook_id == hook.id).with_for_update()
    )
    if found is None:
        raise not_found("delivery", id)
    if not hook.enabled:
        raise ProblemError("conflict", f"{webhook_id} is disabled", remedy="enable it first")
    if found.claimed_until is not None and now < found.claimed_until:
        raise ProblemError("conflict", f"{id} is being sent at this moment", remedy="look again in a minute")
    found.state, found.tries, found.next_at = "pending", 0, now
    found.status, found.error, found.delivered_at = None, "", None
    return found


def _check_types(patterns: list[str]) -> None:
    for number, pattern in enumerate(patterns):
        if not any(fnmatchcase(type, pattern) for type in EVENT_TYPES):
            raise ProblemError(
                "validation",
                "no event has such a type",
                where=f"event_types.{number}",
                remedy=f"use some of {', '.join(EVENT_TYPES)}, or patterns such as `job.*`",
            )
