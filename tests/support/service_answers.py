"""What the service says, as JSON, for tests of what reads it."""

from __future__ import annotations

import json
from typing import Any

TIME = "2026-03-02T10:00:00Z"
JOB = "job_01kb9x2c0fq6m3w8v5t7r4n1pz"


def job(state: str = "queued", id: str = JOB, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "object": "job",
        "kind": "run",
        "name": "handbook",
        "project": "default",
        "state": state,
        "reason": {"queued": "submitted", "running": "started", "succeeded": "finished"}.get(state, "error"),
        "wanted": "run",
        "priority": 50,
        "gpus": 0,
        "executor": "local",
        "attempt": 1,
        "max_attempts": 3,
        "max_duration_seconds": 3600,
        "metadata": {},
        "created_by": "local",
        "created_at": TIME,
        "queued_at": TIME,
        "started_at": None,
        "finished_at": None,
        "recipe": {"name": "handbook"},
        "attempts": [],
        **more,
    }


def event(id: int, type: str = "message", **data: Any) -> dict[str, Any]:
    return {
        "id": id,
        "object": "job.event",
        "job": JOB,
        "attempt": 1,
        "time": TIME,
        "type": type,
        "data": data,
    }


def sse(said: dict[str, Any]) -> bytes:
    return f"id: {said['id']}\nevent: {said['type']}\ndata: {json.dumps(said)}\n\n".encode()


def page(items: list[dict[str, Any]], more: bool = False) -> dict[str, Any]:
    ids = [str(item["id"]) for item in items if "id" in item]
    return {
        "object": "list",
        "data": items,
        "has_more": more,
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
    }
