"""What a finished run is told as: evidence, lineage, and the files that a person may want."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cooldown_kit.engine.ending import ArtefactFile
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.workspace import digest_of_file

if TYPE_CHECKING:
    from cooldown_kit.dataset import Dataset
    from cooldown_kit.pipeline import Result
    from cooldown_kit.recipe import Recipe

_PARTS = ("report.html", "recipe.yaml", "run.json", "events.jsonl", "evidence", "adapter", "model")
_GROWING = "events.jsonl"
UNIT = "bits per byte"


def result_of(recipe: Recipe, done: Result, job: str) -> dict[str, Any]:
    """Fields of :class:`cooldown_kit.client.wire.JobResult`, and `lineage`: what led to the model, each with its digest."""
    run = RunFolder.open(done.run_path)
    return {
        "run": run.path.name,
        "model": done.model_path.is_dir(),
        "adapter": done.adapter_path is not None,
        "report": done.report_path.is_file(),
        "tokens": run.summary("train").get("tokens"),
        "evidence": [
            {
                "name": row.kind,
                "unit": UNIT,
                "before": row.before,
                "after": row.after,
                "difference": row.difference,
                "low": row.low,
                "high": row.high,
                "documents": row.documents,
            }
            for row in done.evidence.rows
        ],
        "lineage": lineage_of(recipe, run, job),
    }


def lineage_of(recipe: Recipe, run: RunFolder, job: str) -> dict[str, Any]:
    """Nodes and edges of :class:`cooldown_kit.client.wire.Lineage`."""
    nodes, edges = [], []
    dataset = _pinned(recipe)
    if dataset is not None:
        nodes.append(
            _node("dataset", recipe.dataset_path.name if recipe.dataset_path else "", dataset.digest)
        )
        edges.append(("dataset", "documents"))
    before = "dataset" if dataset is not None else "documents"
    for name, state in (_kept_sources(dataset) if dataset is not None else run.stages_of("harvest")).items():
        fingerprint = state["summary"].get("fingerprint", {})
        nodes.append(
            _node(f"source:{name}", name, state["digest"], kind="source", detail=_plain(fingerprint))
        )
        edges.append((f"source:{name}", before))
    stages = run.state.stages
    base = _manifest(stages["evaluate/before"]).get("inputs", {}).get("model")
    model = recipe.model if isinstance(recipe.model, str) else "random weights"
    nodes += [
        _node("documents", "documents", stages["curate"]["digest"]),
        _node("mixture", "mixture", stages["mix"]["digest"]),
        _node("base_model", Path(model).name or model, base),
        _node("job", job, None),
        _node("model", run.path.name, stages["train"]["digest"]),
        _node("evidence", "evidence", digest_of_file(run.path / "evidence" / "evidence.json")),
    ]
    edges += [
        ("documents", "mixture"),
        ("mixture", "job"),
        ("base_model", "job"),
        ("job", "model"),
        ("model", "evidence"),
        ("documents", "evidence"),
    ]
    return {"nodes": nodes, "edges": [{"source": start, "target": end} for start, end in edges]}


def artefacts_of(run: Path, beside: Path) -> list[ArtefactFile]:
    """Every file of a run that a person may want.

    Args:
        beside: folder for a copy of what may still grow. All other files are replaced, never changed, so they can be linked.
    """
    found = []
    for path in _files(run):
        name = path.relative_to(run).as_posix()
        if name == _GROWING:
            path = Path(shutil.copyfile(path, beside / f"run-{_GROWING}"))
        found.append(ArtefactFile(name=name, path=str(path)))
    return found


def _files(run: Path) -> Iterator[Path]:
    for part in _PARTS:
        place = run / part
        if place.is_file():
            yield place
        elif place.is_dir():
            yield from (path for path in sorted(place.rglob("*")) if path.is_file() and not path.is_symlink())


def _pinned(recipe: Recipe) -> Dataset | None:
    from cooldown_kit.dataset import Dataset

    return None if recipe.dataset_path is None else Dataset.open(recipe.dataset_path)


def _kept_sources(dataset: Dataset) -> dict[str, dict[str, Any]]:
    return {
        name: {"digest": harvest.digest, "summary": harvest.summary}
        for name, (harvest, _) in dataset.sources.items()
    }


def _node(
    id: str,
    name: str,
    digest: str | None,
    *,
    kind: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {"id": id, "kind": kind or id, "name": name, "digest": digest, "detail": dict(detail or {})}


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The small facts of a fingerprint: revisions and counts, no long lists."""
    return {key: value for key, value in facts.items() if isinstance(value, str | int | float | bool)}


def _manifest(stage: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((Path(stage["path"]) / "manifest.json").read_text())
    except FileNotFoundError:
        return {}
    return found
