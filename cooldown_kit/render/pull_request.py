"""Pull requests as title, description, the subjects of the commits, and the diff against where they branched off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import PullRequest
from cooldown_kit.render import related
from cooldown_kit.render.diff import changed_lines, content_of, dominant_language, render_change
from cooldown_kit.render.message import without_address, without_trailers
from cooldown_kit.render.origin import NotRendered, Origin, content_hash
from cooldown_kit.render.signals import text_signals
from cooldown_kit.render.talk_signals import authors, hashes, request_signals


def render_pull_request(record: PullRequest, origin: Origin) -> Document | NotRendered:
    """The document of a pull request; one that changes no file is not rendered (``empty_pull_request``)."""
    if not record.changes:
        return NotRendered("empty_pull_request")
    title = _title(record)
    description = clean_description(record)
    subjects = [_clean(record, commit.message).strip().partition("\n")[0] for commit in record.commits]
    subjects = [subject for subject in subjects if subject]
    parts = [f"# {title} (#{record.number})\n" if title else f"# Pull request #{record.number}\n"]
    if description.strip():
        parts.append(f"{description}\n")
    if subjects and subjects != [title]:
        parts.append("Commits:\n\n" + "".join(f"- {subject}\n" for subject in subjects))
    parts.append("".join(map(render_change, record.changes)))
    return request_document(record, origin, "diff", [Segment("\n".join(parts))])


def request_document(
    record: PullRequest, origin: Origin, layout: str, segments: Sequence[Segment]
) -> Document:
    """The document of a request in any layout. Its ``content_hash`` is the same in all."""
    title, description = _title(record), clean_description(record)
    paths = {change.path for change in record.changes}
    added, deleted = changed_lines(record.changes)
    content = [title, description, *map(content_of, record.changes)]
    if not record.changes:  # without a diff, what was said tells two requests of one title apart
        content += [comment.text for comment in record.comments]
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="pull_request",
        layout=layout,
        segments=list(segments),
        content_hash=content_hash(content),
        connector=origin.connector,
        repository=record.repository,
        revision=record.head,
        path=next(iter(paths)) if len(paths) == 1 else None,
        url=record.url,
        title=title or None,
        authors=authors_of(record, origin),
        time=_time(record, layout),
        language=dominant_language(record.changes),
        related=related_to(record),
        signals={
            **text_signals(segments),
            "message_characters": float(len(title) + len(description)),
            "commits": float(len(record.commits)),
            "merged": float(record.merged),
            "files_changed": float(len(paths)),
            "lines_added": float(added),
            "lines_deleted": float(deleted),
            "patches_left_out": float(sum(change.patch is None for change in record.changes)),
            **request_signals(record),
        },
    )


def related_to(record: PullRequest) -> list[str]:
    """The request itself, its commits, the one that it became, and the issues that it closes."""
    revisions = [commit.revision for commit in record.commits]
    revisions += [record.merged_in] if record.merged_in else []
    commits = [related.commit(revision) for revision in revisions]
    own = related.request(record.repository, record.number)
    return list(dict.fromkeys([own, *commits, *related.closing(record.linked)]))


def _title(record: PullRequest) -> str:
    return " ".join((record.title or "").split())


def _time(record: PullRequest, layout: str) -> datetime | None:
    """When it was merged, else when it was closed, last changed or written; of a story when the last thing was said, if later."""
    written = max((commit.authored_at for commit in record.commits), default=None)
    ended = record.merged_at or record.closed_at or record.updated_at or written or record.created_at
    if layout != "story" or ended is None:
        return ended
    said = [*record.comments, *(comment for thread in record.threads for comment in thread.comments)]
    return max([ended, *(comment.created_at for comment in said)])


def clean_description(record: PullRequest) -> str:
    """The description without personal trailers and without its own people's addresses."""
    return _clean(record, record.description)


def _clean(record: PullRequest, text: str) -> str:
    """A message without personal trailers and without its own people's addresses."""
    text = without_trailers(text).text
    for address in {commit.author.email for commit in record.commits}:
        text = without_address(text, address)
    return text


def authors_of(record: PullRequest, origin: Origin) -> list[str]:
    """Keyed hashes of who wrote the commits, of the co-authors whom messages name, and of who took part on the forge."""
    messages = [record.description, *(commit.message for commit in record.commits)]
    addresses = [commit.author.email for commit in record.commits]
    addresses += [address for message in messages for address in without_trailers(message).co_authors]
    hashed = map(origin.hash_author, filter(None, addresses))
    if not record.forge:
        return list(dict.fromkeys(hashed))
    people = [record.author, *authors(record.comments), *(review.author for review in record.reviews)]
    people += [author for thread in record.threads for author in authors(thread.comments)]
    return list(dict.fromkeys([*hashed, *hashes(people, record.forge, origin.hash_author)]))
