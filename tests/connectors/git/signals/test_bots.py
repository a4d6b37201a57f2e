"""Machines and people by their names and addresses."""

from __future__ import annotations

import pytest
from cooldown_connectors.git.signals.bots import is_bot
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
        ("dependabot-preview[bot]", "support@dependabot.com"),
        ("Some App [bot]", "app@example.org"),
        ("Ada", "1234+ada-app[bot]@users.noreply.github.com"),
        ("renovate", "29139614+renovate@users.noreply.github.com"),
        ("Renovate Bot", "bot@renovateapp.com"),
        ("github-actions", "41898282+github-actions[bot]@users.noreply.github.com"),
        ("GitHub Actions", "actions@github.com"),
        ("GitHub", "noreply@github.com"),
        ("pre-commit-ci", "x@example.org"),
        ("Travis CI", "builds@travis-ci.com"),
        ("travis", "builds@travis-ci.org"),
        ("release-bot", "release@example.org"),
        ("acme_robot", "acme@example.org"),
        ("SnykBot", "someone@example.org"),
        ("Release", "release-bot@example.org"),
        ("Ledger", "project_17_bot_ab12@noreply.gitlab.com"),
        ("Acme Release Bot", "release@example.org"),
        ("pytest bot", "pytestbot@example.org"),
        ("Claude", "noreply@anthropic.com"),
    ],
)
def test_a_machine_is_known(name, email):
    assert is_bot(name.encode(), email.encode())


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Joan Abbot", "joan.abbot@example.org"),
        ("abbot", "abbot@example.org"),
        ("TALBOT", "talbot@example.org"),
        ("Fred Talbot", "f.talbot@example.org"),
        ("Jan Bot", "jan.bot@example.nl"),
        ("Jan Bot", "jan@example.nl"),
        ("Travis", "travis@example.org"),
        ("shoma", "shoma@catbot.net"),
        ("Ada", "1234+ada@users.noreply.github.com"),
        ("Ada Bothwell", "ada@example.org"),
        ("Renée", "renee@example.org"),
        ("", ""),
    ],
)
def test_a_person_is_not_taken_for_one(name, email):
    assert not is_bot(name.encode(), email.encode())


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_name_breaks_it(name, email):
    assert is_bot(name, email) in (True, False)
