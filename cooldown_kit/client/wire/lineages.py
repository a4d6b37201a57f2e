"""What led to a model."""

from __future__ import annotations

from typing import Any, Literal

from cooldown_kit.client.wire.bodies import Answer
from cooldown_kit.client.wire.words import Open


class LineageNode(Answer):
    id: str
    kind: Open[Literal["source", "dataset", "documents", "mixture", "base_model", "job", "model", "evidence"]]
    name: str
    digest: str | None = None
    detail: dict[str, Any] = {}


class LineageEdge(Answer):
    source: str
    target: str


class Lineage(Answer):
    """From repositories at their revisions to the model, each with the digest of its contents."""

    object: Literal["job.lineage"] = "job.lineage"
    job: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
