"""What the card of a data set (``README.md``) declares in its head: configurations, their files, and their columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

_HEAD = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Declared:
    """One configuration. ``patterns`` is empty where files are told by their names."""

    name: str
    default: bool
    folder: str
    """Where names and patterns start."""
    patterns: dict[str, tuple[str, ...]]
    """Split → globs."""


@dataclass(frozen=True)
class Card:
    configs: tuple[Declared, ...] = ()
    columns: dict[str, dict[str, str]] | None = None
    """Configuration → column → its type in the card's words; ``None`` where the card does not say."""


def read_card(text: str) -> Card:
    """The declarations of a card; what cannot be understood declares nothing."""
    head = _HEAD.match(text)
    try:
        data: Any = yaml.safe_load(head[1]) if head else None
    except (yaml.YAMLError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        return Card()
    configs = [declared for item in _items(data.get("configs")) if (declared := _declared(item)) is not None]
    columns = {
        str(item.get("config_name") or "default"): _columns(item["features"])
        for item in _items(data.get("dataset_info"))
        if isinstance(item.get("features"), list)
    }
    return Card(tuple(configs), columns or None)


def _items(value: Any) -> list[dict[str, Any]]:
    """A list of mappings, also where the card has one without the list."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _declared(item: dict[str, Any]) -> Declared | None:
    name = item.get("config_name")
    if not isinstance(name, str):
        return None
    folder = item.get("data_dir")
    return Declared(
        name=name,
        default=item.get("default") is True or name == "default",
        folder=folder.strip("/").removeprefix("./") if isinstance(folder, str) and folder != "." else "",
        patterns=_patterns(item.get("data_files")),
    )


def _patterns(value: Any) -> dict[str, tuple[str, ...]]:
    """Split → globs, from the forms that cards use: a glob, a list of globs, a list of splits with their globs."""
    found: dict[str, tuple[str, ...]] = {}
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            found["train"] = (*found.get("train", ()), item)
        elif isinstance(item, dict) and "split" in item:
            paths = item.get("path")
            globs = tuple(
                path for path in (paths if isinstance(paths, list) else [paths]) if isinstance(path, str)
            )
            found[str(item["split"])] = (*found.get(str(item["split"]), ()), *globs)
    return found


def _columns(features: list[Any]) -> dict[str, str]:
    columns = {}
    for feature in features:
        if isinstance(feature, dict) and isinstance(feature.get("name"), str):
            kind = feature.get("dtype")
            nested = next((word for word in ("list", "sequence", "struct") if word in feature), "")
            columns[feature["name"]] = str(kind) if isinstance(kind, str) else nested
    return columns
