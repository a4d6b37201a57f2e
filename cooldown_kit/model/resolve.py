"""`model:` of a recipe becomes a folder that transformers loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cooldown_kit.events import Emit
from cooldown_kit.model import convert, random_weights
from cooldown_kit.model.fingerprint import digest_of_large_file, digest_of_model, tokenizer_digest
from cooldown_kit.model.hub import download_model
from cooldown_kit.model.locate import GgufModel, HubModel, LocalModel, RandomModel, checked_folder, locate
from cooldown_kit.model.options import ModelSpec
from cooldown_kit.workspace import StageSpec, Workspace


@dataclass(frozen=True)
class ModelFolder:
    """The base model as every later stage takes it: an ordinary transformers folder."""

    path: Path
    digest: str
    """Changes when the weights, the configuration or the tokenizer change."""
    name: str
    """For people."""
    origin: Mapping[str, Any]
    """Where it came from, for the lineage: JSON-like."""


def check_model(spec: ModelSpec, folder: Path) -> None:
    """Everything about the model that can be checked in no time; converts and downloads nothing.

    Raises :class:`InputError` or :class:`RecipeError` with the remedy.
    """
    locate(spec, folder)


def prepare_model(
    spec: ModelSpec, *, folder: Path, workspace: Workspace, emit: Emit, seed: int = 17
) -> ModelFolder:
    """The folder of the base model: found, converted, downloaded or made. Relative paths start at ``folder``.

    A GGUF file is converted once per workspace, random weights are made once per seed. A hub name comes from the hub's cache;
    it is downloaded only where ``COOLDOWN_ALLOW_DOWNLOADS=1`` is set. Raises :class:`InputError` or :class:`RecipeError`.
    """
    found = locate(spec, folder)
    if isinstance(found, HubModel):
        path = checked_folder(download_model(found.name, found.revision))
        found = LocalModel(path, found.name)
    if isinstance(found, LocalModel):
        return _local(found, str(spec))
    if isinstance(found, GgufModel):
        return _converted(found, str(spec), workspace, emit)
    return _random(found, seed, workspace, emit)


def _local(found: LocalModel, spec: str) -> ModelFolder:
    origin: dict[str, Any] = {"kind": "folder", "spec": spec}
    if found.path.parent.name == "snapshots":  # the hub's cache names the folder after the commit
        origin = {"kind": "hub", "spec": spec, "revision": found.path.name}
    return ModelFolder(found.path, digest_of_model(found.path), found.name, origin)


def _converted(found: GgufModel, spec: str, workspace: Workspace, emit: Emit) -> ModelFolder:
    digest = digest_of_large_file(found.path)
    stage = StageSpec("model", found.path.stem, {"gguf": digest}, {"dtype": "float32"}, convert.VERSION)
    output = workspace.build(stage, lambda out: convert.convert_gguf(found.path, out, emit), emit)
    origin = {
        "kind": "gguf",
        "spec": spec,
        "file": found.path.name,
        "file_digest": digest,
        "dtype": "float32",
    }
    return ModelFolder(output.path, output.digest, found.path.stem, origin)


def _random(found: RandomModel, seed: int, workspace: Workspace, emit: Emit) -> ModelFolder:
    tokenizer = tokenizer_digest(found.tokenizer)
    name = f"random-{found.config['model_type']}"
    options = {"config": found.config, "seed": seed}
    stage = StageSpec("model", name, {"tokenizer": tokenizer}, options, random_weights.VERSION)
    output = workspace.build(
        stage, lambda out: random_weights.make_random(found.config, found.tokenizer, seed, out), emit
    )
    origin = {
        "kind": "random",
        "model_type": found.config["model_type"],
        "seed": seed,
        "tokenizer_digest": tokenizer,
    }
    return ModelFolder(output.path, output.digest, name, origin)
