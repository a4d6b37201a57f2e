"""The model card: the golden file, honest metadata, and nothing in it that a name could turn into markup."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

from cooldown_kit.report.card import fenced, inline, render_card, write_model_card
from cooldown_kit.report.contents import MixtureShare, ReportContents

GOLDEN = Path(__file__).with_name("model_card.golden.md")


def test_card_is_the_golden_one(contents: ReportContents) -> None:
    """Where a change is meant: write ``render_card(sample_contents())`` into ``model_card.golden.md`` and read the difference."""
    assert render_card(contents) == GOLDEN.read_text(encoding="utf-8")


def test_front_matter_is_what_the_hub_reads_and_an_unknown_licence_is_called_unknown(
    contents: ReportContents,
) -> None:
    unknown = dataclasses.replace(contents, licence=None, base_model="org/model: with a colon")
    front = yaml.safe_load(render_card(unknown).split("---\n")[1])
    assert front["license"] == "unknown"
    assert front["base_model"] == "org/model: with a colon"
    assert front["datasets"] == []
    assert "The licence is not known" in render_card(unknown)
    assert "The licence is not known" not in render_card(contents)


def test_card_shows_no_document_and_no_continuation(contents: ReportContents) -> None:
    card = render_card(contents)
    assert "no control arm" in card
    for sample in contents.samples:
        assert max(sample.text.splitlines(), key=len) not in card
    for line in contents.evidence.generations:
        assert line.after not in card


def test_names_cannot_break_out_of_their_cell(contents: ReportContents) -> None:
    share = contents.mixture[0]
    evil = MixtureShare(**{**dataclasses.asdict(share), "name": "a|b\n\n# owned [x](http://y) <b> `c`"})
    line = next(
        line
        for line in render_card(dataclasses.replace(contents, mixture=[evil])).splitlines()
        if "owned" in line
    )
    assert line.startswith(r"| a\|b \# owned \[x\](http://y) \<b\> \`c\` | text |")


@pytest.mark.parametrize(("text", "fence"), [("plain", "```"), ("a ``` b", "````"), ("`````", "``````")])
def test_a_fence_is_longer_than_any_in_the_text(text: str, fence: str) -> None:
    assert fenced(text).splitlines() == [fence, text, fence]


def test_inline_text_is_one_visible_line() -> None:
    assert inline(" a\n\tb\u202e ") == "a b⟨U+202E⟩"


def test_card_is_written_beside_the_weights(contents: ReportContents, tmp_path: Path) -> None:
    write_model_card(contents, tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == render_card(contents)
