"""All signals of real repositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cooldown_connectors.git.changes import read_changes
from cooldown_connectors.git.configuration import write_home
from cooldown_connectors.git.diff_stream import DiffRequest, read_diffs
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history_store import read_into
from cooldown_connectors.git.signals.compute import compute
from cooldown_connectors.git.signals.first_pass import FirstPass
from cooldown_connectors.git.signals.lines import file_lines, text_lines
from cooldown_connectors.git.signals.survival import Survival

from cooldown_kit.records import HistorySignals

Look = Callable[..., Callable[[str], HistorySignals]]


@pytest.fixture
def look(repository, tmp_path: Path) -> Look:
    """Signals of the sandbox's HEAD, by revision."""

    def run(*, lines: bool = True, ends: bool = False, fix_days: float = 30):
        directory = repository.path / ".git"
        git = Git(write_home(tmp_path / "home", (directory,)), directory)
        tip = repository.text("rev-parse", "HEAD")
        history = read_into(tmp_path / f"history-{tip}", git, [tip])
        graph = history.graph
        numbers = np.flatnonzero(graph.reachable([graph.find(tip)])).tolist()
        with Survival(tmp_path) as survival:
            for number, entry in history.entries(numbers):
                if len(entry.parents) < 2:
                    request = DiffRequest(entry.revision, entry.parents[0] if entry.parents else None)
                    (diff,) = read_diffs(git, [request], context_lines=3, max_size=1 << 20)
                    survival.add(number, file_lines(read_changes(diff.text, lambda path: True, 1 << 20)))
            for path in repository.text("ls-files").split("\n") if ends else []:
                survival.stands(path, text_lines(repository.git("show", f"HEAD:{path}")))
            first = FirstPass(len(graph))
            for number, entry in history.entries(numbers):
                first.add(number, entry)
            signals = compute(graph, graph.find(tip), first, survival if lines else None, fix_days)
        return lambda revision: signals.of(graph.find(revision))

    return run


def _edit(
    repository, message: str, content: str = "", path: str = "ledger.py", email: str | None = None
) -> str:
    repository.write(path, content or f"{message}\n")
    if email is not None:
        repository.env["GIT_AUTHOR_EMAIL"] = email
    return repository.commit(message)


def _branch(repository, name: str, start: str = "HEAD") -> None:
    repository.git("checkout", "-q", "-b", name, start)


def _merge(repository, branch: str, message: str, into: str = "main") -> str:
    repository.git("checkout", "-q", into)
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", message, branch)
    return repository.text("rev-parse", "HEAD")


def test_how_each_commit_came_in(repository, look):
    pushed = _edit(repository, "Start")
    squashed = _edit(repository, "Round up (#31)")
    reviewed = _edit(repository, "Round down\n\nReviewed-by: Eve <eve@example.org>")
    by_itself = _edit(repository, "Round off\n\nReviewed-by: Ada <ada@example.org>")
    _branch(repository, "cents")
    asked = _edit(repository, "Count cents", path="cents.py")
    request = _merge(repository, "cents", "Merge pull request #32 from ada/cents\n\nCount cents")
    _branch(repository, "mills")
    plain = _edit(repository, "Count mills", path="mills.py")
    merge = _merge(repository, "mills", "Merge branch 'mills'")
    of = look()
    revisions = repository.text("rev-list", "HEAD").split()
    assert {r: (of(r).review, of(r).pull_request, of(r).merged_in) for r in revisions} == {
        pushed: ("pushed", None, None),
        squashed: ("pull_request", 31, None),
        reviewed: ("reviewed", None, None),
        by_itself: ("pushed", None, None),
        asked: ("pull_request", 32, request),
        request: ("pull_request", 32, None),
        plain: ("merged", None, merge),
        merge: ("pushed", None, None),
    }


def test_a_request_merged_into_a_branch_is_known_behind_the_branchs_own_merge(repository, look):
    _edit(repository, "Start")
    _branch(repository, "develop")
    direct = _edit(repository, "Directly", path="direct.py")
    _branch(repository, "cents")
    asked = _edit(repository, "Count cents", path="cents.py")
    _merge(repository, "cents", "Merge pull request #5 from ada/cents", into="develop")
    release = _merge(repository, "develop", "Merge branch 'develop'")
    of = look()
    assert (of(asked).pull_request, of(asked).review, of(asked).merged_in) == (5, "pull_request", release)
    assert (of(direct).pull_request, of(direct).review, of(direct).merged_in) == (None, "merged", release)


def test_reverts_by_id_by_subject_and_by_blobs_are_found(repository, look):
    _edit(repository, "Start")
    by_id = _edit(repository, "Count cents", path="cents.py")
    by_subject = _edit(repository, "Count mills", path="mills.py")
    silently = _edit(repository, "Round up")
    repository.git("rm", "-q", "cents.py")
    first = repository.commit(f"Count no cents\n\nThis reverts commit {by_id[:10]}.")
    repository.git("rm", "-q", "mills.py")
    second = repository.commit('Revert "Count mills"')
    third = _edit(repository, "Round as before", "Start\n")
    of = look()
    for old, new in ((by_id, first), (by_subject, second), (silently, third)):
        assert of(old).reverted_by == new
        assert of(old).reverted_after_days == 3
        assert of(new).reverts == old
    assert of(third).reverted_by is None


