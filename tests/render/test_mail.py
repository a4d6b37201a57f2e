"""What is new in a mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.mail import new_in_mail

RULER = "_" * 47


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes.\n\n-- \nAnn Berg\nLedger team\n", "Yes."),
        ("Yes.\n--\nAnn", "Yes."),
        (f"Yes.\n{RULER}\nledger mailing list\n", "Yes."),
        ("Yes.\n\nOn Thu, Ann Berg wrote:\n> Shall we?\n", "Yes."),
        ("On Thu, Ann Berg wrote:\n> Shall we?\n\nYes.", "> Shall we?\n\nYes."),
        ("Ann Berg writes:\n> Shall we?\nYes.", "> Shall we?\nYes."),
        ("> 1\n> 2\n> 3\n> 4\nYes.", "> 1\n> 2\n> 3\n> 4\nYes."),
        ("> 1\n> 2\n> 3\n> 4\n> 5\nYes.", "> [2 lines not shown]\n> 3\n> 4\n> 5\nYes."),
        ("> a\nOne.\n> b\nTwo.", "> a\nOne.\n> b\nTwo."),
        ("--\n" + "line\n" * 30, "--\n" + "line\n" * 29 + "line"),
        ("a\r\nb\r\n", "a\nb"),
        ("Only this", "Only this"),
        ("", ""),
    ],
)  # fmt: skip
def test_quotes_signatures_and_footers_are_reduced_to_what_is_new(text: str, new: str) -> None:
    assert new_in_mail(text) == new


LINES = st.lists(
    st.sampled_from(["new", "> old", ">> older", "-- ", "", "On Thu, Ann wrote:", RULER]), max_size=30
)


@given(LINES)
def test_new_lines_above_signatures_and_rulers_are_never_lost(lines: list[str]) -> None:
    text = "\n".join(line for line in lines if line not in ("-- ", RULER))
    assert new_in_mail(text).split("\n").count("new") == text.split("\n").count("new")


@pytest.mark.parametrize(
    "text",
    ["> a\n" * 100_000 + "x", "a wrote:\n> b\nc\n" * 30_000, "a " * 200_000 + "\n> b\nc"],
    ids=range(3),
)
@pytest.mark.timeout(60)
def test_hostile_mails_cost_linear_time(text: str) -> None:
    assert new_in_mail(text)
