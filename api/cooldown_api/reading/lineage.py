"""Where a job's model came from: repositories at their revisions, documents, mixture, base model; each with the digest of its contents.

What a job made, its child has told (`result.lineage`). Before that, its recipe says what it is to use.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from cooldown_api.database.tables import Dataset, Job
from cooldown_kit.client.wire import Lineage, LineageEdge, LineageNode


def lineage_of(session: Session, job: Job) -> Lineage:
    """As far as the job has come."""
    dataset = session.get(Dataset, job.dataset_id) if job.dataset_id else None
    told = (job.result or {}).get("lineage")
    if told is not None:
        found = Lineage(job=job.id, nodes=told["nodes"], edges=told["edges"])
    else:
        found = _intended(job, dataset)
    for node in found.nodes:
        if node.kind == "dataset" and dataset is not None:
            node.name = dataset.reference
        elif node.kind == "job":
            about = {"name": job.name, "state": job.state, "plan": job.plan_id, "rerun_of": job.rerun_of}
            node.name = job.id
            node.detail = {key: value for key, value in about.items() if value is not None}
    return found


def _intended(job: Job, dataset: Dataset | None) -> Lineage:
    """Of a job that has made nothing yet."""
    nodes = [LineageNode(id="documents", kind="documents", name="documents")]
    edges: list[tuple[str, str]] = [("documents", "job")]
    if dataset is not None:
        nodes.append(LineageNode(id="dataset", kind="dataset", name=dataset.reference, digest=dataset.digest))
        edges.append(("dataset", "documents"))
    else:
        for name, options in (job.recipe.get("sources") or {}).items():
            id = f"source:{name}"
            nodes.append(LineageNode(id=id, kind="source", name=name, detail=_place(options)))
            edges.append((id, "documents"))
    if job.kind != "dataset":
        model = job.recipe.get("model")
        name = model if isinstance(model, str) else "random weights"
        nodes.append(LineageNode(id="base_model", kind="base_model", name=name))
        edges.append(("base_model", "job"))
    nodes.append(LineageNode(id="job", kind="job", name=job.id))
    return Lineage(
        job=job.id, nodes=nodes, edges=[LineageEdge(source=start, target=end) for start, end in edges]
    )


def _place(options: dict[str, Any]) -> dict[str, Any]:
    """What a source names, by whatever its connector calls it."""
    wanted = ("connector", "url", "repository", "repositories", "dataset", "path", "paths")
    return {key: options[key] for key in wanted if options.get(key)}
