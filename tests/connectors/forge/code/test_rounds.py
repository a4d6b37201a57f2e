"""Rounds from what each kind of forge tells: versions, pushes, force-pushes with lists of commits, or reviews alone."""

from __future__ import annotations

import shutil

import msgspec
import pytest
from cooldown_connectors.forge.code import CodeReader, Told, plan, reader
from cooldown_connectors.forge.code import known as known_module

from ...git.conftest import Sandbox
from .conftest import forge_options, hour, local_code, push, request, review, thread


def numbered(*changed: tuple[int, str]) -> str:
    lines = [f"line {number}\n" for number in range(1, 31)]
    for number, text in changed:
        lines[number - 1] = text
    return "".join(lines)


class Branch:
    """A branch that is amended, extended and rebased; ``main`` goes on beside it."""

    def __init__(self, repository) -> None:
        self.repository = repository
        repository.write("a", numbered())
        repository.write("b", numbered())
        self.base = repository.commit("Begin")
        repository.git("checkout", "-q", "-b", "topic")

    def add(self, path: str, content: str) -> str:
        self.repository.write(path, content)
        return self.repository.commit(f"Change {path}")

    def amend(self, path: str, content: str) -> str:
        self.repository.write(path, content)
        return self.repository.commit("Amended", "--amend")

    def upstream(self, path: str, content: str) -> str:
        self.repository.git("checkout", "-q", "main")
        self.base = self.add(path, content)
        self.repository.git("checkout", "-q", "topic")
        return self.base

    def rebase(self) -> str:
        self.repository.tick()
        self.repository.git("rebase", "-q", "main")
        return self.repository.text("rev-parse", "HEAD")

    def merge(self) -> str:
        self.repository.tick()
        self.repository.git("merge", "-q", "--no-edit", "main")
        return self.repository.text("rev-parse", "HEAD")

    @property
    def tip(self) -> str:
        return self.repository.text("rev-parse", "main")

    def told(self, head: str, *pushes, **values) -> Told:
        return Told(request(base=self.tip, head=head), pushes, **values)


@pytest.fixture
def branch(repository) -> Branch:
    return Branch(repository)


def heads(known):
    return [one.head for one in known.rounds]


def patches(one):
    return {change.path: change.patch for change in one.changes}


def changed_lines(one):
    lines = [line for change in one.changes for line in (change.patch or "").split("\n")]
    return [line for line in lines if line[:1] in ("+", "-")]


def orders(pushes):
    """Three of the six orders of three: none of them leaves all where it was."""
    return [pushes[::-1], [*pushes[1:], pushes[0]], [pushes[1], pushes[0], *pushes[2:]]]


@pytest.fixture
def three(branch):
    """Two pushes, an amended third."""
    first = branch.add("a", numbered((3, "one\n")))
    second = branch.add("b", numbered((5, "two\n")))
    third = branch.amend("b", numbered((5, "three\n")))
    return first, second, third


def test_pushes_in_any_order_come_out_oldest_first(branch, three, tell):
    first, second, third = three
    pushes = [push(first, 1), push(second, 2), push(third, 3)]
    for order in orders(pushes):
        known = tell(branch.told(third, *order))
        assert heads(known) == [first, second, third]
        assert [one.forced for one in known.rounds] == [False, False, True]
        assert [one.number for one in known.rounds] == [1, 2, 3]
        assert [one.commits for one in known.rounds] == [[first], [second], [third]]
        assert changed_lines(known.rounds[2]) == ["-two", "+three"]


def test_pushes_without_times_are_put_in_order_by_what_they_replaced(branch, three, tell):
    first, second, third = three
    pushes = [push(first), push(second, before=first), push(third, before=second, forced=True)]
    for order in orders(pushes):
        assert heads(tell(branch.told(third, *order))) == [first, second, third]


def test_pushes_without_times_or_links_are_put_in_order_by_ancestry(branch, tell):
    pushed = [branch.add("a", numbered((number, "x\n"))) for number in (3, 9, 15)]
    for order in orders([push(head) for head in pushed]):
        assert heads(tell(branch.told(pushed[-1], *order))) == pushed


