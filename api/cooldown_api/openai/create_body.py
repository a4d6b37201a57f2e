"""What a client sends to create a fine-tuning job. Every field is honoured, or refused by name; none is left out in silence."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cooldown_api.files.manifest import Repository
from cooldown_api.openai.route import invalid, unsupported
from cooldown_kit.client import wire

_SUFFIX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_METHODS: Final = ("supervised", "cooldown")


class HyperparametersBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    n_epochs: Literal["auto"] | Annotated[int, Field(ge=1, le=1000)] = "auto"
    """How often the training data are read (`mix.auto_epochs`)."""
    batch_size: Literal["auto"] | Annotated[int, Field(ge=1, le=100_000)] = "auto"
    """Sequences for each step (`train.batch_sequences`): examples are packed into sequences."""
    learning_rate_multiplier: Literal["auto"] | Annotated[float, Field(gt=0, le=1000)] = "auto"
    """Times the usual learning rate of the method (`train.learning_rate`)."""


class MethodParameters(BaseModel):
    """Of the method ``supervised``; ``cooldown`` takes options of a recipe beside them."""

    model_config = ConfigDict(extra="allow")

    hyperparameters: HyperparametersBody | None = None


class Method(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(max_length=64)]
    supervised: MethodParameters | None = None
    cooldown: MethodParameters | None = None


class CreateFineTuningJob(BaseModel):
    """OpenAI's fields, and those that its clients send by ``extra_body``."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    model: Annotated[str, Field(min_length=1, max_length=512)]
    """One of `/v1/models`; or a place that recipes may name, such as `owner/name` of the hub."""
    training_file: Annotated[str, Field(max_length=256)] | None = None
    """Id of an uploaded file, or `dataset:name@v3`; left out where `repositories` are given."""
    validation_file: str | None = None
    """Refused: a part of the training data is held out instead."""
    hyperparameters: HyperparametersBody | None = None
    """As under `method`, which replaced it."""
    method: Method | None = None
    """Its `type` is `supervised` or `cooldown`; the latter takes options of a recipe, too."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    suffix: Annotated[str, Field(max_length=64)] | None = None
    """Part of the name of the fine-tuned model."""
    metadata: wire.Labels | None = None
    integrations: list[Any] | None = None
    """Refused unless empty."""
    repositories: Annotated[list[Repository], Field(min_length=1, max_length=256)] | None = None
    """Repositories to train on: options of the `git` connector (or of another `connector`) with `weight` and `ref`."""
    recipe: dict[str, Any] | None = None
    """Options of a recipe: `{"train": {"method": "full"}}`."""
    mixture: dict[str, Any] | None = None
    """The recipe's `mix`."""
    gpus: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = "auto"
    priority: int = Field(default=50, ge=0, le=100)
    executor: wire.Executor = "local"
    max_duration_seconds: int | None = Field(default=None, ge=1, le=366 * 86400)
    max_attempts: int | None = Field(default=None, ge=1, le=100)


def check_body(body: CreateFineTuningJob) -> None:
    """Raises :class:`ProblemError` that names the first field which cannot be honoured."""
    if body.validation_file is not None:
        raise unsupported(
            "validation_file",
            "a file of its own for validation is not read: a part of the training data is held out, and measured before and after",
            remedy='leave it out; `recipe: {"holdout": {"undated": 0.1}}` says how much is held out',
        )
    if body.integrations:
        raise unsupported(
            "integrations",
            "no integration is offered: metrics are in the events, in the result file and at /v1/jobs/{id}/metrics",
            remedy="leave it out",
        )
    if body.suffix and _SUFFIX.fullmatch(body.suffix) is None:
        raise invalid(
            "suffix", "it may hold letters, digits, `.`, `_` and `-`, and begins with a letter or digit"
        )
    _check_sources(body)
    _check_method(body)


def _check_sources(body: CreateFineTuningJob) -> None:
    if body.repositories is not None and body.training_file not in (None, "", "repos://"):
        raise invalid(
            "training_file",
            "the request names a file (or a dataset) and repositories",
            remedy="send two jobs, or a recipe with both as sources to /v1/jobs",
        )
    if body.repositories is None and not body.training_file:
        raise invalid(
            "training_file",
            "nothing is named to train on",
            remedy="give `training_file` an uploaded file or `dataset:name@v3`, or send `repositories` by `extra_body`",
            code="missing_training_source",
        )


def _check_method(body: CreateFineTuningJob) -> None:
    method = body.method
    if method is None:
        return
    if method.type not in _METHODS:
        raise unsupported(
            "method.type",
            f"the method `{method.type}` is not offered",
            remedy=f"use one of {', '.join(_METHODS)}",
            code="unsupported_method",
        )
    others = [name for name in (*_METHODS, *(method.model_extra or {})) if name != method.type]
    given = [
        name
        for name in others
        if getattr(method, name, None) is not None or (method.model_extra or {}).get(name)
    ]
    if given:
        raise unsupported(
            f"method.{given[0][:64]}", f"the method is `{method.type}`, and these are of another"
        )
    if method.supervised is not None and method.supervised.model_extra:
        name = next(iter(method.supervised.model_extra))[:64]
        raise unsupported(f"method.supervised.{name}", f"there is no `{name}`", code="unknown_parameter")
    if body.hyperparameters is not None and hyperparameters_of_method(body) is not None:
        raise invalid("hyperparameters", "they stand both by themselves and under `method`; give them once")


def hyperparameters_of_method(body: CreateFineTuningJob) -> HyperparametersBody | None:
    parameters = method_parameters(body)
    return parameters.hyperparameters if parameters else None


def method_parameters(body: CreateFineTuningJob) -> MethodParameters | None:
    if body.method is None:
        return None
    return body.method.cooldown if body.method.type == "cooldown" else body.method.supervised


def hyperparameters_of(body: CreateFineTuningJob) -> HyperparametersBody:
    """Those that were asked for, wherever they stand."""
    return hyperparameters_of_method(body) or body.hyperparameters or HyperparametersBody()
