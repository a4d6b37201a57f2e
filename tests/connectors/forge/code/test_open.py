"""Where code comes from: a mirror over git's real protocol on the loopback interface, a clone, or nowhere."""

from __future__ import annotations

import base64
import re

import pytest
from cooldown_connectors.forge.code import CodeReader, Told, check_code, fetching, open_code
from cooldown_connectors.forge.protocol import Access, Facts

from cooldown_kit.errors import InputError

from ...git.test_mirror import fetches
from .conftest import forge_options, push, request

NOBODY = "0" * 39 + "1"


class ToyForge:
    def __init__(self, hosted=None, request_refs="refs/pull/{number}/head"):
        self.hosted = hosted
        self.request_refs = request_refs
        self.access = Access(headers=lambda token: {}, token_help="", git_username="robot")


@pytest.fixture
def facts(server, repository):
    return Facts("acme/payments", f"{server.url}/payments/.git")


@pytest.fixture
def open_it(facts, server, context):
    def run(token=None, forge=None, facts=facts, **options):
        forge = forge or ToyForge(server.url)
        return open_code(forge_options(**options), facts, forge, lambda: token, context)

    return run


def warnings(events):
    return [event.text for event in events if getattr(event, "level", "") == "warning"]


def _request(repository, number=1):
    """A request whose head no branch leads to."""
    base = repository.text("rev-parse", "main")
    repository.write("a", f"{number}\n")
    head = repository.commit(f"Request {number}")
    repository.git("update-ref", f"refs/pull/{number}/head", head)
    repository.git("reset", "-q", "--hard", base)
    return base, head


@pytest.fixture
def base(repository):
    repository.write("a", "0\n")
    return repository.commit("Begin")


def test_heads_of_requests_are_fetched_with_branches_and_tags(base, repository, open_it):
    repository.git("tag", "v1")
    _, head = _request(repository)
    code = open_it()
    assert code.bring([base, head]) == {base: base, head: head}
    assert set(code.references_now()) == {"refs/heads/main", "refs/pull/1/head"}
    assert code.git.run("rev-parse", "refs/tags/v1").decode().strip() == base


def test_where_everything_is_here_no_network_is_used(base, repository, open_it, server):
    _, head = _request(repository)
    open_it().bring([base, head])
    server.requests.clear()
    assert open_it().bring([base, head]) == {base: base, head: head}
    assert server.requests == []


def test_the_next_harvest_fetches_what_is_new_once(base, repository, open_it, server):
    open_it().bring([base])
    heads = [_request(repository, number)[1] for number in (1, 2, 3)]
    server.requests.clear()
    code = open_it()
    assert set(code.bring(heads)) == set(heads)
    assert set(code.bring([*heads, base])) == {*heads, base}
    assert len(fetches(server)) == 1


def test_commits_that_force_pushes_left_behind_are_asked_for_by_id(base, repository, open_it, server):
    _, old = _request(repository)
    _, new = _request(repository)  # the reference is forced on
    code = open_it()
    server.requests.clear()
    assert code.bring([old, new]) == {old: old, new: new}
    assert repository.text("rev-parse", "refs/pull/1/head") == new
    assert len(fetches(server)) == 1


def test_what_the_server_has_not_got_is_asked_for_once_and_never_again(base, repository, open_it, server):
    lost = [f"{number:040x}" for number in range(1, 8)]
    left = [_request(repository)[1] for _ in range(6)]
    code = open_it()
    assert set(code.bring([*lost, *left])) == set(left)
    server.requests.clear()
    assert set(open_it().bring([*lost, *left])) == set(left)
    assert (
        len(fetches(server)) == 0
    )  # branches were looked at, nothing was new; no commit was asked for by its id
    assert len(server.requests) <= 2


def test_a_server_that_names_no_culprit_is_asked_by_halves(base, repository, open_it, monkeypatch):
    monkeypatch.setattr(fetching, "_NAMED", re.compile("never said ([0-9a-f])"))
    left = [_request(repository)[1] for _ in range(5)]
    code = open_it()
    assert set(code.bring([*left[:3], NOBODY, *left[3:]])) == set(left)
    assert code.remote._refused == {NOBODY}


def test_patience_with_a_server_ends_and_a_person_is_told(base, repository, open_it, monkeypatch, events):
    monkeypatch.setattr(fetching, "_BATCH", 1)
    monkeypatch.setattr(fetching, "_MAX_FETCHES", 2)
    left = [_request(repository)[1] for _ in range(5)]
    assert len(open_it().bring(left)) == 3  # one has the reference
    assert any("2 commits" in text and "next harvest" in text for text in warnings(events))
    assert len(open_it().bring(left)) == 5


def test_a_server_that_is_gone_costs_what_is_missing_and_is_not_held_against_commits(
    base,
    repository,
    open_it,
    server,
    events,
):
    open_it().bring([base])
    _, head = _request(repository)
    server.password = "changed meanwhile"
    assert open_it().bring([base, head]) == {base: base}
    assert len(warnings(events)) == 1
    server.password = None
    assert open_it().bring([base, head]) == {base: base, head: head}


