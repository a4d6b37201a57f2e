"""The world as Bitbucket Data Center shows it. What it answers, and with which habits, is :class:`fake_data_center.FakeDataCenter`'s;
here is what happened in the world, in its words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cooldown_connectors.bitbucket import BitbucketConnector, BitbucketOptions, DataCenter

from fake_data_center import FakeDataCenter, user
from fake_forge.server import Asked, Told
from fake_forge.world import Account, Note, Push, ReviewOf, Thing, ThreadOf, World

API = "/rest/api/1.0"
ROOT = "/projects/PAY/repos/payments"
STATES = {"open": "OPEN", "merged": "MERGED", "closed": "DECLINED"}
VERDICTS = {"approved": ("APPROVED", "APPROVED"), "changes_requested": ("REVIEWED", "NEEDS_WORK")}
"""Activity, and status of the reviewer. There is no review without a verdict."""
OPENING, CLOSING, PUSHING, JUDGING, SPEAKING = (number * 100_000 for number in range(1, 6))
"""What is added to ids for those of the activities: those of comments and activities are counted apart."""


class DataCenterOptions(BitbucketOptions):
    """Everything that Data Center has."""

    known_takes = DataCenter.takes


class DataCenterConnector(BitbucketConnector):
    """Takes all that Data Center has by itself."""

    Options = DataCenterOptions


class DataCenterFront:
    """Answers for ``PAY/payments`` below ``/rest/api/1.0``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seen: tuple[object, FakeDataCenter] = (None, FakeDataCenter())

    def answer(self, asked: Asked) -> Told:
        path = asked.path.removeprefix(API)
        if path != ROOT and not path.startswith(f"{ROOT}/"):
            return Told({"errors": [{"message": "Repository PAY/gone does not exist."}]}, 404)
        if self._seen[0] != self.world.moment:
            self._seen = self.world.moment, self._shown(asked.base)
        said = self._seen[1](path, dict(asked.query))
        return Told(said.data, said.status)

    def _shown(self, base: str) -> FakeDataCenter:
        """A Data Center in which all of it has happened so far."""
        shown = FakeDataCenter()
        shown.now = self.world.now
        for one in self.world.requests.values():
            shown.requests[one.number] = _request(one, base)
            shown.activities[one.number] = _activities(one)
        return shown


