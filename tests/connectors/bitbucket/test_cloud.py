"""A whole harvest of a Bitbucket Cloud in memory."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from cooldown_connectors.bitbucket import Cloud
from cooldown_connectors.forge.parts import CommentPart, RequestPart, ReviewPart
from cooldown_connectors.forge.store import Store
from cooldown_connectors.forge.sync import Synchroniser
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.events import ignore
from fake_bitbucket_cloud import ROOT, START, FakeCloud, commit
from fake_session import Answer, FakeSession, Killed, Params


def harvest(forge: FakeCloud, place: Path, **given: object) -> FakeSession:
    session = FakeSession(forge, root=ROOT, url="https://bitbucket.org", **given)  # type: ignore[arg-type]
    with Store(place) as store:
        Synchroniser(Cloud(), session, store, ignore, source="forge").run()
    return session


def digest(place: Path) -> str:
    with Store(place) as store:
        return store.digest


def busy(most: int = 50) -> FakeCloud:
    forge = FakeCloud(most)
    for number in range(5):
        made = forge.open(f"PAY-{number + 1}: thing {number}")
        if number % 2:
            first = forge.say(made, "Why?", inline={"path": "a.py", "to": 3, "from": None})
            forge.say(made, "Because", parent={"id": first}, inline={"path": "a.py", "to": 3, "from": None})
            forge.push(made, commit(500 + number))
        forge.judge(made)
        forge.merge(made)
    for number in range(3):
        forge.resolve(forge.report(f"Broken {number}"))
    return forge


def test_a_harvest_finds_everything_once(tmp_path: Path) -> None:
    place = tmp_path / "store"
    session = harvest(busy(), place)
    with Store(place) as store:
        assert store.numbers("request") == [1, 2, 3, 4, 5]
        assert store.numbers("issue") == [1, 2, 3]
        assert Counter(part.kind for part in store.parts_of("request:2")) == {
            "review_comment": 2,
            "thread": 1,
            "push": 2,
            "review": 1,
            "event": 1,
            "link": 1,
        }
        # the comment that came with the change says nothing
        assert Counter(part.kind for part in store.parts_of("issue:1")) == {"event": 1}
    asked = Counter(path.rsplit("/", 1)[-1] for path, _ in session.asked)
    assert asked["activity"] == 5 + 1
    assert asked["comments"] == 2 + 3  # three requests have none


def test_killed_before_any_call_and_resumed_it_ends_with_the_same(tmp_path: Path) -> None:
    for most in (2, 50):
        harvest(busy(most), tmp_path / f"whole-{most}")
        forge, place, kills = busy(most), tmp_path / f"store-{most}", 0
        while True:
            try:
                harvest(forge, place, lives=kills)
                break
            except Killed:
                kills += 1
        assert kills > 5
        assert digest(place) == digest(tmp_path / f"whole-{most}")


def test_an_approval_is_found_though_the_request_is_no_newer(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    for number in (1, 5):  # an old one, and the one that changed last
        forge.judge(number, "changes_requested", "cy")
        harvest(forge, place)
        with Store(place) as store:
            states = {
                part.review.state
                for part in store.parts_of(f"request:{number}")
                if isinstance(part, ReviewPart)
            }
            assert states == {"approved", "changes_requested"}


def test_harvests_of_the_same_soon_ask_for_no_details(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    for _ in range(3):
        harvest(forge, place)
    session = harvest(forge, place)
    assert len(session.asked) <= 4
    assert {path.rsplit("/", 1)[-1] for path, _ in session.asked} == {"pullrequests", "activity", "issues"}


def test_comments_that_were_deleted_go(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    forge.say(1, "a word")
    harvest(forge, place)
    forge.comments[1].clear()
    forge.change(1, title="Another title")
    forge.requests[1]["comment_count"] = 0
    harvest(forge, place)
    with Store(place) as store:
        assert not [part for part in store.parts_of("request:1") if isinstance(part, CommentPart)]
        assert not [part for part in store.parts_of("request:1") if part.kind == "link"]


def test_a_deleted_issue_is_noticed(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    del forge.issues[2]
    harvest(forge, place)
    with Store(place) as store:
        assert store.numbers("issue") == [1, 3]
        assert [(gone.kind, gone.key) for gone in store.all_gone()] == [("issue", "2")]


def test_a_repository_without_a_tracker_gives_requests(tmp_path: Path) -> None:
    forge = busy()

    def closed(path: str, params: Params) -> Answer:
        return Answer(status=404) if "/issues" in path else forge(path, params)

    session = FakeSession(closed, root=ROOT, url="https://bitbucket.org")
    with Store(tmp_path / "store") as store:
        Synchroniser(Cloud(), session, store, ignore, source="forge").run()
        assert (store.count("request"), store.count("issue")) == (5, 0)


def test_since_leaves_out_what_changed_earlier(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place, since=START + timedelta(minutes=12))
    with Store(place) as store:
        parts = [part for part in store.all_of("request") if isinstance(part, RequestPart)]
        assert 0 < len(parts) < 5
        assert all(part.updated_at >= START + timedelta(minutes=12) for part in parts)


@settings(max_examples=25, deadline=None)
@given(
    most=st.integers(1, 4),
    during=st.dictionaries(
        st.integers(0, 25),
        st.lists(
            st.tuples(st.sampled_from(["open", "say", "judge", "push", "report"]), st.integers(0, 9)),
            max_size=4,
        ),
        max_size=4,
    ),
    kills=st.lists(st.integers(1, 9), max_size=3),
)
def test_whatever_changes_while_one_reads_nothing_is_missed(
    tmp_path_factory: pytest.TempPathFactory,
    most: int,
    during: dict[int, list[tuple[str, int]]],
    kills: list[int],
) -> None:
    forge, folder = busy(most), tmp_path_factory.mktemp("property")
    calls = 0

    def disturb(path: str) -> None:
        nonlocal calls
        calls += 1
        for action, which in during.get(calls, []):
            number = which % len(forge.requests) + 1
            if action in ("open", "report"):
                getattr(forge, action)("New")
            elif action == "say":
                forge.say(number, "more")
            elif action == "judge":
                forge.judge(number)
            else:
                forge.push(number, commit(700 + which))

    forge.before_answer = disturb
    for lives in kills:
        try:
            harvest(forge, folder / "store", lives=lives)
        except Killed:
            continue
    harvest(forge, folder / "store")
    forge.before_answer = lambda path: None
    harvest(forge, folder / "store")
    harvest(forge, folder / "fresh")
    assert digest(folder / "store") == digest(folder / "fresh")


def test_facts_name_the_repository_and_a_clean_address_to_clone() -> None:
    body = {
        "full_name": "acme/payments",
        "is_private": True,
        "mainbranch": {"type": "branch", "name": "main"},
        "links": {
            "html": {"href": "https://bitbucket.org/acme/payments"},
            "clone": [
                {"name": "https", "href": "https://bo@bitbucket.org/acme/payments.git"},
                {"name": "ssh", "href": "git@bitbucket.org:acme/payments.git"},
            ],
        },
    }
    facts = Cloud().facts(FakeSession(lambda path, params: Answer(body), root=ROOT))
    assert facts.clone_url == "https://bitbucket.org/acme/payments.git"
    assert (facts.name, facts.default_branch, facts.private) == ("acme/payments", "main", True)


def test_an_api_token_is_given_with_its_account_and_an_access_token_by_itself() -> None:
    assert Cloud.access.headers("ATCT-1") == {"Authorization": "Bearer ATCT-1"}
    assert Cloud.access.headers("ana@acme.example:ATAT-1") == {
        "Authorization": "Basic YW5hQGFjbWUuZXhhbXBsZTpBVEFULTE="
    }


def test_repositories_of_a_workspace_come_page_by_page() -> None:
    def answer(path: str, params: Params) -> Answer:
        assert path == "/repositories/acme"
        page = int(str(params.get("page", 1)))
        body = {"values": [{"full_name": f"acme/r{page}"}]}
        if page < 3:
            body["next"] = f"{ROOT}{path}?page={page + 1}"  # type: ignore[assignment]
        return Answer(body)

    assert list(Cloud().repositories(FakeSession(answer, root=ROOT))) == ["acme/r1", "acme/r2", "acme/r3"]


def test_a_plan_counts_what_changed() -> None:
    session = FakeSession(busy(), root=ROOT)
    planned = {one.stream: one for one in Cloud().plan(session, {})}
    assert (planned["requests"].items, planned["issues"].items) == (5, 3)
    assert len(session.asked) == 2
