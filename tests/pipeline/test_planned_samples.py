"""The documents that a plan shows are those that the model will read, token by token."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import cooldown_kit as ck
from cooldown_kit.documents import find_documents, read_documents
from cooldown_kit.mix.tokens import read_streams

LAYOUTS = "render: {commit: {diff: 50%, task: 50%}}\nmix:\n"


@pytest.fixture
def tokens(project: Any) -> Any:
    """Id → its token ids and labels as training reads them."""

    def read(stream: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        (folder,) = project.workspace.glob("stages/tokenise/*/")
        (found,) = read_streams(folder, [stream])
        return {
            str(name): found.piece(place, 0, int(found.lengths[place]))
            for place, name in enumerate(found.ids)
        }

    return read


def test_every_stream_and_layout_is_shown_with_its_tokens(project: Any, tokens: Any) -> None:
    project.edit("mix:\n", LAYOUTS)
    plan = ck.plan(ck.Recipe.load(project.recipe))
    assert len(plan.samples) == 8
    assert {(s.stream, s.layout) for s in plan.samples} == {
        (layout.stream, layout.layout) for layout in plan.layouts
    }
    assert len({s.document for s in plan.samples}) == 8
    (folder,) = project.workspace.glob("stages/curate/*/")
    training = {d.id: d for d in read_documents(folder / "documents.parquet", split="train")}
    for sample in plan.samples:
        document = training[sample.document]
        *pieces, separator = sample.pieces
        assert (separator.text, separator.special) == ("<|endoftext|>", True)
        shown = [(p.text, p.trained, p.special) for p in pieces]
        assert shown == [(s.text[:2000], s.trained, s.token) for s in document.segments if s.text]
        assert [p.cut for p in pieces] == [len(s.text) > 2000 for s in document.segments if s.text]
        assert (sample.repository, sample.path, sample.url) == (
            document.repository,
            document.path,
            document.url,
        )
        ids, labels = tokens(sample.stream)[sample.document]
        assert sample.tokens == len(ids)
        assert sample.trained_tokens == int((labels[1:] >= 0).sum())
    tasks = [s for s in plan.samples if s.layout == "task"]
    assert tasks and all(s.trained_tokens < s.tokens - 1 and not s.pieces[0].trained for s in tasks)


def test_the_seed_decides_and_programs_get_them(project: Any) -> None:
    recipe = ck.Recipe.load(project.recipe)
    plan = ck.plan(recipe)
    assert ck.plan(recipe).samples == plan.samples
    found = json.loads(plan.to_json())["samples"]
    assert [sample["document"] for sample in found] == [sample.document for sample in plan.samples]
    assert found[0]["pieces"][0]["text"] == plan.samples[0].pieces[0].text
    # held-out documents are drawn by time and key, rendering by records: with one layout a kind, only the draw changes
    other = ck.plan(ck.Recipe.load(project.recipe, ["seed=5"]))
    assert [s.document for s in other.samples] != [s.document for s in plan.samples]


def test_long_text_is_cut_and_says_so(project: Any) -> None:
    for page in (project.folder / "handbook").iterdir():
        page.write_text(f"# {page.stem}\n\n" + f"The rules of {page.stem} go on and on.\n" * 200)
    plan = ck.plan(ck.Recipe.load(project.recipe))
    pages = [sample for sample in plan.samples if sample.stream == "book.pages"]
    assert pages
    for page in pages:
        assert len(page.pieces[0].text) == 2000 and page.pieces[0].cut
        assert page.tokens > 2000 / 10
        assert page.more_pieces == 0


def test_documents_are_found_by_their_ids(project: Any) -> None:
    path = ck.harvest(ck.Recipe.load(project.recipe)).documents_path
    every = {document.id: document for document in read_documents(path)}
    wanted = [*list(every)[::5], "no:such"]
    assert find_documents(path, wanted) == {name: every[name] for name in wanted[:-1]}
