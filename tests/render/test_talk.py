"""What people wrote, without what no reader needs; and nothing else is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.talk import Limits, clean_talk, shortened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <!-- hint\nof a template --> b", "a  b"),
        ("<!-- one --><!-- two -->\nText", "Text"),
        ("open <!-- never closed", "open <!-- never closed"),
        ("```html\n<!-- code -->\n```", "```html\n<!-- code -->\n```"),
        ("a\r\nb\r\n", "a\nb"),
        ("above\n____________________\nbelow", "above\nbelow"),
        ("a __ b\n___________________\nc", "a __ b\n___________________\nc"),
        ("![drift by day](https://img.example/1.png) shows it", "drift by day shows it"),
        ("[![build](https://ci.example/b.svg)](https://ci.example/run/7)", "build"),
        ("![chart][1] and [a link](https://bank.example)", "chart and [a link](https://bank.example)"),
        ('<img width="300" alt="the report" src="https://img.example/2.png">', "the report"),
        ("<img src='https://img.example/3.png'>\ntext", "text"),
        ("```\n![kept](x.png)\n```", "```\n![kept](x.png)\n```"),
        ("Fix it\n\nSigned-off-by: Ann Berg <ann@bank.example>", "Fix it"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("```\na\n\n\n\nb\n```", "```\na\n\n\n\nb\n```"),
    ],
)
def test_what_says_nothing_goes(text: str, expected: str) -> None:
    assert clean_talk(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes.\n\nOn Mon, 2 Mar 2026 at 09:30, Jo Weber wrote:\n\n> Shall we?\n> I think so.\n", "Yes."),
        ("Yes.\n\nOn Mon, 2 Mar 2026 at 09:30, Jo Weber\n<jo@bank.example> wrote:\n> Shall we?\n", "Yes."),
        ("Ja.\n\nAm 2. März 2026 um 09:30 schrieb Jo Weber:\n> Sollen wir?\n", "Ja."),
        ("Yes.\n-----Original Message-----\nFrom: Jo\nShall we?", "Yes."),
        ("Fine.\n\n> old\n> text\n\nReply to this email directly, view it on the forge:\nx", "Fine.\n\n> old\n> text\n\nReply to this email directly, view it on the forge:\nx"),
        ("Fine.\n\n> old\n> text\n\nYou are receiving this because you commented.", "Fine."),
        ("> Shall we round up?\n\nNo, half to even.", "> Shall we round up?\n\nNo, half to even."),
        ("> only a quote", "> only a quote"),
        ("-----Original Message-----\nFrom: Jo", "-----Original Message-----\nFrom: Jo"),
    ],
)  # fmt: skip
def test_mails_that_are_answered_go_and_quotes_with_an_answer_below_stay(text: str, expected: str) -> None:
    assert clean_talk(text) == expected


TEMPLATE = """\
## What
Half to even.
## Why

## Tests
<!-- say how -->
### By hand
_No response_
## Checklist
- [ ] I read the guide
- [ ] I added tests
"""


def test_headings_and_boxes_of_a_template_that_nobody_filled_in_go() -> None:
    assert clean_talk(TEMPLATE, template=True) == "## What\nHalf to even."


def test_boxes_are_talk_where_one_is_ticked_and_where_no_template_is() -> None:
    ticked = TEMPLATE.replace("[ ] I added", "[x] I added")
    assert clean_talk(ticked, template=True).endswith(
        "## Checklist\n- [ ] I read the guide\n- [x] I added tests"
    )
    plan = "Still to do:\n- [ ] reports\n- [ ]\n- [ ] statements"
    assert clean_talk(plan) == "Still to do:\n- [ ] reports\n- [ ] statements"


def test_a_comment_sign_in_code_is_no_heading() -> None:
    text = "```sh\n# first\n# second\n```"
    assert clean_talk(text) == text
    assert clean_talk("# Works for me\n") == "# Works for me"
    assert clean_talk("### Version\n\n_No response_\n\n### Logs\n") == ""
    assert clean_talk("# Title\n\n## Part\n\ntext") == "# Title\n\n## Part\n\ntext"


LOG = "It fails:\n\n```\n" + "".join(f"line {n}\n" for n in range(300)) + "```\n\nAny idea?"


def test_an_endless_log_loses_its_middle_and_says_how_much() -> None:
    short = clean_talk(LOG, Limits(40, 4000))
    assert short.count("\n") + 1 <= 42
    assert re.search(r"line 26\n\[\d+ lines not shown\]\nline \d+", short)
    assert short.startswith("It fails:\n\n```\nline 0\n")
    assert short.endswith("line 299\n```\n\nAny idea?")
    hidden = int(re.search(r"\[(\d+) lines", short)[1])  # type: ignore[index]
    assert hidden + sum(line.startswith("line ") for line in short.split("\n")) == 300


def test_a_fence_that_is_cut_at_one_end_alone_is_closed_or_opened() -> None:
    above = "```\n" + "log\n" * 50 + "```\n" + "talk\n" * 50
    assert shortened(above, Limits(20, 4000)).split("\n")[14:17] == ["log", "```", "[83 lines not shown]"]
    below = "talk\n" * 50 + "````\n" + "log\n" * 50 + "````"
    short = shortened(below, Limits(20, 4000)).split("\n")
    assert short[15:18] == ["[82 lines not shown]", "````", "log"]


def test_one_line_without_end_loses_its_middle_too() -> None:
    short = shortened("x" * 10_000, Limits(80, 400))
    assert short == f"{'x' * 300}\n[9,600 characters not shown]\n{'x' * 100}"


LINES = st.lists(
    st.sampled_from(["a", "", "```", "````py", "# b", "- [ ] c", "> d", "<!-- e", "-->", "On Monday Jo Weber wrote:", "~~~", "![f](g)"]), max_size=40
).map("\n".join)  # fmt: skip


@given(LINES, st.integers(4, 60), st.integers(40, 400))
def test_any_text_is_cleaned_once_and_stays_within_its_limits(text: str, lines: int, characters: int) -> None:
    cleaned = clean_talk(text)
    assert all(
        not line or line in text.split("\n") or "<!--" in text or "![" in text for line in cleaned.split("\n")
    )
    short = shortened(cleaned, Limits(lines, characters))
    assert short.count("\n") + 1 <= lines + 2
    assert len(short) <= characters + 80


@given(LINES)
def test_a_text_that_is_cut_leaves_no_fence_open_that_was_closed(text: str) -> None:
    def open_at_the_end(lines: list[str]) -> bool:
        fence = ""
        for line in lines:
            mark = re.match(r"(`{3,}|~{3,})", line)
            if fence and mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            elif not fence and mark:
                fence = mark[1]
        return bool(fence)

    closed = text if not open_at_the_end(text.split("\n")) else ""
    assert not open_at_the_end(shortened(closed, Limits(8, 4000)).split("\n"))


@pytest.mark.parametrize(
    "text",
    ["<!--" * 100_000, "![" * 100_000, "<img " * 100_000, "````\n```\n" * 50_000, "> " * 200_000, "#\n" * 100_000, "- [ ] " * 50_000, "On a wrote: " * 50_000,
     "> a\n" * 100_000, "![a](b" * 50_000, "\n" * 200_000, "[![a](b)](c" * 50_000],
    ids=range(12),
)  # fmt: skip
@pytest.mark.timeout(60)
def test_hostile_texts_cost_linear_time(text: str) -> None:
    assert len(clean_talk(text, Limits(80, 4000))) <= 4100
