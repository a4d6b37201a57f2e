"""What files held before a change: every commit gets its contents, and the cache never asks for more than it must."""

from __future__ import annotations

import dataclasses

import pytest
from cooldown_connectors.git import contents
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit import patches


@pytest.fixture
def repository(make_repository):
    repository = make_repository()
    for number in range(12):
        repository.write("a.py", f"head\n{number}\ntail\n" * 5)
        if number % 3 == 0:
            repository.write(f"b{number}.py", "one\ntwo\n")
        if number % 4 == 1:
            repository.write("big.py", f"{number}\n" * 1000)
        if number == 8:
            repository.git("mv", "b3.py", "c.py")
            repository.write("c.py", "one\ntwo\nthree\n")
        if number == 9:
            (repository.path / "b6.py").unlink()
        if number == 10:
            repository.write("latin.txt", b"caf\xe9\nx\n" + b"a\n" * 40 + b"end\n")
        if number == 11:
            repository.write("latin.txt", b"caf\xe9\nx\n" + b"a\n" * 40 + b"END\n")
        repository.commit(f"Commit {number}")
    return repository


def test_before_and_after_are_what_git_shows(repository, harvest, context):
    seen = 0
    for commit in harvest(
        repository, within=dataclasses.replace(context, wanted=frozenset({"before"}))
    ).commits:
        for change in commit.changes:
            if change.left_out or change.path == "latin.txt":
                continue
            if change.status in ("modified", "renamed"):
                before = repository.git("show", f"{commit.parents[0]}:{change.old_path or change.path}")
                assert change.before == before.decode()
                seen += 1
            if change.status != "deleted":
                after = repository.git("show", f"{commit.revision}:{change.path}").decode()
                assert patches.after(change) == after
    assert seen > 12


def test_contents_are_not_read_unless_they_are_wanted(repository, harvest):
    assert all(change.before is None for commit in harvest(repository).commits for change in commit.changes)


def test_a_file_that_is_not_utf8_elsewhere_has_a_patch_and_no_contents(repository, harvest, context):
    last = harvest(repository, within=dataclasses.replace(context, wanted=frozenset({"before"}))).commits[-1]
    (change,) = [change for change in last.changes if change.path == "latin.txt"]
    assert change.patch is not None
    assert change.before is None


def test_a_small_cache_gives_the_same(repository, harvest, context, monkeypatch):
    wanting = dataclasses.replace(context, wanted=frozenset({"before"}))
    expected = harvest(repository, within=wanting).commits
    for size in (0, 60, 4000):
        monkeypatch.setattr(contents.contents_before, "__defaults__", (size,))
        fresh = dataclasses.replace(wanting, store=context.store / f"cache-{size}")
        assert harvest(repository, within=fresh).commits == expected


@given(st.lists(st.tuples(st.binary(max_size=1), st.integers(0, 9)), max_size=40), st.integers(0, 20))
def test_the_cache_stays_within_its_budget(adds, budget):
    cache = contents._Lru(budget)
    for blob, size in adds:
        if not cache.has(blob):
            cache.add(blob, blob, size)
        assert cache._used <= budget
        assert cache._used == sum(size for _, size in cache._held.values())
