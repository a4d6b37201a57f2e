"""The second harvest: only what is new is read, and what was rewritten or deleted is said."""

from __future__ import annotations

import dataclasses

import pytest
from cooldown_connectors.git import shard

from cooldown_kit.errors import InputError


@pytest.fixture
def repository(make_repository):
    repository = make_repository()
    for number in range(4):
        repository.write("f", f"{number}\n")
        repository.commit(f"Commit {number}")
    return repository


@pytest.fixture
def one(context):
    """One worker, so that what is diffed can be seen from here."""
    return dataclasses.replace(context, workers=1)


@pytest.fixture
def diffed(monkeypatch):
    """The commits that git is asked to diff."""
    asked = []
    real = shard.read_diffs

    def listening(git, requests, **limits):
        asked.extend(request.revision for request in requests)
        return real(git, requests, **limits)

    monkeypatch.setattr(shard, "read_diffs", listening)
    return asked


def test_it_diffs_new_commits_only_and_gives_what_a_fresh_one_gives(
    repository, harvest, one, diffed, context
):
    harvest(repository, within=one)
    assert len(diffed) == 4
    harvest(repository, within=one)
    assert len(diffed) == 4
    repository.write("f", "new\n")
    new = repository.commit("New")
    got = harvest(repository, within=one)
    assert diffed[4:] == [new]
    assert got.items == harvest(repository, within=dataclasses.replace(one, store=one.store / "fresh")).items


def test_a_branch_that_was_merged_late_is_read_late_and_stands_in_its_place(repository, harvest, one):
    repository.git("checkout", "-q", "-b", "topic", "HEAD~2")
    repository.write("g", "old work\n")
    repository.commit("Old work")
    repository.git("checkout", "-q", "main")
    repository.write("f", "newer\n")
    repository.commit("Newer")
    harvest(repository, within=one)
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    got = harvest(repository, within=one)
    assert [commit.message for commit in got.commits][-2:] == ["Old work", "Newer"]
    assert got.items == harvest(repository, within=dataclasses.replace(one, store=one.store / "fresh")).items


def test_a_force_push_is_said_and_its_commits_are_gone(repository, harvest):
    before = harvest(repository)
    assert before.warnings == []
    repository.git("reset", "-q", "--hard", "HEAD~2")
    repository.write("f", "other\n")
    repository.commit("Other")
    got = harvest(repository)
    (warning,) = got.warnings
    assert "history was rewritten" in warning
    assert "2 commits" in warning
    assert [commit.message for commit in got.commits] == ["Commit 0", "Commit 1", "Other"]
    assert harvest(repository).warnings == [], "it is said once"


def test_history_that_only_grew_is_not_called_rewritten(repository, harvest):
    harvest(repository)
    repository.write("f", "new\n")
    repository.commit("New")
    assert harvest(repository).warnings == []


def test_a_branch_that_was_deleted_is_said_with_where_it_was(repository, harvest):
    repository.git("branch", "release")
    tip = repository.text("rev-parse", "release")
    harvest(repository, revision="release")
    repository.git("branch", "-D", "release")
    with pytest.raises(InputError, match=tip[:12]):
        harvest(repository, revision="release")


def test_other_limits_are_another_reading(repository, harvest, one, diffed):
    harvest(repository, within=one)
    harvest(repository, within=one, context_lines=0)
    assert len(diffed) == 8
