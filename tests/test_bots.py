"""Machines and people: by what the platform says, by names, and by what a comment does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.bots import calls_a_bot, is_bot, is_bot_login, is_machine, is_report
from cooldown_kit.records import Person


@pytest.mark.parametrize(
    "login",
    ["dependabot[bot]", "renovate-bot", "acme-bot", "acme_robot", "SnykBot", "svc-deploy", "svc_release", "bot-release", "codecov-commenter",
     "k8s-ci-robot", "openshift-ci-robot", "acme-ci", "ledger.automation", "project_17_bot_ab12", "service-account-gitlab", "coveralls", "bot"],
)  # fmt: skip
def test_the_login_of_a_machine_is_known(login: str) -> None:
    assert is_bot_login(login)
    assert is_machine(Person(name="", email="", login=login))


@pytest.mark.parametrize(
    "login",
    ["abbot", "Talbot", "TALBOT", "fredtalbot", "joabbot", "robotham", "travis", "jenkins", "marcia", "svcantos", "ciara", "lucia-testing", "botha", "ann", ""],
)  # fmt: skip
def test_the_login_of_a_person_is_not_taken_for_one(login: str) -> None:
    assert not is_bot_login(login)
    assert not is_machine(Person(name="", email="", login=login))


def test_what_the_platform_says_counts_before_any_name() -> None:
    assert is_machine(Person(name="Ann", email="", login="ann", bot=True))
    assert not is_machine(Person(name="", email="", login="the-talking-bot", bot=False))
    assert not is_machine(None)
    assert is_machine(Person(name="Acme Release Bot", email="release@example.org"))


@pytest.mark.parametrize(
    "text",
    ["/retest", "/assign @ann\n/lgtm\n", "@dependabot rebase", "@dependabot[bot] recreate", "bors r+", "@bors r=ann", "bors: try", "@renovate-bot rebase"],
)  # fmt: skip
def test_a_comment_that_only_calls_a_bot_is_known(text: str) -> None:
    assert calls_a_bot(text)


@pytest.mark.parametrize(
    "text",
    ["", "/etc/hosts is wrong here\nand so is the other file", "@ann rebase please", "bors r+\nThanks, this is much better now", "Why not /retest?",
     "@dependabot rebase\n" * 6, "/x " + "y" * 3000],
)  # fmt: skip
def test_a_comment_that_says_something_calls_no_bot(text: str) -> None:
    assert not calls_a_bot(text)


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("# [Codecov](https://codecov.example/gh) Report\n> Merging", True),
        ("## Codecov Report\n", True),
        ("Coveralls: coverage 91%", True),
        ("## Quality Gate passed", True),
        ("The codecov report says that the branch is not covered", False),
        ("We should report coverage", False),
    ],
)
def test_reports_of_services_are_told_from_talk_about_them(text: str, report: bool) -> None:
    assert is_report(text) is report


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_it(name: str, text: str) -> None:
    assert is_bot(name, text) in (True, False)
    assert is_bot_login(name) in (True, False)
    assert calls_a_bot(text) in (True, False)
    assert is_report(text) in (True, False)


@pytest.mark.parametrize(
    "text", ["-ci" * 100_000, "/a " * 100_000, "@a-" * 100_000, "codecov " * 100_000], ids=range(4)
)
@pytest.mark.timeout(20)
def test_hostile_names_and_comments_cost_linear_time(text: str) -> None:
    assert not is_report(text)
    assert not calls_a_bot(text)
    assert is_bot_login(text) in (True, False)
