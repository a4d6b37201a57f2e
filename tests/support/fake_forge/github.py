"""The world as GitHub shows it: REST lists of a whole repository, and GraphQL executed on GitHub's own schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from graphql import DocumentNode, execute_sync, parse

from fake_forge.server import Asked, Told, link_header, routed
from fake_forge.world import HUNK, Account, Note, ReleaseOf, Thing, ThreadOf, World
from forge_testing.schemas.github_graphql import check_graphql, schema

REPO = r"/(?:api/v3/)?repos/acme/payments"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class GitHubFront:
    """Answers for ``acme/payments`` below ``/api/v3``, as a server of one's own does, and ``/api/graphql``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes = [
            (REPO, self._repository),
            (rf"{REPO}/pulls", self._pulls),
            (rf"{REPO}/issues", self._issues),
            (rf"{REPO}/issues/comments", self._comments),
            (rf"{REPO}/pulls/comments", self._review_comments),
            (rf"{REPO}/releases", self._releases),
            (rf"{REPO}/issues/(\d+)/comments", self._comments),
            (rf"{REPO}/pulls/(\d+)/comments", self._review_comments),
            (rf"{REPO}/issues/(\d+)", self._issue),
            (rf"{REPO}/pulls/(\d+)", self._pull),
            (r"/(?:api/v3/)?orgs/acme/repos", self._repositories),
            (r"/api/graphql|/graphql", self._graphql),
            (r"/api/v3/repos/acme/ledger/issues/(\d+)", self._moved),
        ]

    def answer(self, asked: Asked) -> Told:
        return routed(self.routes, asked)

    # REST

    def _repository(self, asked: Asked) -> Told:
        return Told(
            {
                "full_name": "acme/payments",
                "clone_url": f"{asked.base}/acme/payments.git",
                "default_branch": "main",
                "html_url": f"{asked.base}/acme/payments",
                "private": True,
            }
        )

    def _repositories(self, asked: Asked) -> Told:
        return _page(asked, [{"full_name": f"acme/{name}"} for name in ("payments", "pay-old", "ledger")])

    def _pulls(self, asked: Asked) -> Told:
        things = sorted(self.world.requests.values(), key=_newest_first, reverse=True)
        return _page(asked, [self._pull_item(asked, one) for one in things])

    def _issues(self, asked: Asked) -> Told:
        things = [*self.world.issues.values(), *self.world.requests.values()]
        things = [one for one in things if stamp(one.updated) >= asked.query.get("since", "")]
        return _page(asked, [self._issue_item(asked, one) for one in sorted(things, key=_by_change)])

    def _comments(self, asked: Asked, number: str | None = None) -> Told:
        found = [
            (note, one)
            for one in (*self.world.requests.values(), *self.world.issues.values())
            for note in one.notes
            if number in (None, str(one.number)) and stamp(note.updated) >= asked.query.get("since", "")
        ]
        found.sort(key=lambda pair: (pair[0].updated, pair[0].id))
        return _page(asked, [self._comment_item(asked, note, one) for note, one in found])

    def _review_comments(self, asked: Asked, number: str | None = None) -> Told:
        found = [
            (note, thread, one)
            for one in self.world.requests.values()
            for thread in one.threads
            for note in thread.notes
            if number in (None, str(one.number)) and stamp(note.updated) >= asked.query.get("since", "")
        ]
        found.sort(key=lambda entry: (entry[0].updated, entry[0].id))
        return _page(asked, [self._review_comment_item(asked, *entry) for entry in found])

    def _releases(self, asked: Asked) -> Told:
        found = sorted(self.world.releases.values(), key=lambda one: one.at, reverse=True)
        return _page(asked, [self._release_item(asked, one) for one in found])

    def _issue(self, asked: Asked, number: str) -> Told:
        if int(number) in self.world.transferred:
            there = f"{asked.base}/api/v3/repos/acme/ledger/issues/{number}"
            return Told({"message": "Moved Permanently", "url": there}, 301, {"Location": there})
        one = self.world.issues.get(int(number)) or self.world.requests.get(int(number))
        return Told(self._issue_item(asked, one)) if one else Told({"message": "Not Found"}, 404)

    def _moved(self, asked: Asked, number: str) -> Told:
        return Told({"number": int(number), "html_url": f"{asked.base}/acme/ledger/issues/{number}"})

    def _pull(self, asked: Asked, number: str) -> Told:
        one = self.world.requests.get(int(number))
        return Told(self._pull_item(asked, one)) if one else Told({"message": "Not Found"}, 404)

    def _pull_item(self, asked: Asked, one: Thing) -> dict[str, Any]:
        merged = one.state == "merged"
        return {
            **self._head(asked, one, "pull"),
            "state": "open" if one.state == "open" else "closed",
            "draft": one.draft,
            "merged_at": stamp(one.closed) if merged and one.closed else None,
            "merge_commit_sha": one.merged_in,
            "base": {"ref": "main", "sha": one.base},
            "head": {"ref": f"topic-{one.number}", "sha": one.head},
        }

    def _issue_item(self, asked: Asked, one: Thing) -> dict[str, Any]:
        is_request = one.number in self.world.requests
        item = {
            **self._head(asked, one, "pull" if is_request else "issues"),
            "state": "open" if one.state == "open" else "closed",
            "state_reason": one.reason,
            "comments": len(one.notes),
            "closed_by": None if one.state == "open" else _user(one.closed_by),
        }
        return {**item, "pull_request": {"url": "…"}} if is_request else item

    def _head(self, asked: Asked, one: Thing, kind: str) -> dict[str, Any]:
        return {
            "id": one.number,
            "number": one.number,
            "title": one.title,
            "body": one.text,
            "user": _user(one.author),
            "labels": [{"name": label} for label in one.labels],
            "milestone": None,
            "created_at": stamp(one.created),
            "updated_at": stamp(one.updated),
            "closed_at": stamp(one.closed) if one.closed else None,
            "html_url": f"{asked.base}/acme/payments/{kind}/{one.number}",
        }

    def _comment_item(self, asked: Asked, note: Note, one: Thing) -> dict[str, Any]:
        kind = "pull" if one.number in self.world.requests else "issues"
        page = f"{asked.base}/acme/payments/{kind}/{one.number}"
        return {
            **_note(note),
            "html_url": f"{page}#issuecomment-{note.id}",
            "issue_url": f"{asked.base}/api/v3/repos/acme/payments/issues/{one.number}",
        }

    def _review_comment_item(self, asked: Asked, note: Note, thread: ThreadOf, one: Thing) -> dict[str, Any]:
        several = thread.start_line != thread.line
        reply = {"in_reply_to_id": note.reply_to} if note.reply_to is not None else {}
        return {
            **_note(note),
            **reply,
            "pull_request_review_id": thread.review,
            "diff_hunk": HUNK,
            "path": thread.path,
            "commit_id": one.head,
            "original_commit_id": thread.commit,
            "side": "RIGHT",
            "start_side": "RIGHT" if several else None,
            "line": thread.line,
            "original_line": thread.line,
            "start_line": thread.start_line if several else None,
            "original_start_line": thread.start_line if several else None,
            "subject_type": "line",
            "html_url": f"{asked.base}/acme/payments/pull/{one.number}#discussion_r{note.id}",
            "pull_request_url": f"{asked.base}/api/v3/repos/acme/payments/pulls/{one.number}",
        }

    def _release_item(self, asked: Asked, one: ReleaseOf) -> dict[str, Any]:
        return {
            "id": one.id,
            "tag_name": one.tag,
            "name": one.name,
            "body": one.text,
            "draft": False,
            "prerelease": False,
            "target_commitish": "main",
            "author": _user(one.author),
            "created_at": stamp(one.at),
            "published_at": stamp(one.at),
            "html_url": f"{asked.base}/acme/payments/releases/{one.tag}",
        }

    # GraphQL

    def _graphql(self, asked: Asked) -> Told:
        if "authorization" not in asked.headers:
            return Told({"message": "This endpoint requires you to be authenticated."}, 401)
        root = {
            "rateLimit": {"cost": 1, "remaining": 4000, "resetAt": stamp(self.world.now)},
            "repository": lambda info, owner, name, **_: self._node_repository(asked),
            "search": lambda info, query, **_: {"issueCount": self._search(query)},
        }
        body = asked.body
        result = execute_sync(schema(), _checked(body), root, variable_values=body.get("variables"))
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [{"message": str(error)} for error in result.errors]
        return Told(answer)

    def _search(self, query: str) -> int:
        since = re.search(r"updated:>=(\S+)", query)
        things = self.world.requests if "is:pr" in query else self.world.issues
        return sum(stamp(one.updated) >= (since[1] if since else "") for one in things.values())

    def _node_repository(self, asked: Asked) -> dict[str, Any]:
        world = self.world

        def listed(things: dict[int, Thing], node: Callable[[Asked, Thing], Any]) -> Callable[..., Any]:
            def read(info: Any, first: int = 0, after: str | None = None, **more: Any) -> Any:
                newest = more.get("orderBy", {}).get("field") == "UPDATED_AT"
                ordered = sorted(things.values(), key=_newest_first if newest else lambda one: one.number)
                ordered = ordered[::-1] if newest else ordered
                keys = [f"{stamp(one.updated) if newest else ''} {one.number:09d}" for one in ordered]
                start = 0
                if after is not None:
                    start = sum(key >= after if newest else key <= after for key in keys)
                chosen = ordered[start : start + first]
                end = keys[start + len(chosen) - 1] if chosen else None
                info = {"hasNextPage": start + len(chosen) < len(ordered), "endCursor": end}
                return {
                    "totalCount": len(ordered),
                    "pageInfo": info,
                    "nodes": [node(asked, one) for one in chosen],
                }

            return read

        def one_of(things: dict[int, Thing], node: Callable[[Asked, Thing], Any]) -> Callable[..., Any]:
            return lambda info, number: node(asked, things[number]) if number in things else None

        return {
            "pullRequests": listed(world.requests, self._node_request),
            "issues": listed(world.issues, self._node_issue),
            "discussions": listed(world.discussions, self._node_discussion),
            "releases": lambda info, **_: {"totalCount": len(world.releases)},
            "pullRequest": one_of(world.requests, self._node_request),
            "issue": one_of(world.issues, self._node_issue),
            "discussion": one_of(world.discussions, self._node_discussion),
        }

    def _node_head(self, asked: Asked, one: Thing, kind: str) -> dict[str, Any]:
        return {
            "number": one.number,
            "title": one.title,
            "body": one.text,
            "url": f"{asked.base}/acme/payments/{kind}/{one.number}",
            "createdAt": stamp(one.created),
            "updatedAt": stamp(one.updated),
            "closedAt": stamp(one.closed) if one.closed else None,
            "author": _actor(one.author),
            "labels": _connection([{"name": label} for label in one.labels]),
            "comments": _connection([_named(note) for note in one.notes]),
        }

    def _node_request(self, asked: Asked, one: Thing) -> dict[str, Any]:
        merged = one.state == "merged"
        events: list[dict[str, Any]] = [
            {
                "__typename": "HeadRefForcePushedEvent",
                "id": f"push{push.id}",
                "createdAt": stamp(push.at),
                "actor": _actor(push.author),
                "beforeCommit": {"oid": push.before},
                "afterCommit": {"oid": push.head},
            }
            if push.forced
            else {
                "__typename": "PullRequestCommit",
                "id": f"push{push.id}",
                "commit": {"oid": push.head, "committedDate": stamp(push.at)},
            }
            for push in one.pushes
        ]
        if one.closed:
            events.append(
                {
                    "__typename": "MergedEvent" if merged else "ClosedEvent",
                    "id": f"end{one.number}",
                    "createdAt": stamp(one.closed),
                    "actor": _actor(one.closed_by),
                    "commit": {"oid": one.merged_in},
                    "stateReason": None,
                }
            )
        closes = [self.world.issues[number] for number in one.closes]
        return {
            **self._node_head(asked, one, "pull"),
            "isDraft": one.draft,
            "state": one.state.upper(),
            "mergedAt": stamp(one.closed) if merged and one.closed else None,
            "mergedBy": _actor(one.closed_by) if merged else None,
            "mergeCommit": {"oid": one.merged_in} if merged else None,
            "baseRefName": "main",
            "headRefName": f"topic-{one.number}",
            "baseRefOid": one.base,
            "headRefOid": one.head,
            "closingIssuesReferences": _connection([self._reference(asked, other) for other in closes]),
            "reviews": _connection(
                [
                    {
                        "fullDatabaseId": str(review.id),
                        "author": _actor(review.author),
                        "state": review.state.upper(),
                        "body": review.text,
                        "submittedAt": stamp(review.at),
                        "url": f"{asked.base}/acme/payments/pull/{one.number}#pullrequestreview-{review.id}",
                        "commit": {"oid": review.commit},
                    }
                    for review in one.reviews
                ]
            ),
            "reviewThreads": _connection([_thread(thread) for thread in one.threads]),
            "timelineItems": _connection(events),
        }

    def _node_issue(self, asked: Asked, one: Thing) -> dict[str, Any]:
        closed = one.state == "closed"
        events = [
            {
                "__typename": "ClosedEvent",
                "id": f"end{one.number}",
                "createdAt": stamp(one.closed),
                "actor": _actor(one.closed_by),
                "stateReason": (one.reason or "").upper() or None,
            }
            for _ in range(closed)
            if one.closed
        ]
        by = [other for other in self.world.requests.values() if one.number in other.closes]
        return {
            **self._node_head(asked, one, "issues"),
            "state": one.state.upper(),
            "stateReason": (one.reason or "").upper() or None,
            "closedByPullRequestsReferences": _connection([self._reference(asked, other) for other in by]),
            "timelineItems": _connection(events),
        }

    def _node_discussion(self, asked: Asked, one: Thing) -> dict[str, Any]:
        def note(note: Note) -> dict[str, Any]:
            replies = [note_of for note_of in one.notes if note_of.reply_to == note.id]
            return {
                "id": f"D{note.id}",
                "author": _actor(note.author),
                "body": note.text,
                "createdAt": stamp(note.created),
                "lastEditedAt": stamp(note.updated) if note.updated > note.created else None,
                "upvoteCount": 1,
                "isAnswer": note.id == one.answer,
                "isMinimized": False,
                "minimizedReason": None,
                "url": f"{asked.base}/acme/payments/discussions/{one.number}#discussioncomment-{note.id}",
                "replies": _connection([*map(note_, replies)]),
            }

        note_ = note
        tops = [one_note for one_note in one.notes if one_note.reply_to is None]
        return {
            **self._node_head(asked, one, "discussions"),
            "stateReason": None,
            "upvoteCount": 3,
            "category": {"name": one.category},
            "comments": _connection([note(top) for top in tops]),
        }

    def _reference(self, asked: Asked, one: Thing) -> dict[str, Any]:
        kind = "pull" if one.number in self.world.requests else "issues"
        return {
            "number": one.number,
            "title": one.title,
            "url": f"{asked.base}/acme/payments/{kind}/{one.number}",
            "repository": {"nameWithOwner": "acme/payments"},
        }


