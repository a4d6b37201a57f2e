"""The world as Bitbucket Cloud shows it. What it answers, and with which habits, is :class:`fake_bitbucket_cloud.FakeCloud`'s; here
is what happened in the world, in its words."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from cooldown_connectors.bitbucket import BitbucketConnector, Cloud
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge

from fake_bitbucket_cloud import ROOT, FakeCloud, account
from fake_forge.server import Asked, Told
from fake_forge.world import Account, Note, ReviewOf, Thing, ThreadOf, World

API = "/2.0"
STATES = {"open": "OPEN", "merged": "MERGED", "closed": "DECLINED"}
VERDICTS = {"approved": "approval", "changes_requested": "changes_requested"}
REASONS = {None: "open", "completed": "resolved", "not_planned": "wontfix"}
CLOSING = 500_000
"""What is added to an issue's number for the id of the change that closed it."""


class CloudOnLoopback(BitbucketConnector):
    """Takes a loopback address for Cloud."""

    def forge_of(self, options: ForgeOptions) -> Forge:
        del options
        return Cloud()


class BitbucketCloudFront:
    """Answers for ``acme/payments`` below ``/2.0``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seen: tuple[object, FakeCloud] = (None, FakeCloud())

    def answer(self, asked: Asked) -> Told:
        path = asked.path.removeprefix(API)
        root = f"/repositories/{self.world.owner}/{self.world.name}"
        if path != root and not path.startswith(f"{root}/"):
            return Told({"type": "error", "error": {"message": "Repository not found"}}, 404)
        given: dict[str, str | list[str]] = dict(asked.query)
        given |= {name: [v for n, v in asked.pairs if n == name] for name in ("state",) if name in given}
        if self._seen[0] != self.world.moment:
            self._seen = self.world.moment, self._shown()
        said = self._seen[1](path, given)
        return Told(json.dumps(said.data).replace(ROOT, f"{asked.base}{API}").encode(), said.status)

    def _shown(self) -> FakeCloud:
        """A Cloud in which all of it has happened so far."""
        shown = FakeCloud()
        shown.now = self.world.now
        for one in self.world.requests.values():
            shown.requests[one.number] = _request(one)
            shown.comments[one.number] = _comments(one)
            shown.activity += _activity(one)
        shown.activity.sort(key=_happened, reverse=True)
        for one in self.world.issues.values():
            shown.issues[one.number] = _issue(one)
            shown.said[one.number] = [_comment(note) for note in one.notes]
            shown.changes[one.number] = []
            if one.closed:
                shown.changes[one.number].append(_closed(one))
                silent = Note(CLOSING + one.number, one.closed_by, "", one.closed, one.closed)
                shown.said[one.number].append(_comment(silent))
        return shown


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def _user(who: Account | None) -> dict[str, Any] | None:
    return None if who is None else account(who.login, "app_user" if who.bot else "user")


def _short(commit: str) -> dict[str, str]:
    return {"hash": commit[:12]}


def _picture(one: Thing, head: str, state: str) -> dict[str, Any]:
    """What a request and each of its updates say of it."""
    return {
        "title": one.title,
        "description": one.text,
        "state": STATES[state],
        "draft": one.draft,
        "source": {"branch": {"name": f"topic-{one.number}"}, "commit": _short(head)},
        "destination": {"branch": {"name": "main"}, "commit": _short(one.base)},
        "reviewers": [],
    }


def _request(one: Thing) -> dict[str, Any]:
    return {
        **_picture(one, one.head, one.state),
        "type": "pullrequest",
        "id": one.number,
        "summary": {"type": "rendered", "raw": one.text, "markup": "markdown"},
        "author": _user(one.author),
        "merge_commit": _short(one.merged_in) if one.merged_in else None,
        "closed_by": _user(one.closed_by),
        "comment_count": len(_comments(one)),
        "created_on": _time(one.created),
        "updated_on": _time(one.updated),
        "links": {"html": {"href": f"https://bitbucket.org/acme/payments/pull-requests/{one.number}"}},
    }


def _comments(one: Thing) -> list[dict[str, Any]]:
    said = [_comment(note) for note in one.notes]
    said += [_remark(note, thread) for thread in one.threads for note in thread.notes]
    return sorted(said, key=lambda comment: (comment["created_on"], comment["id"]))


def _comment(note: Note, **more: Any) -> dict[str, Any]:
    return {
        "type": "pullrequest_comment",
        "id": note.id,
        "created_on": _time(note.created),
        "updated_on": _time(note.updated),
        "content": {"type": "rendered", "raw": note.text, "markup": "markdown"},
        "user": _user(note.author),
        "deleted": False,
        "pending": False,
        **more,
    }


def _remark(note: Note, thread: ThreadOf) -> dict[str, Any]:
    """A comment on code: one line has no beginning, only the first comment can be resolved."""
    start = thread.start_line if thread.start_line != thread.line else None
    inline = {"path": thread.path, "from": None, "to": thread.line, "start_from": None, "start_to": start}
    if note.reply_to is not None:
        return _comment(note, inline=inline, parent={"id": note.reply_to})
    resolution = {"type": "comment_resolution", "user": _user(thread.resolved_by)}
    return _comment(note, inline=inline, resolution=resolution if thread.resolved else None)


def _activity(one: Thing) -> list[dict[str, Any]]:
    """Updates, approvals and comments of one request."""
    found: list[dict[str, Any]] = [
        _update(one, push.at, push.author if push.before else one.author, push.head, "open")
        for push in one.pushes
    ]
    if one.closed:
        head = max((push for push in one.pushes if push.at <= one.closed), key=lambda push: push.at).head
        found.append(_update(one, one.closed, one.closed_by, head, one.state))
    found += [_verdict(review) for review in one.reviews if review.state in VERDICTS]
    found += [{"comment": comment} for comment in _comments(one)]
    return [
        {"pull_request": {"type": "pullrequest", "id": one.number, "title": one.title}, **each}
        for each in found
    ]


def _update(one: Thing, at: datetime, who: Account | None, head: str, state: str) -> dict[str, Any]:
    # what is pushed to a request that is over leaves it so
    over = one.closed is not None and at >= one.closed
    picture = _picture(one, head, one.state if over else state)
    return {"update": {**picture, "author": _user(who), "date": _time(at), "reason": ""}}


def _verdict(review: ReviewOf) -> dict[str, Any]:
    return {VERDICTS[review.state]: {"date": _time(review.at), "user": _user(review.author)}}


def _happened(entry: dict[str, Any]) -> str:
    (what,) = (value for name, value in entry.items() if name != "pull_request")
    return str(what.get("date") or what["created_on"])


def _issue(one: Thing) -> dict[str, Any]:
    return {
        "type": "issue",
        "id": one.number,
        "title": one.title,
        "content": {"raw": one.text, "markup": "markdown"},
        "reporter": _user(one.author),
        "state": REASONS[one.reason],
        "kind": "bug",
        "component": None,
        "milestone": None,
        "created_on": _time(one.created),
        "updated_on": _time(one.updated),
        "links": {"html": {"href": f"https://bitbucket.org/acme/payments/issues/{one.number}"}},
    }


def _closed(one: Thing) -> dict[str, Any]:
    return {
        "type": "issue_change",
        "id": CLOSING + one.number,
        "created_on": _time(one.closed or one.updated),
        "user": _user(one.closed_by),
        "changes": {"state": {"old": "open", "new": REASONS[one.reason]}},
    }
