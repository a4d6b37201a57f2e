"""Diffs that have only so much room: small files whole, large ones as many of their hunks as fit, and a line for the others."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cooldown_kit.records import FileChange
from cooldown_kit.render.diff import render_change
from cooldown_kit.render.window import share_out


def fit_changes(changes: Sequence[FileChange], room: int) -> str:
    """The changes as a unified diff of about ``room`` characters."""
    parts = [render_change(change) for change in changes]
    shares = share_out(room, [len(part) for part in parts])
    return "".join(
        part if len(part) <= share else _cut(change, share)
        for change, part, share in zip(changes, parts, shares, strict=True)
    )


def _cut(change: FileChange, room: int) -> str:
    """The first hunks that fit, and how many do not; a sentence where not even the first does."""
    kept = first_hunks(change.patch or "", room)
    if not kept:
        return render_change(msgspec.structs.replace(change, patch=None, left_out="too_large"))
    hidden = _hunks(change.patch or "") - _hunks(kept)
    note = f"[{hidden} more hunk{'s' if hidden > 1 else ''} not shown]\n"
    return render_change(msgspec.structs.replace(change, patch=kept)) + note


def _hunks(patch: str) -> int:
    return ("\n" + patch).count("\n@@ ")


def first_hunks(patch: str, room: int) -> str:
    """The first hunks of a patch that have ``room`` characters together."""
    end = 0
    while end < len(patch):
        following = patch.find("\n@@ ", end)
        following = len(patch) if following < 0 else following + 1
        if following > room:
            break
        end = following
    return patch[:end]
