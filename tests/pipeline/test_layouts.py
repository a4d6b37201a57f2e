"""Layouts end to end: a repository with notebooks, commits in three layouts, packs, and special tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cooldown_kit as ck
from cooldown_kit.documents import read_documents
from cooldown_kit.layout_samples import layout_samples
from cooldown_kit.lineage import shown, trace
from cooldown_kit.model.tokenizer import load_tokenizer
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.samples import samples

LAYOUTS = """\
render:
  commit: {diff: 40%, before_after: 30%, task: 30%}
  source_file: {file: 50%, repository: 50%}
  special_tokens: true
mix:
"""
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"language_info": {"name": "python"}},
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# Analysis\nWe look at the values."},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "print(6 * 7)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "42\n"}],
        },
    ],
}


@pytest.fixture
def laid_out(project: Any) -> Any:
    project.edit("mix:\n", LAYOUTS)
    project.commit("notebooks/analysis.ipynb", json.dumps(NOTEBOOK), "Analyse the values", day=25)
    project.edit("path: repository}", "path: repository, take: [commits, files, notebooks]}")
    return project


def test_a_run_with_every_layout_trains_scores_and_reports_them(laid_out: Any) -> None:
    result = ck.run(ck.Recipe.load(laid_out.recipe))
    run = RunFolder.open(result.run_path)
    streams = run.summary("curate")["streams"]
    assert set(streams["code.commits"]["layouts"]) == {"diff", "before_after", "task"}
    files = streams["code.files"]["layouts"]
    assert all(of["special_tokens"] == of["documents"] > 0 for of in files.values())
    assert not any(of["special_tokens"] for of in streams["code.commits"]["layouts"].values()), (
        "the tiny tokenizer has no tokens for commits"
    )
    tokens = run.summary("tokenise")["streams"]
    assert 0 < tokens["code.commits"]["untrained_tokens"] < tokens["code.commits"]["tokens"]
    assert tokens["code.files"]["untrained_tokens"] == 0
    report = result.report_path.read_text()
    for words in ('id="layouts-table"', "before after", 'class="token"', 'class="prompt"'):
        assert words in report


def test_special_tokens_and_prompts_reach_training_as_documents_have_them(laid_out: Any) -> None:
    result = ck.run(ck.Recipe.load(laid_out.recipe))
    run = RunFolder.open(result.run_path)
    tokenizer = load_tokenizer(result.model_path)
    documents = {d.id: d for d in read_documents(run.stage("curate") / "documents.parquet")}
    marked = prompts = 0
    for sequence in range(run.summary("mix")["rows"]):
        for piece in trace(run, sequence):
            parts, document = shown(piece, tokenizer), documents[piece.document]
            assert piece.layout == document.layout
            learned = "".join(part.text for part in document.segments if part.trained)
            assert all(
                part.text in learned for part in parts if part.trained and not part.token and piece.start == 0
            )
            if piece.kind == "code" and piece.start == 0:
                assert parts[0].token and parts[0].text == "<repo_name>"
                marked += 1
            prompts += piece.layout == "task" and bool(piece.untrained)
            assert piece.layout == "task" or not piece.untrained
    assert marked and prompts


def test_inspect_shows_one_record_in_each_layout_and_says_where_one_cannot_be(project: Any) -> None:
    project.commit("a.py", "password = 'k3Vq.9xW2pLm4'\n" + "x = 1\n" * 9, "Add a", day=22)
    project.commit("a.py", "password = 'k3Vq.9xW2pLm4'\n" + "x = 2\n" * 9, "Count to two", day=23)
    result = ck.run(ck.Recipe.load(project.recipe))
    found = {(s.kind, s.layout): s for s in layout_samples(RunFolder.open(result.run_path))}
    assert {("commit", "diff"), ("source_file", "file"), ("source_file", "repository")} <= set(found)
    assert found["commit", "diff"].sample is not None
    for layout in ("before_after", "task"):
        missing = found["commit", layout]
        assert missing.sample is None
        assert f"render.commit.{layout}" in missing.why
        assert "no contents" in missing.why
    status, out, err = project.cooldown("inspect", "--layouts")
    assert status == 0, err
    assert "=== commit: task ===" in out
    assert "k3Vq" not in out

    project.edit("mix:\n", LAYOUTS)
    run = RunFolder.open(ck.run(ck.Recipe.load(project.recipe)).run_path)
    found = {(s.kind, s.layout): s for s in layout_samples(run)}
    shown_as = [found["commit", layout].sample for layout in ("diff", "before_after", "task")]
    assert all(shown_as)
    assert len({sample.title.partition(" (")[0] for sample in shown_as if sample}) == 1, "the same commit"
    assert any(not part.trained for part in shown_as[2].parts if shown_as[2])
    assert "30%" in found["commit", "task"].why


def test_inspect_shows_documents_of_one_layout(laid_out: Any) -> None:
    result = ck.run(ck.Recipe.load(laid_out.recipe))
    run = RunFolder.open(result.run_path)
    found = samples(run, "documents", layout="task", count=50)
    assert found
    assert all("(commit, task" in sample.title for sample in found)
    assert samples(run, "harvest", layout="task") == [], "records have no layout"
    status, out, err = laid_out.cooldown("inspect", "--layout", "task", "-n", "1")
    assert status == 0, err
    assert "=== documents ===" in out and "=== harvest ===" not in out
    status, _, err = laid_out.cooldown("inspect", "--layout", "tusk")
    assert status == 2
    assert "before_after, diff" in err


def test_a_stream_without_any_document_is_no_error_and_no_warning(project: Any) -> None:
    project.edit("path: repository}", "path: repository, take: [commits, files, notebooks]}")
    project.edit("  shares: {text: {book: 50%}, code: {code.commits: 25%, code.files: 25%}}\n", "")
    plan = ck.plan(ck.Recipe.load(project.recipe))
    assert not [finding.text for finding in plan.findings if "notebook" in finding.text]
    assert "code.notebooks" not in {share.name for share in plan.shares}
    assert not plan.errors


def test_plan_shows_layouts_what_fell_back_and_prompts_that_a_sequence_cannot_hold(laid_out: Any) -> None:
    plan = ck.plan(ck.Recipe.load(laid_out.recipe))
    layouts = {(of.stream, of.layout): of for of in plan.layouts}
    assert {("code.commits", "task"), ("code.files", "repository"), ("book.pages", "plain")} <= set(layouts)
    assert plan.fallbacks["code"]["before_after"]["no_contents"] > 0, "commits that add a file change none"
    assert any("longer than a sequence of 64 tokens" in finding.text for finding in plan.findings)
    text = plan.table()
    for words in ("fell back", "no contents", "with special tokens", "of prompts"):
        assert words in text


def test_a_kind_of_which_nothing_is_held_out_is_a_warning(project: Any) -> None:
    project.edit("mix:\n", "render: {source_file: {repository: 100%}, repository_characters: 1M}\nmix:\n")
    plan = ck.plan(ck.Recipe.load(project.recipe))
    assert {of.layout: of.documents for of in plan.layouts}["repository"] == 1
    assert any("no held-out documents of kind code" in finding.text for finding in plan.findings)


def test_special_tokens_that_no_layout_can_use_are_a_warning(project: Any) -> None:
    project.edit("  code: {connector: git, path: repository}\n", "")
    project.edit("mix:\n", "render: {special_tokens: true}\nmix:\n")
    project.edit(", code: {code.commits: 25%, code.files: 25%}", "")
    project.edit("{book: 50%}", "{book: 100%}")
    plan = ck.plan(ck.Recipe.load(project.recipe))
    assert any("every document is plain text" in finding.text for finding in plan.findings)


def test_a_tokenizer_that_lost_a_token_after_rendering_is_refused_by_name(
    laid_out: Any, tmp_path: Path
) -> None:
    """A hand-made mixture of one model's documents and another's tokenizer names what is missing."""
    from cooldown_kit.errors import InputError
    from cooldown_kit.mix.tokens import tokenise
    from cooldown_kit.model.tokenizer import Encoder

    made = ck.harvest(ck.Recipe.load(laid_out.recipe))
    model = Path(ck.Recipe.load(laid_out.recipe).model)  # type: ignore[arg-type]
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (bare / name).write_text((model / name).read_text().replace("<repo_name>", "<repository>"))
    out = tmp_path / "tokens"
    out.mkdir()
    with pytest.raises(InputError, match="<repo_name>"):
        tokenise(made.documents_path, Encoder(bare), out, lambda event: None)
