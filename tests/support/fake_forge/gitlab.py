"""The world as GitLab shows it: requests and issues by the time of their last change, discussions, versions, system notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from fake_forge.server import Asked, Told, link_header, routed
from fake_forge.world import Account, Note, Push, ReleaseOf, ReviewOf, Thing, ThreadOf, World

ROOT = r"/api/v4/projects/acme/payments"
VERDICTS = {"approved": "approved this merge request", "changes_requested": "requested changes"}
GHOST = Account("ghost")


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class GitLabFront:
    """Answers for ``acme/payments`` below ``/api/v4``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes = [
            (ROOT, self._project),
            (r"/api/v4/groups/acme/projects", self._projects),
            (rf"{ROOT}/merge_requests", self._requests),
            (rf"{ROOT}/merge_requests/(\d+)", self._request),
            (rf"{ROOT}/merge_requests/(\d+)/discussions", self._request_discussions),
            (rf"{ROOT}/merge_requests/(\d+)/versions", self._versions),
            (rf"{ROOT}/merge_requests/(\d+)/approvals", self._approvals),
            (rf"{ROOT}/merge_requests/(\d+)/closes_issues", self._closes),
            (rf"{ROOT}/(?:merge_requests|issues)/(\d+)/resource_(?:state|label)_events", self._nothing),
            (rf"{ROOT}/issues", self._issues),
            (rf"{ROOT}/issues/(\d+)", self._issue),
            (rf"{ROOT}/issues/(\d+)/discussions", self._issue_discussions),
            (rf"{ROOT}/releases", self._releases),
        ]

    def answer(self, asked: Asked) -> Told:
        plain = Asked(
            asked.method, unquote(asked.path), asked.query, asked.headers, asked.body, asked.pairs, asked.base
        )
        return routed(self.routes, plain)

    def _project(self, asked: Asked) -> Told:
        return Told(
            {
                "id": 3,
                "path_with_namespace": "acme/payments",
                "http_url_to_repo": f"{asked.base}/acme/payments.git",
                "default_branch": "main",
                "web_url": f"{asked.base}/acme/payments",
                "visibility": "private",
            }
        )

    def _projects(self, asked: Asked) -> Told:
        return _page(
            asked, [{"path_with_namespace": f"acme/{name}"} for name in ("payments", "pay-old", "ledger")]
        )

    def _requests(self, asked: Asked) -> Told:
        return _page(asked, [self._request_item(asked, one) for one in _chosen(asked, self.world.requests)])

    def _request(self, asked: Asked, number: str) -> Told:
        one = self.world.requests.get(int(number))
        return Told(self._request_item(asked, one)) if one else Told({"message": "404 Not found"}, 404)

    def _issues(self, asked: Asked) -> Told:
        return _page(asked, [self._issue_item(asked, one) for one in _chosen(asked, self.world.issues)])

    def _issue(self, asked: Asked, number: str) -> Told:
        one = self.world.issues.get(int(number))
        return Told(self._issue_item(asked, one)) if one else Told({"message": "404 Not found"}, 404)

    def _request_discussions(self, asked: Asked, number: str) -> Told:
        one = self.world.requests[int(number)]
        found = [_discussion(f"n{note.id}", [_note(note)]) for note in one.notes]
        found += [_discussion(f"t{thread.id}", _thread_notes(thread, one)) for thread in one.threads]
        found += [
            _discussion(
                f"r{review.id}", [_system(review.id, review.author, review.at, VERDICTS[review.state])]
            )
            for review in one.reviews
            if review.state in VERDICTS
        ]
        found += [
            _discussion(f"p{push.id}", [_system(push.id, push.author, push.at, "added 1 commit")])
            for push in one.pushes[1:]
        ]
        return _page(asked, sorted(found, key=lambda each: each["notes"][0]["id"]))

    def _issue_discussions(self, asked: Asked, number: str) -> Told:
        one = self.world.issues.get(int(number))
        if one is None:
            return Told({"message": "404 Not found"}, 404)
        return _page(asked, [_discussion(f"n{note.id}", [_note(note)]) for note in one.notes])

    def _versions(self, asked: Asked, number: str) -> Told:
        one = self.world.requests[int(number)]
        return _page(asked, [_version(push, one) for push in reversed(one.pushes)])

    def _approvals(self, asked: Asked, number: str) -> Told:
        del asked
        one = self.world.requests[int(number)]
        approvers = {
            review.author.login: review
            for review in one.reviews
            if review.author and review.state == "approved"
        }
        return Told({"approved_by": [_approval(review) for review in approvers.values()]})

    def _closes(self, asked: Asked, number: str) -> Told:
        there = (self.world.issues.get(other) for other in self.world.requests[int(number)].closes)
        return _page(asked, [self._issue_item(asked, one) for one in there if one])

    def _nothing(self, asked: Asked, number: str) -> Told:
        del number
        return _page(asked, [])

    def _releases(self, asked: Asked) -> Told:
        found = sorted(self.world.releases.values(), key=lambda one: one.at)
        return _page(asked, [_release(asked, one) for one in found])

    def _request_item(self, asked: Asked, one: Thing) -> dict[str, Any]:
        merged, closed = one.state == "merged", one.state == "closed"
        return {
            **self._item(asked, one, "merge_requests", "!"),
            "state": "opened" if one.state == "open" else one.state,
            "merge_user": _user(one.closed_by) if merged else None,
            "merged_at": stamp(one.closed) if merged and one.closed else None,
            "closed_by": _user(one.closed_by) if closed else None,
            "closed_at": stamp(one.closed) if closed and one.closed else None,
            "target_branch": "main",
            "source_branch": f"topic-{one.number}",
            "user_notes_count": len(one.notes) + sum(len(thread.notes) for thread in one.threads),
            "reviewers": [_user(self.world.people[1])] if one.reviews else [],
            "draft": one.draft,
            "sha": one.head,
            "merge_commit_sha": one.merged_in,
            "squash_commit_sha": None,
        }

    def _issue_item(self, asked: Asked, one: Thing) -> dict[str, Any]:
        return {
            **self._item(asked, one, "issues", "#"),
            "state": "closed" if one.closed else "opened",
            "closed_at": stamp(one.closed) if one.closed else None,
            "closed_by": _user(one.closed_by) if one.closed else None,
            "issue_type": "issue",
            "user_notes_count": len(one.notes),
            "merge_requests_count": 0,
            "confidential": False,
            "moved_to_id": None,
            "_links": {"closed_as_duplicate_of": None},
        }

    def _item(self, asked: Asked, one: Thing, path: str, sign: str) -> dict[str, Any]:
        return {
            "id": 9000 + one.number,
            "iid": one.number,
            "project_id": 3,
            "title": one.title,
            "description": one.text,
            "author": _user(one.author or GHOST),
            "created_at": stamp(one.created),
            "updated_at": stamp(one.updated),
            "labels": one.labels,
            "milestone": None,
            "references": {"full": f"acme/payments{sign}{one.number}"},
            "web_url": f"{asked.base}/acme/payments/-/{path}/{one.number}",
        }


