"""What we ask, held to the published descriptions of Bitbucket Cloud and of Bitbucket Data Center."""

from __future__ import annotations

from pathlib import Path

from cooldown_connectors.bitbucket import Cloud, DataCenter
from cooldown_connectors.forge.protocol import Forge
from cooldown_connectors.forge.store import Store
from cooldown_connectors.forge.sync import Synchroniser

from cooldown_kit.events import ignore
from fake_bitbucket_cloud import ROOT, FakeCloud
from fake_data_center import FakeDataCenter
from fake_session import FakeSession
from forge_testing.schemas import BitbucketCloudSchema, BitbucketServerSchema


def questions(forge: Forge, session: FakeSession, place: Path) -> set[str]:
    forge.plan(session, {})
    with Store(place) as store:
        Synchroniser(forge, session, store, ignore, source="forge").run()
    return {path.rsplit("/", 1)[-1] for path, _ in session.asked}


def test_every_question_is_one_that_bitbucket_cloud_publishes(tmp_path: Path) -> None:
    fake, schema = FakeCloud(2), BitbucketCloudSchema()
    fake.say(fake.open("A request"), "Why?")
    bugs = [fake.report("A bug"), fake.report("Another")]
    for _ in range(2):
        session = FakeSession(fake, root=ROOT)
        asked = questions(Cloud(), session, tmp_path / "store")
        for path, query in session.asked:
            schema.check("GET", f"/2.0{path}", query)
        assert asked >= {"pullrequests", "activity", "issues"}
        fake.issues.pop(bugs[1], None)


def test_every_question_is_one_that_bitbucket_data_center_publishes(tmp_path: Path) -> None:
    fake, schema = FakeDataCenter(2), BitbucketServerSchema()
    gone = [fake.open(f"A request {number}") for number in range(3)][1]
    for _ in range(2):
        session = FakeSession(fake, owner="PAY")
        DataCenter().facts(session)
        questions(DataCenter(), session, tmp_path / "store")
        for path, query in session.asked:
            schema.check("GET", f"/rest/api/1.0{path}", query)
        fake.requests.pop(gone, None)
    list(DataCenter()._keys(session))
    assert session.asked[-1][0].endswith("/pull-requests")
