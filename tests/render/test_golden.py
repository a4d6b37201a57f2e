"""Each layout, byte for byte, as a file that a person can look at.

A special token stands in a golden file as its name; that it is one, and not letters, is tested beside the layouts.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from cooldown_kit.documents import Document
from cooldown_kit.preferences import Preference
from cooldown_kit.records import CodeReview, Release
from cooldown_kit.render.dispatch import render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import TOKENS
from cooldown_kit.render.options import LAYOUTS, RenderOptions
from cooldown_kit.render.origin import Origin
from cooldown_kit.render.preference import preference
from cooldown_kit.render.stage import render

GOLDEN = Path(__file__).parent / "golden"
ALL_TOKENS = frozenset(
    token for families in TOKENS.values() for names in families for token in names.values()
)
CASES = [
    ("commit", "before_after"),
    ("commit", "task"),
    ("notebook", "script"),
    ("notebook", "cells"),
    ("pull_request", "diff"),
]
RECORDS = {"commit": "whole_commit"}
TALK = [
    ("pull_request", "story", "forge_request"),
    ("pull_request", "task", "forge_request"),
    ("review", "thread", "code_review"),
    ("review", "fix", "code_review"),
    ("issue", "thread", "issue"),
    ("discussion", "thread", "discussion"),
    ("thread", "thread", "question"),
    ("thread", "thread", "mail"),
]
"""Kind, layout, fixture; the golden file is named after the fixture and the layout."""
MARKED_TALK = [
    ("pull_request", "story", "forge_request"),
    ("issue", "thread", "issue"),
    ("thread", "thread", "question"),
]


@pytest.mark.parametrize("kind", ["commit", "source_file", "text_page", "release"])
def test_the_usual_layout_is_byte_for_byte_the_golden_file(
    kind: str, request: pytest.FixtureRequest, origin: Origin
) -> None:
    document = render(request.getfixturevalue(kind), origin)
    assert isinstance(document, Document)
    assert document.text.encode() == (GOLDEN / f"{kind}.txt").read_bytes()


@pytest.mark.parametrize(("kind", "layout"), CASES, ids="-".join)
def test_layout_is_byte_for_byte_the_golden_file(
    kind: str, layout: str, request: pytest.FixtureRequest, origin: Origin
) -> None:
    record = request.getfixturevalue(RECORDS.get(kind, kind))
    rendered = render_record(record, origin, Layouts(RenderOptions.model_validate({kind: {layout: 1.0}})))
    assert isinstance(rendered.document, Document)
    assert (rendered.document.layout, rendered.fallback) == (layout, None)
    assert rendered.document.text.encode() == (GOLDEN / f"{kind}_{layout}.txt").read_bytes()


@pytest.mark.parametrize(
    ("kind", "layout"),
    [("commit", "before_after"), ("source_file", "file"), ("notebook", "script"), ("notebook", "cells")],
    ids="-".join,
)
def test_layout_with_special_tokens_is_byte_for_byte_the_golden_file(
    kind: str, layout: str, request: pytest.FixtureRequest, origin: Origin
) -> None:
    record = request.getfixturevalue(RECORDS.get(kind, kind))
    options = RenderOptions.model_validate({kind: {layout: 1.0}, "special_tokens": True})
    document = render(record, origin, Layouts(options, tokenizer_tokens=ALL_TOKENS))
    assert isinstance(document, Document)
    assert {segment.text for segment in document.segments if segment.token} <= ALL_TOKENS
    assert any(segment.token for segment in document.segments)
    assert document.text.encode() == (GOLDEN / f"{kind}_{layout}_tokens.txt").read_bytes()


@pytest.mark.parametrize(("kind", "layout", "fixture"), TALK, ids="-".join)
def test_layout_of_talk_is_byte_for_byte_the_golden_file(
    kind: str, layout: str, fixture: str, request: pytest.FixtureRequest, origin: Origin
) -> None:
    layouts = Layouts(RenderOptions.model_validate({kind: {layout: 1.0}}))
    rendered = render_record(request.getfixturevalue(fixture), origin, layouts)
    assert isinstance(rendered.document, Document)
    assert (rendered.document.kind, rendered.document.layout, rendered.fallback) == (kind, layout, None)
    assert rendered.document.text.encode() == (GOLDEN / f"talk_{fixture}_{layout}.txt").read_bytes()


@pytest.mark.parametrize(("kind", "layout", "fixture"), MARKED_TALK, ids="-".join)
def test_talk_with_special_tokens_is_byte_for_byte_the_golden_file(
    kind: str, layout: str, fixture: str, request: pytest.FixtureRequest, origin: Origin
) -> None:
    options = RenderOptions.model_validate({kind: {layout: 1.0}, "special_tokens": True})
    document = render(request.getfixturevalue(fixture), origin, Layouts(options, tokenizer_tokens=ALL_TOKENS))
    assert isinstance(document, Document)
    assert {segment.text for segment in document.segments if segment.token} <= ALL_TOKENS
    assert any(segment.token for segment in document.segments)
    assert document.text.encode() == (GOLDEN / f"talk_{fixture}_{layout}_tokens.txt").read_bytes()


def test_the_release_of_a_forge_is_byte_for_byte_the_golden_file(
    forge_release: Release, origin: Origin
) -> None:
    document = render(forge_release, origin)
    assert isinstance(document, Document)
    assert document.text.encode() == (GOLDEN / "talk_forge_release.txt").read_bytes()


def test_a_preference_pair_is_byte_for_byte_the_golden_files(code_review: CodeReview, origin: Origin) -> None:
    pair = preference(code_review, origin, Layouts())
    assert isinstance(pair, Preference)
    for name in ("prompt", "rejected", "chosen"):
        assert getattr(pair, name).encode() == (GOLDEN / f"talk_preference_{name}.txt").read_bytes()


def test_every_layout_of_a_single_record_has_a_golden_file() -> None:
    made_of_many = {("source_file", "repository")}
    usual = {("commit", "diff"), ("source_file", "file")}
    assert {(k, layout) for k, layouts in LAYOUTS.items() for layout in layouts} == {
        *CASES,
        *((kind, layout) for kind, layout, _ in TALK),
    } | usual | made_of_many


NOT_SHOWN = {"commit", "source_file", "text_page", "commit_before_after_tokens", "notebook_script_tokens"}
"""Shorter examples stand for the first three; of the others the table of tokens says it all."""
ELSEWHERE = "source_file_repository"
"""Packs have a page of their own, which the packs' tests hold."""


@pytest.mark.parametrize(
    "path",
    sorted(
        p for p in GOLDEN.iterdir() if p.stem not in NOT_SHOWN and not p.stem.startswith((ELSEWHERE, "talk_"))
    ),
    ids=lambda p: p.stem,
)
def test_the_documentation_shows_layouts_as_they_are(path: Path) -> None:
    assert _is_shown(path, "render.md")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("talk_*.txt")), ids=lambda p: p.stem)
def test_the_page_about_talk_shows_layouts_as_they_are(path: Path) -> None:
    assert _is_shown(path, "render-talk.md")


def _is_shown(path: Path, name: str) -> bool:
    page = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
    golden = path.read_text(encoding="utf-8")
    return golden in page or indent(golden, "    ").rstrip() in page
