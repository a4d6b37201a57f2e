"""The world as Gitea and Forgejo show it. What they answer, and with which habits, is :class:`fake_gitea.FakeGitea`'s; here is
what happened in the world, in its words."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from fake_forge.server import Asked, Told
from fake_forge.world import START, Account, Note, Push, ReleaseOf, ReviewOf, Thing, ThreadOf, World
from fake_gitea import FakeGitea, user

API = "/api/v1"
STATES = {
    "approved": "APPROVED",
    "changes_requested": "REQUEST_CHANGES",
    "commented": "COMMENT",
    "dismissed": "REQUEST_CHANGES",
}
GHOST = user("Ghost", -1)
CLOSING = 500_000
"""What is added to a number for the id of the row that says it was closed, and to that of an issue for the row that names who closes it."""


class GiteaFront:
    """Answers for ``acme/payments`` below ``/api/v1``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seen: tuple[object, FakeGitea] = (None, FakeGitea())

    def answer(self, asked: Asked) -> Told:
        path = asked.path.removeprefix(API)
        root = f"/repos/{self.world.owner}/{self.world.name}"
        if path != "/settings/api" and path != root and not path.startswith(f"{root}/"):
            return Told({"message": "The target couldn't be found."}, 404)
        if self._seen[0] != self.world.moment:
            self._seen = self.world.moment, self._shown(asked.base)
        said = self._seen[1](path, dict(asked.query))
        headers = {name.title(): value for name, value in said.headers.items()}
        return Told(said.data, said.status, headers)

    def _shown(self, base: str) -> FakeGitea:
        """A Gitea in which all of it has happened so far."""
        shown = FakeGitea()
        shown.now = self.world.now
        for one in (*self.world.requests.values(), *self.world.issues.values()):
            pull = one.number in self.world.requests
            shown.things[one.number] = self._thing(one, base, pull=pull)
            shown.rows[one.number] = self._rows(one, base, pull=pull)
            shown.reviews[one.number] = [
                (_review(review, one), _remarks(review, one)) for review in one.reviews
            ]
            if pull:
                shown.refs[one.number] = _refs(one)
        releases = sorted(self.world.releases.values(), key=lambda one: one.at)
        shown.releases = [_release(one, base) for one in releases]
        return shown

    def _thing(self, one: Thing, base: str, *, pull: bool) -> dict[str, Any]:
        merged = one.state == "merged"
        closed = _time(one.closed) if one.closed else None
        return {
            "id": 9000 + one.number,
            "number": one.number,
            "user": _user(one.author),
            "title": one.title,
            "body": one.text,
            "state": "closed" if closed else "open",
            "labels": [{"id": 1, "name": name} for name in one.labels],
            "milestone": None,
            "created_at": _time(one.created),
            "updated_at": _time(max(one.updated, *self._named(one))),
            "closed_at": closed,
            "html_url": self._page_of(one.number, base, pull=pull),
            "pull_request": {"merged": merged, "merged_at": closed if merged else None} if pull else None,
        }

    def _named(self, one: Thing) -> list[datetime]:
        """When requests that close it were opened: it is newer for them. And the beginning of time."""
        closing = [other for other in self.world.requests.values() if one.number in other.closes]
        return [START, *(other.created for other in closing)]

    def _page_of(self, number: int, base: str, *, pull: bool) -> str:
        return f"{base}/{self.world.owner}/{self.world.name}/{'pulls' if pull else 'issues'}/{number}"

    def _rows(self, one: Thing, base: str, *, pull: bool) -> list[dict[str, Any]]:
        """The timeline. Comments on code count for its pages and are not shown."""
        rows = [_row(note.id, "comment", note.author, note.created, note.text) for note in one.notes]
        for row, note in zip(rows, one.notes, strict=True):
            row["updated_at"] = _time(note.updated)
        rows += [_pushed(push) for push in one.pushes[1:]]
        rows += [
            _row(review.id, "review", review.author, review.at, review.text, review_id=review.id)
            for review in one.reviews
        ]
        rows += [
            _row(note.id, "code", note.author, note.created)
            for thread in one.threads
            for note in thread.notes
        ]
        if one.closed:
            kind = "merge_pull" if one.merged_in else "close"
            rows.append(
                _row(
                    CLOSING + one.number, kind, one.closed_by, one.closed, ref_commit_sha=one.merged_in or ""
                )
            )
        if not pull:
            rows += [
                self._closes(other, base)
                for other in self.world.requests.values()
                if one.number in other.closes
            ]
        return sorted(rows, key=lambda row: (row["created_at"], row["id"]))

    def _closes(self, request: Thing, base: str) -> dict[str, Any]:
        """In the timeline of an issue: the request that is to close it."""
        named = {
            "number": request.number,
            "title": request.title,
            "html_url": self._page_of(request.number, base, pull=True),
            "pull_request": {"merged": request.state == "merged"},
            "repository": {"full_name": f"{self.world.owner}/{self.world.name}"},
        }
        return _row(
            2 * CLOSING + request.number,
            "pull_ref",
            request.author,
            request.created,
            ref_issue=named,
            ref_action="closes",
        )


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _user(account: Account | None) -> dict[str, Any]:
    return GHOST if account is None else user(account.login, sum(map(ord, account.login)))


