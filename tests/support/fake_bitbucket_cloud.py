"""A Bitbucket Cloud in memory: lists sorted by change, `next` addresses, commits of 12 digits, approvals that make a request no newer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from fake_session import Answer, Params

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = "https://api.bitbucket.org/2.0"
Json = dict[str, Any]


def commit(number: int) -> str:
    return f"{number:012x}"


def account(name: str, kind: str = "user") -> Json:
    return {
        "type": kind,
        "display_name": name.title(),
        "nickname": name,
        "uuid": f"{{{name}}}",
        "account_id": f"557058:{name}",
    }


class FakeCloud:
    def __init__(self, most: int = 50) -> None:
        self.most, self.now, self.serial = most, START, 100
        self.requests: dict[int, Json] = {}
        self.activity: list[Json] = []
        self.comments: dict[int, list[Json]] = {}
        self.issues: dict[int, Json] = {}
        self.said: dict[int, list[Json]] = {}
        self.changes: dict[int, list[Json]] = {}
        self.before_answer: Callable[[str], None] = lambda path: None

    # What happens in it

    def tick(self, seconds: float = 60.25) -> str:
        self.now += timedelta(seconds=seconds)
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")

    def next_id(self) -> int:
        self.serial += 1
        return self.serial

    def open(self, title: str, branch: str = "topic") -> int:
        number, time = len(self.requests) + 1, self.tick()
        self.requests[number] = {
            "type": "pullrequest",
            "id": number,
            "title": title,
            "description": "What and why",
            "summary": {"type": "rendered", "raw": "What and why", "markup": "markdown"},
            "state": "OPEN",
            "draft": False,
            "author": account("ana"),
            "source": {"branch": {"name": branch}, "commit": {"hash": commit(number)}},
            "destination": {"branch": {"name": "main"}, "commit": {"hash": commit(1000)}},
            "merge_commit": None,
            "closed_by": None,
            "comment_count": 0,
            "created_on": time,
            "updated_on": time,
            "reviewers": [],
            "links": {"html": {"href": f"https://bitbucket.org/acme/payments/pull-requests/{number}"}},
        }
        self.comments[number] = []
        self._update(number, time)
        return number

    def _update(self, number: int, time: str, who: str = "ana", reason: str = "") -> None:
        request = self.requests[number]
        picture = {
            name: request[name]
            for name in ("title", "description", "state", "draft", "source", "destination")
        }
        update = {
            **picture,
            "author": account(who),
            "date": time,
            "reason": reason,
            "reviewers": request["reviewers"],
        }
        self._log(number, {"update": update})

    def _log(self, number: int, entry: Json) -> None:
        self.activity.insert(
            0, {"pull_request": {"type": "pullrequest", "id": number, "title": "…"}, **entry}
        )

    def change(self, number: int, reason: str = "", **fields: Any) -> None:
        time = self.tick()
        self.requests[number].update(fields, updated_on=time)
        self._update(number, time, "bo", reason)

    def push(self, number: int, head: str) -> None:
        self.change(number, source={"branch": {"name": "topic"}, "commit": {"hash": head}})

    def merge(self, number: int) -> None:
        self.change(number, state="MERGED", merge_commit={"hash": commit(99)}, closed_by=account("bo"))

    def judge(self, number: int, how: str = "approval", who: str = "bo") -> None:
        """An approval: the request is no newer for it."""
        self._log(number, {how: {"date": self.tick(), "user": account(who), "pullrequest": {"id": number}}})

    def say(self, number: int, text: str, **fields: Any) -> int:
        identity, time = self.next_id(), self.tick()
        comment = {
            "type": "pullrequest_comment",
            "id": identity,
            "created_on": time,
            "updated_on": time,
            "content": {"type": "rendered", "raw": text, "markup": "markdown"},
            "user": account("bo"),
            "deleted": False,
            "pending": False,
            "links": {
                "html": {
                    "href": f"https://bitbucket.org/acme/payments/pull-requests/{number}/_/diff#comment-{identity}"
                }
            },
            **fields,
        }
        self.comments[number].append(comment)
        self.requests[number].update(comment_count=len(self.comments[number]), updated_on=time)
        self._log(number, {"comment": comment})
        return identity

    def report(self, title: str) -> int:
        number, time = max(self.issues, default=0) + 1, self.tick()
        self.issues[number] = {
            "type": "issue",
            "id": number,
            "title": title,
            "content": {"raw": "It breaks", "markup": "markdown"},
            "reporter": account("ana"),
            "assignee": None,
            "state": "new",
            "kind": "bug",
            "priority": "major",
            "component": None,
            "milestone": None,
            "created_on": time,
            "updated_on": time,
            "links": {"html": {"href": f"https://bitbucket.org/acme/payments/issues/{number}"}},
        }
        self.said[number], self.changes[number] = [], []
        return number

    def resolve(self, number: int) -> None:
        time = self.tick()
        self.issues[number].update(state="resolved", updated_on=time)
        identity = self.next_id()
        self.changes[number].append(
            {
                "type": "issue_change",
                "id": identity,
                "created_on": time,
                "user": account("bo"),
                "changes": {"state": {"old": "new", "new": "resolved"}},
            }
        )
        self.said[number].append(
            {
                "id": identity,
                "created_on": time,
                "updated_on": time,
                "content": {"raw": None},
                "user": account("bo"),
            }
        )

    # What it answers

    def __call__(self, path: str, params: Params) -> Answer:
        self.before_answer(path)
        root = "/repositories/acme/payments"
        assert path.startswith(root), path
        rest = path.removeprefix(root)
        if rest == "":
            return Answer({"full_name": "acme/payments", "mainbranch": {"name": "main"}, "is_private": True})
        if rest == "/pullrequests":
            if params.get("fields") != "size":
                assert params["state"] == ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]
            return self._sorted(list(self.requests.values()), path, params)
        if rest == "/pullrequests/activity":
            return self._page(self.activity, path, params)
        if rest == "/issues":
            return self._sorted(list(self.issues.values()), path, params)
        if found := re.fullmatch(r"/pullrequests/(\d+)/(activity|comments)", rest):
            number = int(found[1])
            entries = [entry for entry in self.activity if entry["pull_request"]["id"] == number]
            return self._page(entries if found[2] == "activity" else self.comments[number], path, params)
        if found := re.fullmatch(r"/issues/(\d+)(/comments|/changes|)", rest):
            number = int(found[1])
            if number not in self.issues:
                return Answer(status=404)
            if not found[2]:
                return Answer(self.issues[number])
            return self._page((self.said if found[2] == "/comments" else self.changes)[number], path, params)
        return Answer(status=404)

    def _sorted(self, items: list[Json], path: str, params: Params) -> Answer:
        if query := params.get("q"):
            since = datetime.fromisoformat(str(query).removeprefix("updated_on >= "))
            items = [item for item in items if datetime.fromisoformat(item["updated_on"]) >= since]
        key = str(params.get("sort", "id"))
        return self._page(sorted(items, key=lambda item: (item[key], item["id"])), path, params)

    def _page(self, items: list[Json], path: str, params: Params) -> Answer:
        size = min(int(str(params["pagelen"])), self.most)
        page = str(params.get("page", 1))
        activity = path.endswith("/activity")
        # pages of activities have no numbers, but names: here that of how many entries are below
        start = len(items) - int(page[1:]) if page.startswith("b") else (int(page) - 1) * size
        end = start + size
        body: Json = {"pagelen": size, "size": len(items), "values": items[start:end]}
        if end < len(items):
            following = f"b{len(items) - end}" if activity else str(int(page) + 1)
            body["next"] = f"{ROOT}{path}?pagelen={params['pagelen']}&page={following}"
        return Answer(body)
