"""The whole way: a forge with talk, a git server with the code, one recipe, and documents in the end."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.github import GitHubConnector

import cooldown_kit as ck
from cooldown_kit.documents import Document, read_documents
from cooldown_kit.events import Event
from cooldown_kit.recipe import Recipe
from cooldown_kit.records import CodeReview, Issue, PullRequest, Record, read_records
from fake_forge.github import GitHubFront
from fake_forge.harvesting import TOKEN, VARIABLE, harvest, patient
from fake_forge.server import Asked, FakeForge, Told
from fake_forge.world import Note, Push, ReviewOf, Thing, ThreadOf, World

from ..git.conftest import Sandbox
from ..git.test_mirror import fetches, started, stopped

BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
LEDGER = """\
def settle(bookings):
    total = 0
    for booking in bookings:
        total += booking.cents
    return total


def split(total, ways):
    share = total / ways
    return [share] * ways


def report(day, total):
    print(day, total)
"""
RECIPE = """\
name: talk
model: not/needed
sources:
  forge: {{connector: github, url: "{url}", repository: acme/payments, token: "env:{variable}"}}
holdout: {{newest: 34%, undated: 10%}}
"""


class Watched(list[Any]):
    """The git server's requests. At each of them it looks at every process: what stands in a command line, anybody may read."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[bytes] = []
        self.told_by_environment = 0

    def append(self, request: Any) -> None:
        super().append(request)
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
                environment = (folder / "environ").read_bytes()
                ours = _is_ours(folder)
            except OSError:  # it ended meanwhile, or is somebody else's
                continue
            if not ours:  # other tests may run beside this one
                continue
            if command.startswith(b"git\0") or b"/git" in command.split(b"\0")[0]:
                self.commands.append(command)
                self.told_by_environment += BASIC.encode() in environment or TOKEN.encode() in environment


def _is_ours(folder: Path) -> bool:
    """Whether this process started it, or one that did."""
    while folder.name not in ("0", "1"):
        parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        if parent == str(os.getpid()):
            return True
        folder = folder.with_name(parent)
    return False


class Front(GitHubFront):
    """Names the git server as the place to clone from."""

    clone_url = ""

    def _repository(self, asked: Asked) -> Told:
        told = super()._repository(asked)
        return Told({**told.data, "clone_url": self.clone_url})


@dataclass
class Company:
    """A forge, its git server, and the commits that are told of."""

    folder: Path
    world: World
    front: Front
    forge: FakeForge
    git: Any
    repository: Sandbox
    commits: dict[str, str] = field(default_factory=dict)

    def stop(self) -> None:
        stopped(self.git)
        self.forge.__exit__()

    def run(self, **source: Any) -> tuple[list[Record], list[Document], list[Event]]:
        """A harvest through the whole pipeline, with other options of the source."""
        path = self.folder / "recipe.yaml"
        path.write_text(RECIPE.format(url=self.url, variable=VARIABLE))
        overrides = [f"sources.forge.{name}={value}" for name, value in source.items()]
        recipe = Recipe.load(path, overrides)
        events: list[Event] = []
        with patient():
            made = ck.harvest(recipe, on_event=events.append)
        (stage,) = (self.folder / ".cooldown" / "stages" / "harvest").glob("*/records.jsonl.zst")
        return list(read_records(stage)), list(read_documents(made.documents_path)), events

    def forget_stages(self) -> None:
        """So that the next harvest reads everything again from the store."""
        shutil.rmtree(self.folder / ".cooldown" / "stages")

    url: str = ""


def hour(number: int) -> datetime:
    return datetime(2026, 2, 1, tzinfo=UTC) + timedelta(hours=number)


def thing(world: World, number: int, title: str, text: str, at: int) -> Thing:
    return Thing(number, title, text, world.people[0], hour(at), hour(at), labels=["ledger"])


def note(world: World, who: int, text: str, at: int, reply_to: Note | None = None) -> Note:
    return Note(
        world.next_id(), world.people[who], text, hour(at), hour(at), reply_to.id if reply_to else None
    )


