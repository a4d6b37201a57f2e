"""A first recipe: short, commented, and valid as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from cooldown_kit.recipe import GOALS, Goal

_WHY_HOLDOUT = "documents newer than this are never trained on: they are what the evidence is measured with"


def starter_recipe(
    *,
    name: str,
    model: str,
    repositories: Sequence[str] = (),
    texts: Sequence[str] = (),
    goal: Goal = "reasoning",
    tokens: str = "auto",
    method: str = "lora",
) -> str:
    """The text of a recipe that cools ``model`` down on repositories (paths or URLs) and texts (files, folders or globs)."""
    share, reason = GOALS[goal]
    sources = [_git(place, key) for place, key in _keys(repositories)]
    sources += [f"  {key}: {{connector: text, path: {_quote(place)}}}" for place, key in _keys(texts)]
    return f"""\
# A cooldown-kit recipe. `cooldown plan` says what it will do and cost, `cooldown run` does it.
# Every option, with its default: `cooldown options`, or docs/recipe.md.
name: {name}

# What it is for: reasoning | knowledge | code | balanced. Sets the share of code in the mixture.
# {goal}: {reason}.
goal: {goal}

# The base model: a folder, a GGUF file, package:NAME/FILE.gguf, or the name of a model in the hub's cache.
model: {_quote(model)}

seed: 17

# Where documents come from. `cooldown connectors` lists what can be read.
sources:
{chr(10).join(sources)}
  # Pull requests, reviews and issues of your forge (docs/connectors/forges.md): github, gitlab, gitea, bitbucket, azure_devops.
  # forge: {{connector: github, repository: OWNER/NAME, token: env:GITHUB_TOKEN}}

# How they are laid out (docs/render.md). After a first run, `cooldown inspect --layouts` shows each layout on your own data.
# render:
#   commit: {{diff: 70%, before_after: 15%, task: 15%}}
#   source_file: {{file: 50%, repository: 50%}}

holdout:
  newest: 10%          # {_WHY_HOLDOUT}
  # after: 2026-09-01  # or a date, instead of `newest`

mix:
  tokens: {tokens}         # budget, for example 20M; auto: as many as the scarcest source can give in four readings
  # sequence_length: 2048
  # Exact token shares, instead of the goal's {1 - share:.0%} text and {share:.0%} code:
  # shares: {{text: {{handbook: 80%}}, code: {{payments.commits: 12%, payments.files: 8%}}}}

train:
  method: {method}         # lora | qlora | full
  learning_rate: auto
  schedule: linear     # to zero: the annealing that makes it a cooldown

evaluate:
  suites: [heldout]
"""


def _git(place: str, key: str) -> str:
    where = "url" if re.match(r"[a-z+]+://|[^/]+@[^/]+:", place) else "path"
    return f"  {key}: {{connector: git, {where}: {_quote(place)}, take: [commits, files, notebooks]}}"


def _keys(places: Sequence[str]) -> list[tuple[str, str]]:
    """Each place with a source name made from its last part, no name twice."""
    taken: dict[str, int] = {}
    named = []
    for place in places:
        parts = [p for p in re.split(r"[/:]+", place.removesuffix(".git")) if p.strip(".*")]
        stem = (
            re.sub(r"[^A-Za-z0-9_-]+", "-", re.sub(r"\.\w+$", "", parts[-1]) if parts else "this").strip("-")
            or "source"
        )
        taken[stem] = taken.get(stem, 0) + 1
        named.append((place, stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"))
    return named


def _quote(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_./-]+", text) and not text.startswith("-") else json.dumps(text)
