"""Code in Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.markdown import fenced, language_tag


@given(st.text(st.sampled_from("`a\n~ "), max_size=40))
def test_no_content_closes_its_fence(content: str) -> None:
    block = fenced(content, "python")
    opening, *lines = block.split("\n")
    fence = opening.removesuffix("python")
    assert set(fence) == {"`"}
    assert len(fence) >= 3
    assert lines[-2:] == [fence, ""]
    assert not any(line.strip().startswith(fence) for line in lines[:-2])
    body = "\n".join(lines[:-2])
    assert body == content.removesuffix("\n")


@pytest.mark.parametrize(
    ("path", "tag"),
    [("a.py", "python"), ("a.cpp", "c++"), ("a.el", "emacs-lisp"), ("unknown", ""), ("Makefile", "makefile")],
)
def test_a_fence_names_the_language_as_linguist_does(path: str, tag: str) -> None:
    assert language_tag(path) == tag
