"""Where a job's model came from: repositories at their revisions, documents, mixture, base model; each with the digest of its contents.

What a run has made so far stands in its `run.json` (in the project's workspace); what it is to use stands in its recipe.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cooldown_api.database.tables import Dataset, Job
from cooldown_api.settings import Settings
from cooldown_api.views import reference_of
from cooldown_kit.client.wire import Lineage, LineageEdge, LineageNode

_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_REVISIONS = ("repository", "tip", "revision", "commit", "shallow")
"""Of a source's fingerprint: what says which state of it was read, where the source is a repository."""


@dataclass
class _Graph:
    nodes: dict[str, LineageNode] = field(default_factory=dict)
    edges: list[LineageEdge] = field(default_factory=list)

    def add(
        self, kind: Any, name: str, digest: str | None = None, detail: dict[str, Any] | None = None
    ) -> str:
        id = f"{kind}:{name}"
        known = {key: value for key, value in (detail or {}).items() if value is not None}
        self.nodes[id] = LineageNode(id=id, kind=kind, name=name, digest=digest, detail=known)
        return id

    def join(self, source: str, *targets: str) -> None:
        self.edges += [LineageEdge(source=source, target=target) for target in targets]


def lineage_of(session: Session, job: Job, settings: Settings) -> Lineage:
    """As far as the job has come."""
    stages = _stages(job, settings)
    dataset = session.get(Dataset, job.dataset_id) if job.dataset_id else None
    graph = _Graph()
    about = {"name": job.name, "state": job.state, "rerun_of": job.rerun_of, "plan": job.plan_id}
    this = graph.add("job", job.id, detail=about)
    curate = stages.get("curate", {})
    documents = graph.add(
        "documents",
        "documents",
        curate.get("digest") or (dataset.digest if dataset else None),
        {"totals": curate.get("summary", {}).get("totals")},
    )
    if dataset is not None:
        graph.join(graph.add("dataset", reference_of(dataset), dataset.digest), documents)
    else:
        _add_sources(graph, job, stages, documents)
    graph.join(documents, this)
    if job.kind != "dataset":
        graph.join(graph.add("base_model", _model_name(job), stages.get("model", {}).get("digest")), this)
    if "mix" in stages:
        mix = stages["mix"]
        mixture = graph.add("mixture", "mixture", mix["digest"], {"tokens": mix["summary"].get("tokens")})
        graph.join(documents, mixture)
        graph.join(mixture, this)
    if "train" in stages:
        model = graph.add("model", "model", stages["train"]["digest"])
        graph.join(this, model)
        scores = [stages[name]["digest"] for name in ("evaluate/before", "evaluate/after") if name in stages]
        if scores:
            graph.join(model, graph.add("evidence", "evidence", scores[-1], {"scores": scores}))
    return Lineage(job=job.id, nodes=list(graph.nodes.values()), edges=graph.edges)


def _add_sources(graph: _Graph, job: Job, stages: dict[str, Any], documents: str) -> None:
    for name, options in (job.recipe.get("sources") or {}).items():
        harvest = stages.get(f"harvest/{name}", {})
        fingerprint = harvest.get("summary", {}).get("fingerprint") or {}
        places = (options.get(key) for key in ("url", "repository", "path", "dataset"))
        detail = {
            "connector": options.get("connector"),
            "place": next(filter(None, places), None),
            "records": harvest.get("summary", {}).get("records"),
            **{key: fingerprint[key] for key in _REVISIONS if fingerprint.get(key) is not None},
        }
        source = graph.add("source", name, harvest.get("digest"), detail)
        graph.join(source, documents)


def _model_name(job: Job) -> str:
    model = job.recipe.get("model")
    return model if isinstance(model, str) else "random"


def _stages(job: Job, settings: Settings) -> dict[str, Any]:
    """The stage outputs of the job's run, as far as it is known and its folder is there."""
    run = (job.result or {}).get("run")
    if not isinstance(run, str) or not _RUN_NAME.fullmatch(run):
        return {}
    path = Path(settings.project_dir(job.project_id)) / "workspace" / "runs" / run / "run.json"
    try:
        stages: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["stages"]
    except (OSError, ValueError, KeyError):
        return {}
    return stages
