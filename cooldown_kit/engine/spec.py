"""What a child is told: the content of ``spec.json``."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["run", "plan", "dataset"]


class RaySpec(msgspec.Struct, frozen=True, kw_only=True):
    """Where an attempt of the executor `ray` runs."""

    address: str | None = None
    """Of the cluster's dashboard (`http://head:8265`); by default what the environment says (``RAY_ADDRESS``)."""
    command: list[str]
    """What runs there, up to the folder of the attempt: an interpreter that has the kit, and the runner's module."""
    cpus: float = 1
    """Set aside for the process."""


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of one job. It holds references to secrets, never a secret."""

    job: str
    attempt: int
    kind: Kind
    recipe: dict[str, Any]
    folder: str
    """What relative paths of the recipe are relative to."""
    workspace: str
    """Used whatever the recipe says."""
    policy: dict[str, Any] | None = None
    """What the recipe may reach (:class:`cooldown_kit.guard.Policy`); ``None`` refuses nothing."""
    keep: str | None = None
    """Folder for the documents of a plan or a dataset."""
    gpus: int = 0
    orphan_seconds: float = 300
    """Without a sign of who watches it, the child stops after so long."""
    grace_seconds: float = 120
    """Between being asked to stop and ending by force."""
    request_id: str | None = None
    traceparent: str | None = None
    ray: RaySpec | None = None
