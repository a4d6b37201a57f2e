"""Harvesting alone: documents for any other use, on a machine that has no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import cooldown_kit as ck
from cooldown_kit.documents import read_documents
from cooldown_kit.errors import InputError
from cooldown_kit.events import Event, StageFinished
from cooldown_kit.preferences import read_preferences

WITHOUT = """
import sys
from importlib.abc import MetaPathFinder

class NotInstalled(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "tokenizers", "datasets", "accelerate", "peft", "trl", "safetensors", "bitsandbytes"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())
"""


def without_train(project: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The real CLI where nothing of the extra `train` can be imported."""
    code = WITHOUT + "from cooldown_kit.cli.main import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_harvesting_needs_neither_torch_nor_the_model(project: Any) -> None:
    text = project.recipe.read_text()
    project.recipe.write_text(text.replace(text.split("model: ")[1].split("\n")[0], "not/there/yet"))
    done = without_train(project, "harvest", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    documents = list(read_documents(Path(made["documents_path"])))
    assert {d.stream for d in documents} == {"code.commits", "code.files", "book.pages"}
    assert {d.split for d in documents} == {"train", "heldout"}
    counted = sum(s["train"] + s["heldout"] for s in made["summary"]["streams"].values())
    assert counted == len(documents) == pq.read_metadata(made["documents_path"]).num_rows


@pytest.mark.parametrize("command", ["plan", "run"])
def test_what_needs_torch_says_how_to_install_it(project: Any, command: str) -> None:
    done = without_train(project, command)
    assert done.returncode == 2, done.stderr
    assert "pip install 'cooldown-kit[train]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_later_run_finds_what_was_harvested(project: Any) -> None:
    recipe = ck.Recipe.load(project.recipe)
    made = ck.harvest(recipe)
    events: list[Event] = []
    ck.plan(recipe, on_event=events.append)
    cached = {e.stage: e.cached for e in events if isinstance(e, StageFinished)}
    assert cached["harvest"] and cached["render"] and cached["curate"]
    assert made.rejects_path.exists()


def test_a_source_that_cannot_be_read_is_named(project: Any) -> None:
    project.edit("path: repository", "path: repositry")
    with pytest.raises(InputError, match="did you mean"):
        ck.harvest(ck.Recipe.load(project.recipe))


def test_special_tokens_are_read_from_the_model_s_files_without_torch(project: Any) -> None:
    done = without_train(project, "harvest", "--json", "--set", "render.special_tokens=true")
    assert done.returncode == 0, done.stderr
    render = next(iter((project.workspace / "stages" / "render").glob("code-*/manifest.json")))
    tokens = json.loads(render.read_text())["options"]["special_tokens"]
    assert tokens == ["<file_sep>", "<repo_name>", "<|endoftext|>"]


def test_special_tokens_of_a_model_that_is_not_there_are_an_error_that_names_the_place(project: Any) -> None:
    text = project.recipe.read_text()
    project.recipe.write_text(text.replace(text.split("model: ")[1].split("\n")[0], "not/there/yet"))
    with pytest.raises(InputError, match="no such model folder"):
        ck.harvest(ck.Recipe.load(project.recipe, ["render.special_tokens=true"]))


def test_layouts_decide_what_is_harvested_and_rendered_again(project: Any) -> None:
    events: list[Event] = []

    def cached() -> dict[str, bool]:
        found = {f"{e.stage} {e.detail}": e.cached for e in events if isinstance(e, StageFinished)}
        events.clear()
        return found

    ck.harvest(ck.Recipe.load(project.recipe))
    ck.harvest(ck.Recipe.load(project.recipe, ["render.pseudonyms=false"]), on_event=events.append)
    first = cached()
    assert first["harvest code"] and not first["render code"], "pseudonyms need nothing more of the harvest"
    tasks = ck.Recipe.load(project.recipe, ["render.commit={diff: 50%, before_after: 50%}"])
    ck.harvest(tasks, on_event=events.append)
    assert not cached()["harvest code"], "contents before the change were not harvested yet"
    ck.harvest(tasks, on_event=events.append)
    assert all(cached().values())


def test_pairs_for_preference_training_have_a_path_where_the_recipe_asks_for_them(project: Any) -> None:
    assert ck.harvest(ck.Recipe.load(project.recipe)).preferences_path is None
    project.edit("mix:\n", "render: {preferences: true}\nmix:\n")
    made = ck.harvest(ck.Recipe.load(project.recipe))
    assert made.preferences_path is not None
    assert list(read_preferences(made.preferences_path)) == [], "git knows no reviews"
    assert made.summary["preferences"] == {"read": 0, "kept": 0, "dropped": {}}