def history(sandbox: Sandbox) -> dict[str, str]:
    """Two requests: one is answered by a push and merged, one is forced on and open."""

    def change(old: str, new: str, message: str, *flags: str) -> str:
        text = (sandbox.path / "src/ledger.py").read_text()
        assert old in text
        sandbox.write("src/ledger.py", text.replace(old, new))
        return sandbox.commit(message, *flags)

    sandbox.git("init", "-q", "-b", "main")
    sandbox.write("src/ledger.py", LEDGER)
    sandbox.write("README.md", "# Payments\n\nSettles accounts at the end of each day.\n")
    made = {"begin": sandbox.commit("Begin the ledger")}
    sandbox.git("checkout", "-q", "-b", "rounding")
    made["first"] = change(
        "    share = total / ways\n", "    share = round(total / ways)\n", "Round shares to whole cents"
    )
    made["second"] = change(
        "    share = round(total / ways)\n    return [share] * ways\n",
        "    share, rest = divmod(total, ways)\n    return [share + (number < rest) for number in range(ways)]\n",
        "Give the rest to the first ones",
    )
    sandbox.git("update-ref", "refs/pull/1/head", made["second"])
    sandbox.git("checkout", "-q", "main")
    sandbox.tick()
    sandbox.git("merge", "-q", "--no-ff", "-m", "Merge pull request #1 from acme/rounding", "rounding")
    made["merge"] = sandbox.text("rev-parse", "HEAD")
    sandbox.git("checkout", "-q", "-b", "report", made["begin"])
    made["draft"] = change("    print(day, total)\n", "    print(day, total / 100)\n", "Print euros")
    made["forced"] = change(
        "    print(day, total / 100)\n", '    print(f"{day}: {total / 100:.2f}")\n', "Print euros", "--amend"
    )
    sandbox.git("update-ref", "refs/pull/2/head", made["forced"])
    sandbox.git("checkout", "-q", "main")
    for branch in ("rounding", "report"):  # their heads are on the server under refs/pull alone
        sandbox.git("branch", "-q", "-D", branch)
    sandbox.git("reflog", "expire", "--expire=now", "--all")
    return made


def talk(world: World, made: dict[str, str]) -> None:
    """What was said of that history."""
    one = thing(
        world, 1, "Round shares to whole cents", "Shares of a cent cannot be booked, so they drift.", 1
    )
    one.base, one.head, one.state, one.merged_in = made["begin"], made["second"], "merged", made["merge"]
    one.pushes = [
        Push(world.next_id(), made["first"], None, hour(1), world.people[0], False),
        Push(world.next_id(), made["second"], made["first"], hour(5), world.people[0], False),
    ]
    one.notes = [note(world, 2, "The bank complained about a missing cent again this morning.", 2)]
    one.reviews = [
        ReviewOf(
            world.next_id(), world.people[1], "changes_requested", "Nearly there.", hour(3), made["first"]
        ),
        ReviewOf(
            world.next_id(), world.people[1], "approved", "Thanks, that is right.", hour(6), made["second"]
        ),
    ]
    first = note(world, 1, "Rounding each share alone loses cents: three ways of ten make nine.", 3)
    thread = ThreadOf(
        world.next_id(),
        "src/ledger.py",
        9,
        9,
        made["first"],
        one.reviews[0].id,
        True,
        world.people[1],
        [first, note(world, 0, "True. The first ones get the rest now.", 5, first)],
    )
    one.threads = [thread]
    one.closes = [3]
    one.closed, one.closed_by, one.updated = hour(7), world.people[1], hour(7)
    two = thing(world, 2, "Print euros in the daily report", "Nobody reads cents in a report.", 10)
    two.base, two.head = made["begin"], made["forced"]
    two.pushes = [
        Push(world.next_id(), made["draft"], None, hour(10), world.people[0], False),
        Push(world.next_id(), made["forced"], made["draft"], hour(12), world.people[0], True),
    ]
    two.reviews = [
        ReviewOf(world.next_id(), world.people[3], "commented", "One remark.", hour(11), made["draft"])
    ]
    said = note(world, 3, "This prints 12.5 where the report should say 12.50.", 11)
    two.threads = [
        ThreadOf(
            world.next_id(),
            "src/ledger.py",
            14,
            13,
            made["draft"],
            two.reviews[0].id,
            False,
            None,
            [said],
        )
    ]
    two.updated = hour(12)
    three = thing(world, 3, "The daily total is a cent short", "Split ten cents three ways: nine.", 0)
    three.notes = [
        note(
            world,
            4,
            "It happens for every third booking since the last release; the bank sends each of them back, and we book it by hand.",
            1,
        )
    ]
    three.state, three.reason, three.closed, three.closed_by = "closed", "completed", hour(7), world.people[1]
    three.updated = hour(7)
    world.requests, world.issues = {1: one, 2: two}, {3: three}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    place = tmp_path / "served" / "acme" / "payments.git"
    place.mkdir(parents=True)
    repository = Sandbox(place)
    made = history(repository)
    world = World(31)
    talk(world, made)
    git = started(tmp_path / "served")
    git.requests, git.password = Watched(), f"Basic {BASIC}"
    front = Front(world)
    front.clone_url = f"{git.url}/acme/payments.git"
    forge = FakeForge(front)
    with forge:
        folder = tmp_path / "work"
        folder.mkdir()
        made_of = Company(folder, world, front, forge, git, repository, made, forge.url)
        yield made_of
    stopped(git)


def requests_of(records: list[Record]) -> dict[int, PullRequest]:
    return {r.number: r for r in records if isinstance(r, PullRequest)}


