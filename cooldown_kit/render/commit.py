"""Commits as message and diff, and what all layouts of a commit share.

The layout ``diff`` is the message, a blank line, then the unified diff of each file::

    Round half to even

    Banks settle in cents; rounding half up drifts.

    --- a/src/ledger/rounding.py
    +++ b/src/ledger/rounding.py
    @@ -3,5 +3,5 @@ from decimal import Decimal
    …
    Binary file docs/logo.png added
"""

from __future__ import annotations

from collections.abc import Sequence

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Commit
from cooldown_kit.render import related
from cooldown_kit.render.diff import changed_lines, content_of, dominant_language, render_change
from cooldown_kit.render.message import CleanMessage, without_address, without_trailers
from cooldown_kit.render.origin import NotRendered, Origin, content_hash
from cooldown_kit.render.signals import history_signals, text_signals


def render_commit(record: Commit, origin: Origin) -> Document | NotRendered:
    """The document of a commit; one that changes no file (most merges) is not rendered (``empty_commit``)."""
    if not record.changes:
        return NotRendered("empty_commit")
    message = clean_message(record)
    text = "\n\n".join(filter(None, [message.text, "".join(map(render_change, record.changes))]))
    return commit_document(record, origin, "diff", [Segment(text)], message)


def commit_document(
    record: Commit, origin: Origin, layout: str, segments: Sequence[Segment], message: CleanMessage
) -> Document:
    """The document of a commit in any layout. Its ``content_hash`` is the same in all: cherry-picks stay duplicates."""
    paths = {change.path for change in record.changes}
    added, deleted = changed_lines(record.changes)
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="commit",
        layout=layout,
        segments=list(segments),
        content_hash=content_hash([message.text, *map(content_of, record.changes)]),
        connector=origin.connector,
        repository=record.repository,
        revision=record.revision,
        path=next(iter(paths)) if len(paths) == 1 else None,
        title=message.text.partition("\n")[0] or None,
        authors=authors_of(record, origin),
        time=record.committed_at,
        language=dominant_language(record.changes),
        related=related_to(record),
        signals={
            **text_signals(segments),
            "message_characters": float(len(message.text)),
            "files_changed": float(len(paths)),
            "lines_added": float(added),
            "lines_deleted": float(deleted),
            "patches_left_out": float(sum(change.patch is None for change in record.changes)),
            "parents": float(len(record.parents)),
            **history_signals(record.signals),
        },
    )


def related_to(record: Commit) -> list[str]:
    """The commit itself, and the pull request that brought it in."""
    number = record.signals.pull_request if record.signals else None
    own = related.commit(record.revision)
    return [own] if number is None else [own, related.request(record.repository, number)]


def clean_message(record: Commit) -> CleanMessage:
    """The message without personal trailers and without its own people's addresses."""
    message = without_trailers(record.message)
    text = message.text
    for person in (record.author, record.committer):
        text = without_address(text, person.email)
    return CleanMessage(text, message.co_authors, message.removed)


def authors_of(record: Commit, origin: Origin) -> list[str]:
    """Keyed hashes of the author and the co-authors; the committer may be a forge's robot and is left out."""
    addresses = filter(None, [record.author.email, *without_trailers(record.message).co_authors])
    return list(dict.fromkeys(map(origin.hash_author, addresses)))
