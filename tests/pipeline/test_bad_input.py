"""What bad input gets: a clear message that names the thing and the remedy, and a status that is not zero."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cooldown_kit as ck
from cooldown_kit.run_folder import RunFolder


def _no_repository(project: Any) -> None:
    project.edit("path: repository", "path: handbook")


def _no_folder(project: Any) -> None:
    project.edit("path: repository", "path: repositry")


def _empty_repository(project: Any) -> None:
    shutil.rmtree(project.folder / "repository")
    (project.folder / "repository").mkdir()
    project.git("init", "-q")


def _no_such_revision(project: Any) -> None:
    project.edit("path: repository", "path: repository, revision: mian")


def _no_text(project: Any) -> None:
    project.edit("handbook/**/*.md", "handbok/**/*.md")


def _no_model(project: Any) -> None:
    text = project.recipe.read_text()
    project.recipe.write_text(text.replace(text.split("model: ")[1].split("\n")[0], "models/none"))


def _no_key(project: Any) -> None:
    project.edit("mix:", "mics:")


def _no_type(project: Any) -> None:
    project.edit("sequence_length: 64", "sequence_length: long")


def _no_share(project: Any) -> None:
    project.edit("max_epochs: 1000", "max_epochs: 0.01")


def _no_context(project: Any) -> None:
    project.edit("sequence_length: 64", "sequence_length: 100000")


def _no_stream(project: Any) -> None:
    project.edit("code.files: 25%", "code.fils: 25%")


@pytest.mark.parametrize(
    ("spoil", "names", "remedy"),
    [
        (_no_repository, "handbook", "repository"),
        (_no_folder, "repositry", "repository"),
        (_empty_repository, "repository", "commit"),
        (_no_such_revision, "mian", "main"),
        (_no_text, "handbok", "handbook"),
        (_no_model, "models/none", "folder"),
        (_no_key, "mics", "`mix`"),
        (_no_type, "mix.sequence_length", "long"),
        (_no_share, "book", "max_epochs"),
        (_no_context, "mix.sequence_length", "set it to"),
        (_no_stream, "code.fils", "`code.files`"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else None,
)
def test_it_is_named_with_the_remedy_before_anything_costs(
    project: Any, spoil: Callable[[Any], None], names: str, remedy: str
) -> None:
    spoil(project)
    for command in ("plan", "run"):
        status, _, err = project.cooldown(command)
        assert status == 2, err
        assert names in err
        assert remedy in err
        assert "Traceback" not in err
    assert not list(project.workspace.glob("stages/train/*"))


def test_no_commit_in_the_window_is_said_and_the_share_refused(project: Any) -> None:
    project.edit("path: repository", "path: repository, since: 2030-01-01")
    status, _, err = project.cooldown("run")
    assert status == 2
    assert "2030-01-01" in err
    assert "code.commits" in err


def test_odd_files_are_counted_with_their_reason_and_do_not_stop_the_run(project: Any) -> None:
    repository = project.folder / "repository"
    (repository / "huge.bin").write_bytes(b"")
    os.truncate(repository / "huge.bin", 500 << 20)  # sparse: 500 MB that cost no disk
    (repository / "latin.txt").write_bytes("caf\xe9 ".encode("latin-1") * 20)
    (repository / "loop").symlink_to("loop")
    project.commit("image.png", b"\x89PNG\r\n\x1a\n\x00\x00" * 50, "Add odd files", day=20)
    project.git("checkout", "-q", "--detach")
    (project.folder / "handbook" / "loop").symlink_to(project.folder / "handbook")
    (project.folder / "handbook" / "bad.md").write_bytes(b"\xff\xfe\xfa" * 30)
    result = ck.run(ck.Recipe.load(project.recipe))
    run = RunFolder.open(result.run_path)
    skipped = run.summary("harvest/code")["skipped"]
    assert {"too_large", "not_utf8", "symlink", "binary"} <= set(skipped)
    assert run.summary("harvest/book")["skipped"]


def test_a_shallow_clone_runs_without_the_commits_it_does_not_have(project: Any) -> None:
    project.git(
        "clone",
        "-q",
        "--depth",
        "8",
        f"file://{project.folder / 'repository'}",
        str(project.folder / "shallow"),
    )
    project.edit("path: repository", "path: shallow")
    result = ck.run(ck.Recipe.load(project.recipe))
    summary = RunFolder.open(result.run_path).summary("harvest/code")
    assert summary["records"]["commits"] == 7
    assert summary["skipped"]["shallow_boundary"] == 1


@pytest.mark.parametrize(
    "arguments", [["run", "none.yaml"], ["plan", "none.yaml"], ["trace", "none"], ["inspect", "none"]]
)
def test_a_recipe_or_run_that_is_not_there_is_named(project: Any, arguments: list[str]) -> None:
    status, _, err = project.cooldown(*arguments)
    assert status == 2
    assert "none" in err
    assert "Traceback" not in err


def test_an_unknown_flag_or_command_is_refused(tmp_path: Path, project: Any) -> None:
    assert project.cooldown("run", "--fast")[0] == 2
    assert project.cooldown("rnu")[0] == 2
