"""Records: what a system of record holds, structured and unrendered.

Rendering again never needs harvesting again, so a record keeps everything that any layout could want. Records are
raw: they may hold secrets and names. They are written to folders that only their owner can read, and
:mod:`cooldown_kit.curate.secrets` cleans them before anything is rendered.

On disk a harvest is ``records.jsonl.zst``: one JSON object a line, with a ``record`` tag that names its type.
"""

from __future__ import annotations

from cooldown_kit.records.comments import Comment
from cooldown_kit.records.commits import Commit, FileChange, HistorySignals, UntouchedFile
from cooldown_kit.records.files import Cell, Notebook, SourceFile
from cooldown_kit.records.harvested import Record, Skipped
from cooldown_kit.records.issues import Discussion, Issue
from cooldown_kit.records.lines import LineWriter, read_records, read_skipped, write_lines
from cooldown_kit.records.pages import ChatTurn, TextPage
from cooldown_kit.records.people import Person
from cooldown_kit.records.releases import Release
from cooldown_kit.records.requests import PullRequest, PullRequestCommit
from cooldown_kit.records.reviews import Anchor, Answer, CodeReview, Review, ReviewThread, Round
from cooldown_kit.records.threads import Thread
from cooldown_kit.records.timeline import EventKind, Link, TimelineEvent

__all__ = [
    "Anchor",
    "Answer",
    "Cell",
    "ChatTurn",
    "CodeReview",
    "Comment",
    "Commit",
    "Discussion",
    "EventKind",
    "FileChange",
    "HistorySignals",
    "Issue",
    "LineWriter",
    "Link",
    "Notebook",
    "Person",
    "PullRequest",
    "PullRequestCommit",
    "Record",
    "Release",
    "Review",
    "ReviewThread",
    "Round",
    "Skipped",
    "SourceFile",
    "TextPage",
    "Thread",
    "TimelineEvent",
    "UntouchedFile",
    "read_records",
    "read_skipped",
    "write_lines",
]
