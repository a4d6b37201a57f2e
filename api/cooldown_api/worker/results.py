"""What a child left behind becomes the job's result: files go to the store of artefacts, a plan gets its cost, a dataset its digest."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.artefacts import ArtefactStore
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, Dataset, Job
from cooldown_api.settings import CostSettings
from cooldown_kit.engine.ending import ArtefactFile
from cooldown_kit.errors import StorageError

_MEDIA_TYPES = {
    ".jsonl": "application/x-ndjson",
    ".yaml": "application/yaml",
    ".parquet": "application/vnd.apache.parquet",
    ".safetensors": "application/octet-stream",
    ".md": "text/markdown",
}


def store_artefacts(
    database: Database,
    store: ArtefactStore,
    project: str,
    job_id: str,
    files: Sequence[ArtefactFile],
    below: Path,
) -> None:
    """Put every file into the store and note it. Done again after a kill, it goes on with the first that is missing.

    No transaction is open while bytes move. Args:
        below: the project's folder; a file that lies elsewhere is refused.

    Raises :class:`StorageError` for one that is elsewhere, or that cannot be read or stored.
    """
    with database.read(ALL_PROJECTS) as session:
        rows = session.execute(select(Artefact.name, Artefact.bytes).where(Artefact.job_id == job_id))
        there = {row.name: row.bytes for row in rows}
    for file in files:
        path = Path(file.path)
        try:
            if not path.resolve(strict=True).is_relative_to(below.resolve()):
                raise StorageError("a result lies outside of the project's folder", where=file.name)
            size = path.stat().st_size
            if there.get(file.name) == size:
                continue
            digest = _sha256(path)
            store.put(project, job_id, file.name, path)
        except StorageError:
            raise
        except Exception as error:  # fsspec raises whatever the store's own library does
            raise StorageError(
                f"a result could not be stored ({type(error).__name__})",
                where=file.name,
                remedy="see to it that the store of artefacts can be reached and has room",
            ) from error
        with database.write(ALL_PROJECTS) as session:
            session.merge(
                Artefact(
                    job_id=job_id,
                    name=file.name,
                    project_id=project,
                    bytes=size,
                    sha256=digest,
                    media_type=media_type(file.name),
                    created_at=datetime.now(UTC),
                )
            )


def media_type(name: str) -> str:
    return _MEDIA_TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def with_cost(result: dict[str, Any], gpus: int, rates: CostSettings) -> dict[str, Any]:
    """A plan with what it would cost at the operator's rates; no amount where there is no rate for what it needs."""
    plan = result.get("plan")
    if plan is None:
        return result
    hours = float(plan.get("seconds") or 0.0) / 3600
    rate = rates.gpu_hour if gpus else rates.cpu_hour
    cost = {
        "hours": hours,
        "gpu_hours": hours * gpus,
        "amount": None if rate is None else round(hours * rate * max(gpus, 1), 4),
        "currency": rates.currency,
        "rate": rate,
        "rate_of": "gpu_hour" if gpus else "cpu_hour",
    }
    return {**result, "plan": {**plan, "cost": cost}}


def finish_dataset(session: Session, job: Job, result: dict[str, Any]) -> dict[str, Any]:
    """Fill in the dataset that the job made; returns the job's result."""
    dataset = session.scalars(select(Dataset).where(Dataset.job_id == job.id)).first()
    if job.kind != "dataset" or dataset is None:
        return result
    documents = result.get("documents") or {}
    dataset.digest = documents.get("digest")
    dataset.summary = documents.get("summary")
    return {**result, "dataset": dataset.reference}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