def _chosen(asked: Asked, things: dict[int, Thing]) -> list[Thing]:
    query = asked.query
    found = [
        one
        for one in things.values()
        if stamp(one.updated) >= query.get("updated_after", "")
        and stamp(one.created) >= query.get("created_after", "")
    ]
    by = query.get("order_by", "created_at").removesuffix("_at")
    found.sort(
        key=lambda one: (stamp(getattr(one, by)), one.number), reverse=query.get("sort", "desc") == "desc"
    )
    return found


def _page(asked: Asked, items: Sequence[Any]) -> Told:
    size, page = asked.number("per_page", 20), asked.number("page", 1)
    headers = link_header(asked, page, max(1, -(-len(items) // size)))
    headers.setdefault("Link", f'<{asked.base}{asked.path}>; rel="first"')
    return Told(list(items[(page - 1) * size : page * size]), headers={**headers, "X-Total": str(len(items))})


def _user(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    login = "project_3_bot" if account.bot else account.login
    return {"id": sum(map(ord, login)), "username": login, "name": login.title(), "state": "active"}


def _discussion(id: str, notes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": id, "individual_note": len(notes) == 1, "notes": notes}


def _note(note: Note, **more: Any) -> dict[str, Any]:
    return {
        "id": note.id,
        "type": None,
        "body": note.text,
        "author": _user(note.author or GHOST),
        "created_at": stamp(note.created),
        "updated_at": stamp(note.updated),
        "system": False,
        "resolvable": False,
        "internal": False,
        **more,
    }


def _system(id: int, author: Account | None, at: datetime, body: str) -> dict[str, Any]:
    return _note(Note(id, author, body, at, at), system=True)


def _thread_notes(thread: ThreadOf, one: Thing) -> list[dict[str, Any]]:
    code = "0" * 40
    position = {
        "base_sha": one.base,
        "start_sha": one.base,
        "head_sha": thread.commit,
        "old_path": thread.path,
        "new_path": thread.path,
        "position_type": "text",
        "old_line": None,
        "new_line": thread.line,
        "line_range": {
            "start": {
                "line_code": f"{code}_1_{thread.start_line}",
                "type": "new",
                "new_line": thread.start_line,
            },
            "end": {"line_code": f"{code}_1_{thread.line}", "type": "new", "new_line": thread.line},
        },
    }
    said = {
        "type": "DiffNote",
        "position": position,
        "resolvable": True,
        "resolved": thread.resolved,
        "resolved_by": _user(thread.resolved_by),
    }
    return [_note(note, **said) for note in thread.notes]


def _version(push: Push, one: Thing) -> dict[str, Any]:
    return {
        "id": push.id,
        "head_commit_sha": push.head,
        "base_commit_sha": one.base,
        "start_commit_sha": one.base,
        "created_at": stamp(push.at),
        "state": "collected",
    }


def _approval(review: ReviewOf) -> dict[str, Any]:
    return {"user": _user(review.author), "approved_at": stamp(review.at)}


def _release(asked: Asked, one: ReleaseOf) -> dict[str, Any]:
    return {
        "tag_name": one.tag,
        "name": one.name,
        "description": one.text,
        "created_at": stamp(one.at),
        "released_at": stamp(one.at),
        "author": _user(one.author),
        "commit": {"id": "e" * 40},
        "_links": {"self": f"{asked.base}/acme/payments/-/releases/{one.tag}"},
    }
