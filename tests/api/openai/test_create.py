"""Jobs from files, datasets and repositories: what a client asks for is in the recipe, or is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest
from cooldown_api.database.tables import Dataset, Job
from openai.types.fine_tuning import FineTuningJob
from sqlalchemy import select

from job_rows import add_dataset

from .conftest import CHATS, Live

REPOSITORIES = [
    {
        "url": "https://git.example/acme/billing.git",
        "ref": "main",
        "weight": 3,
        "token": "secret:forge",
        "take": ["commits"],
    },
    {"url": "https://git.example/acme/ledger.git", "weight": 1},
]


def recipe_of(live: Live, job: FineTuningJob) -> dict[str, Any]:
    with live.service.database.read("default") as session:
        return session.get_one(Job, job.id.replace("ftjob-", "job_")).recipe


def create(live: Live, **more: Any) -> FineTuningJob:
    given: dict[str, Any] = {"model": "tiny", **more}
    if "training_file" not in given:
        given["training_file"] = live.upload()
    return live.client.fine_tuning.jobs.create(**given)


def refused(live: Live, **more: Any) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as caught:
        create(live, **more)
    assert caught.value.type == "invalid_request_error"
    return caught.value


def test_a_file_of_conversations_becomes_a_job_that_trains_the_answers(live: Live, roots: Path) -> None:
    file = live.upload()
    job = create(live, training_file=file, suffix="due-dates", seed=5, metadata={"team": "ledger"})
    assert (job.object, job.status, job.model, job.training_file) == (
        "fine_tuning.job",
        "queued",
        "tiny",
        file,
    )
    assert (job.seed, job.metadata, job.error, job.fine_tuned_model) == (5, {"team": "ledger"}, None, None)
    assert (job.result_files, job.organization_id, job.validation_file) == ([], "default", None)
    assert job.hyperparameters.n_epochs == "auto"
    recipe = recipe_of(live, job)
    source = recipe["sources"]["training"]
    assert source["connector"] == "text"
    assert source["path"] == str(live.service.settings.files_folder("default") / f"{file}.jsonl")
    assert source["messages_field"] == "messages"
    assert recipe["model"] == str(roots / "base-model")
    assert recipe["name"] == "due-dates"
    assert recipe["render"]["special_tokens"] is True
    assert recipe["mix"]["shares"] == {"text": {"training": 1.0}}


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        ([{"prompt": "a", "completion": "b"}], {"prompt_field": "prompt", "text_field": "completion"}),
        ([{"text": "a"}], {"text_field": "text", "prompt_field": None}),
    ],
)
def test_prompts_and_plain_texts_are_read_as_such(
    live: Live, rows: list[Any], fields: dict[str, Any]
) -> None:
    source = recipe_of(live, create(live, training_file=live.upload(rows)))["sources"]["training"]
    assert {key: source[key] for key in fields} == fields


def test_hyperparameters_are_options_of_training_and_come_back_as_they_were_asked(live: Live) -> None:
    asked = {"n_epochs": 20, "batch_size": 4, "learning_rate_multiplier": 0.5}
    old = create(live, hyperparameters=asked)
    new = create(live, method={"type": "supervised", "supervised": {"hyperparameters": asked}})
    for job in (old, new):
        assert job.hyperparameters.to_dict() == asked
        assert job.method is not None
        assert job.method.to_dict() == {"type": "supervised", "supervised": {"hyperparameters": asked}}
        recipe = recipe_of(live, job)
        assert recipe["train"]["batch_sequences"] == 4
        assert recipe["train"]["learning_rate"] == pytest.approx(0.5 * 2e-4)
        assert (recipe["mix"]["tokens"], recipe["mix"]["auto_epochs"]) == ("auto", 20.0)
        assert recipe["mix"]["max_epochs"] >= 20


def test_the_method_cooldown_takes_options_of_a_recipe(live: Live) -> None:
    method = {
        "type": "cooldown",
        "cooldown": {
            "hyperparameters": {"learning_rate_multiplier": 2},
            "train": {"method": "full", "schedule": "cosine"},
            "goal": "code",
        },
    }
    recipe = recipe_of(live, create(live, method=method))
    assert (recipe["goal"], recipe["train"]["schedule"]) == ("code", "cosine")
    assert recipe["train"]["learning_rate"] == pytest.approx(2 * 2e-5), (
        "the multiplier is of the method's own rate"
    )


def test_repositories_need_no_file_and_are_read_by_weight(live: Live) -> None:
    for file in (openai.omit, "", "repos://"):
        job = live.client.fine_tuning.jobs.create(
            model="tiny",
            training_file=file,  # type: ignore[arg-type]
            extra_body={"repositories": REPOSITORIES, "mixture": {"tokens": "20k"}},
        )
        recipe = recipe_of(live, job)
        billing, ledger = recipe["sources"]["billing"], recipe["sources"]["ledger"]
        assert (billing["revision"], billing["token"], billing["take"]) == (
            "main",
            "secret:forge",
            ["commits"],
        )
        assert ledger["url"] == "https://git.example/acme/ledger.git"
        assert recipe["mix"]["shares"] == {"repositories": {"billing": 0.75, "ledger": 0.25}}
        assert recipe["mix"]["tokens"] == 20_000
        assert job.training_file == "repos://"


def test_repositories_without_weights_are_one_source_that_is_read_in_proportion(live: Live) -> None:
    plain = [{"url": f"https://git.example/a/{name}.git"} for name in "xyz"]
    recipe = recipe_of(live, create(live, training_file="repos://", extra_body={"repositories": plain}))
    assert list(recipe["sources"]) == ["repositories"]
    assert [item["url"] for item in recipe["sources"]["repositories"]["repositories"]] == [
        one["url"] for one in plain
    ]
    different = [plain[0], {**plain[1], "take": ["files"]}]
    error = refused(live, training_file="repos://", extra_body={"repositories": different})
    assert error.param == "repositories"
    assert "need a `weight`" in error.message


def test_a_manifest_that_was_uploaded_stands_for_the_repositories(live: Live) -> None:
    manifest = b"repositories:\n- {url: 'https://git.example/a/b.git'}\nrecipe: {mix: {tokens: 30k}}\n"
    file = live.client.files.create(file=("repos.yaml", manifest), purpose="fine-tune").id
    job = create(live, training_file=file)
    recipe = recipe_of(live, job)
    assert recipe["sources"]["b"]["url"] == "https://git.example/a/b.git"
    assert recipe["mix"]["tokens"] == 30_000
    assert job.training_file == file


def test_a_recipe_that_was_uploaded_is_the_job_and_the_request_goes_before_it(
    live: Live, roots: Path
) -> None:
    text = b"name: r\nmodel: elsewhere/model\nseed: 3\nsources: {h: {connector: git, url: 'https://git.example/a/b.git'}}\nmix: {tokens: 40k}\n"
    file = live.client.files.create(file=("recipe.yaml", text), purpose="fine-tune").id
    recipe = recipe_of(live, create(live, training_file=file, seed=4))
    assert (recipe["name"], recipe["seed"], recipe["mix"]["tokens"]) == ("r", 4, 40_000)
    assert recipe["model"] == str(roots / "base-model")


def test_a_dataset_is_named_with_its_version_and_pinned(live: Live) -> None:
    reference = add_dataset(live.service, "billing")
    job = create(live, training_file="dataset:billing")
    assert job.training_file == f"dataset:{reference}"
    with live.service.database.read("default") as session:
        row = session.get_one(Job, job.id.replace("ftjob-", "job_"))
        dataset = session.scalars(select(Dataset)).one()
        assert row.dataset_id == dataset.id
        assert row.recipe["dataset"] == dataset.folder
    error = refused(live, training_file="dataset:nothing@v3")
    assert (error.code, error.param) == ("dataset_not_found", "training_file")


def test_without_anything_to_train_on_the_error_says_what_to_send(live: Live) -> None:
    for extra in ({"training_file": openai.omit}, {"training_file": ""}):
        error = refused(live, **extra)
        assert (error.code, error.param) == ("missing_training_source", "training_file")
        assert "repositories" in error.message


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"validation_file": "file-x"}, "unsupported_parameter", "validation_file"),
        (
            {"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]},
            "unsupported_parameter",
            "integrations",
        ),
        ({"method": {"type": "dpo", "dpo": {}}}, "unsupported_method", "method.type"),
        ({"method": {"type": "reinforcement"}}, "unsupported_method", "method.type"),
        ({"method": {"type": "supervised", "dpo": {"x": 1}}}, "unsupported_parameter", "method.dpo"),
        (
            {"method": {"type": "supervised", "supervised": {"colour": 1}}},
            "unknown_parameter",
            "method.supervised.colour",
        ),
        (
            {"hyperparameters": {}, "method": {"type": "supervised", "supervised": {"hyperparameters": {}}}},
            "invalid_value",
            "hyperparameters",
        ),
        ({"hyperparameters": {"n_epochs": 0}}, "invalid_value", "hyperparameters.n_epochs"),
        ({"hyperparameters": {"beta": 1}}, "unknown_parameter", "hyperparameters.beta"),
        ({"suffix": "a:b"}, "invalid_value", "suffix"),
        ({"suffix": "x" * 65}, "invalid_value", "suffix"),
        ({"seed": -1}, "invalid_value", "seed"),
        ({"metadata": {str(number): "x" for number in range(17)}}, "invalid_value", "metadata"),
        ({"model": "gpt-4o-mini"}, "model_not_found", "model"),
        ({"model": "ft:tiny:default::00000000000000000000000000"}, "model_not_found", "model"),
        ({"training_file": "file-nothing"}, "file_not_found", "training_file"),
        ({"extra_body": {"colour": "red"}}, "unknown_parameter", "colour"),
        ({"extra_body": {"repositories": REPOSITORIES}}, "invalid_value", "training_file"),
        ({"extra_body": {"recipe": {"sources": {}}}}, "invalid_value", "recipe.sources"),
        ({"extra_body": {"recipe": {"trian": {}}}}, "recipe", "recipe (trian)"),
        (
            {
                "hyperparameters": {"batch_size": 4},
                "extra_body": {"recipe": {"train": {"batch_sequences": 8}}},
            },
            "invalid_value",
            "hyperparameters.batch_size",
        ),
        (
            {"hyperparameters": {"n_epochs": 4}, "extra_body": {"mixture": {"tokens": "1M"}}},
            "invalid_value",
            "hyperparameters.n_epochs",
        ),
        ({"seed": 3, "extra_body": {"recipe": {"seed": 4}}}, "invalid_value", "seed"),
    ],
)
def test_what_cannot_be_honoured_is_a_400_that_names_it(
    live: Live, more: dict[str, Any], code: str, param: str
) -> None:
    error = refused(live, **more)
    assert (error.code, error.param) == (code, param)
    assert list(live.client.fine_tuning.jobs.list()) == []


def test_integrations_that_are_none_are_no_matter(live: Live) -> None:
    assert create(live, integrations=[]).integrations == []
    assert create(live, integrations=None, metadata=None).metadata == {}


def test_a_file_with_errors_is_not_trained_on_and_says_why(live: Live) -> None:
    error = refused(live, training_file=live.upload([CHATS[0], {"messages": 1}]))
    assert (error.code, error.param) == ("invalid_training_file", "training_file")
    assert "line 2" in error.message


def test_the_policy_holds_for_these_clients_too(live: Live, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for body in (
        {"repositories": [{"path": str(tmp_path / "elsewhere")}]},
        {"repositories": [{"url": "https://git.example/a.git", "token": "env:HOME"}]},
    ):
        with pytest.raises(openai.PermissionDeniedError) as caught:
            create(live, training_file="repos://", extra_body=body)
        assert caught.value.code == "refused"
    with pytest.raises(openai.PermissionDeniedError):
        create(live, model=str(tmp_path / "elsewhere"))


def test_a_token_in_clear_is_refused_and_kept_nowhere(live: Live) -> None:
    token = "ghp_" + "a1B2" * 9
    error = refused(
        live, training_file="repos://", extra_body={"repositories": [{**REPOSITORIES[1], "token": token}]}
    )
    assert token not in str(error.body)


def test_the_same_key_creates_one_job(live: Live) -> None:
    file = live.upload()
    keyed = {"training_file": file, "extra_headers": {"Idempotency-Key": "k-1"}}
    first, second = create(live, **keyed), create(live, **keyed)
    assert first.id == second.id
    assert len(list(live.client.fine_tuning.jobs.list())) == 1
    error = refused(live, **keyed, suffix="other")
    assert error.code == "idempotency_mismatch"


def test_a_file_stays_while_a_job_reads_it(live: Live) -> None:
    file = live.upload()
    job = create(live, training_file=file)
    with pytest.raises(openai.ConflictError) as caught:
        live.client.files.delete(file)
    assert caught.value.code == "file_in_use"
    live.client.fine_tuning.jobs.cancel(job.id)
    assert live.client.files.delete(file).deleted is True