def test_one_recipe_makes_documents_of_talk_and_code(company: Company) -> None:
    made = company.commits
    records, documents, _ = company.run()
    requests = requests_of(records)
    assert sorted(requests) == [1, 2]

    first = requests[1]
    assert (first.base, first.head, first.merged_in) == (made["begin"], made["second"], made["merge"])
    assert [c.revision for c in first.commits] == [made["first"], made["second"]]
    (change,) = first.changes
    assert change.path == "src/ledger.py" and change.patch is not None
    assert "+    share, rest = divmod(total, ways)" in change.patch
    assert [(r.head, r.forced) for r in first.rounds] == [(made["first"], False), (made["second"], False)]
    (thread,) = first.threads
    assert thread.anchor is not None
    assert (thread.anchor.path, thread.anchor.side, thread.anchor.line) == ("src/ledger.py", "new", 9)
    assert thread.anchor.hunk_from == "git" and thread.anchor.hunk is not None
    assert "+    share = round(total / ways)" in thread.anchor.hunk
    assert thread.answer is not None and thread.answer.how == "changed" and thread.answer.round == 2
    assert "-    share = round(total / ways)" in (thread.answer.change.patch or "")

    second = requests[2]
    assert (second.base, second.head, second.state) == (made["begin"], made["forced"], "open")
    assert [(r.head, r.forced) for r in second.rounds] == [(made["draft"], False), (made["forced"], True)]
    (thread,) = second.threads
    assert thread.anchor is not None and (thread.anchor.start_line, thread.anchor.line) == (13, 14)
    assert thread.anchor.hunk_from == "git" and thread.answer is not None and thread.answer.round == 2
    (issue,) = (r for r in records if isinstance(r, Issue))
    assert [(link.relation, link.key.rpartition("#")[2]) for link in issue.linked] == [("closed_by", "1")]
    assert len([r for r in records if isinstance(r, CodeReview)]) == 2

    assert {d.stream for d in documents} == {"forge.pull_requests", "forge.reviews", "forge.issues"}
    assert {d.split for d in documents} <= {"train", "heldout"}
    told = "\n".join(segment.text for d in documents for segment in d.segments)
    for text in (
        "three ways of ten make nine",
        "share, rest = divmod(total, ways)",
        "every third booking",
        "12.50",
    ):
        assert text in told


def test_git_is_given_the_token_by_its_environment_alone(company: Company) -> None:
    company.run()
    watched = company.git.requests
    assert watched.told_by_environment > 0 and len(fetches(company.git)) >= 1
    assert {authorization for _, _, authorization, _ in watched} <= {None, f"Basic {BASIC}"}
    assert any(b"fetch" in command for command in watched.commands)
    for command in watched.commands:
        assert TOKEN.encode() not in command and BASIC.encode() not in command
    assert all(TOKEN not in path and BASIC not in path for _, path, _, _ in watched)
    for path in company.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert TOKEN.encode() not in content and BASIC.encode() not in content, path


def test_a_second_harvest_fetches_nothing_of_code_and_asks_little(company: Company) -> None:
    before = company.run()
    company.git.requests.clear()
    asked = len(company.forge.asked)
    assert company.run()[:2] == before[:2]
    assert company.git.requests == []
    assert len(company.forge.asked) - asked <= 8


def test_a_push_between_harvests_is_fetched_and_answers_what_was_said(company: Company) -> None:
    company.run()
    sandbox, two = company.repository, company.world.requests[2]
    sandbox.git("checkout", "-q", "--detach", two.head)
    text = (sandbox.path / "src/ledger.py").read_text()
    sandbox.write("src/ledger.py", text.replace(":.2f}", ":.2f} EUR"))
    head = sandbox.commit("Say the currency")
    sandbox.git("update-ref", "refs/pull/2/head", head)
    two.pushes.append(Push(company.world.next_id(), head, two.head, hour(20), company.world.people[0], False))
    two.head, two.updated = head, hour(20)
    company.git.requests.clear()
    company.forget_stages()
    records, _, _ = company.run()
    request = requests_of(records)[2]
    assert request.head == head and [r.head for r in request.rounds][-1] == head
    assert "EUR" in (request.changes[0].patch or "")
    assert len(fetches(company.git)) == 1


@pytest.mark.parametrize("source", [{"update": "never"}, {"replay": "true"}], ids=["never", "replay"])
def test_without_any_network_the_same_records_and_documents_are_made(
    company: Company, source: dict[str, str]
) -> None:
    records, documents, _ = company.run()
    company.stop()
    company.forget_stages()
    again, made, events = company.run(**source)
    assert again == records
    assert made == documents
    assert not [e for e in events if getattr(e, "level", "") == "warning"]


def test_another_host_that_the_forge_names_never_gets_the_token(company: Company) -> None:
    company.front.clone_url = company.front.clone_url.replace("127.0.0.1", "localhost")
    found = harvest(
        GitHubConnector(), company.url, company.folder, clone="auto", take=["pull_requests", "reviews"]
    )
    assert company.git.requests != []
    assert {authorization for _, _, authorization, _ in company.git.requests} == {None}
    assert company.git.requests.told_by_environment == 0
    assert {r.left_out for r in requests_of(found.records).values()} == {"no_clone"}
    assert any("left out" in getattr(e, "text", "") for e in found.events)