def test_blobs_put_back_after_the_window_are_no_revert(repository, look):
    _edit(repository, "Start")
    commit = _edit(repository, "Count cents", path="cents.py")
    repository.git("rm", "-q", "cents.py")
    removal = repository.commit("Cents are history")
    assert look(fix_days=1)(commit).reverted_by == removal
    assert look(fix_days=0.5)(commit).reverted_by is None


def test_a_reapplied_commit_reverts_the_revert(repository, look):
    _edit(repository, "Start")
    commit = _edit(repository, "Round up")
    repository.git("revert", "--no-edit", commit)
    revert = repository.text("rev-parse", "HEAD")
    again = _edit(repository, 'Reapply "Round up"', "Round up\n")
    of = look()
    assert (of(commit).reverted_by, of(revert).reverted_by, of(again).reverts) == (revert, again, revert)


def test_a_reverted_merge_takes_back_all_that_it_brought_in(repository, look):
    _edit(repository, "Start")
    _branch(repository, "cents")
    commits = [_edit(repository, f"Count {n}", path=f"{n}.py") for n in range(2)]
    merge = _merge(repository, "cents", "Merge pull request #5 from ada/cents\n\nCount")
    repository.tick()
    repository.git("revert", "--no-edit", "-m", "1", merge)
    revert = repository.text("rev-parse", "HEAD")
    of = look()
    assert [of(commit).reverted_by for commit in (*commits, merge)] == [revert] * 3


def test_a_revert_by_number_finds_the_squashed_request(repository, look):
    _edit(repository, "Start")
    squashed = _edit(repository, "Round up (#31)")
    revert = _edit(repository, "Round as before\n\nReverts acme/ledger#31", "Back\n")
    assert look()(squashed).reverted_by == revert


def test_an_id_that_is_not_here_falls_back_to_the_subject(repository, look):
    _edit(repository, "Start")
    commit = _edit(repository, "Round up")
    revert = _edit(repository, f'Revert "Round up"\n\nThis reverts commit {"0" * 40}.', "Back\n")
    assert look()(revert).reverts == commit


def test_a_fix_of_the_same_lines_within_the_window_is_named(repository, look):
    start = _edit(repository, "Start", "one\ntwo\nthree\n")
    _edit(repository, "Reword", "one\n2\nthree\n")
    fix = _edit(repository, "Fix crash", "one\n2\n3\n")
    of = look()
    assert (of(start).fixed_by, of(start).fixed_after_days) == (fix, 2)
    assert (of(start).lines_added, of(start).lines_surviving, of(start).survival_days) == (3, 1, 2)
    assert look(fix_days=1)(start).fixed_by is None


def test_a_revert_and_a_fix_of_prose_are_no_fixes(repository, look):
    start = _edit(repository, "Start", "one\ntwo\n")
    notes = _edit(repository, "Tell", "one\ntwo\n", path="NOTES.md")
    _edit(repository, "Fix crash", "one\n", path="NOTES.md")
    _edit(repository, 'Revert "Start": fix crash', "two\n")
    of = look()
    assert of(start).fixed_by is None
    assert of(notes).fixed_by is None


def test_without_lines_nothing_is_said_of_them(repository, look):
    start = _edit(repository, "Start")
    signals = look(lines=False)(start)
    assert (signals.lines_surviving, signals.survival_days, signals.fixed_by) == (None, None, None)


def test_lines_of_a_merge_are_not_known(repository, look):
    _edit(repository, "Start")
    _branch(repository, "cents")
    _edit(repository, "Count", path="cents.py")
    merge = _merge(repository, "cents", "Merge branch 'cents'")
    assert look()(merge).lines_surviving is None


def test_a_line_that_was_picked_onto_another_branch_stands_once(repository, look):
    _edit(repository, "Start")
    _branch(repository, "cents")
    picked = _edit(repository, "Count", path="cents.py")
    repository.git("checkout", "-q", "main")
    repository.tick()
    repository.git("cherry-pick", "--allow-empty", picked)
    copy = repository.text("rev-parse", "HEAD")
    _merge(repository, "cents", "Merge branch 'cents'")
    of = look(ends=True)
    assert of(picked).lines_surviving + of(copy).lines_surviving == 1


def test_tests_bots_and_standing_are_told(repository, look):
    first = _edit(repository, "Start", path="src/a.py")
    second = _edit(repository, "Test", path="tests/test_a.py", email="eve@example.org")
    third = _edit(repository, "Go on", "x\n", path="src/b.py", email="ada@Example.org")
    bot = _edit(
        repository, "Bump", "y\n", path="src/b.py", email="49699333+dependabot[bot]@users.noreply.github.com"
    )
    of = look()
    assert [of(r).tests_touched for r in (first, second, third, bot)] == [False, True, False, False]
    assert [of(r).bot for r in (first, second, third, bot)] == [False, False, False, True]
    standing = of(third)
    assert standing.author_commits_before == 1
    assert (standing.author_path_commits_before, standing.path_commits_before) == (1, 1)
    assert (of(bot).author_path_commits_before, of(bot).path_commits_before) == (0, 2)
