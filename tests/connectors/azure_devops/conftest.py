"""An Azure DevOps in memory: it answers the questions that the connector asks, filters, sorts and pages like the real one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cooldown_connectors.forge.protocol import Listed, Reply
from cooldown_connectors.http.errors import NotFound

ANN_ID = "6f1e0f14-9d1c-4a0b-8e39-0f0d2e7a5b11"
BEN_ID = "0aa1f1c2-5b7e-4d0b-9a70-3c2b9d4d7e22"
REPOSITORY_ID = "3411ebc1-d5aa-464f-9615-0b527bc66719"


def identity(name: str, id: str) -> dict[str, Any]:
    login = f"{name.partition(' ')[0].lower()}@acme.example"
    return {
        "displayName": name,
        "url": f"https://spsprodweu1.vssps.visualstudio.com/A0/_apis/Identities/{id}",
        "_links": {"avatar": {"href": "https://dev.azure.com/acme/_apis/GraphProfile/MemberAvatars/aad.x"}},
        "id": id,
        "uniqueName": login,
        "imageUrl": "https://dev.azure.com/acme/_api/_common/identityImage?id=x",
        "descriptor": "aad.Y2Q0ZmE",
    }


ANN, BEN = identity("Ann Ames", ANN_ID), identity("Ben Bo", BEN_ID)
_CONDITION = re.compile(r"AND \[(System\.\w+)\] (>=|>) '?([^' ]+)'?")


class FakeAzure:
    """One repository and its project, and a session for them."""

    owner, name, url = "acme/Pay%20Roll", "ledger", "https://dev.azure.com"
    authenticated = True

    def __init__(self, page_size: int | None = None) -> None:
        self.takes = frozenset({"pull_requests", "reviews", "issues"})
        self.since: datetime | None = None
        self.page_size = page_size
        self.requests: list[dict[str, Any]] = []
        self.work_items: list[dict[str, Any]] = []
        self.threads: dict[int, list[dict[str, Any]]] = {}
        self.iterations: dict[int, list[dict[str, Any]]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.things: dict[str, Any] = {
            "/acme/Pay%20Roll/_apis/git/repositories/ledger": {"id": REPOSITORY_ID}
        }
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.before: Callable[[int], None] = lambda number: None
        self.knows_times = True
        self.clock: Callable[[int], str] = lambda number: "2100-01-01T00:00:00Z"
        """What time it is at a question."""

    def _note(self, path: str, params: Mapping[str, Any]) -> None:
        self.before(len(self.asked))
        self.asked.append((path, dict(params)))
        assert params["api-version"].startswith(("7.1", "6.0"))

    def get(self, path: str, params: Any = None, *, headers: Any = None, conditional: bool = False) -> Reply:
        self._note(path, params)
        return Reply(200, self._find(path, params), {}, path)

    def _find(self, path: str, params: Mapping[str, Any]) -> Any:
        if match := re.fullmatch(
            r"/acme/Pay%20Roll/_apis/git/repositories/ledger/pullrequests/(\d+)(/\w+)?", path
        ):
            number = int(match[1])
            if match[2] == "/threads":
                return {"value": self.threads.get(number, []), "count": 0}
            if match[2] == "/iterations":
                return {"value": self.iterations.get(number, []), "count": 0}
            return next(item for item in self.requests if item["pullRequestId"] == number)
        if match := re.fullmatch(r"/acme/Pay%20Roll/_apis/wit/workItems/(\d+)/comments", path):
            found = self.comments.get(int(match[1]), [])
            start = int(params.get("continuationToken", 0))
            end = start + (self.page_size or 200)
            more = str(end) if end < len(found) else None
            return {"totalCount": len(found), "comments": found[start:end], "continuationToken": more}
        if path not in self.things:
            raise NotFound("404", where=path)
        return self.things[path]

    def post(self, path: str, body: Any, *, headers: Any = None) -> Reply:
        where, _, query = path.partition("?")
        params = dict(parse_qsl(query))
        self._note(where, params)
        if where == "/acme/Pay%20Roll/_apis/wit/wiql":
            data: Any = self._wiql(body["query"], params)
        else:
            assert where == "/acme/Pay%20Roll/_apis/wit/workitemsbatch"
            assert len(body["ids"]) <= 200
            found = [item for item in reversed(self.work_items) if item["id"] in body["ids"]]
            data = {"count": len(found), "value": [*found, None]}  # null for one that was omitted
        return Reply(200, data, {}, path)

    def _wiql(self, query: str, params: Mapping[str, str]) -> dict[str, Any]:
        assert params["timePrecision"] == "true"
        select, _, order = query.partition(" ORDER BY ")
        head = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"
        assert select.startswith(head)
        items = list(self.work_items)
        for field, sign, value in _CONDITION.findall(select.removeprefix(head)):
            if field == "System.Id":
                assert sign == ">"
                items = [item for item in items if item["id"] > int(value)]
            else:
                assert (field, sign) == ("System.ChangedDate", ">=")
                since = datetime.fromisoformat(value)
                items = [item for item in items if changed(item) >= since]
        if order.startswith("[System.ChangedDate] ASC"):
            items.sort(key=lambda item: (changed(item), item["id"]))
        else:
            items.sort(key=lambda item: item["id"])
        top = int(params["$top"])
        as_of = self.clock(len(self.asked) - 1)
        return {
            "queryType": "flat",
            "asOf": as_of,
            "workItems": [{"id": item["id"], "url": "x"} for item in items[:top]],
        }

    def offset(
        self,
        path: str,
        params: Mapping[str, Any],
        start: int,
        size: int,
        *,
        start_name: str,
        size_name: str,
        items: str,
    ) -> Listed:
        assert (start_name, size_name, items) == ("$skip", "$top", "value")
        assert path == "/acme/Pay%20Roll/_apis/git/repositories/ledger/pullrequests"
        self._note(path, params)
        status = params["searchCriteria.status"]
        found = [item for item in self.requests if status in ("all", item["status"])]
        if self.knows_times and "searchCriteria.minTime" in params:
            assert params["searchCriteria.queryTimeRangeType"] == "closed"
            since = datetime.fromisoformat(params["searchCriteria.minTime"])
            found = [item for item in found if datetime.fromisoformat(item["closedDate"]) >= since]
        found.sort(key=lambda item: -item["pullRequestId"])
        page = found[start : start + size]
        return Listed(page, len(page) >= size)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the connector asked for {name}")


def changed(item: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(item["fields"]["System.ChangedDate"])


def request_item(id: int, **changed: Any) -> dict[str, Any]:
    """A pull request as Azure DevOps gives it."""
    return {
        "repository": {"id": REPOSITORY_ID, "name": "ledger", "project": {"name": "Pay Roll"}},
        "pullRequestId": id,
        "codeReviewId": id,
        "status": "active",
        "createdBy": ANN,
        "creationDate": "2026-03-01T08:00:00.1234567Z",
        "title": f"Request {id}",
        "description": "What it does",
        "sourceRefName": f"refs/heads/users/ann/topic-{id}",
        "targetRefName": "refs/heads/main",
        "mergeStatus": "succeeded",
        "isDraft": False,
        "mergeId": "f5fc8381-3fb2-49fe-8a0d-27dcc2d6ef82",
        "lastMergeSourceCommit": {"commitId": f"{id:040x}"},
        "lastMergeTargetCommit": {"commitId": "b" * 40},
        "lastMergeCommit": {"commitId": "c" * 40},
        "reviewers": [],
        "url": f"https://dev.azure.com/acme/_apis/git/repositories/{REPOSITORY_ID}/pullRequests/{id}",
        "supportsIterations": True,
        **changed,
    }


def completed_item(id: int, closed: str, **changed: Any) -> dict[str, Any]:
    return request_item(id, **{"status": "completed", "closedDate": closed, "closedBy": BEN, **changed})


def comment_item(id: int, content: str, **changed: Any) -> dict[str, Any]:
    """A comment of a thread."""
    return {
        "id": id,
        "parentCommentId": 0,
        "author": BEN,
        "content": content,
        "publishedDate": "2026-03-01T09:00:00Z",
        "lastUpdatedDate": "2026-03-01T09:00:00Z",
        "lastContentUpdatedDate": "2026-03-01T09:00:00Z",
        "commentType": "text",
        "usersLiked": [],
        **changed,
    }


def thread_item(id: int, *comments: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A thread of these comments, about the request as a whole."""
    return {
        "pullRequestThreadContext": None,
        "id": id,
        "publishedDate": "2026-03-01T09:00:00Z",
        "lastUpdatedDate": "2026-03-01T09:30:00Z",
        "comments": list(comments),
        "threadContext": None,
        "properties": {},
        "identities": None,
        "isDeleted": False,
        **changed,
    }


