"""What a terminal shows of a document, and that a program gets the text and nothing else."""

from __future__ import annotations

import re

import typer
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.cli.show import show
from cooldown_kit.documents import Segment

PARTS = [
    Segment("Fix the rounding\n\n", trained=False),
    Segment("<file_sep>", token=True),
    Segment("a.py\nx = 1\n"),
]
segments = st.lists(
    st.builds(Segment, st.text(st.sampled_from("ab\n<>é"), max_size=12), st.booleans(), st.booleans())
)


def test_a_program_gets_the_text_and_nothing_else() -> None:
    assert show(PARTS, styled=False) == "Fix the rounding\n\n<file_sep>a.py\nx = 1"


def test_on_a_terminal_prompts_are_dim_and_special_tokens_stand_out() -> None:
    lines = show(PARTS, styled=True).split("\n")
    assert lines[0] == typer.style("Fix the rounding", dim=True)
    assert lines[2] == typer.style("<file_sep>", reverse=True) + "a.py"
    assert lines[3] == "x = 1"


def test_nothing_in_a_text_can_steer_the_terminal() -> None:
    shown = show([Segment("\x1b]0;owned\x07\x1b[31m red \u202e")], styled=True)
    assert shown == "⟨U+001B⟩]0;owned⟨U+0007⟩⟨U+001B⟩[31m red ⟨U+202E⟩"


@given(segments, st.integers(0, 6), st.booleans())
def test_the_lines_shown_and_those_left_out_are_all_the_lines_there_are(
    parts: list[Segment], lines: int, styled: bool
) -> None:
    text = "".join(part.text for part in parts)
    whole = text.removesuffix("\n").split("\n") if text else []
    shown = re.sub(r"\x1b\[\d+m", "", show(parts, lines=lines, styled=styled))
    cut = whole[:lines] if lines else whole
    left = len(whole) - len(cut)
    expected = "\n".join(cut) + (f"\n… {left} more lines (--lines 0 shows all)" if left else "")
    assert shown == expected