def test_a_head_that_a_push_replaced_is_a_round_though_nobody_told_of_it(branch, three, tell):
    first, second, third = three
    known = tell(branch.told(third, push(first, 1), push(third, 3, before=second, forced=True)))
    assert heads(known) == [first, second, third]
    assert [one.pushed_at for one in known.rounds] == [hour(1), None, hour(3)]


def test_a_branch_that_went_back_and_forth_has_each_state_as_often_as_it_had(branch, tell):
    first = branch.add("a", numbered((3, "one\n")))
    second = branch.amend("a", numbered((3, "two\n")))
    pushes = [
        push(first, 1),
        push(second, 2, before=first),
        push(first, 3, before=second),
        push(second, 4, before=first),
    ]
    known = tell(branch.told(second, *pushes))
    assert heads(known) == [first, second, first, second]
    assert [changed_lines(one) for one in known.rounds[1:]] == [
        ["-one", "+two"],
        ["-two", "+one"],
        ["-one", "+two"],
    ]


def test_a_forge_that_lists_commits_gives_the_rounds_that_reviewers_saw(branch, tell):
    listed = [branch.add("a", numbered((number, "x\n"))) for number in range(3, 9)]
    pushes = [push(commit, 10 * at, by_commit=True) for at, commit in enumerate(listed)]
    told = branch.told(listed[-1], *pushes, reviews=[review(listed[1], 15)], moments=[hour(35)])
    known = tell(told)
    assert heads(known) == [listed[1], listed[3], listed[5]]
    assert [one.commits for one in known.rounds] == [listed[:2], listed[2:4], listed[4:]]
    assert [one.pushed_at for one in known.rounds] == [None, None, None]
    assert known.reviewed_rounds == {"r-15": 1}


def test_what_a_reviewer_looked_at_counts_more_than_the_times_of_commits(branch, tell):
    listed = [branch.add("a", numbered((number, "x\n"))) for number in range(3, 7)]
    pushes = [
        push(commit, 1, by_commit=True) for commit in listed
    ]  # written at home, long before they were pushed
    told = branch.told(listed[-1], *pushes, reviews=[review(listed[1], 50), review(listed[2], 60)])
    assert heads(tell(told)) == [listed[1], listed[2], listed[3]]


def test_force_pushes_and_a_list_of_commits_fit_together(branch, tell):
    first = branch.add("a", numbered((3, "one\n")))
    second = branch.add("b", numbered((3, "one\n")))
    branch.upstream("c", "c\n")
    rebased = branch.rebase()
    copy = branch.repository.text("rev-parse", "HEAD~1")
    last = branch.add("a", numbered((3, "one\n"), (20, "two\n")))
    pushes = [
        push(copy, 30, by_commit=True),
        push(rebased, 30, by_commit=True),
        push(rebased, 31, before=second, forced=True),
        push(last, 40, by_commit=True),
    ]
    told = branch.told(last, *pushes, reviews=[review(first, 5)], moments=[hour(30.5), hour(33)])
    known = tell(told)
    assert heads(known) == [first, second, rebased, last]
    assert [one.forced for one in known.rounds] == [False, False, True, False]
    assert known.rounds[2].changes == []
    assert known.rounds[2].commits == [copy, rebased]


def test_without_any_push_reviews_and_comments_tell_the_rounds(branch, three, tell):
    first, second, third = three
    told = branch.told(
        third,
        reviews=[review(second, 20), review(first, 10)],
        threads=[thread("t", 5, path="a", line=3, head=first)],
    )
    assert heads(tell(told)) == [first, second, third]


def test_one_round_has_no_changes_of_its_own(branch, tell):
    head = branch.add("a", numbered((3, "one\n")))
    known = tell(branch.told(head, push(head, 1)))
    assert known.rounds[0].changes == []
    assert known.rounds[0].base == known.base
    assert changed_lines(msgspec.structs.replace(known.rounds[0], changes=known.changes)) == [
        "-line 3",
        "+one",
    ]


