"""Writes pinned datasets: whole or not at all, and never over another one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cooldown_kit import __version__
from cooldown_kit.dataset import (
    ABOUT,
    DATA_HALF,
    DOCUMENTS,
    FORMAT,
    PREFERENCES,
    REJECTS,
    Dataset,
    digest_of_dataset,
    is_dataset,
    read_about,
)
from cooldown_kit.errors import InputError
from cooldown_kit.recipe import Recipe
from cooldown_kit.run_folder import link_file
from cooldown_kit.stages import Sources
from cooldown_kit.workspace import MANIFEST, StageOutput, storage_error, write_whole


def write_dataset(
    folder: Path, recipe: Recipe, sources: Sources, curated: StageOutput, streams: Mapping[str, str]
) -> Dataset:
    """Keep a curation as a dataset: whole or not at all, in hard links where the file system can.

    Raises :class:`InputError` where the folder holds anything else, and :class:`~cooldown_kit.errors.StorageError` where it
    cannot be written. The same dataset in the same place is left as it is.
    """
    files = json.loads((curated.path / MANIFEST).read_text())["files"]
    names = [name for name in (DOCUMENTS, REJECTS, PREFERENCES) if name in files]
    data = recipe.model_dump(mode="json", include={*DATA_HALF, "seed"})
    about: dict[str, Any] = {
        "format": FORMAT,
        "kit": __version__,
        "recipe": data,
        "streams": dict(streams),
        "sources": {
            name: {"harvest": _facts(harvest), "render": _facts(render)}
            for name, (harvest, render) in sources.items()
        },
        "curate": _facts(curated),
        "files": {
            name: {"bytes": (curated.path / name).stat().st_size, "digest": files[name]} for name in names
        },
    }
    about["digest"] = digest_of_dataset(about)
    folder = folder.expanduser().absolute()
    try:
        if not _is_there(folder, about["digest"]):
            _publish(folder, curated.path, names, about)
    except OSError as error:
        raise storage_error(error, folder) from error
    return Dataset.open(folder)


def _publish(folder: Path, made: Path, names: list[str], about: Mapping[str, Any]) -> None:
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        for name in names:
            link_file(str(made / name), str(beside / name))
        write_whole(beside / ABOUT, json.dumps(about, indent=1, default=str))
        beside.rename(folder)
    except OSError:
        if not _is_there(folder, about["digest"]):  # else another process kept the same at the same moment
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _is_there(folder: Path, digest: str) -> bool:
    """Whether that dataset is there already. Raises :class:`InputError` where something else is."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if not is_dataset(folder):
        raise InputError(
            "there is something else here than a dataset",
            where=str(folder),
            remedy="name a folder that is not there yet",
        )
    if read_about(folder)["digest"] != digest:
        raise InputError(
            "another dataset is kept here; a dataset is never changed",
            where=str(folder),
            remedy="name another folder, for example with a date or a number",
        )
    return True


def _facts(output: StageOutput) -> dict[str, Any]:
    return {
        "key": output.key,
        "digest": output.digest,
        "seconds": output.seconds,
        "summary": dict(output.summary),
    }
