"""A GitLab in memory: it answers the questions that the connector asks, filters, sorts and pages like the real one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from cooldown_connectors.forge.protocol import Listed, Reply
from cooldown_connectors.http.errors import NotFound, Refused

ANN = {
    "id": 7,
    "username": "ann",
    "name": "Ann Ames",
    "state": "active",
    "locked": False,
    "avatar_url": None,
    "web_url": "https://git.acme.example/ann",
}
BEN = {**ANN, "id": 8, "username": "ben", "name": "Ben Bo", "web_url": "https://git.acme.example/ben"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class FakeGitLab:
    """One project, and a session for it."""

    owner, name, url = "acme/pay", "ledger", "https://git.acme.example"
    authenticated = True

    def __init__(self, page_size: int = 100) -> None:
        self.takes = frozenset({"pull_requests", "reviews", "issues", "releases"})
        self.since: datetime | None = None
        self.page_size = page_size
        self.lists: dict[str, list[dict[str, Any]]] = {"merge_requests": [], "issues": [], "releases": []}
        self.things: dict[str, Any] = {}
        """What stands at a path below the project."""
        self.refused: set[str] = set()
        self.refusal = 403
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.before: Callable[[int], None] = lambda number: None
        self.most_counted = 10_000

    def get(self, path: str, params: Any = None, *, headers: Any = None, conditional: bool = False) -> Reply:
        return Reply(200, self._find(self._within(path, params or {})), {}, path)

    def numbered(
        self,
        path: str,
        params: Mapping[str, Any],
        page: int,
        size: int,
        *,
        page_name: str = "page",
        size_name: str = "per_page",
        conditional: bool = False,
    ) -> Listed:
        found = self._within(path, {**params, page_name: page, size_name: size})
        items = self._list(found, params) if found in self.lists else self._find(found)
        size = min(size, self.page_size)
        total = len(items) if len(items) <= self.most_counted else None
        return Listed(items[(page - 1) * size : page * size], len(items) > page * size, total)

    def _within(self, path: str, params: Mapping[str, Any]) -> str:
        assert path.startswith("/projects/acme%2Fpay%2Fledger"), path
        found = unquote(path.removeprefix("/projects/acme%2Fpay%2Fledger")).lstrip("/")
        self.before(len(self.asked))
        self.asked.append((found, dict(params)))
        if found in self.refused:
            raise Refused("refused", where=path, status=self.refusal)
        return found

    def _find(self, path: str) -> Any:
        if path in self.things:
            return self.things[path]
        if match := re.fullmatch(r"(merge_requests|issues)/(\d+)", path):
            for item in self.lists[match[1]]:
                if item["iid"] == int(match[2]):
                    return item
        raise NotFound("404", where=path)

    def _list(self, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        items = list(self.lists[name])
        if name == "releases":
            return items
        assert params["state"] == "all"
        assert params["scope"] == "all"
        if params.get("confidential") is False:
            items = [item for item in items if not item.get("confidential")]
        for field in ("updated", "created"):
            if after := params.get(f"{field}_after"):
                items = [item for item in items if moment(item[f"{field}_at"]) >= moment(after)]
            if before := params.get(f"{field}_before"):
                items = [item for item in items if moment(item[f"{field}_at"]) <= moment(before)]
        by = params.get("order_by", "created_at")
        items.sort(key=lambda item: (moment(item[by]), item["iid"]), reverse=params.get("sort") == "desc")
        return items

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the connector asked for {name}")


def request_item(iid: int, **changed: Any) -> dict[str, Any]:
    """A merge request as the list gives it."""
    return {
        "id": 1000 + iid,
        "iid": iid,
        "project_id": 3,
        "title": f"Request {iid}",
        "description": "What it does",
        "state": "opened",
        "created_at": "2026-03-01T08:00:00.000Z",
        "updated_at": "2026-03-02T08:00:00.000Z",
        "merged_by": None,
        "merge_user": None,
        "merged_at": None,
        "closed_by": None,
        "closed_at": None,
        "target_branch": "main",
        "source_branch": f"topic-{iid}",
        "user_notes_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "author": ANN,
        "assignees": [],
        "assignee": None,
        "reviewers": [],
        "source_project_id": 3,
        "target_project_id": 3,
        "labels": [],
        "draft": False,
        "work_in_progress": False,
        "milestone": None,
        "sha": f"{iid:040x}",
        "merge_commit_sha": None,
        "squash_commit_sha": None,
        "discussion_locked": None,
        "reference": f"!{iid}",
        "references": {"short": f"!{iid}", "relative": f"!{iid}", "full": f"acme/pay/ledger!{iid}"},
        "web_url": f"https://git.acme.example/acme/pay/ledger/-/merge_requests/{iid}",
        **changed,
    }


def issue_item(iid: int, **changed: Any) -> dict[str, Any]:
    """An issue as the list gives it."""
    return {
        "id": 2000 + iid,
        "iid": iid,
        "project_id": 3,
        "title": f"Issue {iid}",
        "description": "What is wrong",
        "state": "opened",
        "created_at": "2026-02-01T08:00:00.000Z",
        "updated_at": "2026-02-02T08:00:00.000Z",
        "closed_at": None,
        "closed_by": None,
        "labels": [],
        "milestone": None,
        "assignees": [],
        "author": BEN,
        "type": "ISSUE",
        "issue_type": "issue",
        "user_notes_count": 0,
        "merge_requests_count": 0,
        "confidential": False,
        "moved_to_id": None,
        "_links": {
            "self": "https://git.acme.example/api/v4/projects/3/issues/1",
            "closed_as_duplicate_of": None,
        },
        "references": {"short": f"#{iid}", "relative": f"#{iid}", "full": f"acme/pay/ledger#{iid}"},
        "web_url": f"https://git.acme.example/acme/pay/ledger/-/issues/{iid}",
        **changed,
    }


def note_item(id: int, body: str, **changed: Any) -> dict[str, Any]:
    """A note of a discussion."""
    return {
        "id": id,
        "type": None,
        "body": body,
        "attachment": None,
        "author": BEN,
        "created_at": "2026-03-01T09:00:00.000Z",
        "updated_at": "2026-03-01T09:00:00.000Z",
        "system": False,
        "noteable_id": 1001,
        "noteable_type": "MergeRequest",
        "project_id": 3,
        "noteable_iid": 1,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        **changed,
    }


def discussion_item(id: str, *notes: dict[str, Any]) -> dict[str, Any]:
    """A discussion of these notes."""
    return {"id": id, "individual_note": len(notes) == 1 and notes[0]["type"] is None, "notes": list(notes)}


def text_position(**changed: Any) -> dict[str, Any]:
    """A position on a line that was added."""
    return {
        "base_sha": "b" * 40,
        "start_sha": "5" * 40,
        "head_sha": "4" * 40,
        "old_path": "ledger.py",
        "new_path": "ledger.py",
        "position_type": "text",
        "old_line": None,
        "new_line": 27,
        "line_range": None,
        **changed,
    }


class Made:
    """Everything above, for tests."""

    GitLab = FakeGitLab
    ann, ben = ANN, BEN
    request = staticmethod(request_item)
    issue = staticmethod(issue_item)
    note = staticmethod(note_item)
    discussion = staticmethod(discussion_item)
    position = staticmethod(text_position)


@pytest.fixture(scope="session")
def made() -> type[Made]:
    return Made
