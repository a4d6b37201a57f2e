"""What administrators do: keys, webhooks, the audit log, projects and machines.

A secret is shown once. Where the answer that held it was lost on its way, the call that is tried again raises :class:`Conflict`, which
names what was made: nothing is made twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cooldown_kit.client import wire
from cooldown_kit.client.actions import Flow
from cooldown_kit.client.call import segment
from cooldown_kit.client.endpoint import Listing, endpoint, listing
from cooldown_kit.client.resource import AwaitingCalls, BlockingCalls, Calls


class _Keys(Calls):
    @endpoint
    def create(
        self,
        name: str,
        *,
        role: wire.Role = "editor",
        expires_at: datetime | None = None,
        platform: bool = False,
        idempotency_key: str | None = None,
    ) -> Flow[wire.KeyCreated]:
        """Make an API key of the project. Its ``secret`` is in this answer, and nowhere else.

        Args:
            expires_at: with a time zone.
            platform: it may choose any project; only who may do so can make one.
            idempotency_key: the same one makes one key, however many processes ask for it.
        """
        body: dict[str, Any] = {"name": name, "role": role, "platform": platform}
        if expires_at is not None:
            body["expires_at"] = expires_at.isoformat()
        return self._post("/v1/keys", wire.KeyCreated, body, idempotency_key)

    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Key]:
        """Newest first, without secrets."""
        return self._list("/v1/keys", wire.Key, limit=limit)

    @endpoint
    def revoke(self, id: str) -> Flow[wire.Deleted]:
        """Nobody is let in with it from now on."""
        return self._ask("DELETE", f"/v1/keys/{segment(id)}", wire.Deleted)


class _Webhooks(Calls):
    @endpoint
    def create(
        self,
        name: str,
        url: str,
        *,
        event_types: Sequence[str] = ("job.*",),
        idempotency_key: str | None = None,
    ) -> Flow[wire.WebhookCreated]:
        """Have events sent to an address. The ``secret`` that signs them is in this answer, and nowhere else.

        Args:
            idempotency_key: the same one makes one webhook, however many processes ask for it.
        """
        body = {"name": name, "url": url, "event_types": [*event_types]}
        return self._post("/v1/webhooks", wire.WebhookCreated, body, idempotency_key)

    @endpoint
    def get(self, id: str) -> Flow[wire.Webhook]:
        """One webhook. Raises :class:`NotFound`."""
        return self._ask("GET", f"/v1/webhooks/{segment(id)}", wire.Webhook)

    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Webhook]:
        """Newest first."""
        return self._list("/v1/webhooks", wire.Webhook, limit=limit)

    @endpoint
    def update(
        self,
        id: str,
        *,
        name: str | None = None,
        url: str | None = None,
        event_types: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> Flow[wire.Webhook]:
        """Change what is given."""
        types = None if event_types is None else [*event_types]
        given = {"name": name, "url": url, "event_types": types, "enabled": enabled}
        body = {field: value for field, value in given.items() if value is not None}
        return self._post(f"/v1/webhooks/{segment(id)}", wire.Webhook, body, method="PATCH")

    @endpoint
    def delete(self, id: str) -> Flow[wire.Deleted]:
        """Nothing more is sent there."""
        return self._ask("DELETE", f"/v1/webhooks/{segment(id)}", wire.Deleted)

    @endpoint
    def test(self, id: str) -> Flow[wire.Delivery]:
        """Have an event sent that says that it is a test."""
        return self._post(f"/v1/webhooks/{segment(id)}/test", wire.Delivery, repeatable=False)

    @endpoint
    def rotate_secret(self, id: str) -> Flow[wire.WebhookCreated]:
        """A new secret, in this answer and nowhere else."""
        return self._post(f"/v1/webhooks/{segment(id)}/rotate-secret", wire.WebhookCreated, repeatable=False)

    @listing
    def deliveries(self, id: str, *, limit: int | None = None) -> Listing[wire.Delivery]:
        """What was sent, newest first."""
        return self._list(f"/v1/webhooks/{segment(id)}/deliveries", wire.Delivery, limit=limit)

    @endpoint
    def redeliver(self, id: str, delivery: str) -> Flow[wire.Delivery]:
        """Send it once more."""
        path = f"/v1/webhooks/{segment(id)}/deliveries/{segment(delivery)}/redeliver"
        return self._post(path, wire.Delivery, repeatable=False)


class _Audit(Calls):
    @listing
    def list(
        self,
        *,
        action: str | None = None,
        actor: str | None = None,
        target: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        all_projects: bool = False,
        limit: int | None = None,
    ) -> Listing[wire.AuditEntry]:
        """Who did what, newest first; from ``since`` on and before ``until``, which have a time zone."""
        query = {
            "action": action,
            "actor": actor,
            "target": target,
            "since": None if since is None else since.isoformat(),
            "until": None if until is None else until.isoformat(),
            "all_projects": all_projects or None,
        }
        return self._list("/v1/audit", wire.AuditEntry, query, limit=limit)


class _Projects(Calls):
    @endpoint
    def create(self, id: str, /, **limits: Any) -> Flow[wire.Project]:
        """Make a project; ``limits`` are those of :meth:`update`."""
        return self._post("/v1/projects", wire.Project, {"id": id, **limits}, repeatable=False)

    @endpoint
    def get(self, id: str) -> Flow[wire.Project]:
        """One project. Raises :class:`NotFound`."""
        return self._ask("GET", f"/v1/projects/{segment(id)}", wire.Project)

    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Project]:
        """Those that the caller may see."""
        return self._list("/v1/projects", wire.Project, limit=limit)

    @endpoint
    def update(self, id: str, /, **limits: Any) -> Flow[wire.Project]:
        """Change what is given of ``name, weight, max_running, max_queued, gpu_hours_per_month, job_hours_per_month,
        storage_bytes``; an explicit ``None`` lifts a limit."""
        return self._post(f"/v1/projects/{segment(id)}", wire.Project, limits, method="PATCH")

    @endpoint
    def delete(self, id: str) -> Flow[wire.Deleted]:
        """Delete a project. Raises :class:`Conflict` where it has anything left."""
        return self._ask("DELETE", f"/v1/projects/{segment(id)}", wire.Deleted)

    @endpoint
    def usage(self, id: str, *, month: str | None = None) -> Flow[wire.UsageReport]:
        """What a project has used in a month (``2026-11``; UTC)."""
        return self._ask("GET", f"/v1/projects/{segment(id)}/usage", wire.UsageReport, month=month)


class _Workers(Calls):
    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Worker]:
        """The machines that run jobs, with their GPUs."""
        return self._list("/v1/workers", wire.Worker, limit=limit)

    @endpoint
    def drain(self, id: str) -> Flow[wire.Worker]:
        """It takes no more jobs."""
        return self._ask("POST", f"/v1/workers/{segment(id)}/drain", wire.Worker)

    @endpoint
    def undrain(self, id: str) -> Flow[wire.Worker]:
        """It takes jobs again."""
        return self._ask("POST", f"/v1/workers/{segment(id)}/undrain", wire.Worker)


class Keys(_Keys, BlockingCalls):
    """``client.keys``."""


class AsyncKeys(_Keys, AwaitingCalls):
    """``client.keys`` of the awaiting client."""


class Webhooks(_Webhooks, BlockingCalls):
    """``client.webhooks``."""


class AsyncWebhooks(_Webhooks, AwaitingCalls):
    """``client.webhooks`` of the awaiting client."""


class Audit(_Audit, BlockingCalls):
    """``client.audit``."""


class AsyncAudit(_Audit, AwaitingCalls):
    """``client.audit`` of the awaiting client."""


class Projects(_Projects, BlockingCalls):
    """``client.projects``."""


class AsyncProjects(_Projects, AwaitingCalls):
    """``client.projects`` of the awaiting client."""


class Workers(_Workers, BlockingCalls):
    """``client.workers``."""


class AsyncWorkers(_Workers, AwaitingCalls):
    """``client.workers`` of the awaiting client."""
