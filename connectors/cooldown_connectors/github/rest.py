"""GitHub's REST answers as parts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

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
    """An account; ``None`` for one that was deleted."""
    if not user or not user.get("login"):
        return None
    kind = user.get("type")
    return Person(
        name="",
        email="",
        login=user["login"],
        bot={"Bot": True, "User": False, "Organization": False}.get(kind),
    )


def time(value: str) -> datetime:
    """A time as GitHub writes it, ``2026-03-02T09:00:00Z``."""
    return datetime.fromisoformat(value)


def time_or_none(value: str | None) -> datetime | None:
    return None if not value else time(value)


def request_part(item: Json) -> RequestPart:
    """An item of ``/pulls``."""
    merged = item.get("merged_at") is not None
    return RequestPart(
        number=item["number"],
        title=item.get("title") or "",
        text=item.get("body") or "",
        author=person(item.get("user")),
        state="merged" if merged else item["state"],
        created_at=time(item["created_at"]),
        updated_at=time(item["updated_at"]),
        draft=bool(item.get("draft")),
        closed_at=time_or_none(item.get("closed_at")),
        merged_at=time_or_none(item.get("merged_at")),
        merged_in=item.get("merge_commit_sha") if merged else None,
        target=(item.get("base") or {}).get("ref"),
        branch=(item.get("head") or {}).get("ref"),
        base=(item.get("base") or {}).get("sha"),
        head=(item.get("head") or {}).get("sha"),
        labels=[label["name"] for label in item.get("labels") or []],
        milestone=(item.get("milestone") or {}).get("title"),
        url=item.get("html_url"),
    )


def issue_part(item: Json) -> IssuePart | None:
    """An item of ``/issues``; ``None`` for a pull request, which that list holds too."""
    if item.get("pull_request"):
        return None
    return IssuePart(
        number=item["number"],
        title=item.get("title") or "",
        text=item.get("body") or "",
        author=person(item.get("user")),
        state=item["state"],
        created_at=time(item["created_at"]),
        updated_at=time(item["updated_at"]),
        closed_at=time_or_none(item.get("closed_at")),
        closed_by=person(item.get("closed_by")),
        reason=item.get("state_reason") if item["state"] == "closed" else None,
        type=((item.get("type") or {}).get("name") or "").lower() or None,
        labels=[label if isinstance(label, str) else label["name"] for label in item.get("labels") or []],
        milestone=(item.get("milestone") or {}).get("title"),
        url=item.get("html_url"),
    )


def comment_part(item: Json) -> CommentPart | None:
    """An item of ``/issues/comments``, which holds the conversations of pull requests too; ``None`` where it says of neither that it is theirs."""
    found = _NUMBER.search(item.get("html_url") or "")
    if found is None:
        return None
    of = request(int(found[2])) if found[1] == "pull" else issue(int(found[2]))
    return CommentPart(of=of, comment=_comment(item))


def review_comment_part(item: Json) -> ReviewCommentPart:
    """An item of ``/pulls/comments``."""
    number = int(item["pull_request_url"].rpartition("/")[2])
    review = item.get("pull_request_review_id")
    replies_to = item.get("in_reply_to_id")
    return ReviewCommentPart(
        of=request(number),
        comment=_comment(item, None if replies_to is None else str(replies_to)),
        anchor=_anchor(item),
        review=None if review is None else str(review),
    )


def release_part(item: Json) -> ReleasePart | None:
    """An item of ``/releases``; ``None`` for a draft."""
    if item.get("draft") or not item.get("published_at"):
        return None
    target = item.get("target_commitish") or ""
    return ReleasePart(
        id=str(item["id"]),
        tag=item["tag_name"],
        name=item.get("name") or None,
        text=item.get("body") or "",
        author=person(item.get("author")),
        published_at=time(item["published_at"]),
        revision=target if _COMMIT.fullmatch(target) else None,
        prerelease=bool(item.get("prerelease")),
        url=item.get("html_url"),
    )


def _comment(item: Json, reply_to: str | None = None) -> Comment:
    created, updated = time(item["created_at"]), time_or_none(item.get("updated_at"))
    return Comment(
        id=str(item["id"]),
        author=person(item.get("user")),
        created_at=created,
        text=item.get("body") or "",
        edited_at=updated if updated is not None and updated > created else None,
        reply_to=reply_to,
        score=score(item.get("reactions")),
        url=item.get("html_url"),
    )


def score(reactions: Json) -> int | None:
    """Reactions that approve less those that do not; laughter, eyes and confusion say neither."""
    if not reactions:
        return None
    approve = sum(int(reactions.get(name) or 0) for name in ("+1", "heart", "hooray", "rocket"))
    return approve - int(reactions.get("-1") or 0)


def _anchor(item: Json) -> Anchor:
    """Where a review comment was written: ``original_*`` are the lines at that time, the others where they are now."""
    hunk = item.get("diff_hunk") or None
    whole_file = item.get("subject_type") == "file"
    side: Literal["old", "new"] = "old" if item.get("side") == "LEFT" else "new"
    line = item.get("original_line")
    if line is None and not whole_file and hunk is not None:  # older comments have a position only
        line, side = _last_line(hunk, side if item.get("side") else None)
    start = item.get("original_start_line")
    if start is not None and item.get("start_side") not in (None, item.get("side")):
        start = None  # from one side of the diff to the other: the last line is the one that is meant
    return Anchor(
        path=item["path"],
        side=side,
        start_line=None if whole_file else (start if start is not None else line),
        line=None if whole_file else line,
        head=item.get("original_commit_id"),
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
