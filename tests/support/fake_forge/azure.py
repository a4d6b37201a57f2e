"""The world as Azure DevOps shows it: requests with threads and iterations, issues as work items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fake_forge.server import Asked, Told, routed
from fake_forge.world import Account, Note, Push, ReviewOf, Thing, ThreadOf, World
from forge_testing.schemas.azure import AzureSchema, azure

ROOT = r"/acme/Pay"
REPO = rf"{ROOT}/_apis/git/repositories/payments"
REPOSITORY_ID = "3411ebc1-d5aa-464f-9615-0b527bc66719"
VOTES = {"approved": "10", "changes_requested": "-5", "dismissed": "0"}
STATES = {"open": "active", "merged": "completed", "closed": "abandoned"}
QUERIES = ("/_apis/wit/wiql", "/_apis/wit/workitemsbatch")
_CONDITION = re.compile(r"AND \[(System\.\w+)\] (>=|>) '?([^' ]+)'?")


class AzureFront:
    """Answers for ``acme/Pay/payments``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes = [
            (REPO, self._repository),
            (rf"{ROOT}/_apis/git/repositories", self._repositories),
            (rf"{REPO}/pullrequests", self._requests),
            (rf"{REPO}/pullrequests/(\d+)", self._request),
            (rf"{REPO}/pullrequests/(\d+)/threads", self._threads),
            (rf"{REPO}/pullrequests/(\d+)/iterations", self._iterations),
            (rf"{ROOT}/_apis/wit/workitemtypes", self._types),
            (rf"{ROOT}/_apis/wit/wiql", self._query),
            (rf"{ROOT}/_apis/wit/workitemsbatch", self._batch),
            (rf"{ROOT}/_apis/wit/workItems/(\d+)/comments", self._comments),
            (r"/acme/_apis/wit/workitems/(\d+)", self._work_item_anywhere),
        ]

    def answer(self, asked: Asked) -> Told:
        return routed(self.routes, asked)

    def _repository(self, asked: Asked) -> Told:
        return Told(
            {
                "id": REPOSITORY_ID,
                "name": "payments",
                "project": {"id": "a7573007", "name": "Pay", "visibility": "private"},
                "defaultBranch": "refs/heads/main",
                "remoteUrl": f"{asked.base}/acme/Pay/_git/payments",
                "webUrl": f"{asked.base}/acme/Pay/_git/payments",
            }
        )

    def _repositories(self, asked: Asked) -> Told:
        del asked
        return _all([{"name": name, "project": {"name": "Pay"}} for name in ("payments", "ledger")])

    def _requests(self, asked: Asked) -> Told:
        status = asked.query["searchCriteria.status"]
        since = asked.query.get("searchCriteria.minTime", "")
        found = [
            one
            for one in self.world.requests.values()
            if status in ("all", STATES[one.state])
            and (not since or (one.closed and _stamp(one.closed) >= since))
        ]
        found.sort(key=lambda one: -one.number)
        start, size = asked.number("$skip", 0), asked.number("$top", 100)
        return _all([_request(one, shortened=True) for one in found[start : start + size]])

    def _request(self, asked: Asked, number: str) -> Told:
        one = self.world.requests[int(number)]
        work_items = [{"id": str(other), "url": f"{asked.base}/x"} for other in one.closes]
        return Told({**_request(one), "workItemRefs": work_items})

    def _threads(self, asked: Asked, number: str) -> Told:
        del asked
        one = self.world.requests[int(number)]
        heads = [push.head for push in one.pushes]
        found = [_thread(note.id, [note]) for note in one.notes]
        found += [_code_thread(thread, heads.index(thread.commit) + 1) for thread in one.threads]
        found += [_vote(review) for review in one.reviews if review.state in VOTES]
        found += [_pushed(push) for push in one.pushes[1:]]
        return _all(found)

    def _iterations(self, asked: Asked, number: str) -> Told:
        del asked
        one = self.world.requests[int(number)]
        return _all([_iteration(number, push, one) for number, push in enumerate(one.pushes, 1)])

    def _types(self, asked: Asked) -> Told:
        del asked
        states = [{"name": "Active", "category": "InProgress"}, {"name": "Closed", "category": "Completed"}]
        return _all([{"name": "Bug", "states": states}])

    def _query(self, asked: Asked) -> Told:
        select, _, order = asked.body["query"].partition(" ORDER BY ")
        found = list(self.world.issues.values())
        for field, _, value in _CONDITION.findall(select):
            if field == "System.Id":
                found = [one for one in found if one.number > int(value)]
            else:
                found = [one for one in found if _stamp(one.updated) >= value]
        by_change = order.startswith("[System.ChangedDate]")
        found.sort(key=lambda one: (_stamp(one.updated) if by_change else "", one.number))
        as_of = _stamp(self.world.now)
        return Told(
            {
                "asOf": as_of,
                "workItems": [{"id": one.number} for one in found[: asked.number("$top", 20_000)]],
            }
        )

    def _batch(self, asked: Asked) -> Told:
        there = (self.world.issues.get(number) for number in asked.body["ids"])
        return _all([self._work_item(one) for one in there if one])

    def _work_item_anywhere(self, asked: Asked, number: str) -> Told:
        del asked
        if int(number) in self.world.transferred:
            return Told({"id": int(number), "fields": {"System.TeamProject": "ledger"}})
        one = self.world.issues.get(int(number))
        return Told(self._work_item(one)) if one else Told({"message": "TF401232"}, 404)

    def _comments(self, asked: Asked, number: str) -> Told:
        one = self.world.issues.get(int(number))
        if one is None:
            return Told({"message": "TF401232"}, 404)
        notes = one.notes
        start, size = asked.number("continuationToken", 0), asked.number("$top", 200)
        end = start + size
        more = str(end) if end < len(notes) else None
        comments = [
            {
                "id": note.id,
                "text": note.text,
                "createdBy": _identity(note.author),
                "createdDate": _stamp(note.created),
                "modifiedDate": _stamp(note.updated),
            }
            for note in notes[start:end]
        ]
        return Told({"totalCount": len(notes), "comments": comments, "continuationToken": more})

    def _work_item(self, one: Thing) -> dict[str, Any]:
        fields = {
            "System.TeamProject": "Pay",
            "System.WorkItemType": "Bug",
            "System.State": "Closed" if one.closed else "Active",
            "System.Reason": one.reason or "New",
            "System.Title": one.title,
            "System.Description": one.text,
            "System.CreatedBy": _identity(one.author),
            "System.CreatedDate": _stamp(one.created),
            "System.ChangedDate": _stamp(one.updated),
            "System.CommentCount": len(one.notes),
            "System.Tags": "; ".join(one.labels),
        }
        if one.closed:
            fields["Microsoft.VSTS.Common.ClosedDate"] = _stamp(one.closed)
            fields["Microsoft.VSTS.Common.ClosedBy"] = _identity(one.closed_by)
        return {"id": one.number, "rev": 1, "fields": fields, "relations": []}


