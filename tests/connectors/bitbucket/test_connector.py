"""The connector as a recipe uses it: over HTTP on loopback, from options to records, and again from its archive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cooldown_connectors.bitbucket import BitbucketConnector, BitbucketOptions

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from cooldown_kit.records import Issue, PullRequest, Record
from fake_bitbucket_cloud import ROOT, FakeCloud, commit
from fake_data_center import FakeDataCenter
from fake_forge.bitbucket_cloud import CloudOnLoopback
from loopback_server import Asked, Said, Server, serving


def options(server: Server, repository: str, **given: object) -> BitbucketOptions:
    return BitbucketOptions(
        connector="bitbucket",
        repository=repository,
        url=server.url,
        token="env:BITBUCKET_TEST",
        take=("pull_requests", "issues"),
        clone="never",
        **given,  # type: ignore[arg-type]
    )


def records(
    connector: BitbucketConnector, options: BitbucketOptions, context: HarvestContext
) -> list[Record]:
    connector.check(options, context)
    connector.update(options, context)
    return list(connector.harvest(options, context))  # type: ignore[arg-type]


def test_a_data_center_on_loopback_becomes_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_TEST", "hidden-value")
    forge = FakeDataCenter(2, gap=1)
    for number in range(3):
        forge.open(f"PAY-{number + 1} round half up")
    anchor = {"path": "money.py", "line": 3, "lineType": "ADDED", "fileType": "TO"}
    root = forge.say(1, "Why?", commentAnchor=anchor)
    forge.say(1, "Because", under=root, commentAnchor=anchor)
    forge.approve(1)
    forge.merge(1)
    with serving() as server:

        def answer(asked: Asked) -> Said:
            assert asked.token == "Bearer hidden-value"
            said = forge(asked.path.removeprefix("/rest/api/1.0"), dict(asked.query))
            return Said(said.data, said.status)

        server.answer = answer
        context = HarvestContext("forge", tmp_path, tmp_path / "store", ignore)
        connector, given = BitbucketConnector(), options(server, "PAY/payments")
        found = records(connector, given, context)
        stories = [one for one in found if isinstance(one, PullRequest)]
        assert [story.number for story in stories] == [1, 2, 3]
        assert stories[0].state == "merged"
        assert [comment.text for comment in stories[0].threads[0].comments] == ["Why?", "Because"]
        assert [review.state for review in stories[0].reviews] == ["approved"]
        assert "PAY-1" in {link.key for link in stories[0].linked}
    assert records(connector, given.model_copy(update={"replay": True}), context) == found


def test_a_cloud_on_loopback_becomes_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUCKET_TEST", "ana@acme.example:hidden-value")
    forge = FakeCloud(2)
    for number in range(5):
        forge.open(f"Round half up {number}")
    first = forge.say(2, "Why?", inline={"path": "money.py", "to": 3, "from": None})
    forge.say(2, "Because", parent={"id": first})
    forge.say(2, "Well done")
    forge.push(2, commit(77))
    forge.judge(2)
    forge.merge(2)
    forge.resolve(forge.report("Off by a cent"))
    with serving() as server:

        def answer(asked: Asked) -> Said:
            assert asked.token is not None
            assert asked.token.startswith("Basic ")
            query: dict[str, str | list[str]] = dict(asked.query)
            if "state" in query:  # what is repeated arrives as its last value
                query["state"] = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]
            said = forge(asked.path.removeprefix("/2.0"), query)
            return Said(json.loads(json.dumps(said.data).replace(ROOT, f"{server.url}/2.0")), said.status)

        server.answer = answer
        context = HarvestContext("forge", tmp_path, tmp_path / "store", ignore)
        connector, given = CloudOnLoopback(), options(server, "acme/payments")
        found = records(connector, given, context)
        stories = {one.number: one for one in found if isinstance(one, PullRequest)}
        assert sorted(stories) == [1, 2, 3, 4, 5]
        assert [comment.text for comment in stories[2].comments] == ["Well done"]
        assert [comment.text for comment in stories[2].threads[0].comments] == ["Why?", "Because"]
        assert stories[2].state == "merged"
        [issue] = [one for one in found if isinstance(one, Issue)]
        assert (issue.state, issue.reason, issue.comments) == ("closed", "resolved", [])
        forge.judge(4)
        again = records(connector, given, context)
        assert [len(one.reviews) for one in again if isinstance(one, PullRequest)] == [0, 1, 0, 1, 0]
    assert records(connector, given.model_copy(update={"replay": True}), context) == again
