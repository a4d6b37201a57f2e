"""Which review comments belong together: forges say it in three ways, and some not at all."""

from __future__ import annotations

from collections.abc import Sequence

from cooldown_connectors.forge.code.told import ToldThread
from cooldown_connectors.forge.parts import ReviewCommentPart, ThreadPart


def threads_of(comments: Sequence[ReviewCommentPart], parts: Sequence[ThreadPart]) -> list[ToldThread]:
    """The threads of one request, the one begun first first; every comment is in exactly one.

    A comment names its thread; or the thread names its comments; or a reply leads to what it replies to. What none of them
    says stands alone, under its own id. A thread all of whose comments were deleted is none.
    """
    named = {comment: part.id for part in parts for comment in part.comments}
    by_id = {comment.key: comment for comment in comments}
    thread_of: dict[str, str] = {}

    def find(comment: ReviewCommentPart) -> str:
        seen: list[ReviewCommentPart] = []
        while True:
            known = comment.thread or named.get(comment.key) or thread_of.get(comment.key)
            before = by_id.get(comment.comment.reply_to or "")
            if known is None and (before is None or before in seen or before is comment):
                known = comment.key  # the first of its thread, or a circle that no forge should give
            seen.append(comment)
            if known is not None:
                for one in seen:
                    thread_of.setdefault(one.key, known)
                return known
            assert before is not None
            comment = before

    grouped: dict[str, list[ReviewCommentPart]] = {}
    for comment in sorted(comments, key=_order):
        grouped.setdefault(find(comment), []).append(comment)
    about = {part.id: part for part in parts}
    return [ToldThread(id, found, about.get(id)) for id, found in grouped.items()]


def _order(part: ReviewCommentPart) -> tuple[float, int, str]:
    return part.comment.created_at.timestamp(), len(part.key), part.key
