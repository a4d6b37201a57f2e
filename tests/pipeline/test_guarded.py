"""A whole run in a process that is held to a policy, as a service runs the recipes of others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

CHILD = """
import json, sys
from pathlib import Path
from cooldown_kit.guard import Policy, check_recipe, enforce
policy = Policy.model_validate_json(sys.argv[2])
enforce(policy)
import cooldown_kit as ck
recipe = ck.Recipe.load(sys.argv[1])
workspace = Path(sys.argv[3])
recipe = recipe.model_copy(update={"workspace": workspace})
try:
    if sys.argv[4] == "checked":
        check_recipe(recipe, policy, workspace=workspace)
    print(ck.run(recipe).worked)
except ck.CooldownError as error:
    print(type(error).__name__)
"""


def run(project: Any, roots: list[Path], check: str) -> str:
    from cooldown_kit.guard import Policy

    policy = Policy(roots=tuple(roots)).model_dump_json()
    command = [sys.executable, "-c", CHILD, str(project.recipe), policy, str(project.folder / "ws"), check]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_what_is_allowed_runs_from_sources_to_report(project: Any, tiny_model: Path) -> None:
    assert run(project, [project.folder, tiny_model], "checked") == "True"


def test_what_is_not_is_refused_by_the_check_and_where_it_is_read(project: Any, tiny_model: Path) -> None:
    handbook = [project.folder / "handbook", tiny_model]
    assert run(project, handbook, "checked") == "RecipeError"
    assert run(project, handbook, "unchecked") == "NotAllowed"
    assert run(project, [project.folder], "unchecked") == "NotAllowed"
