"""The connector as a recipe uses it: over HTTP on loopback, from options to records, and again from its archive."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cooldown_connectors.gitea import ForgejoConnector, ForgejoOptions, GiteaConnector

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from cooldown_kit.records import Issue, PullRequest, Record, Release
from fake_gitea import FakeGitea
from loopback_server import Asked, Said, Server, serving


def answering(forge: FakeGitea, server: Server) -> None:
    def answer(asked: Asked) -> Said:
        assert asked.token in (None, "token hidden-value")
        said = forge(asked.path.removeprefix("/api/v1"), dict(asked.query))
        headers = {
            name: value.replace("https://git.acme.example", server.url)
            for name, value in said.headers.items()
        }
        headers.pop("date", None)  # a server that does not say what time it is
        return Said(said.data, said.status, headers)

    server.answer = answer


def records(options: ForgejoOptions, context: HarvestContext) -> list[Record]:
    connector = ForgejoConnector()
    connector.check(options, context)
    connector.update(options, context)
    return list(connector.harvest(options, context))  # type: ignore[arg-type]


def test_a_forgejo_on_loopback_becomes_records(tmp_path: Path) -> None:
    forge = FakeGitea(3)
    request, bug = forge.open("Round half up", pull=True), forge.open("Off by a cent", body="It is")
    for number in range(5):
        forge.say(request, f"word {number}")
    forge.review(request, "REQUEST_CHANGES", {"path": "money.py", "position": 2, "body": "Why?"})
    forge.close(request, merged=True)
    forge.say(bug, "Yes")
    forge.release("v1")
    (tmp_path / "token").write_text("hidden-value\n")
    (tmp_path / "token").chmod(0o600)
    with serving() as server:
        answering(forge, server)
        options = ForgejoOptions(
            connector="forgejo",
            repository="acme/payments",
            url=server.url,
            token="file:token",
            take=("pull_requests", "issues", "releases"),
            clone="never",
        )
        context = HarvestContext("forge", tmp_path, tmp_path / "store", ignore)
        found = records(options, context)
        [story] = [one for one in found if isinstance(one, PullRequest)]
        assert (story.forge, story.title, story.state) == ("forgejo", "Round half up", "merged")
        assert [comment.text for comment in story.comments] == [f"word {number}" for number in range(5)]
        assert [thread.comments[0].text for thread in story.threads] == ["Why?"]
        assert [review.state for review in story.reviews] == ["changes_requested"]
        [issue] = [one for one in found if isinstance(one, Issue)]
        assert (issue.title, [comment.text for comment in issue.comments]) == ("Off by a cent", ["Yes"])
        assert [one.tag for one in found if isinstance(one, Release)] == ["v1"]

        forge.now = datetime.now(UTC)  # the clock of the answers' Date
        forge.say(bug, "And again")
        asked = len(server.asked)
        again = records(options, context)
        assert len(server.asked) - asked < 30
        assert [len(one.comments) for one in again if isinstance(one, Issue)] == [2]
    replayed = records(options.model_copy(update={"replay": True}), context)
    assert replayed == again


def test_both_names_are_the_same_forge() -> None:
    assert GiteaConnector.Options.known_takes == ForgejoConnector.Options.known_takes