def code_thread(id: int, *comments: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A thread on line 27 of ``src/ledger.py``."""
    return thread_item(
        id,
        *comments,
        **{
            "status": "active",
            "threadContext": {
                "filePath": "/src/ledger.py",
                "leftFileStart": None,
                "leftFileEnd": None,
                "rightFileStart": {"line": 27, "offset": 1},
                "rightFileEnd": {"line": 27, "offset": 12},
            },
            "pullRequestThreadContext": {
                "iterationContext": {"firstComparingIteration": 1, "secondComparingIteration": 2},
                "changeTrackingId": 1,
                "trackingCriteria": None,
            },
            **changed,
        },
    )


def told_thread(
    id: int, kind: str, content: str, *people: dict[str, Any], **properties: str
) -> dict[str, Any]:
    """A thread that Azure DevOps wrote; ``people`` are its identities, 1, 2, …"""
    said = {"CodeReviewThreadType": kind, **properties}
    return thread_item(
        id,
        comment_item(1, content, commentType="system", author=people[0] if people else BEN),
        properties={name: {"$type": "System.String", "$value": value} for name, value in said.items()},
        identities={str(number): one for number, one in enumerate(people, 1)},
    )


def iteration_item(id: int, head: str, common: str = "a" * 40, **changed: Any) -> dict[str, Any]:
    return {
        "id": id,
        "description": "Fix",
        "author": ANN,
        "createdDate": f"2026-03-0{id}T08:00:00Z",
        "updatedDate": f"2026-03-0{id}T08:00:00Z",
        "sourceRefCommit": {"commitId": head},
        "targetRefCommit": {"commitId": "b" * 40},
        "commonRefCommit": {"commitId": common},
        "hasMoreCommits": False,
        "reason": "push",
        "push": {"pushId": 100 + id, "date": f"2026-03-0{id}T08:00:00Z", "pushedBy": BEN},
        **changed,
    }


def work_item(id: int, day: str = "2026-03-02T08:00:00.12Z", **fields: Any) -> dict[str, Any]:
    """A work item with all its fields."""
    relations = fields.pop("relations", None)
    formats = fields.pop("formats", None)
    item: dict[str, Any] = {
        "id": id,
        "rev": 3,
        "fields": {
            "System.TeamProject": "Pay Roll",
            "System.AreaPath": "Pay Roll",
            "System.IterationPath": "Pay Roll",
            "System.WorkItemType": "Bug",
            "System.State": "Active",
            "System.Reason": "New",
            "System.CreatedDate": "2026-03-01T08:00:00Z",
            "System.CreatedBy": ANN,
            "System.ChangedDate": day,
            "System.ChangedBy": BEN,
            "System.CommentCount": 0,
            "System.Title": f"Item {id}",
            **{name.replace("__", "."): value for name, value in fields.items()},
        },
        "url": f"https://dev.azure.com/acme/_apis/wit/workItems/{id}",
    }
    if relations is not None:
        item["relations"] = relations
    if formats is not None:
        item["multilineFieldsFormat"] = formats
    return item


class Made:
    """Everything above, for tests."""

    Azure = FakeAzure
    ann, ben, ann_id, repository_id = ANN, BEN, ANN_ID, REPOSITORY_ID
    request, completed = staticmethod(request_item), staticmethod(completed_item)
    comment, thread, on_code = (
        staticmethod(comment_item),
        staticmethod(thread_item),
        staticmethod(code_thread),
    )
    told, iteration = staticmethod(told_thread), staticmethod(iteration_item)
    work_item = staticmethod(work_item)


@pytest.fixture(scope="session")
def made() -> type[Made]:
    return Made
