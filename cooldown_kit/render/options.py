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
    "pull_request": ("diff", "story", "task"),
    "review": ("thread", "fix"),
    "issue": ("thread",),
    "discussion": ("thread",),
    "thread": ("thread",),
}
"""Kind of record → its layouts. The first is the one that every record of the kind can take."""

NEEDS: Mapping[str, frozenset[Wanted]] = {
    "before_after": frozenset({"before"}),
    "task": frozenset({"before", "untouched"}),
    "fix": frozenset({"before"}),
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
    """Layout → share of the pull requests: `diff` (title, description, commits, diff), `story` (all that was said, reviewed and pushed, in its order), `task` (the issue and files as a prompt that is not trained, then search/replace edits). Only a forge knows stories."""
    review: dict[str, Share] = Field(default={"thread": 1.0})
    """Layout → share of the threads of code reviews: `thread` (the hunk and the conversation) or `fix` (comment and file as a prompt that is not trained, then the edits that answered)."""
    issue: dict[str, Share] = Field(default={"thread": 1.0})
    """Layout → share of the issues: `thread` is the only one."""
    discussion: dict[str, Share] = Field(default={"thread": 1.0})
    """Layout → share of the discussions: `thread` is the only one."""
    thread: dict[str, Share] = Field(default={"thread": 1.0})
    """Layout → share of questions with their answers and of threads of mailing lists: `thread` is the only one."""
    preferences: bool = False
    """Write pairs for preference training (DPO) as well: from each thread of a review the lines as they were criticised and as they were merged."""
    special_tokens: bool = False
    """Mark files, commits, cells, issues and stories with StarCoder's special tokens where the model's tokenizer has all that a layout needs; else plain text."""
    pseudonyms: bool = True
    """Put `user_1`, `user_2`, … in place of people's names, e-mail addresses and @mentions, the same person the same one within a document."""
    repository_characters: Annotated[Count, Field(ge=1000)] = 24_000
    """Largest document of the layout `repository`, in characters; about 3.5 characters are a token."""
    prompt_characters: Annotated[Count, Field(ge=1000)] = 12_000
    """Room for the files of the layouts `task`, `fix` and `before_after` and for the diffs of a `story`, in characters; files that need more are shown around the change only, marked as such."""
    conversation_characters: Annotated[Count, Field(ge=1000)] = 24_000
    """Room for what people say in one document, in characters; a longer conversation loses turns of its middle, and a line says how many."""
    comment_lines: Annotated[Count, Field(ge=8)] = 80
    """Longest turn of a conversation, in lines; a longer one, such as a log, loses its middle, and a line says how much."""
    comment_characters: Annotated[Count, Field(ge=200)] = 4000
    """Longest turn of a conversation, in characters; a longer one loses its middle as well."""

    @field_validator(*LAYOUTS)
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
        layouts = {name for kind in ("commit", "pull_request", "review") for name in self.shares(kind)}
        found = {need for name in layouts for need in NEEDS.get(name, ())}
        if self.special_tokens and "story" in layouts:
            found.add("before")  # StarCoder2 shows the files as they were at first
        if self.preferences:
            found.add("versions")
        return frozenset(found)
