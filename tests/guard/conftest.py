"""Recipes as strangers send them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cooldown_kit.recipe import Recipe

from ..support.guarding import held, names  # noqa: F401 - fixtures


def recipe_of(folder: Path, source: Mapping[str, Any], **more: Any) -> Recipe:
    """A recipe in ``folder`` with one source, ``s``, and a model that any policy of these tests allows."""
    whole = {"name": "r", "model": str(folder / "model"), "sources": {"s": dict(source)}, **more}
    return Recipe.parse(whole, folder=folder)
