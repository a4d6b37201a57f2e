"""Configurations and splits of a data set: as its card declares them, else told by the names of files and folders.

The rules for names are those of the ``datasets`` library (5.2, ``data_files.py``), whose users named the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cooldown_connectors.huggingface.card import Card, Declared
from cooldown_connectors.text.glob_pattern import is_glob, parse_glob

CONVERTED = "refs/convert/parquet"
"""The branch on which the hub keeps what it has turned into Parquet itself: ``{config}/{split}/0000.parquet``."""
PARTIAL = "partial-"
"""Begins the name of a split there of which only the first gigabytes were turned."""
_SEPARATORS = "-._ 0-9"
_KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_MOST_STARS = 16
"""A card is its owner's; a glob with more could take for ever to match, so it matches nothing."""
_SHARDED = re.compile(r"data/(\w+(?:\.\w+)*)-\d{5}-of-\d{5}[^/]*\.[^/]*")


@dataclass(frozen=True)
class Config:
    """One configuration: split → paths of its files, sorted."""

    name: str
    default: bool
    splits: dict[str, tuple[str, ...]]


def configs(paths: Sequence[str], card: Card, revision: str) -> list[Config]:
    """All configurations; one named ``default`` where the set declares none."""
    if revision == CONVERTED:
        return _converted(paths)
    if not card.configs:
        return [Config("default", True, by_names(paths))]
    return [Config(one.name, one.default, _declared(one, paths)) for one in card.configs]


def matching(paths: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """The paths that match one of the globs, sorted. What starts with a dot or two underscores matches only where the glob says so."""
    tests = [_test(pattern) for pattern in patterns]
    return tuple(sorted(path for path in paths if any(test(path) for test in tests)))


def _test(pattern: str) -> _Test:
    pattern = re.sub(r"(?:\*\*/)+", "**/", pattern.removeprefix("./").lstrip("/"))
    if pattern.count("*") > _MOST_STARS:
        pattern = ""
    return _Test(pattern)


class _Test:
    def __init__(self, pattern: str) -> None:
        self._exact = pattern
        self._glob = parse_glob(pattern) if is_glob(pattern) else None
        self._special = "__" in pattern

    def __call__(self, path: str) -> bool:
        if self._glob is None:
            return path == self._exact
        start = f"{self._glob.start}/" if self._glob.start else ""
        if not path.startswith(start) or not self._glob.matches(path[len(start) :]):
            return False
        return self._special or not any(part.startswith("__") for part in path.split("/")[:-1])


def _declared(one: Declared, paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
    start = f"{one.folder}/" if one.folder else ""
    inside = [path[len(start) :] for path in paths if path.startswith(start)]
    found = (
        {split: matching(inside, globs) for split, globs in one.patterns.items()}
        if one.patterns
        else by_names(inside)
    )
    return {split: tuple(start + path for path in files) for split, files in found.items()}


def _converted(paths: Sequence[str]) -> list[Config]:
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(paths):
        parts = path.split("/")
        if len(parts) == 3:
            found.setdefault(parts[0], {}).setdefault(parts[1].removeprefix(PARTIAL), []).append(path)
    return [
        Config(name, name == "default", {split: tuple(files) for split, files in splits.items()})
        for name, splits in found.items()
    ]


def by_names(paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Split → files, by the first rule that fits any file: shards in ``data/``, folders, file names; else all are ``train``."""
    shown = sorted(path for path in paths if not _is_hidden(path))
    sharded: dict[str, list[str]] = {}
    for path in shown:
        if match := _SHARDED.fullmatch(path):
            sharded.setdefault(match[1], []).append(path)
    for found in (sharded, _by_keyword(shown, _FOLDER), _by_keyword(shown, _FILE)):
        if found:
            return {split: tuple(files) for split, files in found.items()}
    return {"train": tuple(shown)} if shown else {}


def _by_keyword(paths: Sequence[str], patterns: dict[str, re.Pattern[str]]) -> dict[str, list[str]]:
    found = {split: [path for path in paths if regex.fullmatch(path)] for split, regex in patterns.items()}
    return {split: files for split, files in found.items() if files}


def _is_hidden(path: str) -> bool:
    *folders, name = path.split("/")
    return name.startswith(".") or any(folder.startswith((".", "__")) for folder in folders)


def _keyword(split: str) -> str:
    return "(?:" + "|".join(_KEYWORDS[split]) + ")"


_FOLDER = {
    split: re.compile(
        rf"(?:[^/]+/)*(?:[^/]*[{_SEPARATORS}])?{_keyword(split)}(?:[{_SEPARATORS}][^/]*)?/(?:[^/]+/)*[^/]+"
    )
    for split in _KEYWORDS
}
_FILE = {
    split: re.compile(rf"(?:[^/]+/)*(?:[^/]*[{_SEPARATORS}])?{_keyword(split)}[{_SEPARATORS}][^/]*")
    for split in _KEYWORDS
}
