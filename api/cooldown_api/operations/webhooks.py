"""Webhooks of a project as their administrators see them: made, changed, tested, and what was sent."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.database.tables import Delivery, Webhook
from cooldown_api.pages import Cursor, page_of, select_page
from cooldown_api.values import check_values
from cooldown_api.webhooks import store
from cooldown_kit.client import wire


def list_webhooks(access: Access, cursor: Cursor) -> wire.Page[wire.Webhook]:
    """Newest first, without their secrets."""
    with access.read() as session:
        rows, more = select_page(session, select(Webhook), Webhook.id, cursor)
        return page_of([_webhook(row) for row in rows], more)


def create_webhook(access: Access, body: wire.WebhookCreate) -> wire.WebhookCreated:
    """What :func:`webhook_maker` makes, and raises."""
    make = webhook_maker(access, body)
    with access.write() as session:
        return make(session)


def webhook_maker(access: Access, body: wire.WebhookCreate) -> Callable[[Session], wire.WebhookCreated]:
    """The secret that signs is shown this once. Addresses are checked again each time something is sent."""
    _check(body)

    def make(session: Session) -> wire.WebhookCreated:
        made = store.create_webhook(
            session,
            access.service.settings,
            body,
            project=access.project,
            actor=access.principal.actor,
            now=access.now(session),
        )
        access.audit(session, "webhook.create", made.hook.id, name=made.hook.name)
        return _with_secret(made)

    return make


def get_webhook(access: Access, id: str) -> wire.Webhook:
    """Raises :class:`ProblemError` ``not-found``, as all below."""
    with access.read() as session:
        return _webhook(store.find_webhook(session, id))


def update_webhook(access: Access, id: str, body: wire.WebhookUpdate) -> wire.Webhook:
    """What is left out stays. What waits while it is disabled is sent when it is enabled again."""
    _check(body)
    with access.write() as session:
        hook = store.update_webhook(session, access.service.settings, id, body)
        access.audit(session, "webhook.update", id, changed=sorted(body.model_dump(exclude_none=True)))
        return _webhook(hook)


def delete_webhook(access: Access, id: str) -> wire.Deleted:
    """With its deliveries, also those that wait."""
    with access.write() as session:
        hook = store.find_webhook(session, id)
        session.execute(delete(Delivery).where(Delivery.webhook_id == id))
        session.delete(hook)
        access.audit(session, "webhook.delete", id)
    return wire.Deleted(id=id, object="webhook")


def rotate_secret(access: Access, id: str) -> wire.WebhookCreated:
    """The old one signs too for 24 hours: deliveries carry two signatures, and a receiver may know either."""
    with access.write() as session:
        made = store.rotate_secret(session, access.service.settings, id, access.now(session))
        access.audit(session, "webhook.rotate_secret", id)
        return _with_secret(made)


def send_test(access: Access, id: str) -> wire.Delivery:
    """Queues an event of the type `webhook.test`; its delivery tells how it went."""
    with access.write() as session:
        sent = store.send_test(session, id, access.now(session))
        access.audit(session, "webhook.test", id, delivery=sent.id)
        return _delivery(sent)


def list_deliveries(access: Access, id: str, cursor: Cursor) -> wire.Page[wire.Delivery]:
    """Kept for 30 days after they ended."""
    with access.read() as session:
        store.find_webhook(session, id)
        statement = select(Delivery).where(Delivery.webhook_id == id)
        rows, more = select_page(session, statement, Delivery.id, cursor)
        return page_of([_delivery(row) for row in rows], more)


def redeliver(access: Access, id: str, delivery: str) -> wire.Delivery:
    """Under its own `webhook-id`, so that a receiver can tell what it has had."""
    with access.write() as session:
        found = store.redeliver(session, id, delivery, access.now(session))
        access.audit(session, "webhook.redeliver", id, delivery=delivery)
        return _delivery(found)


def _check(body: wire.WebhookCreate | wire.WebhookUpdate) -> None:
    """But for the address, which may hold a secret of the receiver, and is read part by part."""
    check_values(body.model_dump(exclude={"url"}), "")


def _webhook(row: Webhook) -> wire.Webhook:
    return wire.Webhook(**_fields(row))


def _with_secret(made: store.Secret) -> wire.WebhookCreated:
    return wire.WebhookCreated(**_fields(made.hook), secret=made.secret)


def _fields(row: Webhook) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "project": row.project_id,
        "url": row.url,
        "event_types": row.event_types,
        "enabled": row.enabled,
        "created_by": row.created_by,
        "created_at": row.created_at,
    }


def _delivery(row: Delivery) -> wire.Delivery:
    return wire.Delivery.model_validate(
        {
            "id": row.id,
            "webhook": row.webhook_id,
            "type": row.type,
            "state": row.state,
            "tries": row.tries,
            "status": row.status,
            "error": row.error,
            "created_at": row.created_at,
            "next_at": row.next_at if row.state == "pending" else None,
            "delivered_at": row.delivered_at,
        }
    )
