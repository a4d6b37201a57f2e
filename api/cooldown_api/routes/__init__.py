"""The native routes, one file for each kind of thing."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from cooldown_api.routes import (
    administration,
    artefacts,
    audit,
    datasets,
    events,
    health,
    jobs,
    keys,
    metrics,
    plans,
    recipes,
    studies,
    webhooks,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health.router,
    recipes.router,
    plans.router,
    jobs.router,
    events.router,
    metrics.router,
    artefacts.router,
    datasets.router,
    studies.router,
    keys.router,
    webhooks.router,
    audit.router,
    administration.router,
)
