"""The first pass on disk: read once, gone on with, never trusted beyond what was saved."""

from __future__ import annotations

import pytest
from cooldown_connectors.git import history_store
from cooldown_connectors.git.configuration import write_home
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history_store import read_into


@pytest.fixture
def git(tmp_path):
    def of(repository):
        return Git(write_home(tmp_path / "home"), repository.path / ".git")

    return of


@pytest.fixture
def repository(make_repository):
    repository = make_repository()
    for number in range(6):
        repository.write("f", f"{number}\n")
        repository.commit(f"Commit {number}")
    return repository


def _known(history):
    return [
        (history.graph.revision(number), history.entry(number).message)
        for number in range(len(history.graph))
    ]


def _tip(repository):
    return repository.text("rev-parse", "HEAD")


def test_a_second_reading_reads_only_what_is_new(repository, git, tmp_path):
    first = read_into(tmp_path / "s", git(repository), [_tip(repository)])
    assert first.newly_read == 6
    again = read_into(tmp_path / "s", git(repository), [_tip(repository)])
    assert again.newly_read == 0
    repository.write("f", "new\n")
    repository.commit("New")
    more = read_into(tmp_path / "s", git(repository), [_tip(repository)])
    assert more.newly_read == 1
    assert _known(more) == _known(read_into(tmp_path / "fresh", git(repository), [_tip(repository)]))
    assert _known(more)[:6] == _known(first)


def test_a_reading_that_was_stopped_goes_on_and_gives_the_same(repository, git, tmp_path, monkeypatch):
    whole = read_into(tmp_path / "whole", git(repository), [_tip(repository)])
    for stop in range(1, 6):
        seen = 0

        def stops(stop=stop):
            nonlocal seen
            seen += 1
            if seen > stop:
                raise KeyboardInterrupt

        folder = tmp_path / f"s{stop}"
        with pytest.raises(KeyboardInterrupt):
            read_into(folder, git(repository), [_tip(repository)], stops)
        rest = read_into(folder, git(repository), [_tip(repository)])
        assert rest.newly_read == 6 - stop
        assert _known(rest) == _known(whole)


def test_what_was_written_after_the_last_save_counts_for_nothing(repository, git, tmp_path):
    folder = tmp_path / "s"
    whole = read_into(folder, git(repository), [_tip(repository)])
    for name in ("nodes", "entries"):
        with (folder / name).open("ab") as file:
            file.write(b"half an ent")
    assert _known(read_into(folder, git(repository), [_tip(repository)])) == _known(whole)


@pytest.mark.parametrize("name", ["nodes", "entries", "state.json"])
def test_a_store_that_lost_something_is_read_anew(repository, git, tmp_path, name):
    folder = tmp_path / "s"
    whole = read_into(folder, git(repository), [_tip(repository)])
    (folder / name).write_bytes((folder / name).read_bytes()[:20])
    again = read_into(folder, git(repository), [_tip(repository)])
    assert again.newly_read == 6
    assert _known(again) == _known(whole)


def test_history_that_was_rewritten_and_whose_objects_are_gone_is_no_hindrance(repository, git, tmp_path):
    read_into(tmp_path / "s", git(repository), [_tip(repository)])
    repository.git("reset", "-q", "--hard", "HEAD~3")
    repository.write("f", "other\n")
    repository.commit("Other")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "-q", "--prune=now")
    history = read_into(tmp_path / "s", git(repository), [_tip(repository)])
    assert history.newly_read == 1
    number = history.graph.find(_tip(repository))
    reached = [history.graph.revision(n) for n in history.graph.reachable([number]).nonzero()[0]]
    assert reached == repository.text("rev-list", "--reverse", "HEAD").split()


def test_clocks_that_run_backwards_give_no_commit_twice(make_repository, git, tmp_path):
    repository = make_repository()
    for number, day in enumerate((500, 3, 400, 2, 300, 1)):
        repository.day = day
        repository.write("f", f"{number}\n")
        repository.commit(f"Commit {number}")
        history = read_into(tmp_path / "s", git(repository), [_tip(repository)])
        assert len(history.graph) == number + 1


def test_entries_are_read_in_any_order(repository, git, tmp_path, monkeypatch):
    monkeypatch.setattr(history_store, "_WINDOW", 64)
    history = read_into(tmp_path / "s", git(repository), [_tip(repository)])
    numbers = [5, 0, 3, 4, 1, 2, 0]
    assert [entry.message for _, entry in history.entries(numbers)] == [
        b"Commit %d" % number for number in numbers
    ]
