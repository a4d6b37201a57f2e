"""What every request passes through, outermost first. Pure ASGI, so that streams stream."""

from __future__ import annotations

from fastapi import FastAPI

from cooldown_api.settings import Settings


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """Request ids, limits of bodies and rates, headers."""
    del app, settings
