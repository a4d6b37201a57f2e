"""Tests, prose and the program by their paths."""

from __future__ import annotations

import pytest
from cooldown_connectors.git.signals.tests_paths import is_program, is_test


@pytest.mark.parametrize(
    "path",
    [
        "tests/ledger.py",
        "test/ledger.rb",
        "testing/test_x.py",
        "test_ledger.py",
        "src/ledger_test.go",
        "src/ledger_tests.rs",
        "conftest.py",
        "web/app.test.tsx",
        "web/app.spec.ts",
        "web/__tests__/app.js",
        "web/__snapshots__/app.js.snap",
        "spec/ledger_spec.rb",
        "spec/support/helper.rb",
        "src/test/java/org/acme/Ledger.java",
        "src/main/java/LedgerTest.java",
        "src/LedgerTests.cs",
        "src/TestLedger.java",
        "Ledger.Tests/Total.cs",
        "LedgerUITests/Total.swift",
        "integration-tests/run.sh",
        "testdata/a.json",
        "t/basic.t",
        "cypress/login.js",
        "test.py",
        "a/unit_tests/b.c",
        "run-tests.sh",
    ],
)
def test_a_test_is_known_by_its_folder_or_its_name(path):
    assert is_test(path)
    assert not is_program(path)


@pytest.mark.parametrize(
    "path",
    [
        "latest.py",
        "contest/rules.py",
        "src/attestation.go",
        "testament.py",
        "src/protest/app.js",
        "greatest/hits.rb",
        "src/Contest.java",
        "src/main/java/Latest.java",
        "specification/a.py",
        "src/inspect.ts",
        "src/fastest",
    ],
)
def test_a_word_that_ends_in_test_is_none(path):
    assert not is_test(path)
    assert is_program(path)


@pytest.mark.parametrize(
    "path",
    ["README.md", "README", "docs/conf.py", "a/doc/x.html", "CHANGELOG", "CHANGES.rst", "AUTHORS", "LICENSE", "po/de.po", "notes.txt", "Documentation/a.c"],
)  # fmt: skip
def test_prose_is_no_program(path):
    assert not is_program(path)
    assert not is_test(path)


@pytest.mark.parametrize(
    "path",
    [
        "history.py",
        "news_feed.py",
        "changes.go",
        "requirements.txt",
        "CMakeLists.txt",
        "setup.py",
        "docstring.py",
        "Makefile",
    ],
)
def test_a_program_may_have_the_name_of_prose(path):
    assert is_program(path)


def test_the_workflow_that_runs_tests_is_none():
    assert not is_test(".github/workflows/run-tests.yml")
