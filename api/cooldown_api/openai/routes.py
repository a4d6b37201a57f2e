"""The routers that OpenAI's clients talk to."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from cooldown_api.openai import file_routes, job_routes, model_routes, permission_routes, upload_routes

ROUTERS: Final[tuple[APIRouter, ...]] = (
    file_routes.router,
    upload_routes.router,
    job_routes.router,
    permission_routes.router,
    model_routes.router,
)
