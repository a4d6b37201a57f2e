"""Questions with their answers, and threads of mailing lists, as conversations (:mod:`cooldown_kit.render.conversation`)."""

from __future__ import annotations

from cooldown_kit.documents import Document
from cooldown_kit.records import Comment, Thread
from cooldown_kit.render.conversation import Turn, conversation, name_of, turn_of
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.origin import NotRendered, Origin, content_hash
from cooldown_kit.render.signals import text_signals
from cooldown_kit.render.talk_signals import authors, hashes, last_of, taking_part


def render_thread(record: Thread, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a question, its accepted answer and then those with most votes first, or of a thread of mails in their order;
    ``empty_thread`` where nothing is written."""
    posts = _by_worth(record) if record.kind == "question" else list(record.posts)
    turns = [_post(post, record, first=number == 0) for number, post in enumerate(posts) if post.text]
    if not turns:
        return NotRendered("empty_thread")
    title = " ".join(record.title.split())
    facts = [f"Tags: {', '.join(record.tags)}"] if record.tags else []
    closed = f"Closed: {record.closed}." if record.closed else ""
    body = conversation(title, facts, turns, closed, layouts)
    answers = [post for post in record.posts[1:] if post.id not in record.remarks]
    first = record.posts[0]
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="thread",
        layout="thread",
        segments=body.segments,
        content_hash=content_hash([title, *(post.text for post in record.posts)]),
        connector=origin.connector,
        path=record.place,
        url=record.url,
        title=title or None,
        authors=authors_of(record, origin),
        time=last_of([], record.posts),
        licence=record.licence,
        signals={
            **text_signals(body.segments),
            **taking_part(first.author, authors(record.posts[1:])),
            "answers": float(len(answers)),
            "answered": float(any(post.accepted for post in answers)),
            **({} if first.score is None else {"score": float(first.score)}),
        },
    )


def _post(post: Comment, record: Thread, *, first: bool) -> Turn:
    if record.kind == "mail":
        return turn_of(post)
    votes = [] if post.score is None else [f"{post.score} vote{'' if post.score == 1 else 's'}"]
    if post.id in record.remarks:
        return Turn(name_of(post.author), post.text, "remark")
    if first:
        return Turn(name_of(post.author), post.text, ", ".join(["question", *votes]))
    return Turn(
        name_of(post.author), post.text, ", ".join(["accepted answer" if post.accepted else "answer", *votes])
    )


def _by_worth(record: Thread) -> list[Comment]:
    """The question, its remarks, then the answers, each with its remarks below: the accepted one, then by votes, then by time."""
    names = frozenset(record.remarks)
    answers = [post for post in record.posts[1:] if post.id not in names]
    below: dict[str | None, list[Comment]] = {}
    for post in record.posts[1:]:
        if post.id in names:
            below.setdefault(post.reply_to, []).append(post)
    answers.sort(key=lambda post: (not post.accepted, -(post.score or 0), post.created_at))
    ordered: list[Comment] = []
    for post in [*record.posts[:1], *answers]:
        ordered += [post, *below.pop(post.id, [])]
    return ordered + [remark for remarks in below.values() for remark in remarks]


def authors_of(record: Thread, origin: Origin) -> list[str]:
    """Keyed hashes of who speaks."""
    return hashes(authors(record.posts), record.place, origin.hash_author)