_CHECKED: dict[tuple[str, str], DocumentNode] = {}


def _checked(body: dict[str, Any]) -> DocumentNode:
    """The parsed document, checked with these variables when it first comes."""
    sizes = {name: value for name, value in (body.get("variables") or {}).items() if isinstance(value, int)}
    key = (body["query"], str(sorted(sizes)))
    if key not in _CHECKED:
        check_graphql(body)
        _CHECKED[key] = parse(body["query"], no_location=True)
    return _CHECKED[key]


def _thread(thread: ThreadOf) -> dict[str, Any]:
    return {
        "id": f"T{thread.id}",
        "isResolved": thread.resolved,
        "isOutdated": False,
        "resolvedBy": {"login": thread.resolved_by.login} if thread.resolved_by else None,
        "comments": _connection([_named(note) for note in thread.notes]),
    }


def _connection(nodes: Sequence[Any]) -> Callable[..., Any]:
    def read(info: Any, first: int = 100, after: str | None = None, **_: Any) -> Any:
        start = int(after) if after else 0
        chosen = nodes[start : start + first]
        more = start + len(chosen) < len(nodes)
        return {
            "totalCount": len(nodes),
            "pageInfo": {"hasNextPage": more, "endCursor": str(start + len(chosen))},
            "nodes": list(chosen),
        }

    return read


def _named(note: Note) -> dict[str, Any]:
    return {"fullDatabaseId": str(note.id), "updatedAt": stamp(note.updated)}


def _page(asked: Asked, items: Sequence[Any]) -> Told:
    size, page = asked.number("per_page", 30), asked.number("page", 1)
    last = max(1, -(-len(items) // size))
    return Told(list(items[(page - 1) * size : page * size]), headers=link_header(asked, page, last))


def _user(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    login = f"{account.login}[bot]" if account.bot else account.login
    return {"login": login, "id": 1, "type": "Bot" if account.bot else "User"}


def _actor(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    return {"__typename": "Bot" if account.bot else "User", "login": account.login}


def _note(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "user": _user(note.author),
        "body": note.text,
        "created_at": stamp(note.created),
        "updated_at": stamp(note.updated),
    }


def _by_change(one: Thing) -> tuple[datetime, int]:
    return one.updated, one.number


def _newest_first(one: Thing) -> tuple[str, int]:
    return stamp(one.updated), one.number
