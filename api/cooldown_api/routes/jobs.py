"""Routes of jobs."""

from fastapi import APIRouter

router = APIRouter(tags=["jobs"])
