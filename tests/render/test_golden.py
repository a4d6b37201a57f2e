"""Each layout, byte for byte, as a file that a person can look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from cooldown_kit.documents import Document
from cooldown_kit.render.stage import render

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("kind", ["commit", "source_file", "text_page"])
def test_layout_is_byte_for_byte_the_golden_file(kind: str, request: pytest.FixtureRequest, origin) -> None:
    document = render(request.getfixturevalue(kind), origin)
    assert isinstance(document, Document)
    assert document.text.encode() == (GOLDEN / f"{kind}.txt").read_bytes()
