"""A whole recipe against a policy: before it is taken in, and again in the process that runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cooldown_kit.errors import RecipeError
from cooldown_kit.guard import models, paths, references
from cooldown_kit.guard.marks import Kind
from cooldown_kit.guard.policy import Policy
from cooldown_kit.guard.use import url_refusal

if TYPE_CHECKING:
    from cooldown_kit.guard.reached import Reached
    from cooldown_kit.recipe import Recipe

_ASK = "ask who runs this service to allow it"
_REMEDIES: dict[Kind | None, str] = {
    "url": f"name another address, or {_ASK}",
    "path": f"name a path below the folders that recipes may read, or {_ASK}",
    "secret": "say `secret:NAME`, with a secret that the service keeps",
    "proxy": f"leave it out, or {_ASK}",
}


class _Finding(NamedTuple):
    place: str
    what: str
    remedy: str


def check_recipe(recipe: Recipe, policy: Policy, *, workspace: Path | None = None) -> None:
    """Raises :class:`RecipeError` that lists every address, path and credential of the recipe that the policy refuses.

    Nothing is opened and no name is looked up: what a host's name stands for is decided when it is connected to.

    Args:
        workspace: the folder that the caller itself chose for the recipe. Any other that the recipe names is refused.
    """
    from cooldown_kit.guard.reached import reached

    items = (item for item in reached(recipe) if item.place != "workspace")
    found = list(_workspace(recipe, workspace))
    found += filter(None, (_finding(item, recipe.folder, policy) for item in items))
    if len(found) == 1:
        raise RecipeError(found[0].what, where=found[0].place, remedy=found[0].remedy)
    if found:
        lines = [f"  {one.place}: {one.what}; {one.remedy}" for one in dict.fromkeys(found)]
        raise RecipeError(f"{len(lines)} things are refused here:\n" + "\n".join(lines), where=recipe.name)


def _workspace(recipe: Recipe, allowed: Path | None) -> Iterator[_Finding]:
    named = "workspace" in recipe.model_fields_set
    if named and (allowed is None or recipe.workspace_path != allowed.absolute()):
        yield _Finding("workspace", "a service chooses the workspace itself", "leave it out")


def _finding(item: Reached, folder: Path, policy: Policy) -> _Finding | None:
    kind = item.kind
    if kind is None:
        what = item.error or "the option does not say what it reaches, so it cannot be allowed"
        remedy = (
            "correct it"
            if item.error
            else "whoever wrote the connector marks it with `Reach` (docs/guard.md)"
        )
        return _Finding(item.place, what, remedy)
    if kind == "place":
        kind = "url" if "://" in item.value or _is_scp(item.value) else "path"
    if kind == "model":
        return _model(item, folder, policy)
    why = _why(kind, item.value, folder, policy)
    return None if why is None else _Finding(item.place, why, _REMEDIES[kind])


def _why(kind: Kind, value: str, folder: Path, policy: Policy) -> str | None:
    if kind == "url":
        why = url_refusal(value, policy)
        return why and f"this address is refused: {why}"
    if kind == "path":
        why = paths.refusal(value, folder, policy)
        return why and f"the path {why}"
    if kind == "secret":
        why = references.refusal(value, folder, policy)
        return why and f"the reference {why}"
    if kind == "proxy" and value == "environment":
        return None if policy.environment_proxy else "the environment's proxy may not be used"
    if kind == "proxy":
        why = url_refusal(value, policy)
        return why and f"this proxy is refused: {why}"
    return None


def _is_scp(text: str) -> bool:
    return ":" in text.partition("/")[0] and not text.startswith((".", "/", "~", paths.PACKAGE))


def _model(item: Reached, folder: Path, policy: Policy) -> _Finding | None:
    """A folder, a file, ``package:…``, or a name of the hub, which counts as its address there."""
    from cooldown_kit.model.hub import hub_address

    why = paths.refusal(item.value, folder, policy)
    place = folder / item.value
    address = hub_address(item.value)
    if address is not None and not os.path.exists(place):  # noqa: PTH110 - any name will do
        why = url_refusal(address, policy)
        return None if why is None else _Finding(item.place, f"{address} is refused: {why}", _REMEDIES["url"])
    if why is None and os.path.isdir(place):  # noqa: PTH112
        why = models.refusal(place, policy)
    return None if why is None else _Finding(item.place, f"the model's path {why}", _REMEDIES["path"])
