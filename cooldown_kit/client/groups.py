"""Everything besides jobs: datasets, studies, keys, webhooks, the audit log, projects and machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from cooldown_kit.client import wire
from cooldown_kit.client.actions import Flow
from cooldown_kit.client.call import segment
from cooldown_kit.client.endpoint import Listing, endpoint, listing
from cooldown_kit.client.recipes import RecipeLike, recipe_content
from cooldown_kit.client.resource import AwaitingCalls, BlockingCalls, Calls


class _Datasets(Calls):
    @endpoint
    def create(
        self,
        name: str,
        recipe: RecipeLike,
        *,
        overrides: Sequence[str] = (),
        priority: int = 50,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[wire.Dataset]:
        """Begin to make the next version of a dataset; ``client.jobs.get(dataset.job).wait()`` waits for it."""
        body = {
            "name": name,
            "recipe": recipe_content(recipe, overrides),
            "priority": priority,
            "metadata": dict(metadata or {}),
        }
        return self._post("/v1/datasets", wire.Dataset, body, idempotency_key)

    @endpoint
    def get(self, reference: str) -> Flow[wire.Dataset]:
        """``billing`` (its newest version) or ``billing@v3``. Raises :class:`NotFound`."""
        return self._ask("GET", f"/v1/datasets/{segment(reference)}", wire.Dataset)

    @listing
    def list(self, *, name: str | None = None, limit: int | None = None) -> Listing[wire.Dataset]:
        """Versions, newest first; of one name only, where it is given."""
        return self._list("/v1/datasets", wire.Dataset, {"name": name}, limit=limit)


class _Studies(Calls):
    @endpoint
    def create(
        self,
        name: str,
        recipe: RecipeLike,
        arms: Mapping[str, Mapping[str, Any]],
        *,
        seeds: Sequence[int] = (17,),
        dataset: str | wire.Dataset | None = None,
        gpus: int | Literal["auto"] = "auto",
        priority: int = 50,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[wire.Study]:
        """Run every arm with every seed, one job each. An arm is what differs: ``{"no-code": {"mix.code_share": 0}}``."""
        body: dict[str, Any] = {
            "name": name,
            "recipe": recipe_content(recipe),
            "arms": {arm: dict(options) for arm, options in arms.items()},
            "seeds": [*seeds],
            "gpus": gpus,
            "priority": priority,
            "metadata": dict(metadata or {}),
        }
        if dataset is not None:
            body["dataset"] = dataset.reference if isinstance(dataset, wire.Dataset) else dataset
        return self._post("/v1/studies", wire.Study, body, idempotency_key)

    @endpoint
    def get(self, id: str) -> Flow[wire.Study]:
        """One study, with how its jobs stand. Raises :class:`NotFound`."""
        return self._ask("GET", f"/v1/studies/{segment(id)}", wire.Study)

    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Study]:
        """Newest first."""
        return self._list("/v1/studies", wire.Study, limit=limit)


class _Keys(Calls):
    @endpoint
    def create(
        self, name: str, *, role: wire.Role = "editor", expires_at: datetime | None = None
    ) -> Flow[wire.KeyCreated]:
        """Make an API key of the project. Its ``secret`` is in this answer, and nowhere else."""
        body: dict[str, Any] = {"name": name, "role": role}
        if expires_at is not None:
            body["expires_at"] = expires_at.isoformat()
        return self._post("/v1/keys", wire.KeyCreated, body)

    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Key]:
        """Newest first, without secrets."""
        return self._list("/v1/keys", wire.Key, limit=limit)

    @endpoint
    def revoke(self, id: str) -> Flow[wire.Key]:
        """Nobody is let in with it from now on."""
        return self._ask("DELETE", f"/v1/keys/{segment(id)}", wire.Key)


class _Webhooks(Calls):
    @endpoint
    def create(
        self, name: str, url: str, *, event_types: Sequence[str] = ("job.*",)
    ) -> Flow[wire.WebhookCreated]:
        """Have events sent to an address. The ``secret`` that signs them is in this answer, and nowhere else."""
        body = {"name": name, "url": url, "event_types": [*event_types]}
        return self._post("/v1/webhooks", wire.WebhookCreated, body)

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
        return self._ask("POST", f"/v1/webhooks/{segment(id)}/test", wire.Delivery)

    @endpoint
    def rotate_secret(self, id: str) -> Flow[wire.WebhookCreated]:
        """A new secret, in this answer and nowhere else."""
        return self._ask("POST", f"/v1/webhooks/{segment(id)}/rotate-secret", wire.WebhookCreated)

    @listing
    def deliveries(self, id: str, *, limit: int | None = None) -> Listing[wire.Delivery]:
        """What was sent, newest first."""
        return self._list(f"/v1/webhooks/{segment(id)}/deliveries", wire.Delivery, limit=limit)


class _Audit(Calls):
    @listing
    def list(
        self,
        *,
        action: str | None = None,
        actor: str | None = None,
        target: str | None = None,
        limit: int | None = None,
    ) -> Listing[wire.AuditEntry]:
        """Who did what, newest first."""
        query = {"action": action, "actor": actor, "target": target}
        return self._list("/v1/audit", wire.AuditEntry, query, limit=limit)


class _Projects(Calls):
    @endpoint
    def create(self, id: str, /, **limits: Any) -> Flow[wire.Project]:
        """Make a project; ``limits`` are those of :meth:`update`."""
        return self._post("/v1/projects", wire.Project, {"id": id, **limits})

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


class _Workers(Calls):
    @listing
    def list(self, *, limit: int | None = None) -> Listing[wire.Worker]:
        """The machines that run jobs, with their GPUs."""
        return self._list("/v1/workers", wire.Worker, limit=limit)


class Datasets(_Datasets, BlockingCalls):
    """``client.datasets``: named versions of harvest and curation."""


class AsyncDatasets(_Datasets, AwaitingCalls):
    """``client.datasets`` of the awaiting client."""


class Studies(_Studies, BlockingCalls):
    """``client.studies``: arms times seeds."""


class AsyncStudies(_Studies, AwaitingCalls):
    """``client.studies`` of the awaiting client."""


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
