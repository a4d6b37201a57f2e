"""The push that answered a comment: what counts as one, and everything that only looks like one."""

from __future__ import annotations

import pytest
from cooldown_connectors.forge.code import Told

from .conftest import push, request, thread

FILE = [f"line {number}" for number in range(1, 41)]


def content(*changed, lines=FILE):
    made = list(lines)
    for number, text in changed:
        made[number - 1] = text
    return "\n".join(line for line in made if line is not None) + "\n"


FIRST = ((10, "ten"),)


class Talk:
    """A request whose first push changes line 10, on which somebody comments; then more is pushed."""

    def __init__(self, repository, tell) -> None:
        self.repository, self._tell = repository, tell
        repository.write("a", content())
        self.base = repository.commit("Begin")
        repository.git("checkout", "-q", "-b", "topic")
        repository.write("a", content(*FIRST))
        self.heads = [repository.commit("Request")]

    def push(self, text: str | bytes, path: str = "a") -> None:
        self.repository.write(path, text)
        self.heads.append(self.repository.commit("More"))

    def upstream(self, text: str, path: str = "a") -> None:
        self.repository.git("checkout", "-q", "main")
        self.repository.write(path, text)
        self.base = self.repository.commit("Upstream")
        self.repository.git("checkout", "-q", "topic")

    def rebased(self, text: str, path: str = "a") -> None:
        self.repository.git("checkout", "-q", "-B", "topic", "main")
        self.push(text, path)

    def thread(self, at: float = 15, wanted=frozenset(), **anchor):
        values = {"path": "a", "head": self.heads[0], "line": 10} | anchor
        pushes = [push(head, 10 * number) for number, head in enumerate(self.heads, 1)]
        told = Told(request(base=self.base, head=self.heads[-1]), pushes, [], [thread("t", at, **values)])
        return self._tell(told, wanted).threads["t"]

    def answer(self, **anchor):
        answer = self.thread(**anchor).answer
        return None if answer is None else (answer.round, answer.how)


@pytest.fixture
def talk(repository, tell) -> Talk:
    return Talk(repository, tell)


def test_a_push_that_changes_the_line_is_the_answer(talk):
    talk.push(content((10, "better")))
    found = talk.thread(wanted=frozenset({"before"}))
    answer = found.answer
    assert (answer.round, answer.how, answer.revision) == (2, "changed", talk.heads[1])
    assert (answer.start_line, answer.line) == (10, 10)
    assert "-ten\n+better" in answer.change.patch
    assert answer.change.before == content(*FIRST)
    assert (found.unanswered, found.anchor.now_line) == (None, None)


def test_the_first_of_several_pushes_that_touch_the_line_is_the_answer(talk):
    talk.push(content(*FIRST, (30, "elsewhere")))
    talk.push(content((10, "better"), (30, "elsewhere")))
    talk.push(content((10, "best"), (30, "elsewhere")))
    assert talk.answer() == (3, "changed")


def test_lines_put_in_next_to_the_line_are_an_answer_beside_it(talk):
    talk.push(content((10, "ten\nwith more")))
    assert talk.answer() == (2, "beside")
    assert talk.thread().anchor.now_line == 10


def test_lines_put_in_a_line_further_are_none(talk):
    talk.push(content(*FIRST, (11, "line 11\nwith more")))
    assert talk.answer() is None
    assert talk.thread().unanswered == "untouched"


def test_lines_put_in_above_move_the_line_and_answer_nothing(talk):
    talk.push(content(*FIRST, (1, "line 1\nmore\nand more")))
    talk.push(content((1, "line 1\nmore\nand more"), (10, "better")))
    answer = talk.thread().answer
    assert (answer.round, answer.start_line, answer.line) == (3, 12, 12)


def test_of_several_lines_one_that_changes_is_enough_and_the_others_stand(talk):
    talk.push(content(*FIRST, (12, "twelve")))
    found = talk.thread(start_line=9, line=12)
    assert (found.answer.how, found.answer.start_line, found.answer.line) == ("changed", 9, 12)
    assert (found.anchor.now_start_line, found.anchor.now_line) == (9, 11)


def test_a_deleted_file_is_an_answer(talk):
    talk.repository.git("rm", "-q", "a")
    talk.heads.append(talk.repository.commit("Delete"))
    found = talk.thread()
    assert (found.answer.how, found.answer.line, found.answer.change.status) == ("deleted", 10, "deleted")
    assert found.anchor.now_path is None


def test_a_renamed_file_is_followed(talk):
    talk.repository.git("mv", "a", "b")
    talk.heads.append(talk.repository.commit("Move"))
    found = talk.thread()
    assert (found.unanswered, found.anchor.now_path, found.anchor.now_line) == ("untouched", "b", 10)
    talk.push(content((10, "better")), "b")
    answer = talk.thread().answer
    assert (answer.round, answer.change.path) == (3, "b")


def test_an_amended_branch_is_followed(talk):
    talk.repository.write("a", content((10, "better")))
    talk.heads.append(talk.repository.commit("Amended", "--amend"))
    assert talk.answer() == (2, "changed")


