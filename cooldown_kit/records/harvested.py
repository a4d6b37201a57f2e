"""What a connector gives: a record of any kind, or the word that something was skipped."""

from __future__ import annotations

import msgspec

from cooldown_kit.records.commits import Commit
from cooldown_kit.records.files import Notebook, SourceFile
from cooldown_kit.records.issues import Discussion, Issue
from cooldown_kit.records.pages import TextPage
from cooldown_kit.records.releases import Release
from cooldown_kit.records.requests import PullRequest
from cooldown_kit.records.reviews import CodeReview
from cooldown_kit.records.threads import Thread

Record = (
    Commit
    | SourceFile
    | Notebook
    | PullRequest
    | CodeReview
    | Issue
    | Discussion
    | Thread
    | Release
    | TextPage
)


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Something a connector saw and did not take, with the reason: nothing is dropped silently."""

    what: str
    """Where it is: a path, ``{path}#{row}`` or a revision."""
    reason: str
    """One of a small set of snake_case words, counted in the manifest: ``binary``, ``too_large``, …"""
    detail: str = ""
