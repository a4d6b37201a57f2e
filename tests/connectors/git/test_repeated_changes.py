"""The same change made twice is one thing to learn from; which of the two stays is the same everywhere."""

from __future__ import annotations

import pytest


@pytest.fixture
def picked(make_repository):
    """A change on a branch, picked onto main where the lines around it have moved."""
    repository = make_repository()
    body = [f"line {number}\n" for number in range(60)]
    repository.write("f", "".join(body))
    repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "fix")
    repository.write("f", "".join([*body[:40], "FIXED\n", *body[41:]]))
    original = repository.commit("Fix line 40")
    repository.git("checkout", "-q", "main")
    repository.write("f", "".join(["new\n"] * 5 + body))
    repository.commit("Move everything down")
    repository.tick()
    repository.git("cherry-pick", "-x", original)
    copy = repository.text("rev-parse", "HEAD")
    repository.tick()
    repository.git("merge", "-q", "-X", "ours", "-m", "Merge fix", "fix")
    return repository, original, copy


def test_a_cherry_pick_that_moved_is_left_out_and_names_the_original(picked, harvest):
    repository, original, copy = picked
    got = harvest(repository, take="commits")
    assert got.skipped[copy] == "repeated_change"
    (detail,) = [item.detail for item in got.items if getattr(item, "what", None) == copy]
    assert original in detail
    assert original in {commit.revision for commit in got.commits}


def test_they_are_taken_where_they_are_asked_for(picked, harvest):
    repository, original, copy = picked
    got = harvest(repository, take="commits", repeated_changes=True)
    assert {original, copy} <= {commit.revision for commit in got.commits}
    assert "repeated_change" not in got.reasons


def test_the_same_blobs_at_the_same_paths_are_known_without_a_diff(make_repository, harvest, monkeypatch):
    repository = make_repository()
    repository.write("f", "a\n")
    repository.commit("Begin")
    repository.write("f", "b\n")
    change = repository.commit("Change")
    repository.tick()
    repository.git("revert", "--no-edit", change)
    repository.write("f", "b\n")
    again = repository.commit("Change it again")
    got = harvest(repository, take="commits")
    assert got.skipped == {again: "repeated_change"}
    assert len(got.commits) == 3


def test_a_merge_repeats_nothing_and_is_repeated_by_nothing(make_repository, harvest):
    repository = make_repository()
    repository.write("f", "a\n")
    repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("g", "b\n")
    repository.commit("Topic")
    repository.git("checkout", "-q", "main")
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", "Merge topic", "topic")
    got = harvest(repository, take="commits", merges=True)
    assert [commit.message for commit in got.commits] == ["Begin", "Topic", "Merge topic"]


def test_changes_of_other_files_are_other_changes(make_repository, harvest):
    repository = make_repository()
    for name in ("a", "b"):
        repository.write(name, "same content\n")
        repository.commit(f"Add {name}")
    assert len(harvest(repository, take="commits").commits) == 2
