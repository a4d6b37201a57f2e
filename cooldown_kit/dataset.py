"""Pinned datasets: curated documents that a harvest kept, with all that a later run needs to use them as they are.

A dataset is a folder that needs nothing beside it: ``documents.parquet``, ``rejects.parquet``, ``preferences.parquet`` where the
recipe asked for pairs, and ``dataset.json``: the data half of the recipe, what each source gave, and digests of all of it.
The records themselves, which are raw and may hold secrets, are not in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.recipe import Recipe
from cooldown_kit.workspace import StageOutput, digest_of, digest_of_file

FORMAT = 1
"""Raised whenever an older kit could not read what this one writes."""
ABOUT = "dataset.json"
DOCUMENTS = "documents.parquet"
REJECTS = "rejects.parquet"
PREFERENCES = "preferences.parquet"
DATA_HALF = ("sources", "render", "holdout", "curate")
"""The keys of a recipe that decide its documents. ``seed`` does too, but a run may draw its order and its adapters from another."""


@dataclass(frozen=True)
class Dataset:
    """A pinned dataset that was found whole: see :meth:`open`."""

    path: Path
    about: Mapping[str, Any]
    """What ``dataset.json`` holds."""

    @classmethod
    def open(cls, path: Path) -> Dataset:
        """Read a dataset, and hold its documents against their digest.

        Raises :class:`InputError` where there is none, where a newer kit made it, or where it is not what was kept.
        """
        about = read_about(path)
        dataset = cls(path.absolute(), about)
        if about["digest"] != digest_of_dataset(about):
            raise _changed(path / ABOUT)
        for name, facts in about["files"].items():
            file = path / name
            if not file.is_file() or file.stat().st_size != facts["bytes"]:
                raise _changed(file)
        status = (path / DOCUMENTS).stat()
        found = _digest_once(path / DOCUMENTS, status.st_size, status.st_mtime_ns)
        if found != about["files"][DOCUMENTS]["digest"]:
            raise _changed(path / DOCUMENTS)
        return dataset

    @property
    def digest(self) -> str:
        """32 hex digits that identify the documents and all that is said of them; the same wherever the folder is."""
        return str(self.about["digest"])

    @property
    def documents_path(self) -> Path:
        """Parquet: the documents, split into training and held-out (``cooldown_kit.documents.SCHEMA``)."""
        return self.path / DOCUMENTS

    @property
    def rejects_path(self) -> Path:
        """Parquet: the documents that were dropped, each with its reason."""
        return self.path / REJECTS

    @property
    def preferences_path(self) -> Path | None:
        """Parquet: pairs for preference training, where the recipe asked for them."""
        return self.path / PREFERENCES if PREFERENCES in self.about["files"] else None

    @property
    def summary(self) -> Mapping[str, Any]:
        """Counters by stream: read, kept, held out, dropped by reason."""
        summary: Mapping[str, Any] = self.about["curate"]["summary"]
        return summary

    @property
    def streams(self) -> Mapping[str, str]:
        """Stream → family, ``code`` or ``text``, of every stream that the sources give."""
        return dict(self.about["streams"])

    @property
    def curated(self) -> StageOutput:
        """The curation as later stages take it: same key and digest as where it was made."""
        return self._output("curate", "", self.about["curate"])

    @property
    def sources(self) -> dict[str, tuple[StageOutput, StageOutput]]:
        """What each source gave, as reports tell it. The outputs themselves were not kept."""
        return {
            name: (self._output("harvest", name, of["harvest"]), self._output("render", name, of["render"]))
            for name, of in self.about["sources"].items()
        }

    def _output(self, stage: str, label: str, of: Mapping[str, Any]) -> StageOutput:
        return StageOutput(
            stage, label, self.path, of["key"], of["digest"], of["summary"], True, of["seconds"]
        )

    def settle(self, recipe: Recipe) -> Recipe:
        """The recipe with the data half that the dataset was made with.

        A recipe that leaves ``sources`` out may leave the rest at its defaults. What it does say must be the same.
        Raises :class:`RecipeError` that names the first key that differs.
        """
        kept = Recipe.parse(
            {"name": recipe.name, "model": "none", **{key: self.about["recipe"][key] for key in DATA_HALF}},
            folder=recipe.folder,
            where=str(self.path / ABOUT),
        )
        given, wanted = recipe.model_dump(mode="json"), kept.model_dump(mode="json")
        for key in DATA_HALF:
            if not recipe.sources and getattr(recipe, key) == Recipe.model_fields[key].default:
                continue
            if place := _difference(given[key], wanted[key], key):
                raise RecipeError(
                    "the recipe says something else than the dataset was made with",
                    where=place,
                    remedy=f"leave `sources`, `render`, `holdout` and `curate` out, write what stands in {self.path / ABOUT}, "
                    "or leave `dataset` out to harvest again",
                )
        return recipe.model_copy(update={key: getattr(kept, key) for key in DATA_HALF})


def is_dataset(path: Path) -> bool:
    """Whether the folder is a pinned dataset: one that holds documents, but no records."""
    return (path / ABOUT).is_file()


def open_dataset(recipe: Recipe) -> tuple[Recipe, Dataset | None]:
    """The dataset that a recipe pins, and the recipe as it settles it; the recipe itself and ``None`` where it pins none.

    Raises what :meth:`Dataset.open` and :meth:`Dataset.settle` raise.
    """
    if recipe.dataset_path is None:
        return recipe, None
    dataset = Dataset.open(recipe.dataset_path)
    return dataset.settle(recipe), dataset


def digest_of_dataset(about: Mapping[str, Any]) -> str:
    """Of what was made and from what; not of the time that it took, nor of keys, which change where a file was only touched."""
    digests = {
        name: [of["harvest"]["digest"], of["render"]["digest"]] for name, of in about["sources"].items()
    }
    made = [about["curate"]["digest"], about["curate"]["summary"], about["files"]]
    return digest_of([about["format"], about["recipe"], about["streams"], digests, *made])


@lru_cache(maxsize=64)
def _digest_once(path: Path, size: int, modified: int) -> str:
    """Digest of a file, computed once in a process for each state of it."""
    del size, modified
    return digest_of_file(path)


def read_about(path: Path) -> dict[str, Any]:
    """What ``dataset.json`` holds. Raises :class:`InputError` where there is none, or one of a newer kit."""
    try:
        about = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        made_for = int(about["format"])
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            "there is no dataset here",
            where=str(path),
            remedy="name a folder that `cooldown harvest --keep FOLDER` wrote",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise _changed(path / ABOUT) from error
    if made_for > FORMAT:
        raise InputError(
            f"the dataset has format {made_for}, and this kit reads formats up to {FORMAT}",
            where=str(path),
            remedy=f"use a newer kit (it was made by {about.get('kit')})",
        )
    return dict(about)


def _changed(path: Path) -> InputError:
    return InputError(
        "this is not what the dataset was kept with: it was changed, cut off or removed",
        where=str(path),
        remedy="copy the dataset again from where it was kept, or keep it again with `cooldown harvest --keep FOLDER`",
    )


def _difference(given: Any, wanted: Any, place: str) -> str | None:
    """The place of the first difference in the order of the keys, or ``None``."""
    if isinstance(given, dict) and isinstance(wanted, dict):
        for key in dict.fromkeys([*wanted, *given]):
            below = f"{place}.{key}"
            if (key in given) != (key in wanted):
                return below
            if found := _difference(given[key], wanted[key], below):
                return found
        return None
    return place if given != wanted else None