def _row(
    id: int, kind: str, who: Account | None, at: datetime, body: str = "", **fields: Any
) -> dict[str, Any]:
    return {
        "id": id,
        "type": kind,
        "user": _user(who),
        "body": body,
        "created_at": _time(at),
        "updated_at": _time(at),
        **fields,
    }


def _pushed(push: Push) -> dict[str, Any]:
    commits = [push.before, push.head] if push.forced else [push.head]
    body = json.dumps({"is_force_push": push.forced, "commit_ids": commits})
    return _row(push.id, "pull_push", push.author, push.at, body)


def _refs(one: Thing) -> dict[str, Any]:
    branch = f"topic-{one.number}"
    return {
        "draft": one.draft,
        "merged_by": _user(one.closed_by) if one.merged_in else None,
        "merge_commit_sha": one.merged_in,
        "merge_base": one.base,
        "head": {"label": branch, "ref": branch, "sha": one.head, "repo_id": 1},
    }


def _threads(review: ReviewOf, one: Thing) -> list[ThreadOf]:
    return [thread for thread in one.threads if thread.review == review.id]


def _review(review: ReviewOf, one: Thing) -> dict[str, Any]:
    return {
        "id": review.id,
        "user": _user(review.author),
        "state": STATES[review.state],
        "body": review.text,
        "commit_id": review.commit,
        "dismissed": review.state == "dismissed",
        "comments_count": sum(len(thread.notes) for thread in _threads(review, one)),
        "submitted_at": _time(review.at),
        "updated_at": _time(review.at),
    }


def _remarks(review: ReviewOf, one: Thing) -> list[dict[str, Any]]:
    """The comments on code of a review: an answer belongs to the review that it answers."""
    return [_remark(note, thread) for thread in _threads(review, one) for note in thread.notes]


def _remark(note: Note, thread: ThreadOf) -> dict[str, Any]:
    return {
        "id": note.id,
        "user": _user(note.author),
        "resolver": _user(thread.resolved_by) if thread.resolved else None,
        "pull_request_review_id": thread.review,
        "body": note.text,
        "created_at": _time(note.created),
        "updated_at": _time(note.updated),
        "commit_id": thread.commit,
        "original_commit_id": "",
        "diff_hunk": "",
        "path": thread.path,
        "position": thread.line,
        "original_position": 0,
    }


def _release(one: ReleaseOf, base: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "tag_name": one.tag,
        "target_commitish": "main",
        "name": one.name,
        "body": one.text,
        "draft": False,
        "prerelease": False,
        "author": _user(one.author),
        "created_at": _time(one.at),
        "published_at": _time(one.at),
        "html_url": f"{base}/acme/payments/releases/tag/{one.tag}",
    }
