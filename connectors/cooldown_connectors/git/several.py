"""From what a source names to single repositories: one, all below a folder, those of a glob, or those of a list."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from cooldown_connectors.git.locate import shown
from cooldown_connectors.git.options import GitOptions, RepositoryItem
from cooldown_kit.errors import InputError
from cooldown_kit.guard.use import allow_path

_LIST_BYTES: Final = 4 << 20
_NESTED: Final = 8
"""Lists and mappings within one another that a list of repositories may have."""
_DEPTH: Final = 4
"""Folders below the one that was given in which repositories are looked for."""


def is_several(options: GitOptions, folder: Path) -> bool:
    """Whether the source may name more than one repository: then one that cannot be read does not stop the others."""
    if options.repositories is not None:
        return True
    return options.path is not None and (
        _has_magic(options.path, folder) or _holds_repositories(_absolute(options.path, folder))
    )


def single(options: GitOptions, folder: Path) -> list[GitOptions]:
    """Options for each repository by itself, in a stable order. Raises ``InputError`` where a list cannot be read or is empty."""
    if options.repositories is not None:
        return _listed(options, folder)
    assert options.path is not None
    place = _absolute(options.path, folder)
    if _has_magic(options.path, folder):
        matches = sorted(glob.glob(str(place)))  # noqa: PTH207 - a Path cannot hold a pattern
        for match in matches:  # before anything below is looked at: it may be a link
            allow_path(Path(match), "path")
        found = [below for match in matches if Path(match).is_dir() for below in _below(Path(match))]
    else:
        allow_path(place, "path")
        found = list(_below(place))
    if not found:
        raise InputError(
            "there is no repository there",
            where=shown(place),
            remedy="give `path` a repository, a folder that holds some, or a glob that matches some",
        )
    return [options.model_copy(update={"path": str(path)}) for path in found]


def is_repository(path: Path) -> bool:
    """Whether a folder is a work tree or a bare repository. Nothing in it is read."""
    return (path / ".git").exists() or all((path / name).exists() for name in ("HEAD", "objects", "refs"))


def _absolute(path: str, folder: Path) -> Path:
    return Path(os.path.abspath(folder / Path(path).expanduser()))  # noqa: PTH100 - links in names stay as they are


def _has_magic(path: str, folder: Path) -> bool:
    return glob.has_magic(path) and not os.path.exists(_absolute(path, folder))  # noqa: PTH110 - any name will do


def _holds_repositories(place: Path) -> bool:
    """A folder that is in no repository itself, but has some below."""
    if not os.path.isdir(place) or any(  # noqa: PTH112 - it takes names that no folder can have
        is_repository(one) for one in (place, *place.parents)
    ):
        return False
    return next(_below(place), None) is not None


def _below(place: Path, depth: int = _DEPTH) -> Iterator[Path]:
    """Repositories in a folder and below, by name. Links are not followed, and nothing inside a repository is looked at."""
    if is_repository(place):
        yield place
        return
    if not depth:
        return
    try:
        names = sorted(
            entry.name
            for entry in os.scandir(place)
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
        )
    except OSError:  # a folder that we may not read holds nothing for us
        return
    for name in names:
        yield from _below(place / name, depth - 1)


def _listed(options: GitOptions, folder: Path) -> list[GitOptions]:
    assert options.repositories is not None
    where, base = "repositories", folder
    items: Sequence[Any] = []
    if isinstance(options.repositories, str):
        file = _absolute(options.repositories, folder)
        allow_path(file, "repositories")
        where, base = shown(file), file.parent
        items = _read(file)
    else:
        items = options.repositories
    if not items:
        raise InputError("the list of repositories is empty", where=where, remedy="name at least one")
    return [
        _item(options, item, base, f"{where}, entry {number}") for number, item in enumerate(items, start=1)
    ]


def _read(file: Path) -> Sequence[Any]:
    try:
        if file.exists() and not file.is_file():
            raise OSError("it is no file")
        if file.stat().st_size > _LIST_BYTES:
            raise InputError(
                "the list of repositories is too large",
                where=shown(file),
                remedy="split it into several sources",
            )
        # events first: aliases and deep nesting have no use in a list of repositories but to grow without bound
        text = file.read_text(encoding="utf-8")
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise InputError(
                    "the list holds a YAML alias", where=shown(file), remedy="write the entry out"
                )
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _NESTED:
                raise ValueError("it is nested too deeply")
        data = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(
            f"the list of repositories cannot be read ({str(error).partition(chr(10))[0]})",
            where=shown(file),
            remedy="give a readable YAML file: one path or URL a line, each after a dash",
        ) from error
    if isinstance(data, dict) and list(data) == ["repositories"]:
        data = data["repositories"]
    if not isinstance(data, list):
        raise InputError(
            "this is not a list of repositories",
            where=shown(file),
            remedy="write one path or URL a line, each after a dash",
        )
    return data


def _item(options: GitOptions, item: Any, base: Path, where: str) -> GitOptions:
    """What holds for all, with what the entry says instead."""
    if isinstance(item, str):
        remote = "://" in item or (":" in item.partition("/")[0] and not item.startswith((".", "/", "~")))
        item = {"url": item} if remote else {"path": item}
    try:
        entry = RepositoryItem.model_validate(item) if not isinstance(item, RepositoryItem) else item
        given = {name: value for name, value in entry.model_dump().items() if value is not None}
        if "path" in given:
            given["path"] = str(_absolute(given["path"], base))
        inherited = options.model_dump(exclude={"path", "url", "repositories"})
        if "url" not in given:
            inherited.pop("token")
        return GitOptions.model_validate(inherited | given)
    except ValidationError as error:
        raise InputError(
            "; ".join(_said(problem) for problem in error.errors(include_input=False)),
            where=where,
            remedy="an entry is a path, a URL, or a mapping with `path` or `url` and perhaps `revision` and `token`",
        ) from None


def _said(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
