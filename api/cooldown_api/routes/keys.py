"""Routes of keys, and of who the caller is."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from cooldown_api.access import Admin, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, once
from cooldown_api.operations import keys
from cooldown_api.pages import PageCursor
from cooldown_api.parameters import Id
from cooldown_api.routes.answers import may_answer, may_answer_body
from cooldown_kit.client import wire

router = APIRouter(tags=["keys"])


@router.get("/me", operation_id="me", summary="Who the caller is", responses=may_answer("not-found"))
def me(access: Viewer) -> wire.Me:
    principal = access.principal
    return wire.Me(
        actor=principal.actor, project=principal.project, role=principal.role, platform=principal.platform
    )


@router.get("/keys", operation_id="list_keys", summary="Keys of the project", responses=may_answer())
def list_keys(access: Admin, cursor: PageCursor) -> wire.Page[wire.Key]:
    """Also those that were revoked. Secrets are not kept, so none is shown."""
    return keys.list_keys(access, cursor)


@router.post(
    "/keys",
    operation_id="create_key",
    summary="Make a key",
    status_code=201,
    response_model=wire.KeyCreated,
    responses=may_answer_body("conflict", "idempotency-mismatch"),
)
def create(body: wire.KeyCreate, access: Admin, key: IdempotencyKey = None) -> JSONResponse:
    """For the caller's project. The secret is shown this once, and kept as a digest only.

    Sent again with its `Idempotency-Key`, the request makes no second key: the answer is a 409 that names the first.
    """
    return once(access, key, "create_key", body, 201, lambda: keys.key_maker(access, body), shows_secret=True)


@router.delete(
    "/keys/{id}", operation_id="revoke_key", summary="Revoke a key", responses=may_answer("not-found")
)
def revoke(id: Id, access: Admin) -> wire.Deleted:
    """For good: here it is refused at once, in other processes of the service within five seconds. Sessions of it end too."""
    return keys.revoke_key(access, id)
