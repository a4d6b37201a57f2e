"""Whether the process answers, and whether it can do its work. Nobody needs to be signed in to ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, cast

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from cooldown_api.database.migrate import current, newest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Worker
from cooldown_api.problems import ProblemError, documented
from cooldown_api.service import Service
from cooldown_kit import __version__
from cooldown_kit.client.wire import Health, Readiness

router = APIRouter(tags=["service"])


@router.get("/health", operation_id="health", summary="Whether the process answers")
def health() -> Health:
    """For liveness probes: looks at nothing."""
    return Health(version=__version__)


@router.get(
    "/ready",
    operation_id="ready",
    summary="Whether it can do its work",
    responses=documented("unavailable"),
)
def ready(request: Request) -> Readiness:
    """For readiness probes: asks the database and compares its schema. How many workers live is told, and no reason to be not ready."""
    service: Service = request.app.state.service
    try:
        schema = current(service.database)
        workers = _live_workers(service)
    except SQLAlchemyError:
        raise ProblemError(
            "unavailable",
            "the database does not answer",
            remedy="start it, or look at the service's log",
            headers={"Retry-After": "5"},
        ) from None
    if schema != newest():
        raise ProblemError(
            "unavailable",
            f"the database has the schema {schema or 'of nothing'}, this version needs {newest()}",
            remedy="run `cooldown db upgrade`",
            headers={"Retry-After": "5"},
        )
    backend = cast(Literal["sqlite", "postgresql"], service.database.url.get_backend_name())
    return Readiness(version=__version__, database=backend, database_schema=schema, workers=workers)


def _live_workers(service: Service) -> int:
    with service.database.read(ALL_PROJECTS) as session:
        oldest = service.database.now(session) - timedelta(seconds=service.settings.worker.lease_seconds)
        statement = select(func.count()).select_from(Worker).where(Worker.heartbeat_at >= oldest)
        return session.scalar(statement) or 0