def _time(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _user(who: Account | None) -> dict[str, Any]:
    """An account that is deleted keeps its name."""
    return user("former") if who is None else user(who.login, "SERVICE" if who.bot else "NORMAL")


def _request(one: Thing, base: str) -> dict[str, Any]:
    """A comment or a review leaves the date as it is."""
    closed = {"closedDate": _time(one.closed)} if one.closed else {}
    merged = {"mergeCommit": {"id": one.merged_in}} if one.merged_in else {}
    comments = len(one.notes) + sum(len(thread.notes) for thread in one.threads)
    touched = [one.created, *(push.at for push in one.pushes), *([one.closed] if one.closed else [])]
    return {
        "id": one.number,
        "version": len(one.pushes) + (one.closed is not None),
        "title": one.title,
        "description": one.text,
        "state": STATES[one.state],
        "open": one.state == "open",
        "closed": one.state != "open",
        "draft": one.draft,
        "createdDate": _time(one.created),
        "updatedDate": _time(max(touched)),
        **closed,
        "fromRef": {
            "id": f"refs/heads/topic-{one.number}",
            "displayId": f"topic-{one.number}",
            "latestCommit": one.head,
        },
        "toRef": {"id": "refs/heads/main", "displayId": "main", "latestCommit": one.base},
        "locked": False,
        "author": {
            "user": _user(one.author),
            "role": "AUTHOR",
            "approved": False,
            "status": "UNAPPROVED",
        },
        "reviewers": _reviewers(one),
        "participants": [],
        "properties": {"commentCount": comments, "openTaskCount": 0, "resolvedTaskCount": 0, **merged},
        "links": {"self": [{"href": f"{base}{ROOT}/pull-requests/{one.number}"}]},
    }


def _verdicts(one: Thing) -> list[ReviewOf]:
    """Whoever gives the same verdict on the same commit again does nothing."""
    last: dict[str, tuple[str, str]] = {}
    found = []
    for review in one.reviews:
        name = _user(review.author)["name"]
        if review.state in VERDICTS and last.get(name) != (review.state, review.commit):
            last[name] = (review.state, review.commit)
            found.append(review)
    return found


def _reviewers(one: Thing) -> list[dict[str, Any]]:
    latest = {_user(review.author)["name"]: review for review in _verdicts(one)}
    return [
        {
            "user": _user(review.author),
            "role": "REVIEWER",
            "approved": review.state == "approved",
            "status": VERDICTS[review.state][1],
            "lastReviewedCommit": review.commit,
        }
        for review in latest.values()
    ]


def _activities(one: Thing) -> list[dict[str, Any]]:
    """The newest first."""
    found = [_activity(OPENING + one.number, "OPENED", one.author, one.created)]
    found += [_pushed(push, one) for push in one.pushes[1:]]
    found += [
        _activity(JUDGING + review.id, VERDICTS[review.state][0], review.author, review.at)
        for review in _verdicts(one)
    ]
    found += [_said(note, _comment(note), "ADDED") for note in one.notes]
    for thread in one.threads:
        found += _thread(thread, one)
    if one.closed:
        commit = {"commit": {"id": one.merged_in}} if one.merged_in else {}
        found.append(_activity(CLOSING + one.number, STATES[one.state], one.closed_by, one.closed, **commit))
    return sorted(found, key=lambda each: (each["createdDate"], each["id"]), reverse=True)


def _activity(id: int, action: str, who: Account | None, at: datetime, **fields: Any) -> dict[str, Any]:
    return {"id": id, "createdDate": _time(at), "user": _user(who), "action": action, **fields}


def _pushed(push: Push, one: Thing) -> dict[str, Any]:
    removed = [{"id": push.before}] if push.forced else []
    return _activity(
        PUSHING + push.id,
        "RESCOPED",
        push.author,
        push.at,
        fromHash=push.head,
        previousFromHash=push.before,
        toHash=one.base,
        previousToHash=one.base,
        added={"commits": [{"id": push.head}], "total": 1},
        removed={"commits": removed, "total": len(removed)},
    )


def _comment(note: Note, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": note.id,
        "version": 0,
        "text": note.text,
        "author": _user(note.author),
        "createdDate": _time(note.created),
        "updatedDate": _time(note.updated),
        "comments": list(answers),
        "threadResolved": False,
        "severity": "NORMAL",
        "state": "OPEN",
        **more,
    }


def _said(note: Note, comment: dict[str, Any], kind: str, **more: Any) -> dict[str, Any]:
    return _activity(
        SPEAKING + note.id,
        "COMMENTED",
        note.author,
        note.created,
        commentAction=kind,
        comment=comment,
        **more,
    )


def _thread(thread: ThreadOf, one: Thing) -> list[dict[str, Any]]:
    """The first comment brings its answers, and each answer comes once more by itself."""
    first, *later = thread.notes
    resolved = (
        {"threadResolved": True, "threadResolver": _user(thread.resolved_by)} if thread.resolved else {}
    )
    answers = [_comment(note) for note in later]
    start = {"multilineMarker": {"startLine": thread.start_line, "startLineType": "ADDED"}}
    anchor = {
        "path": thread.path,
        "line": thread.line,
        "lineType": "ADDED",
        "fileType": "TO",
        "fromHash": one.base,
        "toHash": thread.commit,
        "orphaned": False,
        **(start if thread.start_line != thread.line else {}),
    }
    return [
        _said(first, _comment(first, *answers, **resolved), "ADDED", commentAnchor=anchor),
        *(
            _said(note, answer, "REPLIED", commentAnchor=anchor)
            for note, answer in zip(later, answers, strict=True)
        ),
    ]
