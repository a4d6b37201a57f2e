"""Pull requests as title, description, the subjects of the commits, and the diff against where they branched off."""

from __future__ import annotations

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import PullRequest
from cooldown_kit.render.diff import changed_lines, content_of, dominant_language, render_change
from cooldown_kit.render.message import without_address, without_trailers
from cooldown_kit.render.origin import NotRendered, Origin, content_hash
from cooldown_kit.render.signals import text_signals


def render_pull_request(record: PullRequest, origin: Origin) -> Document | NotRendered:
    """The document of a pull request; one that changes no file is not rendered (``empty_pull_request``)."""
    if not record.changes:
        return NotRendered("empty_pull_request")
    title = " ".join((record.title or "").split())
    description = _clean(record, record.description)
    subjects = [_clean(record, commit.message).strip().partition("\n")[0] for commit in record.commits]
    subjects = [subject for subject in subjects if subject]
    parts = [f"# {title} (#{record.number})\n" if title else f"# Pull request #{record.number}\n"]
    if description.strip():
        parts.append(f"{description}\n")
    if subjects and subjects != [title]:
        parts.append("Commits:\n\n" + "".join(f"- {subject}\n" for subject in subjects))
    parts.append("".join(map(render_change, record.changes)))
    segments = [Segment("\n".join(parts))]
    paths = {change.path for change in record.changes}
    added, deleted = changed_lines(record.changes)
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="pull_request",
        layout="diff",
        segments=segments,
        content_hash=content_hash([title, description, *map(content_of, record.changes)]),
        connector=origin.connector,
        repository=record.repository,
        revision=record.head,
        path=next(iter(paths)) if len(paths) == 1 else None,
        title=title or None,
        authors=authors_of(record, origin),
        time=record.merged_at or max((commit.authored_at for commit in record.commits), default=None),
        language=dominant_language(record.changes),
        signals={
            **text_signals(segments),
            "message_characters": float(len(title) + len(description)),
            "commits": float(len(record.commits)),
            "merged": float(record.merged),
            "files_changed": float(len(paths)),
            "lines_added": float(added),
            "lines_deleted": float(deleted),
            "patches_left_out": float(sum(change.patch is None for change in record.changes)),
        },
    )


def _clean(record: PullRequest, text: str) -> str:
    """A message without personal trailers and without its own people's addresses."""
    text = without_trailers(text).text
    for address in {commit.author.email for commit in record.commits}:
        text = without_address(text, address)
    return text


def authors_of(record: PullRequest, origin: Origin) -> list[str]:
    """Keyed hashes of who wrote the commits, and of the co-authors whom messages name."""
    messages = [record.description, *(commit.message for commit in record.commits)]
    addresses = [commit.author.email for commit in record.commits]
    addresses += [address for message in messages for address in without_trailers(message).co_authors]
    return list(dict.fromkeys(map(origin.hash_author, filter(None, addresses))))
