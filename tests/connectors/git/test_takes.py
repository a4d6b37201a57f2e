"""Everything a repository holds, through the connector's own door: each take, and what it leaves for the others."""

from __future__ import annotations

import json

import pytest
from cooldown_connectors.git import GitConnector
from cooldown_connectors.git.options import TAKES

from cooldown_kit.records import Notebook, PullRequest, Release, TextPage

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"language_info": {"name": "python"}},
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Rates\n"]},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "print(2)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "2\n"}],
        },
    ],
}


@pytest.fixture
def project(make_repository):
    """A merged request, an open one, a tag, a notebook, and a wiki beside it."""
    r = make_repository()
    r.write("rates.py", "RATE = 1\n\n\ndef rate():\n    return RATE\n")
    r.write("CHANGELOG.md", "# Changes\n\n## 1.0.0\n\nRates at last.\n")
    r.write("notes.ipynb", json.dumps(NOTEBOOK))
    r.commit("Begin")
    r.git("tag", "-a", "v1.0.0", "-m", "The first release")
    r.git("checkout", "-q", "-b", "topic")
    r.write("rates.py", "RATE = 2\n\n\ndef rate():\n    return RATE\n")
    merged = r.commit("Raise the rate")
    r.git("checkout", "-q", "main")
    r.tick()
    r.git(
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "Merge pull request #7 from ada/topic\n\nRaise the rate to two",
        "topic",
    )
    r.git("checkout", "-q", "-b", "other")
    r.write("rates.py", "RATE = 3\n\n\ndef rate():\n    return RATE\n")
    waiting = r.commit("Try three")
    r.git("checkout", "-q", "main")
    r.git("update-ref", "refs/pull/7/head", merged)
    r.git("update-ref", "refs/pull/9/head", waiting)
    wiki = make_repository("payments.wiki")
    wiki.write("Home.md", "Welcome to payments.\n")
    wiki.write("_Sidebar.md", "- Home\n")
    wiki.commit("Wiki")
    return r


def test_every_take_gives_its_records(project, harvest):
    got = harvest(project, take=list(TAKES))
    kinds = {take: [item for item in got.items if getattr(item, "take", None) == take] for take in TAKES}
    assert {type(item).__name__ for item in kinds["commits"]} == {"Commit"}
    assert [file.path for file in kinds["files"]] == ["CHANGELOG.md", "rates.py"]
    (notebook,) = kinds["notebooks"]
    assert isinstance(notebook, Notebook)
    assert [cell.kind for cell in notebook.cells] == ["markdown", "code"]
    seven, nine = kinds["pull_requests"]
    assert isinstance(seven, PullRequest)
    assert (seven.number, seven.title, seven.merged) == (7, "Raise the rate to two", True)
    assert "+RATE = 2" in seven.changes[0].patch
    assert (nine.number, nine.title, nine.merged) == (9, "Try three", False)
    (release,) = kinds["releases"]
    assert isinstance(release, Release)
    assert (release.message, release.notes.strip()) == ("The first release", "Rates at last.")
    (page,) = kinds["wiki"]
    assert isinstance(page, TextPage)
    assert (page.title, page.text) == ("Home", "Welcome to payments.\n")
    assert got.reasons["navigation"] == 1


def test_a_request_that_is_not_merged_is_no_commit_of_the_revision(project, harvest):
    got = harvest(project, take=["commits", "pull_requests"])
    assert "Try three" not in {commit.message for commit in got.commits}


def test_notebooks_that_were_not_asked_for_are_counted(project, harvest):
    got = harvest(project, take="files")
    assert got.skipped["notes.ipynb"] == "notebook"
    assert [file.path for file in got.files] == ["CHANGELOG.md", "rates.py"]


def test_only_what_is_asked_for_comes(project, harvest):
    for take in TAKES:
        assert {item.take for item in harvest(project, take=take).items if hasattr(item, "take")} == {take}


def test_wikis_and_releases_are_text_and_the_rest_is_code(options):
    takes = GitConnector().takes(options(path="x", take=list(TAKES)))
    assert {take.name: take.family for take in takes} == {
        "commits": "code",
        "files": "code",
        "notebooks": "code",
        "pull_requests": "code",
        "releases": "text",
        "wiki": "text",
    }


@pytest.mark.parametrize(
    ("take", "change"),
    [
        ("releases", lambda r: r.git("tag", "v1.1.0")),
        ("pull_requests", lambda r: r.git("update-ref", "refs/pull/11/head", "HEAD~1")),
    ],
)
def test_the_fingerprint_changes_with_what_is_taken_and_with_nothing_else(project, fingerprint, take, change):
    def prints():
        return [fingerprint(path=str(project.path), take=one) for one in (take, "commits")]

    before = prints()
    change(project)
    after = prints()
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_the_fingerprint_changes_with_the_wiki(project, fingerprint, make_repository, tmp_path):
    before = fingerprint(path=str(project.path), take="wiki")
    wiki = type(project)(tmp_path / "payments.wiki", day=50)
    wiki.write("New.md", "More.\n")
    wiki.commit("More")
    assert fingerprint(path=str(project.path), take="wiki") != before


def test_a_repository_without_a_wiki_says_so(make_repository, harvest):
    alone = make_repository("alone")
    alone.write("a", "a\n")
    alone.commit("Begin")
    got = harvest(alone, take=["commits", "wiki"])
    assert got.reasons["no_wiki"] == 1
    assert any("wiki" in warning for warning in got.warnings)


def test_a_wiki_can_be_named(project, harvest, make_repository):
    other = make_repository("handbook")
    other.write("Guide.md", "How to.\n")
    other.commit("Guide")
    pages = [
        item for item in harvest(project, take="wiki", wiki=str(other.path)).items if hasattr(item, "text")
    ]
    assert [page.title for page in pages] == ["Guide"]


def test_a_request_whose_reference_is_gone_is_said(project, harvest):
    harvest(project, take="pull_requests")
    project.git("update-ref", "-d", "refs/pull/9/head")
    assert any("#9" in warning for warning in harvest(project, take="pull_requests").warnings)


def test_a_repository_without_references_of_requests_says_how_to_get_them(make_repository, harvest):
    alone = make_repository("alone")
    alone.write("a", "a\n")
    alone.commit("Begin")
    (warning,) = harvest(alone, take="pull_requests").warnings
    assert "refs/pull/*/head" in warning


def test_commits_carry_what_history_says_of_them(project, harvest):
    begin, raised = harvest(project, take="commits").commits
    assert (raised.signals.review, raised.signals.pull_request) == ("pull_request", 7)
    assert begin.signals.review == "pushed"
    assert (begin.signals.lines_added, raised.signals.lines_surviving) == (begin.signals.lines_added, 1)
    assert begin.signals.lines_surviving == begin.signals.lines_added - 1
    assert raised.signals.author_commits_before == 1


def test_nothing_is_said_of_them_where_it_was_not_asked_for(project, harvest):
    assert all(commit.signals is None for commit in harvest(project, take="commits", signals=False).commits)
