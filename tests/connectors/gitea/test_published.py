"""What we ask, held to the published descriptions of Gitea and Forgejo; what we read, to recorded answers of a real Forgejo."""

from __future__ import annotations

from pathlib import Path

from cooldown_connectors.forge.store import Store
from cooldown_connectors.forge.sync import Synchroniser
from cooldown_connectors.gitea import Gitea
from cooldown_connectors.gitea.things import comment_part, issue_part, release_part, request_part

from cooldown_kit.events import ignore
from fake_gitea import FakeGitea
from fake_session import FakeSession
from forge_testing.catalogue import find
from forge_testing.schemas import GiteaSchema


def test_every_question_is_one_that_gitea_and_forgejo_publish(tmp_path: Path) -> None:
    forge, schema, asked = FakeGitea(2), GiteaSchema(), []
    request, bug = forge.open("A request", pull=True), forge.open("A bug")
    forge.review(request, "COMMENT", {"path": "a.py", "position": 2, "body": "Why?"})
    gone = forge.open("Gone", pull=True)
    forge.release("v1")
    for _ in range(2):
        session = FakeSession(forge)
        with Store(tmp_path / "store") as store:
            Gitea().facts(session)
            Gitea().plan(session, {})
            Synchroniser(Gitea(), session, store, ignore, source="forge").run()
        asked += session.asked
        if gone in forge.things:
            forge.delete(gone)
        forge.say(bug, "late")
    for path, query in asked:
        schema.check("GET", f"/api/v1{path}", query)
    assert {path.removeprefix("/repos/acme/payments") for path, _ in asked} >= {
        "/settings/api",
        "",
        "/pulls",
        "/issues",
        "/issues/comments",
        f"/issues/{gone}",
        f"/pulls/{request}/reviews",
        f"/issues/{bug}/timeline",
        "/releases",
    }


def test_recorded_requests_become_parts() -> None:
    [entry] = find("forgejo", "pulls")
    items = entry.exchange().json()
    parts = [request_part(item) for item in items]
    assert len(parts) == len(items) == 30
    for item, part in zip(items, parts, strict=True):
        assert part is not None
        assert (part.number, part.title, part.text) == (item["number"], item["title"], item["body"])
        assert part.state == ("merged" if item["merged"] else item["state"])
        login = None if item["user"]["id"] == -1 else item["user"]["login"]
        assert (part.author.login if part.author else None) == login
        assert part.base == (item["merge_base"] or item["base"]["sha"])
        assert (part.closed_at is None) == (item["state"] == "open")
        assert part.updated_at >= part.created_at
    assert {part.state for part in parts if part} >= {"open", "closed"}


def test_recorded_issues_comments_and_releases_become_parts() -> None:
    [issues], [comments], [releases] = (
        find("forgejo", "issues"),
        find("forgejo", "issue comments"),
        find("forgejo", "releases"),
    )
    found = [issue_part(item) for item in issues.exchange().json()]
    assert len(found) == 30
    assert all(part is not None and part.state == "open" and part.title for part in found)
    said = [comment_part(item, "request:209") for item in comments.exchange().json()]
    assert [part.comment.text for part in said if part] == [
        item["body"] for item in comments.exchange().json()
    ]
    items = [item for item in releases.exchange().json() if not item["draft"]]
    published = [release_part(item) for item in items]
    assert [part.tag for part in published if part] == [item["tag_name"] for item in items]
