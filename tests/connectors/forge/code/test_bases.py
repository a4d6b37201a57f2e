"""Where requests branch off, against ``git merge-base``, on histories that make it hard."""

from __future__ import annotations

import random

import pytest
from cooldown_connectors.forge.code import Told
from cooldown_connectors.forge.code.bases import Bases

from ...git.conftest import Sandbox
from .conftest import push, request


def _random_history(repository: Sandbox, seed: int) -> tuple[list[str], list[str]]:
    """Commits of which some merge others, and the line of one branch; written by one process."""
    drawn = random.Random(seed)
    out, line = [], [1]
    for mark in range(1, 61):
        out.append(
            f"commit refs/heads/made\nmark :{mark}\ncommitter A <a@b> {1_700_000_000 + mark // 3} +0000\ndata 1\nx\n"
        )
        parents = drawn.sample(range(max(1, mark - 8), mark), min(mark - 1, drawn.choice([1, 1, 1, 2, 2, 3])))
        if mark % 3 == 0:
            parents = [line[-1], *(p for p in parents if p != line[-1])]
            line.append(mark)
        for number, parent in enumerate(parents):
            out.append(f"{'merge' if number else 'from'} :{parent}\n")
    out.append(f"reset refs/heads/main\nfrom :{line[-1]}\n")
    marks = repository.path / "marks"
    repository.git(
        "fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin="".join(out).encode()
    )
    ids = {int(m[1:]): i for m, i in (row.split() for row in marks.read_text().splitlines())}
    return [ids[mark] for mark in range(1, 61)], [ids[mark] for mark in line]


@pytest.mark.parametrize("seed", range(6))
def test_any_head_and_any_commit_of_a_target_have_gits_merge_base(seed, repository, local):
    commits, line = _random_history(repository, seed)
    graph = local().history(commits).graph
    drawn = random.Random(seed)
    for busy in (False, True):
        bases = Bases(graph, lambda name: line[-1])
        for _ in range(20 if busy else 4):
            head, target = drawn.choice(commits), drawn.choice(line if busy else commits)
            based = bases.of(graph.find(head), graph.find(target), "main")
            said = repository.text("merge-base", "--all", head, target).split()
            found = None if based.branch is None else graph.revision(based.branch.base)
            assert (found in said) if said else (based.problem == "no_base")
            own = repository.text("rev-list", head, f"^{target}").split()
            if based.branch is not None:
                assert sorted(graph.revision(number) for number in based.branch.commits) == sorted(own)
            assert bases.reaches(graph.find(target), graph.find(head)) == (not own)


@pytest.fixture
def local(repository, context):
    from .conftest import local_code

    return lambda: local_code(repository, context)


@pytest.fixture
def topic(repository):
    """A base, a branch of two commits, and main one further."""
    repository.write("a", "0\n")
    base = repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("b", "1\n")
    first = repository.commit("First")
    repository.write("c", "2\n")
    head = repository.commit("Second")
    repository.git("checkout", "-q", "main")
    repository.write("d", "3\n")
    return base, first, head, repository.commit("Beside")


def _known(tell, head, **values):
    pushes = values.pop("pushes", [push(head, 1)])
    return tell(Told(request(head=head, **values), pushes))


@pytest.mark.parametrize("way", ["merge", "squash", "rebase"])
def test_a_merged_request_branches_off_where_it_did_before(way, topic, repository, tell):
    base, first, head, _ = topic
    if way == "merge":
        repository.git("merge", "-q", "--no-ff", "--no-edit", "topic")
    elif way == "squash":
        repository.git("merge", "-q", "--squash", "topic")
        repository.commit("Squashed (#1)")
    else:
        repository.git("cherry-pick", "main..topic")
    merged = repository.text("rev-parse", "HEAD")
    repository.write("e", "4\n")
    tip = repository.commit("Later")
    known = _known(tell, head, base=tip, merged_in=merged, state="merged")
    assert (known.base, known.head) == (base, head)
    assert [commit.revision for commit in known.commits] == [first, head]
    assert [change.path for change in known.changes] == ["b", "c"]


def test_a_merge_that_the_forge_does_not_name_is_found(topic, repository, tell):
    base, _, head, _ = topic
    repository.git("merge", "-q", "--no-ff", "--no-edit", "topic")
    repository.write("e", "4\n")
    tip = repository.commit("Later")
    assert _known(tell, head, base=tip, state="merged").base == base


@pytest.mark.parametrize("told", ["base", "push", "commits"])
def test_of_a_fast_forward_what_the_forge_says_decides(told, topic, repository, tell):
    base, first, head, _ = topic
    repository.git("reset", "-q", "--hard", "topic")
    values = {
        "base": {"base": base},
        "push": {"base": head, "pushes": [push(head, 1, base=base)]},
        "commits": {"base": head, "pushes": [push(head, 1, commits=[first, head])]},
    }[told]
    known = _known(tell, head, merged_in=head, state="merged", **values)
    assert known.base == base
    assert [commit.revision for commit in known.commits] == [first, head]


def test_a_fast_forward_of_which_nobody_says_anything_has_no_base_and_says_so(topic, repository, tell):
    _, _, head, _ = topic
    repository.git("reset", "-q", "--hard", "topic")
    known = _known(tell, head, base=head, merged_in=head, state="merged")
    assert (known.base, known.left_out) == (None, "no_base")


def test_unrelated_history_has_no_base(topic, repository, tell):
    tip = topic[3]
    repository.git("checkout", "-q", "--orphan", "other")
    head = repository.commit("Unrelated")
    known = _known(tell, head, base=tip)
    assert (known.base, known.left_out, known.changes) == (None, "no_base", [])


def test_a_branch_that_merged_its_target_has_only_its_own_commits(topic, repository, tell):
    _, first, second, beside = topic
    repository.git("checkout", "-q", "topic")
    repository.tick()
    repository.git("merge", "-q", "--no-edit", "main")
    head = repository.text("rev-parse", "HEAD")
    known = _known(tell, head, base=beside)
    assert known.base == beside
    assert [commit.revision for commit in known.commits] == [first, second, head]
    assert [change.path for change in known.changes] == ["b", "c"]


def test_a_squash_that_says_its_number_stands_for_a_head_that_is_gone(topic, repository, tell):
    beside = topic[3]
    repository.git("merge", "-q", "--squash", "topic")
    squashed = repository.commit("Do both (#1)")
    known = _known(tell, "1" * 40, base=beside, merged_in=squashed, state="merged")
    assert (known.base, known.head, known.left_out) == (beside, "1" * 40, None)
    assert [change.path for change in known.changes] == ["b", "c"]
    other = _known(tell, "1" * 40, base=beside, merged_in=beside, state="merged")
    assert other.left_out == "missing"


def test_too_many_commits_are_a_fork_that_went_its_own_way(topic, tell, monkeypatch):
    from cooldown_connectors.forge.code import bases

    monkeypatch.setattr(bases, "MAX_COMMITS", 1)
    known = _known(tell, topic[2], base=topic[3])
    assert (known.base, known.left_out) == (None, "too_many_commits")
