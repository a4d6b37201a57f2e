"""Which entries of the store are read by what: beside each harvest's output lies a list of those that it was made from.

So an entry is needed as long as that output is, and nobody has to look again at a source that may be gone by then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from cooldown_kit import connector as connectors
from cooldown_kit.connector import HarvestContext, Keeping
from cooldown_kit.errors import CooldownError, InputError
from cooldown_kit.events import ignore
from cooldown_kit.recipe import Recipe
from cooldown_kit.workspace import storage_error, write_whole

_LIST: Final = ".store.json"
_RECIPE: Final = re.compile(r"^sources\s*:", re.MULTILINE)


@dataclass
class Claims:
    """Who reads what."""

    of: dict[Path, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Entry → names of runs, harvests and recipes that read it."""
    unsure: list[str] = field(default_factory=list)
    """What may read anything, each with why: where there is one, every entry is claimed."""

    def on(self, entry: Path) -> list[str]:
        """Who reads that entry, or may."""
        return [*self.of.get(entry, ()), *self.unsure]


def write(output: Path, reads: Iterable[Path], store: Path) -> None:
    """Put down which entries the harvest with that output folder reads. Raises :class:`~cooldown_kit.errors.StorageError`."""
    names = sorted({path.relative_to(store).as_posix() for path in reads})
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(list_of(output), msgspec.json.encode(names), 0o600)
    except OSError as error:
        raise storage_error(error, output.parent) from error


def list_of(output: Path) -> Path:
    """The file beside a harvest's output that names what it reads."""
    return output.with_name(output.name + _LIST)


def find(workspace: Path, users: Mapping[Path, Sequence[str]], recipes: Iterable[Recipe] = ()) -> Claims:
    """What the harvests in the workspace read, and what these recipes and those beside the workspace would.

    Args:
        users: output folder of a stage → the runs that use it. One that no run uses claims by its own name.
    """
    found, store = Claims(), workspace / "store"
    for output in sorted((workspace / "stages" / "harvest").glob("*")):
        if not output.is_dir():
            continue
        whole = output.with_name(output.name.removesuffix(".partial"))
        names = users.get(whole) or [f"harvest/{output.name}"]
        try:
            reads = msgspec.json.decode(list_of(whole).read_bytes(), type=list[str])
        except (OSError, msgspec.DecodeError):
            found.unsure.append(f"{names[0]}, which does not say what its harvest read")
            continue
        for entry in reads:
            found.of[store / entry] += names
    known = [(f"recipe {recipe.name}", recipe) for recipe in recipes]
    for name, recipe in [*known, *_beside(workspace, found.unsure)]:
        _add(found, name, recipe, store)
    return found


def _add(found: Claims, name: str, recipe: Recipe, store: Path) -> None:
    for source, options in recipe.sources.items():
        context = HarvestContext(source, recipe.folder, store, ignore, recipe.render.wanted)
        connector = connectors.find(options.connector)
        if not isinstance(connector, Keeping):
            continue
        try:
            for entry in connector.kept(options, context):
                if name not in found.of[entry]:
                    found.of[entry].append(name)
        except InputError as error:
            found.unsure.append(f"source {source} of {name}: {error.what}")


def _beside(workspace: Path, unsure: list[str]) -> list[tuple[str, Recipe]]:
    """Recipes in the folder that the workspace is in, which is where `cooldown` has put it unless it was told otherwise."""
    found = []
    for path in sorted([*workspace.parent.glob("*.yaml"), *workspace.parent.glob("*.yml")]):
        try:
            if not _RECIPE.search(path.read_text(encoding="utf-8")):
                continue
            recipe = Recipe.load(path)
        except (OSError, UnicodeDecodeError):
            continue
        except CooldownError:
            unsure.append(f"{path.name}, which cannot be read as a recipe")
            continue
        if recipe.workspace_path.resolve() == workspace.resolve():
            found.append((path.name, recipe))
    return found
