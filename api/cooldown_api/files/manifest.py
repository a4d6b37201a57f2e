"""Repositories to train on, as a request names them beside its own fields, or as the file ``repos.yaml``.

Each entry is an options mapping of the ``git`` connector, or of a forge's where it says which, with two names more: ``weight`` and, for
``revision``, ``ref``.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

_PLACE: Final = ("url", "path", "revision", "token")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")


class Repository(BaseModel):
    """One repository. Further keys are options of its connector, checked by it."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    connector: Annotated[str, Field(max_length=64)] = "git"
    url: str | None = Field(default=None, max_length=2048)
    path: str | None = Field(default=None, max_length=4096)
    """A clone on the server, where its operator allows that folder."""
    ref: str | None = Field(default=None, max_length=512)
    """Branch, tag or commit."""
    weight: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Its share of the mixture is its weight over all weights."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")] | None = None
    """Of the source; by default the last part of the address."""


class Manifest(BaseModel):
    """What ``repos.yaml`` holds."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    repositories: Annotated[list[Repository], Field(min_length=1, max_length=256)]
    recipe: dict[str, Any] = {}
    """Options of a recipe: ``{mix: {tokens: 20M}}``."""

    @field_validator("recipe")
    @classmethod
    def _sources_are_the_repositories(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "sources" in value:
            raise ValueError(
                "the repositories are the sources: leave `sources` out, or upload a whole recipe"
            )
        return value


def sources_of(repositories: list[Repository]) -> tuple[dict[str, dict[str, Any]], dict[str, float]]:
    """The recipe's sources, and source → share of the mixture.

    With any weights each repository is a source of its own, and one without weighs 1. Without any they are one source, read in
    proportion to what they hold. Raises ``ValueError`` where they then differ in more than their place.
    """
    if len(repositories) > 1 and all(repository.weight is None for repository in repositories):
        return {"repositories": _pool(repositories)}, {"repositories": 1.0}
    sources: dict[str, dict[str, Any]] = {}
    weights: dict[str, float] = {}
    for number, repository in enumerate(repositories, 1):
        name = _name(repository, number, sources)
        sources[name] = _options(repository)
        weights[name] = repository.weight or 1.0
    return sources, _shares(weights)


def _pool(repositories: list[Repository]) -> dict[str, Any]:
    items, shared = [], []
    for repository in repositories:
        options = _options(repository)
        items.append({key: options.pop(key) for key in _PLACE if key in options})
        shared.append(options)
    if any(options != shared[0] for options in shared) or shared[0]["connector"] != "git":
        raise ValueError(
            "repositories that differ in more than `url`, `path`, `ref` and `token`, or are not read by `git`, need a `weight` each"
        )
    return {**shared[0], "repositories": items}


def _shares(weights: dict[str, float]) -> dict[str, float]:
    """They add up to 1: the largest takes what rounding left."""
    total = sum(weights.values())
    shares = {name: round(weight / total, 9) for name, weight in weights.items()}
    largest = max(shares, key=lambda name: shares[name])
    shares[largest] += 1 - sum(shares.values())
    return shares


def _options(repository: Repository) -> dict[str, Any]:
    options: dict[str, Any] = {"connector": repository.connector, **(repository.model_extra or {})}
    for key in ("url", "path"):
        if (value := getattr(repository, key)) is not None:
            options[key] = value
    if repository.ref is not None:
        options["revision"] = repository.ref
    return options


def _name(repository: Repository, number: int, taken: dict[str, Any]) -> str:
    if repository.name is not None and repository.name not in taken:
        return repository.name
    place = repository.name or repository.url or repository.path or ""
    last = _NOT_IN_NAMES.sub("-", place.rstrip("/").removesuffix(".git").rpartition("/")[2]).strip("-_")
    name = last[:60] or f"repository-{number}"
    return name if name not in taken else f"{name}-{number}"
