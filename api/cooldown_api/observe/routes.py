"""`/metrics`, as Prometheus scrapes it."""

from __future__ import annotations

import threading

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from cooldown_api.auth.authenticate import authenticate
from cooldown_api.observe.fleet_metrics import FleetMetrics
from cooldown_api.observe.http_metrics import HttpMetrics
from cooldown_api.problems import ProblemError
from cooldown_api.service import Service

router = APIRouter()
_making = threading.Lock()


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """For a platform key of any role, for everybody where ``metrics_public`` is set."""
    service: Service = request.app.state.service
    if not service.settings.metrics_public and not authenticate(request).everywhere:
        raise ProblemError(
            "not-allowed",
            "metrics tell of the whole service",
            remedy="make a key with `cooldown keys create --platform --role viewer`, or set COOLDOWN_METRICS_PUBLIC",
        )
    http: HttpMetrics = request.app.state.http_metrics
    body = generate_latest(http.registry) + generate_latest(_fleet(request, service))
    return Response(body, media_type=CONTENT_TYPE_LATEST)


def _fleet(request: Request, service: Service) -> CollectorRegistry:
    with _making:
        kept: CollectorRegistry | None = getattr(request.app.state, "fleet_metrics", None)
        if kept is None:
            kept = CollectorRegistry()
            kept.register(FleetMetrics(service.database, service.settings))
            request.app.state.fleet_metrics = kept
    return kept
