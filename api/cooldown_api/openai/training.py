"""From a request of an OpenAI client to a job as the native routes create it: a recipe, or a recipe with a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from cooldown_api.access import Access
from cooldown_api.creating.pinning import ready_dataset
from cooldown_api.database.tables import StoredFile
from cooldown_api.files.check import ROWS, read_manifest
from cooldown_api.files.folders import path_of
from cooldown_api.files.manifest import Manifest, Repository, sources_of
from cooldown_api.files.stored import find_file
from cooldown_api.openai.base_models import place_of
from cooldown_api.openai.create_body import (
    CreateFineTuningJob,
    HyperparametersBody,
    hyperparameters_of,
    method_parameters,
)
from cooldown_api.openai.options import Asked
from cooldown_api.openai.route import invalid
from cooldown_api.problems import ProblemError
from cooldown_kit.client import wire
from cooldown_kit.errors import CooldownError

DATASET: Final = "dataset:"
_SOURCE: Final = "training"
_BYTES_PER_TOKEN: Final = 4
_SEQUENCE: Final = 2048
_FEWEST_STEPS: Final = 10
_USUAL_BATCH: Final = 8
_USUAL_EPOCHS: Final = 4
_LONG_RUN: Final = 1000
"""Steps of a run in which the usual learning rate is that of the method, without what short runs add."""


@dataclass(frozen=True)
class Translated:
    """What to submit, what to remember of the client's words, and the file that must stay until the job has ended."""

    job: wire.JobCreate
    facade: dict[str, Any]
    file_id: str | None = None


def translate(access: Access, body: CreateFineTuningJob) -> Translated:
    """Raises :class:`ProblemError` for a model, file or dataset that is not there, and for options that contradict each other."""
    asked = Asked()
    asked.set("model", place_of(access, body.model), "model")
    _ask_options(asked, body)
    if body.suffix:
        asked.set("name", body.suffix, "suffix")
    if body.seed is not None:
        asked.set("seed", body.seed, "seed")
    hyperparameters = hyperparameters_of(body)
    given, dataset, file = _training_data(access, body, asked, hyperparameters)
    _ask_hyperparameters(asked, hyperparameters, given)
    named = {"name": "fine-tuning", **given}
    job = wire.JobCreate(
        recipe=asked.over(named),
        dataset=dataset,
        gpus=body.gpus,
        priority=body.priority,
        executor=body.executor,
        max_duration_seconds=body.max_duration_seconds,
        max_attempts=body.max_attempts,
        metadata=body.metadata or {},
    )
    return Translated(job, _facade(body, dataset, hyperparameters), file)


def _ask_options(asked: Asked, body: CreateFineTuningJob) -> None:
    """Options of a recipe by its own names, from the three places where they may stand."""
    for field in ("recipe", "mixture"):
        options = getattr(body, field)
        if options is not None:
            _check_own(options, field)
            asked.merge(options if field == "recipe" else {"mix": options}, field)
    parameters = method_parameters(body)
    if parameters is not None and parameters.model_extra:
        _check_own(parameters.model_extra, "method.cooldown")
        asked.merge(parameters.model_extra, "method.cooldown")


def _check_own(options: dict[str, Any], field: str) -> None:
    for key in ("sources", "dataset"):
        if key in options:
            raise invalid(
                f"{field}.{key}",
                f"`{key}` follows from `training_file` or `repositories`",
                remedy="upload the whole recipe as a file, or send it to /v1/jobs",
            )


def _training_data(
    access: Access, body: CreateFineTuningJob, asked: Asked, hyperparameters: HyperparametersBody
) -> tuple[dict[str, Any], str | None, str | None]:
    """``(options that stand where nothing else was asked for, dataset, file)``."""
    if body.repositories is not None:
        return _of_repositories(body.repositories, "repositories"), None, None
    assert body.training_file is not None
    if body.training_file.startswith(DATASET):
        reference = body.training_file.removeprefix(DATASET)
        return *_of_dataset(access, reference), None
    file = _file(access, body.training_file)
    kind = str(file.facts.get("kind"))
    if kind in ROWS:
        return _of_rows(access, file, kind, hyperparameters), None, file.id
    return _of_manifest(access, file, kind, asked), None, file.id


def _file(access: Access, id: str) -> StoredFile:
    with access.read() as session:
        try:
            file = find_file(session, id, access.now(session))
        except ProblemError:
            raise invalid(
                "training_file", f"there is no file {id!r} in this project", code="file_not_found"
            ) from None
    if file.status != "processed":
        raise invalid(
            "training_file", f"{id} cannot be trained on: {file.status_details}", code="invalid_training_file"
        )
    return file


