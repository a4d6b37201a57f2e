"""From the JSON of Gitea and Forgejo to parts: requests, issues, comments, reviews, releases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, Literal

from cooldown_connectors.forge.fields import (
    EPOCH,
    flag,
    integer,
    maybe,
    moment,
    objects,
    text,
)
from cooldown_connectors.forge.parts import (
    CommentPart,
    IssuePart,
    Part,
    ReleasePart,
    RequestPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
)
from cooldown_connectors.forge.protocol import Json
from cooldown_connectors.gitea.people import author, person
from cooldown_kit.records import Anchor, Comment, Review

_STATES: Final[dict[str, Literal["approved", "changes_requested", "commented"]]] = {
    "APPROVED": "approved",
    "REQUEST_CHANGES": "changes_requested",
    "COMMENT": "commented",
}
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NUMBER = re.compile(r"/(?:pulls|issues)/([0-9]{1,18})(?:[/#?]|$)")
_DRAFT = re.compile(r"\s*(?:WIP:|\[WIP\])", re.IGNORECASE)  # the prefixes that a server has by default


def request_part(item: Json) -> RequestPart | None:
    """A pull request of ``/pulls``."""
    number = integer(item, "number")
    if number is None:
        return None
    merged = flag(item, "merged") is True
    closed = text(item, "state") == "closed"
    created = moment(item, "created_at") or EPOCH
    draft = flag(item, "draft")
    title = text(item, "title")
    return RequestPart(
        number=number,
        title=title,
        text=text(item, "body"),
        author=author(item),
        state="merged" if merged else "closed" if closed else "open",
        created_at=created,
        updated_at=moment(item, "updated_at") or created,
        draft=draft if draft is not None else bool(_DRAFT.match(title)),
        closed_at=moment(item, "closed_at"),
        closed_by=person(item, "merged_by") if merged else None,
        merged_at=moment(item, "merged_at") if merged else None,
        merged_in=maybe(item, "merge_commit_sha") if merged else None,
        target=maybe(item, "base", "ref"),
        branch=_branch(item),
        base=maybe(item, "merge_base") or maybe(item, "base", "sha"),
        head=_head(item, over=merged or closed),
        labels=_labels(item),
        milestone=maybe(item, "milestone", "title"),
        url=maybe(item, "html_url"),
    )


def _branch(item: Json) -> str | None:
    ref = text(item, "head", "ref")
    label = text(item, "head", "label")  # of a deleted branch `ref` is the request's own reference
    return (label if ref.startswith("refs/") else ref) or None


def _head(item: Json, *, over: bool) -> str | None:
    """The head, unless it may be another: of a request that is over, Gitea names the tip of its branch, wherever that has gone since
    (a lasting branch such as ``develop`` goes on). The request's own reference in git stays where it was."""
    if over and not text(item, "head", "ref").startswith("refs/pull/"):
        return None
    return maybe(item, "head", "sha")


def issue_part(item: Json) -> IssuePart | None:
    """An issue of ``/issues``."""
    number = integer(item, "number")
    if number is None:
        return None
    created = moment(item, "created_at") or EPOCH
    return IssuePart(
        number=number,
        title=text(item, "title"),
        text=text(item, "body"),
        author=author(item),
        state="closed" if text(item, "state") == "closed" else "open",
        created_at=created,
        updated_at=moment(item, "updated_at") or created,
        closed_at=moment(item, "closed_at"),
        labels=_labels(item),
        milestone=maybe(item, "milestone", "title"),
        url=maybe(item, "html_url"),
    )


def _labels(item: Json) -> list[str]:
    return [name for label in objects(item, "labels") if (name := text(label, "name"))]


def release_part(item: Json) -> ReleasePart | None:
    """A release that is published; ``None`` for a draft."""
    identity, published = integer(item, "id"), moment(item, "published_at") or moment(item, "created_at")
    if identity is None or published is None or flag(item, "draft"):
        return None
    target = text(item, "target_commitish")
    return ReleasePart(
        id=str(identity),
        tag=text(item, "tag_name"),
        name=maybe(item, "name"),
        text=text(item, "body"),
        author=person(item, "author"),
        published_at=published,
        revision=target if _COMMIT.fullmatch(target) else None,
        prerelease=flag(item, "prerelease") is True,
        url=maybe(item, "html_url"),
    )


