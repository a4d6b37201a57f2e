"""Hunks for tests, without a repository."""

from __future__ import annotations

import difflib

from cooldown_kit.render.window import lines_of


def diff(before: str, after: str, context: int = 3) -> str:
    """The hunks that git would write."""
    marked = [
        [
            line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
            for line in lines_of(side)
        ]
        for side in (before, after)
    ]
    lines = list(difflib.unified_diff(*marked, n=context))[2:]
    return "".join(line[0] + line[1:] for line in lines)
