"""Text is told from what is none."""

from __future__ import annotations

import pytest
from cooldown_connectors.git.content_text import content_text
from hypothesis import given
from hypothesis import strategies as st


@given(st.text())
def test_text_comes_back_to_the_letter_unless_a_nul_is_in_it(text: str) -> None:
    assert content_text(text.encode()) == (None if "\0" in text else text)


@pytest.mark.parametrize("content", [b"\xff\xfea", "é".encode("latin-1"), b"a" * 10_000 + b"\0"])
def test_other_bytes_are_no_text(content: bytes) -> None:
    assert content_text(content) is None
