"""A Bitbucket Data Center in memory: no filter, an order by creation, pages with gaps, the same thread once for every answer to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from fake_session import Answer, Params

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
Json = dict[str, Any]


def commit(number: int) -> str:
    return f"{number:040x}"


def user(name: str, kind: str = "NORMAL") -> Json:
    return {
        "name": name,
        "emailAddress": f"{name}@acme.example",
        "active": True,
        "displayName": name.title(),
        "id": 7,
        "slug": name,
        "type": kind,
    }


class FakeDataCenter:
    def __init__(self, most: int = 100, gap: int = 0) -> None:
        self.most, self.gap = most, gap
        self.now, self.serial, self.last = START, 100, 0
        self.requests: dict[int, Json] = {}
        self.activities: dict[int, list[Json]] = {}
        self.before_answer: Callable[[str], None] = lambda path: None

    # What happens in it

    def tick(self) -> int:
        self.now += timedelta(seconds=60)
        return int(self.now.timestamp() * 1000)

    def next_id(self) -> int:
        self.serial += 1
        return self.serial

    def open(self, title: str, branch: str = "feature/topic") -> int:
        self.last += 1
        number, time = self.last, self.tick()
        self.requests[number] = {
            "id": number,
            "version": 0,
            "title": title,
            "description": "What and why",
            "state": "OPEN",
            "open": True,
            "closed": False,
            "createdDate": time,
            "updatedDate": time,
            "fromRef": {"id": f"refs/heads/{branch}", "displayId": branch, "latestCommit": commit(number)},
            "toRef": {"id": "refs/heads/main", "displayId": "main", "latestCommit": commit(1000)},
            "locked": False,
            "author": {"user": user("ana"), "role": "AUTHOR", "approved": False, "status": "UNAPPROVED"},
            "reviewers": [],
            "participants": [],
            "properties": {"commentCount": 0, "openTaskCount": 0, "resolvedTaskCount": 0},
            "links": {
                "self": [
                    {"href": f"https://git.acme.example/projects/PAY/repos/payments/pull-requests/{number}"}
                ]
            },
        }
        self.activities[number] = []
        self.happen(number, "OPENED", "ana")
        return number

    def happen(self, number: int, action: str, who: str = "bo", **fields: Any) -> Json:
        activity = {
            "id": self.next_id(),
            "createdDate": self.tick(),
            "user": user(who),
            "action": action,
            **fields,
        }
        self.activities[number].insert(0, activity)
        return activity

    def say(self, number: int, text: str, under: Json | None = None, **fields: Any) -> Json:
        """A comment: the request gets no new version, and is no newer."""
        time = self.tick()
        comment = {
            "id": self.next_id(),
            "version": 0,
            "text": text,
            "author": user("bo"),
            "createdDate": time,
            "updatedDate": time,
            "comments": [],
            "threadResolved": False,
            "severity": "NORMAL",
            "state": "OPEN",
        }
        if under is not None:
            under["comments"].append(comment)
        kind = "ADDED" if under is None else "REPLIED"
        self.happen(number, "COMMENTED", commentAction=kind, comment=comment, **fields)
        self.requests[number]["properties"]["commentCount"] += 1
        return comment

    def push(self, number: int, head: str, *, forced: bool = False) -> None:
        request = self.requests[number]
        before, request["fromRef"]["latestCommit"] = request["fromRef"]["latestCommit"], head
        request["version"] += 1
        removed = {"commits": [{"id": before}], "total": 1} if forced else {"commits": [], "total": 0}
        activity = self.happen(
            number,
            "RESCOPED",
            fromHash=head,
            previousFromHash=before,
            toHash=commit(1000),
            previousToHash=commit(1000),
            added={"commits": [{"id": head}], "total": 1},
            removed=removed,
        )
        request["updatedDate"] = activity["createdDate"]

    def approve(self, number: int, who: str = "bo") -> None:
        reviewer = {"user": user(who), "role": "REVIEWER", "approved": True, "status": "APPROVED"}
        others = [one for one in self.requests[number]["reviewers"] if one["user"]["name"] != who]
        self.requests[number]["reviewers"] = [*others, reviewer]
        self.happen(number, "APPROVED", who)

    def merge(self, number: int) -> None:
        activity = self.happen(number, "MERGED", "ana", commit={"id": commit(99)})
        request = self.requests[number]
        request.update(state="MERGED", open=False, closed=True, closedDate=activity["createdDate"])
        request["properties"]["mergeCommit"] = {"id": commit(99)}
        request["version"] += 1

    def delete(self, number: int) -> None:
        del self.requests[number]

    # What it answers

    def __call__(self, path: str, params: Params) -> Answer:
        self.before_answer(path)
        root = "/projects/PAY/repos/payments"
        assert path.startswith(root), path
        rest = path.removeprefix(root)
        if rest == "":
            return Answer(
                {
                    "slug": "payments",
                    "project": {"key": "PAY"},
                    "public": False,
                    "links": {
                        "clone": [
                            {"href": "ssh://git@git.acme.example:7999/pay/payments.git", "name": "ssh"},
                            {"href": "https://bo@git.acme.example/scm/pay/payments.git", "name": "http"},
                        ],
                        "self": [{"href": "https://git.acme.example/projects/PAY/repos/payments/browse"}],
                    },
                }
            )
        if rest == "/pull-requests":
            assert params["state"] == "ALL"
            items = sorted(
                self.requests.values(), key=lambda one: one["id"], reverse=params["order"] == "NEWEST"
            )
            return self._page(items, params)
        if found := re.fullmatch(r"/pull-requests/(\d+)(/activities|)", rest):
            number = int(found[1])
            if number not in self.requests:
                return Answer(status=404)
            if not found[2]:
                return Answer(self.requests[number])
            return self._page(self.activities[number], params)
        return Answer(status=404)

    def _page(self, items: list[Json], params: Params) -> Answer:
        """Between two pages lie numbers of things that the token may not see."""
        size, start = min(int(str(params["limit"])), self.most), int(str(params["start"]))
        stride = size + self.gap
        first = start // stride * size + min(start % stride, size)
        values = items[first : first + size]
        last = first + size >= len(items)
        body: Json = {
            "size": len(values),
            "limit": size,
            "isLastPage": last,
            "values": values,
            "start": start,
        }
        if not last:
            body["nextPageStart"] = (first + size) // size * stride
        return Answer(body)
