"""Numbers about talk."""

from __future__ import annotations

import msgspec

from cooldown_kit.records import Person, PullRequest
from cooldown_kit.render.talk_signals import hashes, request_signals, taking_part

from .talk_records import ANN, CODECOV, JO, SAM


def test_people_are_counted_once_and_machines_and_nobody_never() -> None:
    assert taking_part(ANN, [JO, JO, CODECOV, None, ANN]) == {"human_turns": 4, "participants": 2, "bot": 0}
    assert taking_part(CODECOV, [JO]) == {"human_turns": 1, "participants": 1, "bot": 1}
    assert taking_part(None, []) == {"human_turns": 0, "participants": 0, "bot": 0}
    assert taking_part(None, [Person(name="", email="")])["participants"] == 0


def test_hashes_are_of_the_address_else_of_forge_and_login() -> None:
    assert hashes([ANN, SAM, CODECOV, None, ANN], "github", str.upper) == [
        "GITHUB:ANN-BERG",
        "SAM.IYER@BANK.EXAMPLE",
    ]
    assert hashes([Person(name="Somebody", email="")], "github", str) == []


def test_what_git_cannot_know_of_a_request_is_not_there(
    pull_request: PullRequest, forge_request: PullRequest
) -> None:
    assert request_signals(pull_request) == {}
    wanted = {
        "approved": 1,
        "changes_requested": 1,
        "rounds": 2,
        "threads": 1,
        "threads_answered": 1,
        "threads_resolved": 1,
        "linked_issues": 1,
    }
    signals = request_signals(forge_request)
    assert {name: signals[name] for name in wanted} == wanted
    silent = [msgspec.structs.replace(thread, resolved=None) for thread in forge_request.threads]
    assert "threads_resolved" not in request_signals(msgspec.structs.replace(forge_request, threads=silent))