def comment(item: Json) -> Comment | None:
    """A comment, be it of a conversation or of a review."""
    identity = integer(item, "id")
    if identity is None:
        return None
    created = moment(item, "created_at") or EPOCH
    updated = moment(item, "updated_at")
    return Comment(
        id=str(identity),
        author=author(item),
        created_at=created,
        text=text(item, "body"),
        edited_at=updated if updated is not None and updated > created else None,
        url=maybe(item, "html_url"),
    )


def comment_part(item: Json, of: str) -> CommentPart | None:
    """A comment of the conversation."""
    said = comment(item)
    return None if said is None else CommentPart(of=of, comment=said)


def owner_of(item: Json) -> str | None:
    """What a comment of the repository's list belongs to, ``request:12``: its URLs say so."""
    for field, kind in (("pull_request_url", "request"), ("issue_url", "issue")):
        if found := _NUMBER.search(text(item, field)):
            return f"{kind}:{int(found[1])}"
    return None


def review_part(item: Json, of: str) -> ReviewPart | None:
    """A review; ``None`` for one that is not submitted yet, and for what is only a request to review."""
    identity, state = integer(item, "id"), _STATES.get(text(item, "state"))
    if identity is None or state is None:
        return None
    return ReviewPart(
        of=of,
        review=Review(
            id=str(identity),
            author=person(item, "user"),
            state="dismissed" if flag(item, "dismissed") else state,
            submitted_at=moment(item, "submitted_at") or EPOCH,
            text=text(item, "body"),
            revision=maybe(item, "commit_id"),
            url=maybe(item, "html_url"),
        ),
    )


def has_comments(review: Json) -> bool:
    """Whether a review has comments on code; one that is not submitted belongs to its author alone."""
    return text(review, "state") != "PENDING" and integer(review, "comments_count") != 0


def thread_parts(review: Json, comments: Sequence[dict[str, Any]], of: str) -> list[Part]:
    """The comments on code of one review, and the threads that they make.

    Comments of a review on the same line of the same file are one conversation: a reply belongs to the review that it answers. Whether it
    is resolved stands at the first.
    """
    places: defaultdict[tuple[str, int], list[tuple[int, Json, Comment]]] = defaultdict(list)
    for item in comments:
        if (said := comment(item)) is not None:
            places[text(item, "path"), _line(item)].append((int(said.id), item, said))
    parts: list[Part] = []
    for place in sorted(places):
        found = sorted(places[place], key=lambda one: one[0])
        root, first = found[0][2], found[0][1]
        parts += [
            ReviewCommentPart(
                of=of,
                comment=said,
                anchor=_anchor(review, item),
                thread=root.id,
                review=_review_id(review, item),
            )
            for _, item, said in found
        ]
        resolver = person(first, "resolver")
        parts.append(
            ThreadPart(of=of, id=root.id, resolved=first.get("resolver") is not None, resolved_by=resolver)
        )
    return parts


def _line(item: Json) -> int:
    """The line of the new file, or less than nothing the line of the old one."""
    return (integer(item, "position") or 0) or -(integer(item, "original_position") or 0)


def _review_id(review: Json, item: Json) -> str | None:
    identity = integer(item, "pull_request_review_id") or integer(review, "id")
    return None if identity is None else str(identity)


def _anchor(review: Json, item: Json) -> Anchor | None:
    """``position`` is a line of the new file and ``original_position`` one of the old, never both; neither counts lines of a diff.

    ``commit_id`` is the commit that last changed the line, not the one that was looked at: that one the review names.
    """
    path, line = text(item, "path"), _line(item)
    if not path:
        return None
    hunk = maybe(item, "diff_hunk")
    return Anchor(
        path=path,
        side="old" if line < 0 else "new",
        start_line=abs(line) or None,
        line=abs(line) or None,
        head=maybe(review, "commit_id") or maybe(item, "commit_id"),
        hunk=hunk,
        hunk_from="forge" if hunk else None,
    )
