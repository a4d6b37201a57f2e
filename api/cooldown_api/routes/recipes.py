"""Routes of recipes."""

from fastapi import APIRouter

router = APIRouter(tags=["recipes"])
