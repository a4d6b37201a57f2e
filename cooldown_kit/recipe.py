"""The recipe: the whole of what a run is told, composed from the options that each stage declares.

The same model validates YAML files, ``--set`` flags, REST bodies and SDK calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator

from cooldown_kit import connector as connectors
from cooldown_kit.connector import SourceOptions
from cooldown_kit.curate.options import CurateOptions, HoldoutOptions
from cooldown_kit.errors import CooldownError, InputError, RecipeError
from cooldown_kit.evaluate.options import EvaluateOptions
from cooldown_kit.mix.options import MixOptions
from cooldown_kit.model.options import ModelSpec
from cooldown_kit.options import Options
from cooldown_kit.recipe_errors import Problem, problems_of, raise_problems
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.yaml_source import YamlSource, parse_yaml

Goal = Literal["reasoning", "knowledge", "code", "balanced"]

GOALS: dict[Goal, tuple[float, str]] = {
    "reasoning": (0.20, "20% code: the paper's cooldown, which raised reasoning, knowledge and code alike"),
    "knowledge": (0.10, "10% code: world knowledge falls as the share of code grows"),
    "code": (
        0.50,
        "50% code: code skill grows with its share; up to half, text is not hurt (arXiv 2305.16264)",
    ),
    "balanced": (0.25, "25% code: where natural-language reasoning peaked in the paper's sweep of shares"),
}
"""Goal → share of code in the mixture, and why."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Recipe(Options):
    """What to harvest, how to mix it, how to cool which model down on it, and how to show what changed."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)
    """Name of the recipe; runs are named after it."""
    goal: Goal = "reasoning"
    """What the cooldown is for; sets the share of code where `mix.shares` does not."""
    model: ModelSpec
    """Base model: a folder, a GGUF file, `package:NAME/FILE.gguf`, a hub name, or `random: {config, tokenizer}`."""
    seed: int = Field(default=17, ge=0)
    """Seed of every random stream of the run."""
    workspace: Path = Path(".cooldown")
    """Folder for everything that runs make; relative to the recipe's folder."""
    dataset: Path | None = None
    """Curated documents that an earlier harvest kept (`cooldown harvest --keep FOLDER`), used as they are: the sources are described but not read again."""
    sources: dict[str, SourceOptions] = Field(default={})
    """Name → connector and its options. Only with `dataset` they may be left out."""
    render: RenderOptions = RenderOptions()
    """Which layouts records get, in which proportion."""
    holdout: HoldoutOptions = HoldoutOptions()
    """Which documents are kept out of training."""
    curate: CurateOptions = CurateOptions()
    """Which documents are good enough."""
    mix: MixOptions = MixOptions()
    """How much of what the model reads."""
    train: TrainOptions = TrainOptions()
    """How the model is cooled down."""
    evaluate: EvaluateOptions = EvaluateOptions()
    """What is measured before and after."""

    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    @field_validator("sources", mode="before")
    @classmethod
    def _read_sources(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: _source(options) for name, options in value.items()}

    @field_validator("sources")
    @classmethod
    def _check_names(cls, value: dict[str, SourceOptions], info: ValidationInfo) -> dict[str, SourceOptions]:
        if not value and info.data.get("dataset") is None:
            raise ValueError("there is no source; give at least one, or a `dataset`")
        for name in value:
            if not _NAME.fullmatch(name):
                raise ValueError(f"source name {name!r} may hold letters, digits, `_` and `-` only")
        return value

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the recipe are relative to."""
        return self._folder

    @property
    def workspace_path(self) -> Path:
        return (self._folder / self.workspace.expanduser()).absolute()

    @property
    def dataset_path(self) -> Path | None:
        """The folder of the pinned dataset, if the recipe has one."""
        return None if self.dataset is None else (self._folder / self.dataset.expanduser()).absolute()

    @classmethod
    def load(cls, path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
        """Read a recipe from a YAML file; ``overrides`` are ``"train.method=full"`` and the like.

        Raises :class:`RecipeError` that lists everything wrong, each with its line and the nearest known key.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise InputError(
                "there is no such recipe",
                where=str(path),
                remedy="give the path of a recipe, or write one with `cooldown init`",
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"the recipe cannot be read: {error}", where=str(path), remedy="give a readable UTF-8 file"
            ) from error
        return cls.parse(text, folder=path.parent, where=str(path), overrides=overrides)

    @classmethod
    def parse(
        cls,
        content: str | Mapping[str, Any] | YamlSource,
        *,
        folder: str | Path = ".",
        where: str = "recipe",
        overrides: Sequence[str] = (),
    ) -> Recipe:
        """A recipe from YAML text, from a mapping, or from YAML that was read; relative paths in it are relative to ``folder``."""
        if isinstance(content, YamlSource):
            source = content
        else:
            source = parse_yaml(content, where) if isinstance(content, str) else YamlSource(dict(content))
        if not isinstance(source.data, dict):
            raise RecipeError(
                "a recipe is a mapping of keys to values",
                where=where,
                remedy="write one with `cooldown init`",
            )
        flags = {apply_override(source.data, override): override for override in overrides}
        problems: list[Problem] = []
        data = dict(source.data)
        if isinstance(data.get("sources"), dict):
            data["sources"] = _validate_sources(data["sources"], problems)
        try:
            recipe = cls.model_validate(data)
        except ValidationError as error:
            problems += problems_of(error, cls)
            recipe = None
        if problems or recipe is None:
            inside_sources = any(p.location[:1] == ("sources",) and len(p.location) > 1 for p in problems)
            raise_problems(
                [p for p in problems if not (inside_sources and p.location == ("sources",))],
                source,
                where,
                flags,
            )
        recipe._folder = Path(folder).absolute()
        return recipe

    def to_yaml(self) -> str:
        """The recipe with every option written out, as YAML that :meth:`parse` reads."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """As pydantic's, with the connectors' own options in ``sources``."""
        return super().model_dump(**{"serialize_as_any": True, **options})


def _source(options: Any) -> Any:
    if isinstance(options, Mapping) and isinstance(options.get("connector"), str):
        try:
            return connectors.find(options["connector"]).Options.model_validate(dict(options))
        except RecipeError as error:
            raise ValueError(str(error)) from None
    return options


def _validate_sources(sources: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Validate every source by its own connector, so that each error knows its place and its known keys."""
    good: dict[str, Any] = {}
    for name, options in sources.items():
        location = ("sources", name)
        if not isinstance(options, dict):
            problems.append(
                Problem(
                    location,
                    "a source is a mapping with a `connector`",
                    f"write `{name}: {{connector: git, path: …}}`",
                )
            )
            continue
        kind = options.get("connector")
        if not isinstance(kind, str):
            known = ", ".join(connectors.installed())
            problems.append(
                Problem(
                    location,
                    "the source does not say which `connector` reads it",
                    f"add `connector:` with one of {known}",
                )
            )
            continue
        try:
            model = connectors.find(kind).Options
            good[name] = model.model_validate(options)
        except CooldownError as error:
            problems.append(Problem((*location, "connector"), error.what, error.remedy))
        except ValidationError as error:
            problems += problems_of(error, model, location)
    return good


def apply_override(data: dict[str, Any], override: str) -> tuple[str | int, ...]:
    """Set one ``dotted.key=value`` in the data; returns its place."""
    key, sign, value = override.partition("=")
    if not sign or not key.strip():
        raise RecipeError(
            f"`--set {override}` is not KEY=VALUE", remedy="write for example `--set train.method=full`"
        )
    *parents, last = key.strip().split(".")
    target = data
    for parent in parents:
        child = target.setdefault(parent, {})
        if not isinstance(child, dict):
            raise RecipeError(
                f"`{parent}` holds a value, so `{key}` cannot be set below it", where=f"--set {override}"
            )
        target = child
    target[last] = parse_yaml(value, f"--set {override}").data
    return (*parents, last)
