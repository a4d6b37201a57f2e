"""Routes of webhooks. Their addresses may hold secrets of the receiver, so only administrators of a project see them."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import delete, select

from cooldown_api.access import Admin
from cooldown_api.database.tables import Delivery, Webhook
from cooldown_api.pages import PageCursor, page_of, select_page
from cooldown_api.routes.parameters import Id, may_answer, may_answer_body
from cooldown_api.values import check_values
from cooldown_api.webhooks import store
from cooldown_kit.client import wire

router = APIRouter(tags=["webhooks"])


@router.get(
    "/webhooks", operation_id="list_webhooks", summary="Webhooks of the project", responses=may_answer()
)
def list_webhooks(access: Admin, cursor: PageCursor) -> wire.Page[wire.Webhook]:
    with access.read() as session:
        rows, more = select_page(session, select(Webhook), Webhook.id, cursor)
        return page_of([_webhook(row) for row in rows], more)


@router.post(
    "/webhooks",
    operation_id="create_webhook",
    summary="Be told of events",
    status_code=201,
    responses=may_answer_body("refused", "conflict"),
)
def create_webhook(body: wire.WebhookCreate, access: Admin) -> wire.WebhookCreated:
    """The secret that signs is shown this once. Addresses are checked again each time something is sent."""
    _check(body)
    with access.write() as session:
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


@router.get(
    "/webhooks/{id}", operation_id="get_webhook", summary="One webhook", responses=may_answer("not-found")
)
def get_webhook(id: Id, access: Admin) -> wire.Webhook:
    with access.read() as session:
        return _webhook(store.find_webhook(session, id))


@router.patch(
    "/webhooks/{id}",
    operation_id="update_webhook",
    summary="Change a webhook",
    responses=may_answer_body("not-found", "refused"),
)
def update_webhook(id: Id, body: wire.WebhookUpdate, access: Admin) -> wire.Webhook:
    """What is left out stays. What waits while it is disabled is sent when it is enabled again."""
    _check(body)
    with access.write() as session:
        hook = store.update_webhook(session, access.service.settings, id, body)
        access.audit(session, "webhook.update", id, changed=sorted(body.model_dump(exclude_none=True)))
        return _webhook(hook)


@router.delete(
    "/webhooks/{id}",
    operation_id="delete_webhook",
    summary="Delete a webhook",
    responses=may_answer("not-found"),
)
def delete_webhook(id: Id, access: Admin) -> wire.Deleted:
    """With its deliveries, also those that wait."""
    with access.write() as session:
        hook = store.find_webhook(session, id)
        session.execute(delete(Delivery).where(Delivery.webhook_id == id))
        session.delete(hook)
        access.audit(session, "webhook.delete", id)
    return wire.Deleted(id=id, object="webhook")


@router.post(
    "/webhooks/{id}/rotate-secret",
    operation_id="rotate_webhook_secret",
    summary="Give a webhook a new secret",
    responses=may_answer("not-found"),
)
def rotate_secret(id: Id, access: Admin) -> wire.WebhookCreated:
    """The old one signs too for 24 hours: deliveries carry two signatures, and a receiver may know either."""
    with access.write() as session:
        made = store.rotate_secret(session, access.service.settings, id, access.now(session))
        access.audit(session, "webhook.rotate_secret", id)
        return _with_secret(made)


@router.post(
    "/webhooks/{id}/test",
    operation_id="test_webhook",
    summary="Send a test event",
    status_code=202,
    responses=may_answer("not-found", "conflict"),
)
def test_webhook(id: Id, access: Admin) -> wire.Delivery:
    """Queues an event of the type `webhook.test`; its delivery tells how it went."""
    with access.write() as session:
        sent = store.send_test(session, id, access.now(session))
        access.audit(session, "webhook.test", id, delivery=sent.id)
        return _delivery(sent)


@router.get(
    "/webhooks/{id}/deliveries",
    operation_id="list_webhook_deliveries",
    summary="What was sent, and how it went",
    responses=may_answer("not-found"),
)
def list_deliveries(id: Id, access: Admin, cursor: PageCursor) -> wire.Page[wire.Delivery]:
    """Kept for 30 days after they ended."""
    with access.read() as session:
        store.find_webhook(session, id)
        statement = select(Delivery).where(Delivery.webhook_id == id)
        rows, more = select_page(session, statement, Delivery.id, cursor)
        return page_of([_delivery(row) for row in rows], more)


@router.post(
    "/webhooks/{id}/deliveries/{delivery}/redeliver",
    operation_id="redeliver",
    summary="Send a delivery again",
    status_code=202,
    responses=may_answer("not-found", "conflict"),
)
def redeliver(id: Id, delivery: Id, access: Admin) -> wire.Delivery:
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
