"""Pull requests from a mirror alone: heads, how they came in, bases, titles and changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from cooldown_connectors.git.changes import read_changes
from cooldown_connectors.git.diff_stream import DiffRequest, read_diffs
from cooldown_connectors.git.mainline import brought_in_by
from cooldown_connectors.git.pull_requests import Limits, read_pull_requests
from cooldown_connectors.git.refs import list_references, local_place
from cooldown_connectors.git.request_heads import present_heads, request_heads

from cooldown_kit.records import FileChange, PullRequest


class Diffed(NamedTuple):
    problem: str
    detail: str
    changes: list[FileChange]


@pytest.fixture
def requests(history_of):
    def read(repository, tip="main", shallow=frozenset(), max_size=1 << 20, **limits):
        revision = repository.text("rev-parse", tip)
        asking, _ = history_of(repository, revision)
        place = local_place(asking.directory)
        references = list_references(type(asking)(asking.home, protocols=("file",)), place, 30)
        found, others = request_heads(references.ids)
        found, missing = present_heads(asking, found)
        git, history = history_of(repository, revision, *(head.revision for head in found))

        def diff(entries):
            pairs = [DiffRequest(entry.revision, entry.parents[0]) for entry in entries]
            for text in read_diffs(git, pairs, context_lines=3, max_size=max_size):
                changes = [] if text.text is None else read_changes(text.text, lambda path: True, 1 << 20)
                yield Diffed(text.problem, text.detail, changes)

        graph = history.graph
        brought = brought_in_by(graph, graph.find(revision))
        chosen = Limits(**{"max_files": 10, "taken": lambda path: True, **limits})
        read = read_pull_requests(
            "acme/pay", git, graph, history.entry, brought, found, shallow, chosen, diff
        )
        items = [*others, *missing, *read]
        got = {item.number: item for item in items if isinstance(item, PullRequest)}
        return got, {item.what: item.reason for item in items if not isinstance(item, PullRequest)}

    return read


def on_branch(repository, name, start="main", commits=1, message="Change"):
    """Commits on a new branch, each changing a file of its own; returns the last."""
    repository.git("checkout", "-q", "-b", name, start)
    for number in range(commits):
        repository.write(f"{name}-{number}", f"{name}\n")
        revision = repository.commit(f"{message} {number}" if commits > 1 else message)
    return revision


def merge(repository, what, message, *flags):
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", message, *flags, what)
    return repository.text("rev-parse", "HEAD")


def head(repository, number, revision):
    repository.git("update-ref", f"refs/pull/{number}/head", revision)


@pytest.fixture
def project(repository):
    repository.write("a", "1\n")
    repository.commit("root")
    repository.write("a", "2\n")
    repository.commit("second")
    return repository


def test_a_merged_request_has_its_title_base_commits_and_changes(project, requests):
    base = project.text("rev-parse", "main")
    tip = on_branch(project, "topic", commits=2)
    head(project, 7, tip)
    project.git("checkout", "-q", "main")
    project.write("b", "on main\n")
    project.commit("beside")
    merged = merge(
        project, "topic", "Merge pull request #7 from ada/topic\n\nRound amounts up\n\nHalf a cent was lost."
    )
    project.write("c", "later\n")
    project.commit("later")
    got, skipped = requests(project)
    assert skipped == {}
    request = got[7]
    assert request.id == "acme/pay#7"
    assert (request.title, request.description) == ("Round amounts up", "Half a cent was lost.")
    assert (request.merged, request.merged_in) == (True, merged)
    assert request.merged_at == datetime.fromtimestamp(
        int(project.text("log", "-1", "--format=%ct", merged)), UTC
    )
    assert (request.base, request.head) == (base, tip)
    assert [c.message for c in request.commits] == ["Change 0", "Change 1"]
    assert request.commits[1].revision == tip
    assert request.commits[0].author.email == "ada@example.org"
    assert [(c.path, c.status, c.patch) for c in request.changes] == [
        (f"topic-{n}", "added", "@@ -0,0 +1 @@\n+topic\n") for n in (0, 1)
    ]


def test_a_squashed_request_is_known_by_its_number(project, requests):
    base = project.text("rev-parse", "main")
    head(project, 3, on_branch(project, "topic", commits=2))
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--squash", "topic")
    squashed = project.commit("Round amounts up (#3)\n\n* Change 0\n\n* Change 1")
    request = requests(project)[0][3]
    assert (request.title, request.description) == ("Round amounts up", "* Change 0\n\n* Change 1")
    assert (request.merged_in, request.base, len(request.commits)) == (squashed, base, 2)


def test_a_rebased_request_is_known_by_copies_of_all_its_commits(project, requests):
    tip = on_branch(project, "topic", commits=2)
    head(project, 4, tip)
    head(project, 5, on_branch(project, "half", commits=2, message="Half"))
    project.git("checkout", "-q", "main")
    project.write("b", "on main\n")
    project.commit("beside")
    project.env["GIT_COMMITTER_DATE"] = "1700000000 +0000"
    project.git("cherry-pick", "topic~1", "topic", "half")
    copies = project.text("rev-list", "-3", "main").split()
    got, _ = requests(project)
    assert (got[4].merged, got[4].merged_in, got[4].head) == (True, copies[1], tip)
    assert got[4].title is None
    assert not got[5].merged


def test_a_request_that_copies_what_was_there_before_is_not_merged(project, requests):
    project.git("branch", "release")
    project.write("b", "a fix\n")
    fix = project.commit("fix")
    project.git("checkout", "-q", "release")
    project.env["GIT_COMMITTER_DATE"] = "1700000000 +0000"
    project.git("cherry-pick", fix)
    head(project, 4, project.text("rev-parse", "release"))
    request = requests(project)[0][4]
    assert (request.merged, request.merged_in, request.merged_at) == (False, None, None)
    assert (request.title, request.description) == ("fix", "")


def test_an_open_request_starts_where_it_left_the_history_after_the_last_merge_into_it(project, requests):
    on_branch(project, "topic")
    project.git("checkout", "-q", "main")
    project.write("b", "on main\n")
    newer = project.commit("newer")
    project.git("checkout", "-q", "topic")
    merge(project, "main", "Merge main into the topic")
    project.write("topic-1", "x\n")
    head(project, 9, project.commit("on"))
    project.git("checkout", "-q", "main")
    project.write("c", "on main\n")
    project.commit("newest")
    request = requests(project)[0][9]
    assert request.base == newer == project.text("merge-base", "main", "topic")
    assert [c.message for c in request.commits] == ["Change", "Merge main into the topic", "on"]
    assert [c.path for c in request.changes] == ["topic-0", "topic-1"]
    assert (request.merged, request.title) == (False, None)


def test_requests_of_a_branch_that_was_merged_itself_keep_their_own_bases(project, requests):
    project.git("checkout", "-q", "-b", "develop")
    starts = []
    for number in (1, 2):
        starts.append(project.text("rev-parse", "develop"))
        head(project, number, on_branch(project, f"topic{number}", "develop"))
        project.git("checkout", "-q", "develop")
        merge(project, f"topic{number}", f"Merge pull request #{number} from x/y\n\nTopic {number}")
    project.git("checkout", "-q", "main")
    merge(project, "develop", "Merge branch 'develop'")
    got, _ = requests(project)
    assert [got[n].base for n in (1, 2)] == starts
    assert [got[n].title for n in (1, 2)] == ["Topic 1", "Topic 2"]
    assert [len(got[n].commits) for n in (1, 2)] == [1, 1]


def test_an_octopus_merges_several_requests_and_without_a_number_too(project, requests):
    base = project.text("rev-parse", "main")
    for number in (1, 2, 3):
        head(project, number, on_branch(project, f"topic{number}", base))
    project.git("checkout", "-q", "main")
    project.tick()
    project.git("merge", "-q", "--no-ff", "-m", "Merge branches", "topic1", "topic2", "topic3")
    merged = project.text("rev-parse", "main")
    got, _ = requests(project)
    assert [(r.merged_in, r.base, r.title) for r in got.values()] == [(merged, base, "Change")] * 3


def test_what_was_added_to_a_request_before_its_merge_is_not_its_own(project, requests):
    base = project.text("rev-parse", "main")
    asked = on_branch(project, "topic")
    head(project, 5, asked)
    project.write("more", "by the maintainer\n")
    project.commit("more")
    project.git("checkout", "-q", "main")
    merged = merge(project, "topic", "Merge pull request #5 from x/y\n\nA title")
    request = requests(project)[0][5]
    assert (request.merged_in, request.base, request.head) == (merged, base, asked)
    assert [c.path for c in request.changes] == ["topic-0"]


def test_a_head_that_was_force_pushed_after_the_merge_is_still_the_merged_request(project, requests):
    base = project.text("rev-parse", "main")
    on_branch(project, "topic")
    project.git("checkout", "-q", "main")
    merged = merge(project, "topic", "Merge pull request #5 from x/y\n\nA title")
    pushed = on_branch(project, "again", base)
    head(project, 5, pushed)
    request = requests(project)[0][5]
    assert (request.merged_in, request.head, request.base) == (merged, pushed, base)


def test_a_number_of_another_repositorys_history_merges_nothing(project, requests):
    project.write("b", "b\n")
    project.commit("Of upstream, before it was forked (#6)")
    head(project, 6, on_branch(project, "topic"))
    assert not requests(project)[0][6].merged


def test_a_trial_merge_stands_for_a_head_where_there_is_none(project, requests):
    base = project.text("rev-parse", "main")
    tip = on_branch(project, "topic")
    project.git("checkout", "-q", "-b", "trial", "main")
    trial = merge(project, "topic", "trial")
    project.git("update-ref", "refs/pull/8/merge", trial)
    project.git("update-ref", "refs/pull/9/merge", tip)
    got, skipped = requests(project)
    assert (got[8].head, got[8].base) == (tip, base)
    assert skipped == {"#9": "no_head"}


def test_whatever_is_no_request_to_take_is_counted_with_its_reason(project, requests):
    first = project.text("rev-parse", "main~1")
    head(project, 1, first)  # on the main line
    project.git("checkout", "-q", "--orphan", "other")
    head(project, 2, project.commit("unrelated"))
    project.git("checkout", "-q", "-f", "main")
    head(project, 3, on_branch(project, "long", "main", commits=4))
    project.git("checkout", "-q", "-b", "nothing", "main")
    head(project, 4, project.commit("no change"))
    head(project, 5, on_branch(project, "fine", "main", commits=3))
    project.git("checkout", "-q", "-b", "large", "main")
    project.write("large", "x" * 5000)
    head(project, 6, project.commit("large"))
    project.git("checkout", "-q", "-b", "wide", "main")
    for number in range(5):
        project.write(f"w{number}", "x\n")
    head(project, 7, project.commit("wide"))
    got, skipped = requests(project, max_commits=3, max_files=4, max_size=4000)
    assert skipped == {
        "#1": "fast_forward",
        "#2": "no_base",
        "#3": "too_many_commits",
        "#4": "empty",
        "#6": "too_large",
        "#7": "too_many_files",
    }
    assert list(got) == [5]
    assert requests(project, taken=lambda path: path == "w0")[1]["#5"] == "excluded"
    late = requests(project, earliest=4e9)[1]
    assert late["#5"] == "outside_window"


def test_at_the_edge_of_a_shallow_clone_no_base_is_guessed(project, requests, make_repository_at, tmp_path):
    head(project, 1, on_branch(project, "topic", "main", commits=3))
    head(project, 2, on_branch(project, "short", "main"))
    clone = make_repository_at(tmp_path / "clone")
    heads = "refs/pull/*:refs/pull/*"
    clone.git("fetch", "-q", "--update-head-ok", "--depth=2", f"file://{project.path}", "main:main", heads)
    shallow = frozenset((clone.path / ".git" / "shallow").read_text().split())
    got, skipped = requests(clone, shallow=shallow)
    assert list(got) == [2]
    assert skipped == {"#1": "shallow_boundary"}


def test_requests_come_by_number_and_more_than_one_batch_of_them(project, requests):
    project.git("checkout", "-q", "-b", "topic")
    revisions = []
    for number in range(3):
        project.write("t", f"{number}\n")
        revisions.append(project.commit(f"t{number}"))
    updates = "".join(f"create refs/pull/{n}/head {revisions[n % 3]}\n" for n in range(450, 0, -1))
    project.git("update-ref", "--stdin", stdin=updates.encode())
    got, skipped = requests(project)
    assert list(got) == list(range(1, 451))
    assert [len(got[n].commits) for n in (1, 2, 3)] == [2, 3, 1]
    assert skipped == {}
