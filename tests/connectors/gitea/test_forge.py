"""A whole harvest of a Gitea in memory: what is asked for, what is found, and that no kill and no change in between loses anything."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from cooldown_connectors.forge.parts import CommentPart, IssuePart, RequestPart
from cooldown_connectors.forge.store import Store
from cooldown_connectors.forge.sync import Synchroniser
from cooldown_connectors.gitea import Forgejo, Gitea
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.events import ignore
from fake_gitea import START, FakeGitea, commit
from fake_session import FakeSession, Killed


def harvest(forge: FakeGitea, place: Path, **given: object) -> FakeSession:
    session = FakeSession(forge, **given)  # type: ignore[arg-type]
    with Store(place) as store:
        Synchroniser(Gitea(), session, store, ignore, source="forge").run()
    return session


def digest(place: Path) -> str:
    with Store(place) as store:
        return store.digest


def held(place: Path) -> dict[str, list[object]]:
    """Everything that records are made of: requests and issues with what belongs to them."""
    with Store(place) as store:
        heads = [(kind, part) for kind in ("request", "issue", "release") for part in store.all_of(kind)]
        return {f"{kind}:{part.key}": [part, *store.parts_of(f"{kind}:{part.key}")] for kind, part in heads}


def busy(most: int = 50) -> FakeGitea:
    forge = FakeGitea(most)
    for number in range(7):
        pull = number % 2 == 0
        made = forge.open(f"Thing {number}", pull=pull)
        forge.say(made, "first words")
        if pull:
            forge.review(made, "REQUEST_CHANGES", {"path": "a.py", "position": 2, "body": "Why?"})
            forge.push(made, commit(200 + number), commit(300 + number))
            forge.review(made, "APPROVED")
            forge.close(made, merged=number % 4 == 0)
        else:
            forge.happen(made, "label", body="1", label={"name": "bug"})
    forge.release("v1")
    forge.release("v2")
    forge.tick(3600)
    return forge


def test_a_harvest_finds_everything_once(tmp_path: Path) -> None:
    place = tmp_path / "store"
    harvest(busy(), place)
    with Store(place) as store:
        assert store.numbers("request") == [1, 3, 5, 7]
        assert store.numbers("issue") == [2, 4, 6]
        assert store.count("release") == 2
        kinds = Counter(part.kind for part in store.parts_of("request:1"))
        assert kinds == {"comment": 1, "review": 2, "review_comment": 1, "thread": 1, "push": 1, "event": 1}
        assert Counter(part.kind for part in store.parts_of("issue:2")) == {"comment": 1, "event": 1}


def test_the_first_harvest_asks_as_often_as_the_page_says(tmp_path: Path) -> None:
    session = harvest(busy(), tmp_path / "store")
    asked = Counter(path.rsplit("/", 1)[-1] for path, _ in session.asked)
    # 4 requests with 2 reviews, one of which has comments, and 3 issues
    assert asked["timeline"] == 7
    assert asked["reviews"] == 4
    assert sum("/reviews/" in path for path, _ in session.asked) == 4


def test_a_second_harvest_of_the_same_asks_for_no_details(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    before = digest(place)
    session = harvest(forge, place)
    assert not [path for path, _ in session.asked if "/timeline" in path or "/reviews" in path]
    assert len(session.asked) < 12
    assert digest(place) == before


@pytest.mark.parametrize("most", [2, 3, 50])
def test_killed_before_any_call_and_resumed_it_ends_with_the_same(tmp_path: Path, most: int) -> None:
    harvest(busy(most), tmp_path / "whole")
    forge, place, kills = busy(most), tmp_path / "store", 0
    while True:
        try:
            harvest(forge, place, lives=kills)
            break
        except Killed:
            kills += 1
    assert kills > 5
    assert digest(place) == digest(tmp_path / "whole")


def test_what_changes_again_in_the_second_in_which_it_was_read_is_looked_into_again(tmp_path: Path) -> None:
    forge, place = FakeGitea(), tmp_path / "store"
    numbers = [forge.open("A request", pull=True), forge.open("An issue")]
    for number in numbers:
        forge.touch(number)  # in this very second
    harvest(forge, place)
    time = forge.now
    for number in numbers:
        forge.say(number, "late")
        forge.now = time
        forge.touch(number)
    forge.tick(3600)
    harvest(forge, place)
    with Store(place) as store:
        for of in ("request:1", "issue:2"):
            assert [part.kind for part in store.parts_of(of)] == ["comment"]
    session = harvest(forge, place)
    assert not [path for path, _ in session.asked if "/timeline" in path]


def test_an_edited_comment_replaces_the_old_one_though_its_issue_is_no_newer(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    for number in (1, 2):
        forge.edit(number, forge.rows[number][0], "other words")
    forge.tick(3600)
    session = harvest(forge, place)
    with Store(place) as store:
        for of in ("request:1", "issue:2"):
            [said] = [part for part in store.parts_of(of) if isinstance(part, CommentPart)]
            assert said.comment.text == "other words"
            assert said.comment.edited_at is not None
    assert not [path for path, _ in session.asked if "/timeline" in path]


def test_a_deleted_comment_goes_with_the_next_change_of_its_issue(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    del forge.rows[2][0]
    forge.say(2, "instead")
    harvest(forge, place)
    with Store(place) as store:
        [said] = [part for part in store.parts_of("issue:2") if isinstance(part, CommentPart)]
        assert said.comment.text == "instead"


def test_a_deleted_request_and_a_deleted_issue_are_noticed(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    harvest(forge, place)
    forge.delete(1)
    forge.delete(2)
    harvest(forge, place)
    with Store(place) as store:
        assert store.numbers("request") == [3, 5, 7]
        assert store.numbers("issue") == [4, 6]
        assert [(gone.kind, gone.key, gone.why) for gone in store.all_gone()] == [
            ("issue", "2", "deleted"),
            ("request", "1", "deleted"),
        ]
        assert store.parts_of("request:1") == []


@pytest.mark.parametrize("zone", ["Z", "+2", "-5"])
def test_a_server_may_write_times_in_its_own_zone(tmp_path: Path, zone: str) -> None:
    forge, place = FakeGitea(2, zone), tmp_path / "store"
    for number in range(5):
        forge.open(f"Thing {number}", pull=True)
    forge.tick()
    harvest(forge, place)
    forge.say(2, "late")
    session = harvest(forge, place)
    assert [path for path, _ in session.asked if "/timeline" in path] == [
        "/repos/acme/payments/issues/2/timeline"
    ]
    with Store(place) as store:
        part = store.part("request", "1")
        assert isinstance(part, RequestPart)
        assert part.created_at == START + timedelta(minutes=1)


def test_since_leaves_out_what_changed_earlier(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    changed = {number: thing["updated_at"] for number, thing in forge.things.items()}
    since = START + timedelta(minutes=20)
    harvest(forge, place, since=since)
    wanted = [number for number, time in changed.items() if time >= since.strftime("%Y-%m-%dT%H:%M:%SZ")]
    assert 0 < len(wanted) < 7
    with Store(place) as store:
        assert sorted(store.numbers("request") + store.numbers("issue")) == wanted


def test_only_what_is_taken_is_asked_for(tmp_path: Path) -> None:
    session = harvest(busy(), tmp_path / "store", takes=frozenset({"releases"}))
    assert {path for path, _ in session.asked} == {"/settings/api", "/repos/acme/payments/releases"}


def test_a_server_without_timelines_gives_comments_and_reviews(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    forge.timelines = False
    harvest(forge, place)
    with Store(place) as store:
        assert Counter(part.kind for part in store.parts_of("request:1")) == {
            "comment": 1,
            "review": 2,
            "review_comment": 1,
            "thread": 1,
        }


def test_a_page_of_nothing_but_comments_on_code_does_not_end_a_timeline(tmp_path: Path) -> None:
    forge, place = FakeGitea(4), tmp_path / "store"
    number = forge.open("Much to say", pull=True)
    forge.say(number, "before")
    remarks = [{"path": "a.py", "position": line, "body": f"line {line}"} for line in range(1, 11)]
    forge.review(number, "COMMENT", *remarks)
    forge.say(number, "after")
    harvest(forge, place)
    with Store(place) as store:
        said = [part.comment.text for part in store.parts_of("request:1") if isinstance(part, CommentPart)]
        assert said == ["before", "after"]


def test_a_repository_without_issues_or_requests_gives_the_rest(tmp_path: Path) -> None:
    forge, place = busy(), tmp_path / "store"
    answer = forge.__call__

    def closed(path: str, params: dict) -> object:
        from fake_session import Answer

        return Answer(status=404) if "/issues" in path or "/pulls" in path else answer(path, params)

    session = FakeSession(closed)  # type: ignore[arg-type]
    with Store(place) as store:
        Synchroniser(Gitea(), session, store, ignore, source="forge").run()
        assert store.count("release") == 2
        assert store.count("request") == store.count("issue") == 0


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["issue", "pull", "say", "push", "delete", "close"]), st.integers(0, 30)),
    max_size=6,
)


def act(forge: FakeGitea, action: str, which: int) -> None:
    if action in ("issue", "pull"):
        forge.open(action, pull=action == "pull")
        return
    if not forge.things:
        return
    number = sorted(forge.things)[which % len(forge.things)]
    if action == "delete":
        forge.delete(number)
    elif action == "say":
        forge.say(number, "more")
    elif action == "push":
        forge.push(number, commit(which))
    else:
        forge.close(number)


@settings(max_examples=25, deadline=None)
@given(
    most=st.integers(1, 5),
    during=st.dictionaries(st.integers(0, 25), ACTIONS, max_size=5),
    kills=st.lists(st.integers(1, 12), max_size=4),
)
def test_whatever_changes_while_one_reads_nothing_is_missed(
    tmp_path_factory: pytest.TempPathFactory,
    most: int,
    during: dict[int, list[tuple[str, int]]],
    kills: list[int],
) -> None:
    """After things calm down, one more harvest has what a fresh one has, deleted things aside."""
    forge, folder = FakeGitea(most), tmp_path_factory.mktemp("property")
    for number in range(9):
        forge.open(f"Thing {number}", pull=number % 3 != 0)
    calls = 0

    def disturb(path: str) -> None:
        nonlocal calls
        calls += 1
        for action, which in during.get(calls, []):
            act(forge, action, which)

    forge.before_answer = disturb
    for lives in kills:
        try:
            harvest(forge, folder / "store", lives=lives)
        except Killed:
            continue
    harvest(forge, folder / "store")
    forge.before_answer = lambda path: None
    forge.tick(3600)
    harvest(forge, folder / "store")
    harvest(forge, folder / "fresh")
    assert held(folder / "store") == held(folder / "fresh")


def test_a_plan_counts_with_one_call_a_kind_what_a_harvest_will_ask(tmp_path: Path) -> None:
    session = FakeSession(busy(), takes=frozenset({"pull_requests", "issues"}))
    planned = {one.stream: one for one in Gitea().plan(session, {})}
    assert len(session.asked) == 2
    assert planned["requests"].items == 4
    assert planned["request"].calls == 12
    assert planned["issue"].calls == planned["issues"].items == 3
    forge = busy()
    harvest(forge, tmp_path / "store")
    with Store(tmp_path / "store") as store:
        cursors = {
            name: position.cursor for name in ("requests", "issues") if (position := store.position(name))
        }
    forge.say(1, "again")
    planned = {one.stream: one for one in Gitea().plan(FakeSession(forge), cursors)}
    assert planned["issues"].items == 0
    assert planned["requests"].items <= 2


def test_names_of_repositories_come_from_an_organisation_or_else_a_user() -> None:
    from fake_session import Answer

    def answer(path: str, params: dict) -> Answer:
        if path.startswith("/orgs/"):
            return Answer(status=404)
        if path == "/settings/api":
            return Answer(status=403)
        names = ["acme/payments", "acme/web", "acme/ops"]
        page = int(params["page"])
        more = (
            {"link": f'<https://x/?page={page + 1}>; rel="next"'}
            if page < 3
            else {"link": '<x>; rel="first"'}
        )
        return Answer([{"full_name": names[page - 1]}], headers=more)

    assert list(Gitea().repositories(FakeSession(answer))) == ["acme/payments", "acme/web", "acme/ops"]


def test_facts_come_with_one_call() -> None:
    session = FakeSession(busy())
    facts = Forgejo().facts(session)
    assert (facts.name, facts.default_branch, facts.private) == ("acme/payments", "main", True)
    assert facts.clone_url == "https://git.acme.example/acme/payments.git"
    assert len(session.asked) == 1


def test_a_name_with_more_than_two_parts_is_refused() -> None:
    assert Gitea().split("acme/payments") == ("acme", "payments")
    for wrong in ("acme", "acme/a/b", "/a", "a/"):
        with pytest.raises(ValueError, match="owner/name"):
            Gitea().split(wrong)


def test_parts_of_an_issue_are_an_issue(tmp_path: Path) -> None:
    harvest(busy(), tmp_path / "store")
    with Store(tmp_path / "store") as store:
        assert all(isinstance(part, IssuePart) for part in store.all_of("issue"))