@pytest.mark.parametrize("way", ["rebase", "merge"])
@pytest.mark.parametrize("upstreams", ["c", "a", "b"])
def test_what_a_rebase_or_a_merge_brought_in_is_not_shown(way, upstreams, branch, tell):
    first = branch.add("a", numbered((3, "one\n")))
    branch.upstream(upstreams, numbered((20, "from upstream\n"), (25, "from upstream\nand more\n")))
    second = getattr(branch, way)()
    known = tell(branch.told(second, push(first, 1), push(second, 2)))
    assert known.rounds[1].changes == []
    assert known.rounds[1].left_out is None
    assert known.rounds[1].base == branch.base
    assert [change.path for change in known.changes] == ["a"]


def test_of_a_rebase_with_more_only_the_more_is_shown(branch, tell):
    first = branch.add("a", numbered((3, "one\n")))
    branch.upstream("a", numbered((20, "from upstream\n")))
    branch.rebase()
    second = branch.amend("a", numbered((3, "one, amended\n"), (20, "from upstream\n")))
    known = tell(branch.told(second, push(first, 1), push(second, 2)))
    assert changed_lines(known.rounds[1]) == ["-one", "+one, amended"]


def test_of_a_conflict_its_resolution_is_shown(branch, tell):
    first = branch.add("a", numbered((3, "ours\n")))
    branch.upstream("a", numbered((3, "theirs\n")))
    branch.repository.git("reset", "-q", "--hard", "main")
    second = branch.add("a", numbered((3, "both\n")))
    known = tell(branch.told(second, push(first, 1), push(second, 2)))
    assert changed_lines(known.rounds[1]) == ["-ours", "-theirs", "+both"]


def test_a_file_that_upstream_renamed_is_followed(branch, tell):
    first = branch.add("a", numbered((3, "one\n")))
    branch.repository.git("checkout", "-q", "main")
    branch.repository.git("mv", "a", "moved")
    branch.base = branch.repository.commit("Move")
    branch.repository.git("checkout", "-q", "topic")
    branch.rebase()
    second = branch.add("moved", numbered((3, "one\n"), (9, "two\n")))
    known = tell(branch.told(second, push(first, 1), push(second, 2)))
    assert changed_lines(known.rounds[1]) == ["-line 9", "+two"]
    assert list(patches(known.rounds[1])) == ["moved"]


def test_a_file_that_upstream_deleted_is_not_taken_for_deleted_by_the_author(branch, tell):
    branch.add("a", numbered((3, "one\n")))
    first = branch.add("b", numbered((3, "one\n")))
    branch.repository.git("checkout", "-q", "main")
    branch.repository.git("rm", "-q", "b")
    branch.base = branch.repository.commit("Delete")
    branch.repository.git("checkout", "-q", "-B", "topic", "main")
    second = branch.add("a", numbered((3, "one\n")))
    known = tell(branch.told(second, push(first, 1), push(second, 2)))
    assert known.rounds[1].changes == []


def test_a_binary_file_that_both_changed_is_said_to_be_binary(branch, tell):
    branch.repository.git("checkout", "-q", "main")
    branch.base = branch.add("logo", "\0one")
    branch.repository.git("checkout", "-q", "-B", "topic", "main")
    first = branch.add("logo", "\0two")
    branch.upstream("logo", "\0three")
    branch.repository.git("reset", "-q", "--hard", "main")
    second = branch.add("logo", "\0four")
    known = tell(branch.told(second, push(first, 1), push(second, 2)))
    assert [(c.path, c.left_out) for c in known.rounds[1].changes] == [("logo", "binary")]


def test_changes_that_the_recipe_excludes_are_named_and_not_shown_in_any_round(branch, tell):
    first = branch.add("a", numbered((3, "one\n")))
    branch.upstream("a", numbered((20, "from upstream\n")))
    branch.rebase()
    second = branch.add("a", numbered((3, "two\n"), (20, "from upstream\n")))
    known = tell(branch.told(second, push(first, 1), push(second, 2)), exclude="a")
    assert [(c.path, c.patch, c.left_out) for c in known.rounds[1].changes] == [("a", None, "excluded")]


