"""Routes of webhooks. Their addresses may hold secrets of the receiver, so only administrators of a project see them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from cooldown_api.access import Admin
from cooldown_api.creating.idempotency import IdempotencyKey, once
from cooldown_api.operations import webhooks
from cooldown_api.pages import PageCursor
from cooldown_api.parameters import Id
from cooldown_api.routes.answers import may_answer, may_answer_body
from cooldown_kit.client import wire

router = APIRouter(tags=["webhooks"])


@router.get(
    "/webhooks", operation_id="list_webhooks", summary="Webhooks of the project", responses=may_answer()
)
def list_webhooks(access: Admin, cursor: PageCursor) -> wire.Page[wire.Webhook]:
    return webhooks.list_webhooks(access, cursor)


@router.post(
    "/webhooks",
    operation_id="create_webhook",
    summary="Be told of events",
    status_code=201,
    response_model=wire.WebhookCreated,
    responses=may_answer_body("refused", "conflict", "idempotency-mismatch"),
)
def create_webhook(body: wire.WebhookCreate, access: Admin, key: IdempotencyKey = None) -> JSONResponse:
    """The secret that signs is shown this once. Addresses are checked again each time something is sent.

    Sent again with its `Idempotency-Key`, the request makes no second webhook: the answer is a 409 that names the first.
    """
    return once(
        access,
        key,
        "create_webhook",
        body,
        201,
        lambda: webhooks.webhook_maker(access, body),
        shows_secret=True,
    )


@router.get(
    "/webhooks/{id}", operation_id="get_webhook", summary="One webhook", responses=may_answer("not-found")
)
def get_webhook(id: Id, access: Admin) -> wire.Webhook:
    return webhooks.get_webhook(access, id)


@router.patch(
    "/webhooks/{id}",
    operation_id="update_webhook",
    summary="Change a webhook",
    responses=may_answer_body("not-found", "refused"),
)
def update_webhook(id: Id, body: wire.WebhookUpdate, access: Admin) -> wire.Webhook:
    """What is left out stays. What waits while it is disabled is sent when it is enabled again."""
    return webhooks.update_webhook(access, id, body)


@router.delete(
    "/webhooks/{id}",
    operation_id="delete_webhook",
    summary="Delete a webhook",
    responses=may_answer("not-found"),
)
def delete_webhook(id: Id, access: Admin) -> wire.Deleted:
    """With its deliveries, also those that wait."""
    return webhooks.delete_webhook(access, id)


@router.post(
    "/webhooks/{id}/rotate-secret",
    operation_id="rotate_webhook_secret",
    summary="Give a webhook a new secret",
    responses=may_answer("not-found"),
)
def rotate_secret(id: Id, access: Admin) -> wire.WebhookCreated:
    """The old one signs too for 24 hours: deliveries carry two signatures, and a receiver may know either."""
    return webhooks.rotate_secret(access, id)


@router.post(
    "/webhooks/{id}/test",
    operation_id="test_webhook",
    summary="Send a test event",
    status_code=202,
    responses=may_answer("not-found", "conflict"),
)
def test_webhook(id: Id, access: Admin) -> wire.Delivery:
    """Queues an event of the type `webhook.test`; its delivery tells how it went."""
    return webhooks.send_test(access, id)


@router.get(
    "/webhooks/{id}/deliveries",
    operation_id="list_webhook_deliveries",
    summary="What was sent, and how it went",
    responses=may_answer("not-found"),
)
def list_deliveries(id: Id, access: Admin, cursor: PageCursor) -> wire.Page[wire.Delivery]:
    """Kept for 30 days after they ended."""
    return webhooks.list_deliveries(access, id, cursor)


@router.post(
    "/webhooks/{id}/deliveries/{delivery}/redeliver",
    operation_id="redeliver",
    summary="Send a delivery again",
    status_code=202,
    responses=may_answer("not-found", "conflict"),
)
def redeliver(id: Id, delivery: Id, access: Admin) -> wire.Delivery:
    """Under its own `webhook-id`, so that a receiver can tell what it has had."""
    return webhooks.redeliver(access, id, delivery)