class AzureQueriesSchema(AzureSchema):
    """Azure DevOps' API with the two questions that are asked in a body."""

    def check(self, method: str, path: str, query: Any = None, json_body: Any = None) -> None:
        if method == "POST" and path.endswith(QUERIES):
            assert isinstance(json_body, dict)
            # Project and team may each be left out; the client that this rests on knows only both or none.
            azure().check("POST", path[path.index("/_apis/") :], query)
        else:
            super().check(method, path, query, json_body)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _all(items: Sequence[Any]) -> Told:
    return Told({"count": len(items), "value": list(items)})


def _identity(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    return {
        "displayName": account.login.title(),
        "uniqueName": f"{account.login}@acme.example",
        "id": f"{sum(map(ord, account.login)):08x}-0000-4000-8000-000000000000",
        "descriptor": "svc.x" if account.bot else "aad.x",
    }


def _request(one: Thing, *, shortened: bool = False) -> dict[str, Any]:
    return {
        "pullRequestId": one.number,
        "status": STATES[one.state],
        "createdBy": _identity(one.author),
        "creationDate": _stamp(one.created),
        "closedDate": _stamp(one.closed) if one.closed else None,
        "closedBy": _identity(one.closed_by),
        "title": one.title,
        "description": one.text[:40] if shortened else one.text,
        "sourceRefName": f"refs/heads/topic-{one.number}",
        "targetRefName": "refs/heads/main",
        "isDraft": one.draft,
        "lastMergeSourceCommit": {"commitId": one.head},
        "lastMergeTargetCommit": {"commitId": one.base},
        "lastMergeCommit": {"commitId": one.merged_in or "d" * 40},
        "labels": [{"name": label} for label in one.labels],
        "reviewers": [],
    }


def _comment(number: int, note: Note, kind: str = "text") -> dict[str, Any]:
    return {
        "id": number,
        "parentCommentId": 0 if number == 1 else 1,
        "author": _identity(note.author),
        "content": note.text,
        "publishedDate": _stamp(note.created),
        "lastUpdatedDate": _stamp(note.updated),
        "lastContentUpdatedDate": _stamp(note.updated),
        "commentType": kind,
    }


def _thread(id: int, notes: Sequence[Note], kind: str = "text", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "publishedDate": _stamp(notes[0].created),
        "lastUpdatedDate": _stamp(max(note.updated for note in notes)),
        "comments": [_comment(number, note, kind) for number, note in enumerate(notes, 1)],
        "threadContext": None,
        "pullRequestThreadContext": None,
        "properties": {},
        "identities": None,
        "isDeleted": False,
        **more,
    }


def _code_thread(thread: ThreadOf, iteration: int) -> dict[str, Any]:
    return _thread(
        thread.id,
        thread.notes,
        status="fixed" if thread.resolved else "active",
        threadContext={
            "filePath": f"/{thread.path}",
            "rightFileStart": {"line": thread.start_line, "offset": 1},
            "rightFileEnd": {"line": thread.line, "offset": 9},
        },
        pullRequestThreadContext={
            "iterationContext": {
                "firstComparingIteration": iteration,
                "secondComparingIteration": iteration,
            }
        },
    )


def _told(
    id: int, author: Account | None, at: datetime, kind: str, content: str, **said: str
) -> dict[str, Any]:
    properties = {"CodeReviewThreadType": kind, **said}
    return _thread(
        id,
        [Note(1, author, content, at, at)],
        "system",
        properties={name: {"$type": "System.String", "$value": value} for name, value in properties.items()},
        identities={"1": _identity(author)},
    )


def _vote(review: ReviewOf) -> dict[str, Any]:
    vote = VOTES[review.state]
    return _told(
        review.id,
        review.author,
        review.at,
        "VoteUpdate",
        f"voted {vote}",
        CodeReviewVoteResult=vote,
        CodeReviewVotedByIdentity="1",
    )


def _pushed(push: Push) -> dict[str, Any]:
    return _told(push.id, push.author, push.at, "RefUpdate", "The reference was updated.")


def _iteration(number: int, push: Push, one: Thing) -> dict[str, Any]:
    return {
        "id": number,
        "author": _identity(push.author),
        "createdDate": _stamp(push.at),
        "sourceRefCommit": {"commitId": push.head},
        "targetRefCommit": {"commitId": one.base},
        "commonRefCommit": {"commitId": one.base},
        "reason": "forcePush" if push.forced else "push",
        "push": {"pushedBy": _identity(push.author)},
    }