def test_a_head_that_nobody_has_any_more_is_a_round_with_a_reason(branch, three, tell):
    first, _, third = three
    lost = "1" * 40
    known = tell(branch.told(third, push(first, 1), push(lost, 2), push(third, 3)))
    assert heads(known) == [first, lost, third]
    assert [one.left_out for one in known.rounds] == [None, "missing", "missing"]
    assert known.left_out is None


def test_a_request_of_too_many_files_keeps_its_rounds(branch, tell):
    for number in range(4):
        branch.repository.write(f"f{number}", "x\n")
    first = branch.repository.commit("Many")
    branch.upstream("c", "c\n")
    second = branch.rebase()
    known = tell(branch.told(second, push(first, 1), push(second, 2)), max_request_files=3)
    assert known.left_out == "too_many_files"
    assert heads(known) == [first, second]
    assert known.rounds[0].left_out == "too_many_files"


def test_without_code_the_forges_words_are_the_rounds(context):
    told = Told(
        request(head="c" * 40),
        [push("b" * 40, 2, before="a" * 40, forced=True, commits=["b" * 40]), push("c" * 40, 3)],
        [review("a" * 40, 1)],
    )
    (known,) = CodeReader(None, forge_options(), frozenset(), context.emit).tell([told])
    assert [(one.head[0], one.forced, one.pushed_at) for one in known.rounds] == [
        ("a", False, None),
        ("b", True, hour(2)),
        ("c", False, hour(3)),
    ]
    assert known.rounds[1].commits == ["b" * 40]
    assert known.reviewed_rounds == {"r-1": 1}
    assert known.left_out == "no_clone"


def test_a_request_that_says_nothing_of_its_head_is_still_told(branch, tell):
    known = tell(Told(request()))
    assert known.rounds == []
    assert known.left_out == "missing"


def test_patches_of_endless_rounds_do_not_fill_the_memory(branch, three, tell, monkeypatch):
    monkeypatch.setattr(reader, "_MAX_PATCHES", 1)
    known = tell(branch.told(three[-1], *(push(head, at) for at, head in enumerate(three))))
    assert [one.left_out for one in known.rounds] == [None, "too_large", "too_large"]


def test_of_endless_rounds_the_first_are_read_and_all_are_told(branch, three, tell, monkeypatch):
    monkeypatch.setattr(plan, "MAX_ROUNDS", 2)
    monkeypatch.setattr(known_module, "MAX_ROUNDS", 2)
    known = tell(branch.told(three[-1], *(push(head, at) for at, head in enumerate(three))))
    assert [one.left_out for one in known.rounds] == [None, None, "too_many_rounds"]


def test_a_repository_of_longer_ids_is_read_alike(repository, tell):
    shutil.rmtree(repository.path / ".git")
    repository.git("init", "-q", "-b", "main", "--object-format=sha256")
    branch = Branch(repository)
    first = branch.add("a", numbered((3, "one\n")))
    branch.upstream("a", numbered((20, "from upstream\n")))
    branch.rebase()
    second = branch.amend("a", numbered((3, "one, amended\n"), (20, "from upstream\n")))
    talk = [thread("t", 1.5, path="a", line=3, head=first)]
    known = tell(branch.told(second, push(first, 1), push(second, 2), threads=talk))
    assert len(second) == 64
    assert changed_lines(known.rounds[1]) == ["-one", "+one, amended"]
    assert (known.threads["t"].answer.round, known.threads["t"].answer.how) == (2, "changed")


def test_a_shallow_clone_gives_what_it_has(branch, three, tmp_path, context):
    first, second, third = three
    clone = tmp_path / "shallow"
    branch.repository.git(
        "clone", "-q", "--depth=1", "--no-single-branch", f"file://{branch.repository.path}", clone
    )
    code = local_code(Sandbox(clone), context)
    told = branch.told(third, push(first, 1), push(second, 2), push(third, 3))
    (known,) = CodeReader(code, forge_options(), frozenset(), context.emit).tell([told])
    assert heads(known) == [first, second, third]
    assert (known.base, known.left_out) == (None, "no_base")
    assert [one.left_out for one in known.rounds] == ["missing", "missing", "missing"]
