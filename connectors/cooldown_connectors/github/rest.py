"""GitHub's REST answers as parts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

from cooldown_connectors.forge.fields import EPOCH, at, flag, integer, maybe, moment, objects, text
from cooldown_connectors.forge.parts import (
    CommentPart,
    IssuePart,
    ReleasePart,
    RequestPart,
    ReviewCommentPart,
    issue,
    request,
)
from cooldown_kit.records import Anchor, Comment, Person

Json = Any
_NUMBER = re.compile(r"/(pull|issues)/(\d+)(?:[#/]|$)")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


def person(user: Json) -> Person | None:
    """An account; ``None`` for one that was deleted: GitHub gives nobody, or the account ``ghost`` that stands for all of them."""
    login = text(user, "login")
    if not login or login == "ghost":
        return None
    bot = {"Bot": True, "User": False, "Organization": False}.get(text(user, "type"))
    return Person(name="", email="", login=login, bot=bot)


def time(item: Json, name: str) -> datetime:
    """A time that is always there."""
    return moment(item, name) or EPOCH


def request_part(item: Json) -> RequestPart:
    """An item of ``/pulls``."""
    merged = moment(item, "merged_at") is not None
    state: Literal["open", "closed"] = "open" if text(item, "state") == "open" else "closed"
    return RequestPart(
        number=item["number"],
        title=text(item, "title"),
        text=text(item, "body"),
        author=person(at(item, "user")),
        state="merged" if merged else state,
        created_at=time(item, "created_at"),
        updated_at=time(item, "updated_at"),
        draft=bool(flag(item, "draft")),
        closed_at=moment(item, "closed_at"),
        merged_at=moment(item, "merged_at"),
        merged_in=maybe(item, "merge_commit_sha") if merged else None,
        target=maybe(item, "base", "ref"),
        branch=maybe(item, "head", "ref"),
        base=maybe(item, "base", "sha"),
        head=maybe(item, "head", "sha"),
        labels=_labels(item),
        milestone=maybe(item, "milestone", "title"),
        url=maybe(item, "html_url"),
    )


def issue_part(item: Json) -> IssuePart | None:
    """An item of ``/issues``; ``None`` for a pull request, which that list holds too."""
    if at(item, "pull_request"):
        return None
    state: Literal["open", "closed"] = "open" if text(item, "state") == "open" else "closed"
    return IssuePart(
        number=item["number"],
        title=text(item, "title"),
        text=text(item, "body"),
        author=person(at(item, "user")),
        state=state,
        created_at=time(item, "created_at"),
        updated_at=time(item, "updated_at"),
        closed_at=moment(item, "closed_at"),
        closed_by=person(at(item, "closed_by")),
        reason=maybe(item, "state_reason") if state == "closed" else None,
        type=text(item, "type", "name").lower() or None,
        labels=_labels(item),
        milestone=maybe(item, "milestone", "title"),
        url=maybe(item, "html_url"),
    )


def _labels(item: Json) -> list[str]:
    return [name for label in objects(item, "labels") if (name := text(label, "name"))]


def comment_part(item: Json) -> CommentPart | None:
    """An item of ``/issues/comments``, which holds the conversations of pull requests too; ``None`` where it says of neither that it is theirs."""
    found = _NUMBER.search(text(item, "html_url"))
    if found is None:
        return None
    of = request(int(found[2])) if found[1] == "pull" else issue(int(found[2]))
    return CommentPart(of=of, comment=_comment(item))


def review_comment_part(item: Json) -> ReviewCommentPart | None:
    """An item of ``/pulls/comments``; ``None`` where it does not say whose it is."""
    number = text(item, "pull_request_url").rpartition("/")[2]
    if not number.isdecimal():
        return None
    review = integer(item, "pull_request_review_id")
    replies_to = integer(item, "in_reply_to_id")
    return ReviewCommentPart(
        of=request(int(number)),
        comment=_comment(item, None if replies_to is None else str(replies_to)),
        anchor=_anchor(item),
        review=None if review is None else str(review),
    )


def release_part(item: Json) -> ReleasePart | None:
    """An item of ``/releases``; ``None`` for a draft."""
    published = moment(item, "published_at")
    if flag(item, "draft") or published is None:
        return None
    target = text(item, "target_commitish")
    return ReleasePart(
        id=str(item["id"]),
        tag=text(item, "tag_name"),
        name=maybe(item, "name"),
        text=text(item, "body"),
        author=person(at(item, "author")),
        published_at=published,
        revision=target if _COMMIT.fullmatch(target) else None,
        prerelease=bool(flag(item, "prerelease")),
        url=maybe(item, "html_url"),
    )


def _comment(item: Json, reply_to: str | None = None) -> Comment:
    created, updated = time(item, "created_at"), moment(item, "updated_at")
    return Comment(
        id=str(item["id"]),
        author=person(at(item, "user")),
        created_at=created,
        text=text(item, "body"),
        edited_at=updated if updated is not None and updated > created else None,
        reply_to=reply_to,
        score=score(at(item, "reactions")),
        url=maybe(item, "html_url"),
    )


def score(reactions: Json) -> int | None:
    """Reactions that approve less those that do not; laughter, eyes and confusion say neither."""
    if not reactions:
        return None
    approve = sum(integer(reactions, name) or 0 for name in ("+1", "heart", "hooray", "rocket"))
    return approve - (integer(reactions, "-1") or 0)


def _anchor(item: Json) -> Anchor:
    """Where a review comment was written: ``original_*`` are the lines at that time, the others where they are now."""
    hunk = maybe(item, "diff_hunk")
    whole_file = text(item, "subject_type") == "file"
    said = text(item, "side")
    side: Literal["old", "new"] = "old" if said == "LEFT" else "new"
    line = integer(item, "original_line")
    if line is None and not whole_file and hunk is not None:  # older comments have a position only
        line, side = _last_line(hunk, side if said else None)
    start = integer(item, "original_start_line")
    if start is not None and text(item, "start_side") not in ("", said):
        start = None  # from one side of the diff to the other: the last line is the one that is meant
    return Anchor(
        path=text(item, "path"),
        side=side,
        start_line=None if whole_file else (start if start is not None else line),
        line=None if whole_file else line,
        head=maybe(item, "original_commit_id"),
        hunk=hunk,
        hunk_from=None if hunk is None else "forge",
    )


def _last_line(hunk: str, side: Literal["old", "new"] | None) -> tuple[int | None, Literal["old", "new"]]:
    """The line that a hunk ends with, and its side: GitHub cuts the hunk behind the line that is commented on."""
    header, *lines = hunk.split("\n")
    match = _HUNK.match(header)
    lines = [line for line in lines if not line.startswith("\\")]
    if match is None or not lines:
        return None, side or "new"
    side = side or ("old" if lines[-1].startswith("-") else "new")
    other = "+" if side == "old" else "-"
    start = int(match[1 if side == "old" else 2])
    return start + sum(not line.startswith(other) for line in lines) - 1, side