def test_upstream_changing_the_very_line_is_no_answer(talk):
    talk.upstream(content((20, "twenty")))
    talk.rebased(content(*FIRST, (20, "twenty")))
    found = talk.thread(line=20)
    assert (found.answer, found.unanswered) == (None, "untouched")
    assert found.anchor.now_line is None


def test_upstream_changing_the_same_file_elsewhere_moves_the_line(talk):
    talk.upstream(content((2, "line 2\nmore\nand more"), (30, "thirty")))
    talk.rebased(content((2, "line 2\nmore\nand more"), *FIRST, (30, "thirty")))
    found = talk.thread()
    assert (found.answer, found.anchor.now_line) == (None, 12)
    talk.push(content((2, "line 2\nmore\nand more"), (10, "better"), (30, "thirty")))
    assert talk.answer() == (3, "changed")


def test_a_rebase_that_also_answers_is_an_answer(talk):
    talk.upstream(content((2, "line 2\nmore"), (30, "thirty")))
    talk.rebased(content((2, "line 2\nmore"), (10, "better"), (30, "thirty")))
    answer = talk.thread(wanted=frozenset({"before"})).answer
    assert (answer.how, answer.line) == ("changed", 11)
    # The file before it is the one that only the rebase would have made.
    assert answer.change.before == content((2, "line 2\nmore"), *FIRST, (30, "thirty"))
    assert "thirty" not in answer.change.patch


def test_upstream_changing_a_file_that_only_the_comment_speaks_of_is_no_answer(talk):
    talk.repository.git("checkout", "-q", "main")
    talk.repository.write("b", content())
    talk.base = talk.repository.commit("Another file")
    talk.rebased(content(*FIRST))
    talk.heads = talk.heads[1:]
    talk.upstream(content((20, "twenty")), "b")
    talk.rebased(content(*FIRST))
    found = talk.thread(path="b", line=20)
    assert (found.answer, found.unanswered) == (None, "untouched")
    found = talk.thread(path="b", line=22)
    assert found.anchor.now_line == 22


def test_an_equal_line_elsewhere_is_not_mistaken_for_the_one_that_is_meant(talk):
    blocks = [line for number in range(10) for line in ("    }", f"{number}", "    {")]
    talk.push("\n".join(blocks) + "\n", "c")
    head = talk.heads[-1]
    talk.heads = [head]
    talk.push("\n".join([*blocks[:3], "    }", "new", "    {", *blocks[3:]]) + "\n", "c")
    found = talk.thread(path="c", line=16, head=head)  # the sixth block's brace
    assert (found.answer, found.anchor.now_line) == (None, 19)
    talk.push("\n".join(blocks[:15] + blocks[18:]) + "\n", "c")
    assert talk.answer(path="c", line=17, head=head)[0] == 3


def test_a_comment_on_a_removed_line_is_answered_where_the_line_was(talk):
    talk.repository.write("a", content((10, None)))
    talk.heads = [talk.repository.commit("Amended", "--amend")]
    talk.push(content((10, None), (30, "elsewhere")))
    assert talk.answer(side="old") is None
    talk.push(content((30, "elsewhere")))
    found = talk.thread(side="old")
    assert (found.answer.round, found.answer.how) == (3, "beside")
    assert found.answer.line == 9  # the line before the place


def test_a_comment_on_a_replaced_line_is_answered_by_what_happens_to_its_replacement(talk):
    talk.push(content((10, "better")))
    assert talk.answer(side="old") == (2, "changed")


def test_a_comment_on_an_unchanged_line_of_the_old_side_follows_it(talk):
    talk.push(content(*FIRST, (20, "twenty")))
    assert talk.answer(side="old", line=20) == (2, "changed")
    assert talk.answer(side="old", line=21) is None


def test_a_push_before_the_comment_was_written_is_no_answer_to_it(talk):
    talk.push(content((10, "better")))
    found = talk.thread(at=25)
    assert (found.answer, found.unanswered) == (None, "no_later_push")
    talk.push(content((10, "best")))
    assert talk.thread(at=25).answer.round == 3


def test_without_a_later_push_there_is_no_answer(talk):
    assert talk.thread().unanswered == "no_later_push"


def test_a_file_whose_diff_is_left_out_is_said_to_be(talk):
    talk.push(content((10, "x" * 1000)))
    told = talk.thread()
    assert told.answer is not None
    talk.push(b"\0" + content((10, "better")).encode())
    talk.heads = [talk.heads[0], talk.heads[2]]
    assert talk.thread().unanswered == "left_out"


def test_a_round_that_is_missing_is_stepped_over(talk):
    talk.push(content((10, "better")))
    talk.heads.insert(1, "1" * 40)
    assert talk.answer() == (3, "changed")


def test_where_all_later_rounds_are_missing_that_is_the_reason(talk):
    talk.heads.append("1" * 40)
    assert talk.thread().unanswered == "commit_missing"


def test_a_newline_at_the_end_alone_answers_nothing_above_it(talk):
    talk.push(content(*FIRST).removesuffix("\n"))
    assert talk.answer(line=40) is None
    talk.push(content(*FIRST) + "line 41\n")
    assert talk.answer(line=40) == (3, "beside")