def _of_rows(
    access: Access, file: StoredFile, kind: str, hyperparameters: HyperparametersBody
) -> dict[str, Any]:
    """A file of examples is the only source, and all of it is meant: short ones stay, and it is read as often as was asked."""
    fields = {
        "chat": {"messages_field": "messages"},
        "completion": {"prompt_field": "prompt", "text_field": "completion"},
        "text": {"text_field": "text"},
    }[kind]
    epochs = _USUAL_EPOCHS if hyperparameters.n_epochs == "auto" else hyperparameters.n_epochs
    return {
        "sources": {
            _SOURCE: {"connector": "text", "path": str(path_of(access.service.settings, file)), **fields}
        },
        "render": {"special_tokens": True},
        "curate": {"min_characters": 1},
        "mix": {"shares": {"text": {_SOURCE: 1.0}}, "max_epochs": 1000.0},
        "train": {"batch_sequences": _fitting_batch(file.bytes, epochs)},
    }


def _fitting_batch(size: int, epochs: int) -> int:
    """Sequences for each step: so many that a small file still makes some steps, and the usual number for a large one."""
    sequences = size * epochs // (_BYTES_PER_TOKEN * _SEQUENCE)
    return max(1, min(_USUAL_BATCH, sequences // _FEWEST_STEPS))


def _of_manifest(access: Access, file: StoredFile, kind: str, asked: Asked) -> dict[str, Any]:
    try:
        data = read_manifest(path_of(access.service.settings, file))
        if kind == "recipe":
            return {key: value for key, value in data.items() if key != "model" or not asked.has("model")}
        manifest = Manifest.model_validate(data)
    except (CooldownError, ValidationError, OSError) as error:
        raise invalid("training_file", f"{file.id} cannot be read any more: {error}") from None
    asked.merge(manifest.recipe, "training_file")
    return _of_repositories(manifest.repositories, "training_file")


def _of_repositories(repositories: list[Repository], param: str) -> dict[str, Any]:
    try:
        sources, shares = sources_of(repositories)
    except ValueError as error:
        raise invalid(param, str(error)) from None
    return {"sources": sources, "mix": {"shares": {"repositories": shares}}}


def _of_dataset(access: Access, reference: str) -> tuple[dict[str, Any], str]:
    """Its own recipe says the goal and the mixture, where the request does not."""
    try:
        with access.read() as session:
            dataset = ready_dataset(session, reference)
    except ProblemError as error:
        if error.kind.status == 404:
            raise invalid(
                "training_file",
                f"there is no dataset {reference!r} in this project",
                code="dataset_not_found",
            ) from None
        raise
    made: dict[str, Any] = {key: value for key, value in dataset.recipe.items() if key in ("goal", "mix")}
    return made, dataset.reference


def _ask_hyperparameters(asked: Asked, wanted: HyperparametersBody, given: dict[str, Any]) -> None:
    if wanted.n_epochs != "auto":
        if asked.has("mix.tokens") and asked.get("mix.tokens") != "auto":
            raise invalid(
                "hyperparameters.n_epochs",
                "`mix.tokens` already says how much is read",
                remedy="give one of them",
            )
        asked.set("mix.tokens", "auto", "hyperparameters.n_epochs")
        asked.set("mix.auto_epochs", float(wanted.n_epochs), "hyperparameters.n_epochs")
        most = float((given.get("mix") or {}).get("max_epochs", 16.0))
        if not asked.has("mix.max_epochs") and wanted.n_epochs > most:
            asked.set("mix.max_epochs", float(wanted.n_epochs), "hyperparameters.n_epochs")
    if wanted.batch_size != "auto":
        asked.set("train.batch_sequences", wanted.batch_size, "hyperparameters.batch_size")
    if wanted.learning_rate_multiplier != "auto":
        method = asked.get("train.method") or (given.get("train") or {}).get("method") or "lora"
        rate = wanted.learning_rate_multiplier * _usual_rate(str(method))
        asked.set("train.learning_rate", rate, "hyperparameters.learning_rate_multiplier")


def _usual_rate(method: str) -> float:
    from cooldown_kit.train.resolve import usual_learning_rate

    return usual_learning_rate(method, _LONG_RUN)[0]


def _facade(
    body: CreateFineTuningJob, dataset: str | None, hyperparameters: HyperparametersBody
) -> dict[str, Any]:
    """To be given back in the client's words."""
    method = "supervised" if body.method is None else body.method.type
    asked = hyperparameters.model_dump(mode="json")
    return {
        "model": body.model,
        "training_file": f"{DATASET}{dataset}" if dataset else body.training_file or "repos://",
        "suffix": body.suffix or "",
        "hyperparameters": asked,
        "method": {"type": method, method: {"hyperparameters": asked}},
        **({"repositories": len(body.repositories)} if body.repositories else {}),
    }
