"""The routers of the dashboard's pages."""

from typing import Final

from fastapi import APIRouter

from cooldown_api.ui import (
    administration_routes,
    assets,
    job_routes,
    library_routes,
    new_job_routes,
    sign_in_routes,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    assets.router,
    sign_in_routes.router,
    job_routes.router,
    new_job_routes.router,
    library_routes.router,
    administration_routes.router,
)
