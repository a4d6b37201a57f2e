"""The filters for talk: whether people talk to each other in it, and whether what it was about came to anything.

They are StarCoder2's rules for pull requests and issues (arXiv 2402.19173), but for its words in titles: ``release`` and ``depend`` stand
there for the work of robots, and would drop a "release lock" and "dependency injection" too. Robots are known by their accounts instead.
"""

from __future__ import annotations

from cooldown_kit.curate.generated import path_reason
from cooldown_kit.curate.options import TalkOptions
from cooldown_kit.documents import Document

TALK = frozenset({"pull_request", "review", "issue", "discussion", "thread"})
"""Kinds of documents that the filters look at."""


def talk_reason(document: Document, options: TalkOptions) -> str | None:
    """``bot``, ``unmerged``, ``lock_file``, ``too_few_people``, ``too_short`` or ``too_long``, else ``None``; what is not known drops nothing."""
    signals, kind = document.signals, document.kind
    if kind not in TALK:
        return None
    if options.bots == "drop" and signals.get("bot"):
        return "bot"
    if signals.get("merged") == 0 and _drops_unmerged(document, options):
        return "unmerged"
    if kind == "pull_request" and document.path and path_reason(document.path) == "lock_file":
        return "lock_file"
    if not is_conversation(document):
        return None
    size = signals.get("characters", 0.0)
    if size < options.min_characters:
        return "too_short"
    if size > options.max_characters:
        return "too_long"
    people = signals.get("participants")
    if people is not None and people < options.min_people and not _is_short_report(document, options):
        return "too_few_people"
    return None


def is_conversation(document: Document) -> bool:
    """Whether a document is a whole conversation: not a diff, a task, or a thread of a review, which say enough by themselves."""
    return document.layout == "story" or document.kind in ("issue", "discussion", "thread")


def _drops_unmerged(document: Document, options: TalkOptions) -> bool:
    """A thread of a review is a review. Whether a request was approved is known of those that a forge was asked about."""
    if options.unmerged == "if_unreviewed":
        return document.kind == "pull_request" and document.signals.get("approved") == 0
    return options.unmerged == "drop"


def _is_short_report(document: Document, options: TalkOptions) -> bool:
    """Whether it is an issue that one person wrote up, neither endless nor a log of events."""
    return (
        document.kind == "issue" and document.signals.get("characters", 0.0) <= options.monologue_characters
    )
