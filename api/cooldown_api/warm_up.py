"""What the first request would otherwise wait for: connectors are loaded, and one recipe is read."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from cooldown_api.creating.submission import read_recipe
from cooldown_api.problems import ProblemError
from cooldown_api.settings import Settings
from cooldown_kit import connector as connectors

_RECIPE: Final = "{name: first, model: none, sources: {none: {connector: text, path: none}}}"


def warm_up(settings: Settings) -> None:
    """Takes a second in a new process, and nothing in one that has done it."""
    for name in connectors.installed():
        connectors.find(name)
    with suppress(ProblemError):  # it may be refused: it was read
        read_recipe(_RECIPE, settings, settings.default_project)
