"""What commits say of themselves."""

from __future__ import annotations

import pytest
from cooldown_connectors.git.signals.messages import Reverted, is_fix, reverted
from hypothesis import given
from hypothesis import strategies as st

A, B = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334", "b2c3d4e5f60718293a4b5c6d7e8f900112233445"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f'Revert "Round up"\n\nThis reverts commit {A}.', Reverted((A,), (), "Round up")),
        (f"Back to cents\n\nThis reverts commits {A[:9]} and {B[:12]}.", Reverted((A[:9], B[:12]))),
        (f"x\n\nThis reverts commit {A},\n{B}, and {A[:7]}.", Reverted((A, B, A[:7]))),
        (f"x\n\nThis reverts commit {A}, reversing\nchanges made to {B}.", Reverted((A,))),
        (f"x\n\nThis reverts\ncommit {A}.", Reverted((A,))),
        (f"revert {A[:8]} and {B[:8]}", Reverted((A[:8], B[:8]))),
        (f"Revert commit {A.upper()}", Reverted((A,))),
        (f"Backed out changeset {A[:12]}", Reverted((A[:12],))),
        ('Revert "Round up (#3)" (#5)', Reverted(subject="Round up (#3)")),
        ('Revert "Revert "Round up""', Reverted(subject='Revert "Round up"')),
        (f'Reapply "Round up"\n\nThis reverts commit {A}.', Reverted((A,), (), 'Revert "Round up"')),
        ("revert: round up\n\nRefs: 12", Reverted(subject="round up")),
        ("revert(ledger)!: feat: round up", Reverted(subject="feat: round up")),
        ('Revert "Round up"\n\nReverts acme/ledger#12', Reverted((), (12,), "Round up")),
        ("Revert \"Merge branch 'x' into 'main'\"\n\nThis reverts merge request !12", Reverted((), (12,), "Merge branch 'x' into 'main'")),
        ("Undo\n\nReverts pull request #12.", Reverted((), (12,))),
    ],
)  # fmt: skip
def test_a_revert_names_what_it_takes_back(message, expected):
    assert reverted(message) == expected
    assert reverted(message.encode()) == expected


@pytest.mark.parametrize(
    "message",
    [
        "Add revert button",
        "Round up\n\nThis partially reverts commit " + A,
        "Round up\n\nThis does not revert commit " + A,
        "Round up\n\nSince we reverted commit " + A + ", half a cent is lost.",
        "Reverting is slow\n\nMake it quick.",
        "Revert the sign of amounts",
        "Revert to 3 attempts",
        "Put " + A + " back",
        'Round up (#9)\n\n* Round up\n\n* Revert "Round up"\n\nThis reverts commit '
        + A
        + ".\n\n* Round up again",
    ],
)
def test_what_only_speaks_of_reverts_takes_nothing_back(message):
    assert not reverted(message)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60))
def test_gits_own_revert_of_any_subject_gives_the_subject_back(subject):
    subject = subject.strip()
    found = reverted(f'Revert "{subject}"\n\nThis reverts commit {A}.\n')
    assert found.revisions == (A,)
    assert found.subject == (subject or None)


@given(st.one_of(st.text(), st.binary()))
def test_no_message_breaks_it(message):
    assert isinstance(reverted(message), Reverted)


@pytest.mark.parametrize(
    "message",
    [
        "revert " + f"{A} and " * 20_000 + "x",
        "Revert" + " (#1)" * 100_000,
        'Revert "' + '"' * 200_000,
        "reverts " + "a/" * 100_000,
        "revert(" * 50_000,
    ],
)
def test_a_message_made_to_be_slow_is_read_in_linear_time(message):
    """The suite's timeout would end a quadratic pattern."""
    reverted(message)
    is_fix(message)


@pytest.mark.parametrize(
    "subject",
    [
        "fix: accept empty input",
        "fix(parser)!: accept empty input",
        "hotfix: cents",
        "Fix crash on empty input",
        "Fixes #12",
        "Fixed rounding of half cents",
        "Bugfix for negative amounts",
        "Resolve a bug in rounding",
        "Work around regression in 2.1",
        "Fix #785 & add regression test.",
        "Fix handling of comments in config",
        "Fix whitespace handling of the parser",
        "Fix URL parsing",
        "[ledger] hot-fix for totals",
        "fix",
        "Fix test runner crash of the ledger",
    ],
)
def test_a_fix_is_known_by_its_subject(subject):
    assert is_fix(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Add fixture for amounts",
        "Use prefix and suffix",
        "Fix typo in parser",
        "Typo fixed",
        "Fix spelling",
        "Fix docs",
        "docs: fix link to the handbook",
        "Fix docstring of total",
        "Fix README formatting",
        "fix lint",
        "Fix flake8 errors",
        "Fix indentation",
        "Fix white space in ledger.py",
        "Fix failing tests",
        "Fix the tests on Windows",
        "Fix CI",
        "[pre-commit.ci] auto fixes from pre-commit.com hooks",
        "Refactoring: split totals (fixes names)",
        "Doc fixes",
        "fix --version test, set version to 1.0",
        "Fix a few stylistic issues.",
        "fix travis build",
        "Fix merge conflicts",
        "Merge branch 'fix/cents' into main",
        "Add bug report template",
        "test: fix flaky run",
        "chore: fix version",
        "Add regression test for cents",
        "Support fixed-size records",
        "Debug totals",
        "Not a bug: totals are rounded",
        "fixup! Add totals",
        "Round up",
        "",
    ],
)
def test_what_does_not_mend_behaviour_is_no_fix(subject):
    assert not is_fix(subject)
