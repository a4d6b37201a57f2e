"""Files beside the changed ones: of the same kind, as they were at the parent, the same ones every time."""

from __future__ import annotations

import dataclasses

import pytest
from cooldown_connectors.git.untouched import FILES


@pytest.fixture
def wanting(context):
    return dataclasses.replace(context, wanted=frozenset({"before", "untouched"}))


@pytest.fixture
def repository(make_repository):
    repository = make_repository()
    for name in ("a.py", "b.py", "c.py", "d.py", "e.py", "README.md", "logo.py"):
        repository.write(f"src/{name}", f"# {name}\n")
    repository.write("src/logo.py", b"\0binary")
    repository.write("src/pointer.py", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n")
    repository.write("src/large.py", "x = 1\n" * 10_000)
    repository.write("other/far.py", "far = 1\n")
    repository.commit("Begin")
    repository.write("src/a.py", "# changed\n")
    repository.write("src/b.py", "# b changed too\n")
    repository.commit("Change two")
    return repository


def test_they_are_neighbours_of_the_same_kind_as_they_were_at_the_parent(repository, harvest, wanting):
    first, second = harvest(repository, within=wanting, take="commits").commits
    assert first.untouched == [], "there was nothing before"
    assert [file.path for file in second.untouched] == ["src/c.py", "src/d.py", "src/e.py"]
    assert len(second.untouched) <= FILES
    for file in second.untouched:
        assert file.content == repository.git("show", f"{second.parents[0]}:{file.path}").decode()
        assert file.blob == repository.text("rev-parse", f"{second.parents[0]}:{file.path}")


def test_what_the_source_leaves_out_is_no_neighbour(repository, harvest, wanting):
    last = harvest(repository, within=wanting, take="commits", exclude="c.py").commits[-1]
    assert [file.path for file in last.untouched] == ["src/d.py", "src/e.py"]


def test_they_are_not_read_unless_they_are_wanted(repository, harvest):
    assert all(not commit.untouched for commit in harvest(repository).commits)


def test_the_draw_is_the_same_on_every_machine(make_repository, harvest, wanting):
    drawn = set()
    for name in ("one", "two"):
        repository = make_repository(name)
        for number in range(30):
            repository.write(f"m{number}.py", f"{number}\n")
        repository.commit("Begin")
        repository.write("m0.py", "changed\n")
        repository.commit("Change")
        fresh = dataclasses.replace(wanting, store=wanting.store / name)
        drawn.add(
            tuple(f.path for f in harvest(repository, within=fresh, take="commits").commits[-1].untouched)
        )
    assert len(drawn) == 1
    assert len(drawn.pop()) == FILES


def test_a_folder_with_a_newline_in_its_name_has_no_neighbours(repository, harvest, wanting):
    repository.write("odd\nname/x.py", "1\n")
    repository.write("odd\nname/y.py", "1\n")
    repository.commit("Odd")
    repository.write("odd\nname/x.py", "2\n")
    repository.commit("Change odd")
    assert harvest(repository, within=wanting, take="commits").commits[-1].untouched == []
