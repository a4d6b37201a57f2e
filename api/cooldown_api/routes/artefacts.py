"""Routes of artefacts."""

from fastapi import APIRouter

router = APIRouter(tags=["artefacts"])
