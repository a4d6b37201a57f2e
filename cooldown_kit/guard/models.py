"""Folders of models: what they hold may lead elsewhere without any link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from cooldown_kit.guard import paths
from cooldown_kit.guard.policy import Policy

_LARGEST_INDEX: Final = 64 << 20
_ADAPTER: Final = "adapter_config.json"


def refusal(folder: Path, policy: Policy) -> str | None:
    """Why a model's folder, which itself lies below a root, may not be loaded; ``None`` where it may.

    Links in it, the files that an index of weights names, and an adapter's base model, which transformers loads in its place.
    """
    why = paths.links_outside(folder, policy)
    if why is not None:
        return why
    if (folder / _ADAPTER).exists():
        return f"holds an adapter ({_ADAPTER}), whose base model lies elsewhere: merge them first"
    for index in sorted(folder.glob("*.index.json")):
        if not all(_is_inside(folder, name, policy) for name in _named(index)):
            return f"has an index of weights ({index.name}) that cannot be read, or names files elsewhere"
    return None


def _is_inside(folder: Path, name: Any, policy: Policy) -> bool:
    return isinstance(name, str) and name.isprintable() and paths.outside(folder / name, policy) is None


def _named(index: Path) -> set[Any]:
    """The files that an index names; ``None`` among them where it cannot be read."""
    try:
        if index.stat().st_size > _LARGEST_INDEX:
            return {None}
        return set(json.loads(index.read_bytes())["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {None}