def test_the_token_goes_to_the_forges_own_host_and_nowhere_else(base, facts, open_it, server, context):
    server.password = "Basic " + base64.b64encode(b"robot:s3cret-token").decode()
    assert open_it("s3cret-token").bring([base]) == {base: base}
    server.requests.clear()
    elsewhere = Facts(facts.name, facts.clone_url.replace("127.0.0.1", "localhost"))
    assert open_it("s3cret-token", facts=elsewhere) is None
    assert {authorization for _, _, authorization, _ in server.requests} == {None}
    held = [path for path in context.store.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
    assert held == []


@pytest.mark.parametrize("trouble", ["password", "not there", "empty"])
def test_without_its_code_a_repositorys_talk_is_still_told(
    trouble,
    repository,
    open_it,
    facts,
    server,
    events,
    context,
):
    if trouble != "empty":
        repository.commit("Begin")
    if trouble == "password":
        server.password = "Basic c2VjcmV0"
    if trouble == "not there":
        facts = Facts(facts.name, f"{server.url}/gone/.git")
    code = open_it(facts=facts)
    assert code is None
    (text,) = warnings(events)
    assert "acme/payments" in text
    assert "`clone: never`" in text
    told = Told(request(7, head="a" * 40), [push("a" * 40, 1)])
    (known,) = CodeReader(code, forge_options(), frozenset(), events.append).tell([told])
    assert (known.number, known.head, known.left_out) == (7, "a" * 40, "no_clone")
    assert [one.head for one in known.rounds] == ["a" * 40]


def test_never_means_never_and_says_nothing(open_it, server, events):
    assert open_it(clone="never") is None
    assert server.requests == []
    assert warnings(events) == []


def test_replay_asks_nobody(base, repository, open_it, server, events):
    assert open_it(replay=True) is None
    assert server.requests == []
    open_it().bring([base])
    _, head = _request(repository)
    server.requests.clear()
    assert open_it(replay=True).bring([base, head]) == {base: base}
    assert server.requests == []


def test_a_local_clone_is_read_in_place(base, repository, context, facts):
    _, head = _request(repository)
    code = open_code(forge_options(clone=str(repository.path)), facts, ToyForge(), lambda: None, context)
    assert code.bring([base, head, NOBODY]) == {base: base, head: head}
    assert code.tip_of("main") == base


def test_a_clone_that_is_not_there_is_refused_before_anything_costs(context):
    with pytest.raises(InputError, match="no such folder"):
        check_code(forge_options(clone="../nowhere"), context)
    check_code(forge_options(), context)


def test_abbreviated_ids_are_made_whole_and_no_branch_takes_their_place(base, repository, open_it):
    _, head = _request(repository)
    repository.git("branch", base[:12], head)
    assert open_it().bring([base[:12], head[:12].upper()]) == {head[:12].upper(): head}


@pytest.mark.parametrize(
    "name",
    ["", "--upload-pack=x", "HEAD", "main", "main^{tree}", "a" * 41 + "\n", "refs/heads/main", "z" * 40],
)
def test_what_is_no_id_is_never_given_to_git(name, base, open_it):
    assert open_it().bring([name]) == {}


@pytest.mark.parametrize(
    "address", ["ext::sh -c id", "file:///etc", "https://user:pw@forge.example/x.git?a=b"]
)
def test_an_address_that_git_must_not_be_pointed_at_is_refused(address, open_it, events):
    assert open_it(facts=Facts("acme/payments", address)) is None
    assert "is left out" in warnings(events)[0]
    assert "pw" not in warnings(events)[0]


def test_another_pattern_of_references_is_fetched_as_the_forge_says_it(base, repository, open_it):
    _, head = _request(repository)
    repository.git("update-ref", "refs/reviews/9/tip", head)
    forge = ToyForge(request_refs="refs/reviews/{number}/tip")
    assert set(open_it(forge=forge).references_now()) == {"refs/heads/main", "refs/reviews/9/tip"}


def test_a_mirror_that_was_cut_short_is_not_taken_for_one(base, repository, open_it, server, context):
    server.trouble = "cut"
    assert open_it() is None
    server.trouble = None
    assert open_it().bring([base]) == {base: base}


def test_a_request_whose_head_the_forge_does_not_name_has_it_from_gits_reference(
    base, repository, open_it, context
):
    """Gitea names the branch's tip of today, which a closed request has nothing to do with any more."""
    _, head = _request(repository, 7)
    code = open_it()
    assert code.head_of(7) == head
    assert code.head_of(8) is None
    _, later = _request(repository, 8)
    again = open_it()
    assert again.head_of(8) == later  # fetched, since it is not here
    told = Told(request(7, base=base, head=None), [], [], [])
    (known,) = CodeReader(again, forge_options(), frozenset(), context.emit).tell([told])
    assert known.head == head
    assert [change.path for change in known.changes] == ["a"]


def test_the_user_that_goes_with_a_token_may_depend_on_it(base, repository, open_it, server):
    forge = ToyForge(server.url)
    forge.access = Access(
        headers=lambda token: {},
        token_help="",
        git_login=lambda token: ("robot-of", token.rpartition(":")[2]),
    )
    server.password = "Basic " + base64.b64encode(b"robot-of:tok_1").decode()
    assert open_it(token="ann@bank.example:tok_1", forge=forge).bring([base]) == {base: base}
