"""What webhooks are owed: written in the transaction of the change that they tell of, so that none is lost and none invented."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Delivery, Job, Webhook

EVENT_TYPES = (
    "job.queued",
    "job.starting",
    "job.running",
    "job.pausing",
    "job.paused",
    "job.cancelling",
    "job.cancelled",
    "job.failed",
    "job.succeeded",
    "fine_tuning.job.succeeded",
    "fine_tuning.job.failed",
    "fine_tuning.job.cancelled",
    "webhook.test",
)
"""Also patterns of them: `job.*`. Those of OpenAI's names carry what its clients expect: `data.id`."""


def announce(session: Session, job: Job, *, now: datetime) -> None:
    """One delivery for each webhook of the project that wants to hear of the job's new state."""
    types = [f"job.{job.state}"]
    if f"fine_tuning.job.{job.state}" in EVENT_TYPES and job.kind == "run":
        types.append(f"fine_tuning.job.{job.state}")
    with session.no_autoflush:  # what is pending says nothing of webhooks, and is written once, at the end
        hooks = session.scalars(
            select(Webhook).where(Webhook.project_id == job.project_id, Webhook.enabled)
        ).all()
    for hook in hooks:
        for type in types:
            if wants(hook.event_types, type):
                session.add(delivery(hook, type, _data(job, type), now=now))


def wants(patterns: list[str], type: str) -> bool:
    return any(fnmatchcase(type, pattern) for pattern in patterns)


def delivery(hook: Webhook, type: str, data: dict[str, Any], *, now: datetime) -> Delivery:
    """A delivery that is due at once. Its body has the shape of OpenAI's webhook events."""
    id = new_id("evt")
    body = {"id": id, "object": "event", "created_at": int(now.timestamp()), "type": type, "data": data}
    return Delivery(
        id=id,
        project_id=hook.project_id,
        webhook_id=hook.id,
        type=type,
        body=body,
        state="pending",
        next_at=now,
        created_at=now,
    )


def _data(job: Job, type: str) -> dict[str, Any]:
    if type.startswith("fine_tuning."):
        return {"id": "ftjob-" + job.id.partition("_")[2]}
    return {
        "id": job.id,
        "kind": job.kind,
        "name": job.name,
        "state": job.state,
        "reason": job.reason,
        "detail": job.detail,
        "metadata": job.labels,
    }
