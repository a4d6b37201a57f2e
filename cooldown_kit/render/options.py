"""Options of rendering: which layouts, in which proportions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from cooldown_kit.connector import Wanted
from cooldown_kit.options import Count, Options, Share

LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "commit": ("diff", "before_after", "task"),
    "source_file": ("file", "repository"),
    "notebook": ("script", "cells"),
    "pull_request": ("diff",),
}
"""Kind of record → its layouts. The first is the one that every record of the kind can take."""

NEEDS: Mapping[str, frozenset[Wanted]] = {
    "before_after": frozenset({"before"}),
    "task": frozenset({"before", "untouched"}),
}
"""Layout → what it shows of a harvest beyond messages and diffs."""


class RenderOptions(Options):
    """How records become documents: for each kind the layouts and the share of records that each gets."""

    commit: dict[str, Share] = Field(default={"diff": 1.0})
    """Layout → share of the commits: `diff` (message and diff), `before_after` (files before, message, files after), `task` (message and files as a prompt that is not trained, then search/replace edits). The shares add up to 100%."""
    source_file: dict[str, Share] = Field(default={"file": 1.0})
    """Layout → share of the source files: `file` (each by itself) or `repository` (files that import each other in one document)."""
    notebook: dict[str, Share] = Field(default={"script": 1.0})
    """Layout → share of the notebooks: `script` (one script with the Markdown as comments) or `cells` (Markdown with the code in fences)."""
    pull_request: dict[str, Share] = Field(default={"diff": 1.0})
    """Layout → share of the pull requests: `diff` (title, description, commits, diff)."""
    special_tokens: bool = False
    """Mark files, commits and cells with StarCoder's special tokens where the model's tokenizer has all that a layout needs; else plain text."""
    pseudonyms: bool = True
    """Put `user_1`, `user_2`, … in place of people's names, e-mail addresses and @mentions, the same person the same one within a document."""
    repository_characters: Annotated[Count, Field(ge=1000)] = 24_000
    """Largest document of the layout `repository`, in characters; about 3.5 characters are a token."""
    prompt_characters: Annotated[Count, Field(ge=1000)] = 12_000
    """Room for the files of the layouts `task` and `before_after`, in characters; files that need more are shown around the change only, marked as such."""

    @field_validator("commit", "source_file", "notebook", "pull_request")
    @classmethod
    def _known_layouts_that_add_up(cls, shares: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        kind = info.field_name or ""
        known = LAYOUTS[kind]
        for name in shares:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                remedy = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(known)}"
                raise ValueError(f"`{kind}` has no layout `{name}`; {remedy}")
        total = sum(shares.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(
                f"the layouts of `{kind}` add up to {total:.4%}, not to 100%; raise or lower one by {abs(1 - total):.4%}"
            )
        return shares

    def shares(self, kind: str) -> dict[str, float]:
        """Layout → share of that kind of record (a key of :data:`LAYOUTS`), in the order of the table, zeros left out."""
        given: dict[str, float] = getattr(self, kind)
        return {name: given[name] for name in LAYOUTS[kind] if given.get(name)}

    @property
    def wanted(self) -> frozenset[Wanted]:
        """What the layouts need of the harvest beyond the usual (:attr:`HarvestContext.wanted`)."""
        return frozenset(need for name in self.shares("commit") for need in NEEDS.get(name, ()))
