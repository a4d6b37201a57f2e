"""Threads of code reviews: what was said of a place in the code, and as a task the edit that answered it.

The layout ``thread`` is the hunk and the conversation. ``fix`` asks, with what was said before the answer, for the edit that the
answering push made to that file; the prompt is read and not trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cooldown_kit.bots import is_machine
from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Answer, CodeReview, Comment
from cooldown_kit.render import related
from cooldown_kit.render.conversation import Turn, ends, name_of, not_shown
from cooldown_kit.render.edits_task import Unfit, edits_task
from cooldown_kit.render.hunk import place, shown_hunk
from cooldown_kit.render.languages import language_of
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markdown import fenced
from cooldown_kit.render.origin import NotRendered, Origin, content_hash, quote_path
from cooldown_kit.render.signals import text_signals
from cooldown_kit.render.talk_signals import authors, hashes, taking_part


def render_review(record: CodeReview, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a thread: ``no_comment`` where nobody says anything (machines aside)."""
    if not record.thread.comments:
        return NotRendered("no_comment")
    parts = [f"# {_title(record)} (#{record.number})"]
    anchor = record.thread.anchor
    if anchor is not None:
        parts.append(f"On {place(anchor)}:")
        if anchor.hunk:
            parts.append(fenced(shown_hunk(anchor), "diff").rstrip("\n"))
    parts += said_by(record.thread.comments, layouts.options.conversation_characters)
    if record.thread.resolved:
        who = name_of(record.thread.resolved_by) if record.thread.resolved_by else "Somebody"
        parts.append(f"{who} resolved the thread.")
    return _document(record, origin, "thread", [Segment("\n\n".join(parts) + "\n")])


def render_fix(record: CodeReview, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The task of a thread that a later push answered: ``no_comment``; why nothing answered it (``no_later_push``, ``untouched``,
    ``no_lines``, ``commit_missing``, else ``no_answer``); or a reason of :func:`edits_task`."""
    asked = before_answer(record)
    if not asked:
        return NotRendered("no_comment")
    answer = record.thread.answer
    if answer is None:
        return NotRendered(record.thread.unanswered or "no_answer")
    path = quote_path(answer.change.old_path or answer.change.path)
    said = "\n\n".join(said_by(asked, layouts.options.conversation_characters))
    message = f"{_title(record)}\n\n## Review\n\nOn {path}, {_lines(answer)}:\n\n{said}"
    try:
        segments = edits_task(message, [answer.change], [], record.id, layouts, seen=_span(answer))
    except Unfit as reason:
        return NotRendered(str(reason))
    return _document(record, origin, "fix", segments)


def before_answer(record: CodeReview) -> list[Comment]:
    """The comments that ask for something: those written before the push that answered. Where nobody says when that was, those before
    the request's author spoke, and the first one whoever wrote it."""
    comments, answer = record.thread.comments, record.thread.answer
    if answer is None:
        return comments
    if answer.pushed_at is not None:
        return [comment for comment in comments if comment.created_at < answer.pushed_at] or comments[:1]
    author = record.request_author
    last = next(
        (n for n, comment in enumerate(comments) if n and author and comment.author == author), len(comments)
    )
    return comments[:last]


def said_by(comments: Sequence[Comment], room: int) -> list[str]:
    """The comments as turns, the middle left out where they have no room."""
    turns = [Turn(name_of(comment.author), comment.text).spoken for comment in comments]
    head, tail = ends([len(turn) for turn in turns], room)
    hidden = len(turns) - head - tail
    return (
        [*turns[:head], *([not_shown(hidden)] if hidden else []), *turns[len(turns) - tail :]]
        if hidden
        else turns
    )


def _lines(answer: Answer) -> str:
    return (
        f"line {answer.line}"
        if answer.start_line >= answer.line
        else f"lines {answer.start_line}-{answer.line}"
    )


def _span(answer: Answer) -> tuple[int, int]:
    return max(0, min(answer.start_line, answer.line) - 1), answer.line


def _title(record: CodeReview) -> str:
    return " ".join(record.title.split())


def _path(record: CodeReview) -> str | None:
    return record.thread.anchor.path if record.thread.anchor else None


def _document(record: CodeReview, origin: Origin, layout: str, segments: Sequence[Segment]) -> Document:
    thread, path = record.thread, _path(record)
    patch = thread.answer.change.patch if thread.answer else None
    signals = {
        **text_signals(segments),
        **taking_part(None, authors(thread.comments)),
        "bot": float(is_machine(record.request_author)),
        "merged": float(record.merged),
        "answered": float(thread.answer is not None),
    }
    if thread.resolved is not None:
        signals["resolved"] = float(thread.resolved)
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="review",
        layout=layout,
        segments=list(segments),
        content_hash=content_hash([*(comment.text for comment in thread.comments), path or "", patch or ""]),
        connector=origin.connector,
        repository=record.repository,
        revision=thread.anchor.head if thread.anchor else None,
        path=path,
        url=record.url or next((comment.url for comment in thread.comments if comment.url), None),
        title=_title(record) or None,
        authors=authors_of(record, origin),
        time=review_time(record),
        language=language_of(path) if path else None,
        related=[related.request(record.repository, record.number)],
        signals=signals,
    )


def review_time(record: CodeReview) -> datetime | None:
    """When the last thing of it was written or pushed; a merged request's is when it was merged, if later."""
    times = [comment.created_at for comment in record.thread.comments]
    if record.thread.answer and record.thread.answer.pushed_at:
        times.append(record.thread.answer.pushed_at)
    if record.merged and record.closed_at:
        times.append(record.closed_at)
    return max(times, default=None)


def authors_of(record: CodeReview, origin: Origin) -> list[str]:
    """Keyed hashes of who speaks, and of whose request it is."""
    return hashes([*authors(record.thread.comments), record.request_author], record.forge, origin.hash_author)
