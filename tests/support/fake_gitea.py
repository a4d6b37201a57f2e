"""A Gitea in memory, with the habits of the real one: lists in another order than their changes, totals, rows that a page counts and leaves out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from fake_session import Answer, Params

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HASH = "0123456789abcdef" * 3
Json = dict[str, Any]


def commit(number: int) -> str:
    return f"{number:08x}{HASH}"[:40]


def user(login: str, number: int = 7) -> Json:
    return {
        "id": number,
        "login": login,
        "login_name": "",
        "full_name": login.title(),
        "email": f"{login}@acme.example",
        "avatar_url": f"https://git.acme.example/avatars/{number}",
        "username": login,
        "restricted": False,
        "active": False,
    }


class FakeGitea:
    """Its clock stands until somebody does something."""

    def __init__(self, most: int = 50, zone: str = "Z", *, timelines: bool = True) -> None:
        self.most, self.zone, self.timelines = most, zone, timelines
        self.now = START
        self.serial = 100
        self.last = 0  # a number is never given twice
        self.things: dict[int, Json] = {}
        self.rows: dict[int, list[Json]] = {}
        self.reviews: dict[int, list[tuple[Json, list[Json]]]] = {}
        self.releases: list[Json] = []
        self.refs: dict[int, Json] = {}
        """Of requests whose commits matter: fields about them."""
        self.before_answer: Callable[[str], None] = lambda path: None

    # What happens in it

    def tick(self, seconds: int = 60) -> str:
        self.now += timedelta(seconds=seconds)
        return self.text(self.now)

    def text(self, time: datetime) -> str:
        if self.zone == "Z":
            return time.strftime("%Y-%m-%dT%H:%M:%SZ")
        return (time + timedelta(hours=int(self.zone))).strftime(
            "%Y-%m-%dT%H:%M:%S"
        ) + f"{int(self.zone):+03d}:00"

    def next_id(self) -> int:
        self.serial += 1
        return self.serial

    def open(self, title: str, *, pull: bool = False, body: str = "") -> int:
        time, number = self.tick(), self.last + 1
        self.last = number
        kind = "pulls" if pull else "issues"
        self.things[number] = {
            "id": 5000 + number,
            "number": number,
            "user": user("ana"),
            "title": title,
            "body": body,
            "state": "open",
            "labels": [],
            "milestone": None,
            "created_at": time,
            "updated_at": time,
            "closed_at": None,
            "html_url": f"https://git.acme.example/acme/payments/{kind}/{number}",
            "pull_request": {"merged": False, "merged_at": None} if pull else None,
        }
        self.rows[number], self.reviews[number] = [], []
        return number

    def happen(self, number: int, kind: str, login: str = "bo", **fields: Any) -> Json:
        row = {
            "id": self.next_id(),
            "type": kind,
            "user": user(login, 8),
            "body": "",
            "html_url": f"{self.things[number]['html_url']}#issuecomment-{self.serial}",
            "created_at": self.tick(),
            **fields,
        }
        row["updated_at"] = row["created_at"]
        self.rows[number].append(row)
        self.touch(number)
        return row

    def touch(self, number: int) -> None:
        self.things[number]["updated_at"] = self.text(self.now)

    def say(self, number: int, text: str) -> Json:
        return self.happen(number, "comment", body=text)

    def edit(self, number: int, row: Json, text: str) -> None:
        row["body"], row["updated_at"] = text, self.tick()  # the issue itself is no newer for it

    def push(self, number: int, *commits: str, forced: bool = False) -> None:
        self.happen(
            number, "pull_push", body=json.dumps({"is_force_push": forced, "commit_ids": list(commits)})
        )

    def review(self, number: int, state: str, *comments: Json, body: str = "") -> int:
        identity, time = self.next_id(), self.tick()
        review = {
            "id": identity,
            "user": user("bo", 8),
            "team": None,
            "state": state,
            "body": body,
            "commit_id": commit(number),
            "stale": False,
            "official": True,
            "dismissed": False,
            "comments_count": len(comments),
            "submitted_at": time,
            "updated_at": time,
            "html_url": f"https://git.acme.example/acme/payments/pulls/{number}#issuecomment-{identity}",
        }
        found = []
        for comment in comments:
            made = {
                "id": self.next_id(),
                "user": user("bo", 8),
                "resolver": None,
                "pull_request_review_id": identity,
                "created_at": time,
                "updated_at": time,
                "commit_id": commit(9),
                "original_commit_id": "",
                "diff_hunk": "@@ -1,2 +1,3 @@\n a\n+b\n c",
                "position": 0,
                "original_position": 0,
                **comment,
            }
            found.append(made)
            # a row that pages of the timeline count and do not show
            self.rows[number].append({"id": made["id"], "type": "code", "created_at": time})
        self.reviews[number].append((review, found))
        self.happen(number, "review", review_id=identity, body=body)
        return identity

    def close(self, number: int, *, merged: bool = False) -> None:
        self.happen(
            number, "merge_pull" if merged else "close", "ana", ref_commit_sha=commit(99) if merged else ""
        )
        thing = self.things[number]
        thing.update(state="closed", closed_at=self.text(self.now))
        if merged:
            thing["pull_request"] = {"merged": True, "merged_at": self.text(self.now)}

    def delete(self, number: int) -> None:
        self.tick()
        del self.things[number]

    def release(self, tag: str) -> Json:
        time = self.tick()
        made = {
            "id": self.next_id(),
            "tag_name": tag,
            "target_commitish": "main",
            "name": f"Version {tag}",
            "body": "What is new",
            "draft": False,
            "prerelease": False,
            "author": user("ana"),
            "created_at": time,
            "published_at": time,
            "html_url": f"https://git.acme.example/acme/payments/releases/tag/{tag}",
        }
        self.releases.append(made)
        return made

    # What it answers

    def __call__(self, path: str, params: Params) -> Answer:
        self.before_answer(path)
        if path == "/settings/api":
            date = {"date": format_datetime(self.now, usegmt=True)}
            return Answer({"max_response_items": self.most, "default_paging_num": 30}, headers=date)
        root = "/repos/acme/payments"
        assert path == root or path.startswith(f"{root}/"), path
        rest = path.removeprefix(root)
        if rest == "":
            return Answer(
                {
                    "full_name": "acme/payments",
                    "clone_url": "https://git.acme.example/acme/payments.git",
                    "html_url": "https://git.acme.example/acme/payments",
                    "default_branch": "main",
                    "private": True,
                }
            )
        for pattern, answer in self._routes().items():
            if found := re.fullmatch(pattern, rest):
                numbers = [int(number) for number in found.groups()]
                if numbers and numbers[0] not in self.things:
                    return Answer(status=404)
                return answer(params, *numbers)
        return Answer(status=404)

    def _routes(self) -> dict[str, Callable[..., Answer]]:
        return {
            "/pulls": self._pulls,
            r"/pulls/(\d+)": lambda params, number: Answer(self._pull(self.things[number])),
            r"/pulls/(\d+)/reviews": lambda params, number: self._page(
                [review for review, _ in self.reviews[number]], params
            ),
            r"/pulls/(\d+)/reviews/(\d+)/comments": self._review_comments,
            "/issues": self._issues,
            r"/issues/(\d+)": lambda params, number: Answer(self.things[number]),
            "/issues/comments": self._comments,
            r"/issues/(\d+)/comments": lambda params, number: Answer(
                [row for row in self.rows[number] if row["type"] == "comment"]
            ),
            r"/issues/(\d+)/timeline": self._timeline,
            "/releases": lambda params: self._page(self.releases[::-1], params),
        }

    def _pull(self, thing: Json) -> Json:
        number = thing["number"]
        meta = thing["pull_request"]
        return {
            **thing,
            "merged": meta["merged"],
            "merged_at": meta["merged_at"],
            "merged_by": user("ana") if meta["merged"] else None,
            "merge_commit_sha": commit(99) if meta["merged"] else None,
            "merge_base": commit(1000),
            "base": {"label": "main", "ref": "main", "sha": commit(1001), "repo_id": 1},
            "head": {
                "label": f"topic-{number}",
                "ref": f"topic-{number}",
                "sha": commit(number),
                "repo_id": 1,
            },
            **self.refs.get(number, {}),
        }

    def _pulls(self, params: Params) -> Answer:
        assert params["state"] == "all" and params["sort"] == "recentupdate"
        found = [thing for thing in self.things.values() if thing["pull_request"]]
        found.sort(key=lambda thing: (_time(thing["updated_at"]), thing["number"]), reverse=True)
        return self._page([self._pull(thing) for thing in found], params)

    def _issues(self, params: Params) -> Answer:
        assert params["state"] == "all"
        pull = params["type"] == "pulls"
        found = [thing for thing in self.things.values() if bool(thing["pull_request"]) is pull]
        found.sort(key=lambda thing: thing["number"], reverse=True)
        return self._page(_since(found, params), params)

    def _comments(self, params: Params) -> Answer:
        found = [
            {
                **row,
                "issue_url": "" if self.things[number]["pull_request"] else self.things[number]["html_url"],
                "pull_request_url": self.things[number]["html_url"]
                if self.things[number]["pull_request"]
                else "",
            }
            for number, rows in self.rows.items()
            if number in self.things
            for row in rows
            if row["type"] == "comment"
        ]
        found.sort(key=lambda row: row["id"])
        answer = self._page(_since(found, params), params)
        headers = {name: value for name, value in answer.headers.items() if name != "link"}
        return Answer(answer.data, headers=headers)

    def _review_comments(self, params: Params, number: int, review: int) -> Answer:
        assert not params
        return Answer(next(comments for one, comments in self.reviews[number] if one["id"] == review))

    def _timeline(self, params: Params, number: int) -> Answer:
        if not self.timelines:
            return Answer(status=404)
        page = self._page(self.rows[number], params).data
        shown = [row for row in page if row["type"] != "code"]
        return Answer(shown, headers={"x-total-count": str(len(shown))})

    def _page(self, items: list[Json], params: Params) -> Answer:
        size = min(int(str(params["limit"])), self.most)
        page = int(str(params["page"]))
        headers = {"x-total-count": str(len(items)), "date": format_datetime(self.now, usegmt=True)}
        if page * size < len(items):
            headers["link"] = f'<https://git.acme.example/api/v1/x?page={page + 1}>; rel="next"'
        elif page > 1:
            headers["link"] = '<https://git.acme.example/api/v1/x?page=1>; rel="first"'
        return Answer(items[(page - 1) * size : page * size], headers=headers)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _since(items: list[Json], params: Params) -> list[Json]:
    if "since" not in params:
        return items
    since = _time(str(params["since"]))
    return [item for item in items if _time(item["updated_at"]) >= since]
