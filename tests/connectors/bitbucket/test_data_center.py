"""A whole harvest of a Bitbucket Data Center in memory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from cooldown_connectors.bitbucket import BitbucketConnector, BitbucketOptions, Cloud, DataCenter
from cooldown_connectors.forge.parts import CommentPart, RequestPart
from cooldown_connectors.forge.store import Store
from cooldown_connectors.forge.sync import Synchroniser
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.events import ignore
from fake_data_center import FakeDataCenter, commit
from fake_session import Answer, FakeSession, Killed


def harvest(forge: FakeDataCenter, place: Path, **given: object) -> FakeSession:
    session = FakeSession(forge, owner="PAY", **given)  # type: ignore[arg-type]
    with Store(place) as store:
        Synchroniser(DataCenter(), session, store, ignore, source="forge").run()
    return session


def digest(place: Path) -> str:
    with Store(place) as store:
        return store.digest


def busy(most: int = 100, gap: int = 0) -> FakeDataCenter:
    forge = FakeDataCenter(most, gap)
    for number in range(7):
        made = forge.open(f"PAY-{number + 1} thing {number}")
        first = forge.say(
            made, "Why?", commentAnchor={"path": "a.py", "line": 3, "lineType": "ADDED", "fileType": "TO"}
        )
        forge.say(made, "Because", under=first)
        forge.push(made, commit(500 + number))
        forge.approve(made)
        forge.merge(made)
    return forge


def test_a_harvest_finds_everything_once(tmp_path: Path) -> None:
    place = tmp_path / "store"
    session = harvest(busy(), place)
    with Store(place) as store:
        assert store.numbers("request") == [1, 2, 3, 4, 5, 6, 7]
        assert Counter(part.kind for part in store.parts_of("request:1")) == {
            "review_comment": 2,
            "thread": 1,
            "push": 1,
            "review": 1,
            "event": 1,
            "link": 1,
        }
    assert len(session.asked) == 1 + 7


def test_a_second_harvest_reads_the_list_alone(tmp_path: Path) -> None:
    forge, place = busy(2), tmp_path / "store"
    harvest(forge, place)
    session = harvest(forge, place)
    assert len(session.asked) == 4
    assert {path.rsplit("/", 1)[-1] for path, _ in session.asked} == {"pull-requests"}


def test_a_late_comment_and_a_late_approval_on_a_merged_request_are_found(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    forge.say(2, "One more thing")
    forge.approve(5, "cy")
    session = harvest(forge, place)
    assert sorted(path for path, _ in session.asked if "activities" in path) == [
        f"/projects/PAY/repos/payments/pull-requests/{number}/activities" for number in (2, 5)
    ]
    with Store(place) as store:
        assert [
            part.comment.text for part in store.parts_of("request:2") if isinstance(part, CommentPart)
        ] == ["One more thing"]


def test_where_the_next_page_starts_the_server_says(tmp_path: Path) -> None:
    harvest(busy(3, gap=5), tmp_path / "gaps")
    harvest(busy(), tmp_path / "whole")
    assert digest(tmp_path / "gaps") == digest(tmp_path / "whole")


@pytest.mark.parametrize("most", [2, 100])
def test_killed_before_any_call_and_resumed_it_ends_with_the_same(tmp_path: Path, most: int) -> None:
    harvest(busy(most), tmp_path / "whole")
    forge, place, kills = busy(most), tmp_path / "store", 0
    while True:
        try:
            harvest(forge, place, lives=kills)
            break
        except Killed:
            kills += 1
    assert kills > 3
    assert digest(place) == digest(tmp_path / "whole")


def test_a_deleted_request_is_noticed_without_another_list(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    forge.delete(3)
    session = harvest(forge, place)
    assert [path for path, _ in session.asked] == [
        "/projects/PAY/repos/payments/pull-requests",
        "/projects/PAY/repos/payments/pull-requests/3",
    ]
    with Store(place) as store:
        assert store.numbers("request") == [1, 2, 4, 5, 6, 7]
        assert [(gone.kind, gone.key, gone.why) for gone in store.all_gone()] == [("request", "3", "deleted")]


def test_since_leaves_out_what_changed_earlier(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, tmp_path / "all")
    with Store(tmp_path / "all") as store:
        part = store.part("request", "4")
        assert isinstance(part, RequestPart)
    harvest(forge, place, since=part.updated_at)
    with Store(place) as store:
        assert store.numbers("request") == [4, 5, 6, 7]


@settings(max_examples=25, deadline=None)
@given(
    most=st.integers(1, 4),
    gap=st.integers(0, 3),
    during=st.dictionaries(
        st.integers(0, 20),
        st.lists(
            st.tuples(st.sampled_from(["open", "say", "approve", "push", "delete"]), st.integers(0, 9)),
            max_size=4,
        ),
        max_size=4,
    ),
    kills=st.lists(st.integers(1, 9), max_size=3),
)
def test_whatever_changes_while_one_reads_nothing_is_missed(
    tmp_path_factory: pytest.TempPathFactory,
    most: int,
    gap: int,
    during: dict[int, list[tuple[str, int]]],
    kills: list[int],
) -> None:
    forge, folder = busy(most, gap), tmp_path_factory.mktemp("property")
    calls = 0

    def disturb(path: str) -> None:
        nonlocal calls
        calls += 1
        for action, which in during.get(calls, []):
            if action == "open" or not forge.requests:
                forge.open("New")
                continue
            number = sorted(forge.requests)[which % len(forge.requests)]
            if action == "say":
                forge.say(number, "more")
            elif action == "push":
                forge.push(number, commit(700 + which))
            elif action == "approve":
                forge.approve(number, f"reviewer-{calls}-{which}")  # nobody approves twice
            else:
                forge.delete(number)

    forge.before_answer = disturb
    for lives in kills:
        try:
            harvest(forge, folder / "store", lives=lives)
        except Killed:
            continue
    harvest(forge, folder / "store")
    forge.before_answer = lambda path: None
    for _ in range(2):  # one may only finish the list that was begun before
        harvest(forge, folder / "store")
    harvest(forge, folder / "fresh")
    assert digest(folder / "store") == digest(folder / "fresh")


def test_facts_name_the_repository_and_a_clean_address_to_clone() -> None:
    facts = DataCenter().facts(FakeSession(busy(), owner="PAY"))
    assert facts.name == "PAY/payments"
    assert facts.clone_url == "https://git.acme.example/scm/pay/payments.git"
    assert facts.web_url == "https://git.acme.example/projects/PAY/repos/payments"
    assert facts.private is True


def test_a_personal_repository_is_written_with_its_user() -> None:
    owner, name = DataCenter().split("~ana/notes")
    session = FakeSession(lambda path, params: Answer({"slug": path}), owner=owner, name=name)
    assert DataCenter().facts(session).name == "~ana//projects/~ana/repos/notes"


def test_the_address_says_which_bitbucket_it_is() -> None:
    def forge(**given: str) -> object:
        options = BitbucketOptions(connector="bitbucket", repository="acme/payments", **given)
        return BitbucketConnector().forge_of(options)

    assert isinstance(forge(), Cloud)
    assert isinstance(forge(url="https://bitbucket.org"), Cloud)
    assert isinstance(forge(url="https://git.acme.example/bitbucket"), DataCenter)
    assert (
        DataCenter().api("https://git.acme.example/bitbucket")
        == "https://git.acme.example/bitbucket/rest/api/1.0"
    )


def test_a_plan_takes_one_call() -> None:
    session = FakeSession(busy(), owner="PAY")
    planned = {one.stream: one for one in DataCenter().plan(session, {})}
    assert (planned["requests"].items, planned["request"].calls) == (7, 7)
    assert len(session.asked) == 1
