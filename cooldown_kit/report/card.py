"""The model card: ``README.md`` beside the weights, as the hub and people read it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cooldown_kit.report import wording
from cooldown_kit.report.contents import ReportContents
from cooldown_kit.workspace import write_whole

CARD = "README.md"
_TEMPLATES = Path(__file__).with_name("templates")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~$!])")


def write_model_card(contents: ReportContents, folder: Path) -> None:
    """Write ``README.md`` into the model's folder, whole or not at all; the folder must be there."""
    write_whole(folder / CARD, render_card(contents).encode("utf-8", "backslashreplace").decode())


def render_card(contents: ReportContents) -> str:
    """The model card as Markdown with YAML front matter.

    It shows no sample and no continuation: a card travels further than the data may.
    """
    card: str = (
        _environment()
        .get_template("model_card.md.j2")
        .render(contents=contents, evidence=contents.evidence, front=front_matter(contents))
    )
    return card


def front_matter(contents: ReportContents) -> str:
    """The hub's metadata as YAML. A licence that nobody gave is called unknown, not guessed."""
    facts = {
        "base_model": contents.base_model,
        "license": contents.licence or "unknown",
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["cooldown-kit", "cooldown", "annealing", "continued-pretraining"],
        "datasets": [],
    }
    return yaml.safe_dump(facts, sort_keys=False, allow_unicode=True).strip()


def inline(text: str) -> str:
    """Untrusted text as one line of plain Markdown: nothing in it is markup, a link or a cell of a table."""
    return _MARKDOWN.sub(r"\\\1", " ".join(wording.visible(str(text)).split()))


def fenced(text: str, language: str = "") -> str:
    """Untrusted text as a code block, fenced by more backticks than it holds in a row."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{wording.visible(text).rstrip()}\n{fence}"


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(  # noqa: S701 - Markdown: the template escapes with `inline` and `fenced`
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["w"] = wording
    made.filters |= {"inline": inline, "fenced": fenced}
    return made
