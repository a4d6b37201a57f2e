"""Special tokens, and bodies put together from them and from text."""

from __future__ import annotations

import pytest

from cooldown_kit.documents import Segment
from cooldown_kit.render.markup import TOKENS, Body, marks
from cooldown_kit.render.options import LAYOUTS

NAMES = """
    <|endoftext|> <|im_start|> <|im_end|> <repo_name> <reponame> <file_sep> <filename> <gh_stars> <issue_start> <issue_comment>
    <issue_closed> <jupyter_start> <jupyter_text> <jupyter_code> <jupyter_output> <jupyter_script> <empty_output>
"""
SMOLLM2 = frozenset(NAMES.split())


@pytest.mark.parametrize("layout", TOKENS)
def test_a_layout_with_half_of_its_tokens_stays_plain(layout: str) -> None:
    for family in TOKENS[layout]:
        assert marks(layout, frozenset(family.values())) == family
        for missing in family.values():
            assert marks(layout, frozenset(family.values()) - {missing}) is None


def test_smollm2_has_tokens_for_files_notebooks_issues_and_chats_and_none_for_commits_and_requests() -> None:
    assert {layout for layout in TOKENS if marks(layout, SMOLLM2)} == {
        "file",
        "repository",
        "script",
        "cells",
        "thread",
        "chat",
    }
    assert marks("file", SMOLLM2) == {"repository": "<repo_name>", "file": "<file_sep>"}


def test_starcoders_older_names_of_files_do_as_well() -> None:
    assert marks("file", frozenset({"<reponame>", "<filename>"})) == {
        "repository": "<reponame>",
        "file": "<filename>",
    }


def test_layouts_without_tokens_have_none() -> None:
    every = frozenset(token for families in TOKENS.values() for names in families for token in names.values())
    assert marks("diff", every) is None
    chosen = {layout for layouts in LAYOUTS.values() for layout in layouts}
    assert set(TOKENS) <= chosen | {"chat"}, "rows with turns have one layout, so nobody chooses it"


def test_neighbouring_texts_become_one_segment_and_tokens_stay_apart() -> None:
    body = (
        Body()
        .text("a")
        .text("")
        .text("b")
        .text("c", trained=False)
        .token("<x>")
        .token("<x>")
        .text("d")
        .text("e")
    )
    assert body.segments == [
        Segment("ab"),
        Segment("c", trained=False),
        Segment("<x>", token=True),
        Segment("<x>", token=True),
        Segment("de"),
    ]
    assert body.characters == len("abc<x><x>de")
