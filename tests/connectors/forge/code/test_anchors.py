"""Comments joined to hunks: by numbers, by the forge's own hunk, by its text alone; on both sides, through renames, without a commit."""

from __future__ import annotations

import pytest
from cooldown_connectors.forge.code import CodeReader, Told
from cooldown_connectors.forge.code.hunk_text import HunkLine, find_block, line_at, read_hunk
from cooldown_connectors.forge.code.lines import Span
from hypothesis import given
from hypothesis import strategies as st

from .conftest import forge_options, push, request, thread

FILE = [f"line {number}" for number in range(1, 41)]
LOST = "1" * 40


def content(*changed, lines=FILE, end="\n", last="\n"):
    made = list(lines)
    for number, text in changed:
        made[number - 1] = text
    return end.join(made) + last


@pytest.fixture
def pair(repository):
    """A base with a file, and a request that changes its line 10 and puts two lines after line 20."""
    repository.write("src/a.py", content())
    base = repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("src/a.py", content((10, "ten"), (20, "line 20\nnew 1\nnew 2")))
    return base, repository.commit("Request")


@pytest.fixture
def anchored(pair, tell):
    """The thread of a comment with this anchor."""

    def run(told=None, *, more=(), wanted=frozenset(), **anchor):
        base, head = pair
        values = {"path": "src/a.py", "head": head} | anchor
        told = Told(
            request(base=base, head=(more or [head])[-1]), [push(head, 1)], [], [thread("t", 2, **values)]
        )
        return tell(told, wanted).threads["t"]

    return run


def test_a_line_finds_the_hunk_that_holds_it(anchored, pair):
    anchor = anchored(line=10).anchor
    assert (anchor.start_line, anchor.line, anchor.side) == (10, 10, "new")
    assert (anchor.base, anchor.head, anchor.round) == (*pair, 1)
    assert anchor.hunk_from == "git"
    assert anchor.hunk.split("\n")[0].startswith("@@ -7,7 +7,7 @@")
    assert "-line 10\n+ten" in anchor.hunk
    assert "new 1" not in anchor.hunk


def test_several_lines_are_in_one_hunk_even_where_git_shows_two(anchored):
    anchor = anchored(start_line=10, line=22).anchor
    lines = anchor.hunk.split("\n")
    assert lines[0] == "@@ -7,17 +7,19 @@"
    assert sum(line.startswith("@@") for line in lines) == 1
    new = [line[1:] for line in lines[1:] if line[:1] in "+ "]
    assert new == [
        "line 7",
        "line 8",
        "line 9",
        "ten",
        *FILE[10:20],
        "new 1",
        "new 2",
        "line 21",
        "line 22",
        "line 23",
    ]
    assert [line for line in lines[1:] if line[:1] == "-"] == ["-line 10"]


def test_a_line_that_no_hunk_shows_gets_the_lines_around_it(anchored):
    anchor = anchored(line=35).anchor
    assert anchor.hunk == "\n".join(["@@ -30,7 +32,7 @@", *(f" line {number}" for number in range(30, 37))])
    assert anchor.hunk_from == "git"


def test_a_removed_line_is_found_on_the_old_side(anchored):
    found = anchored(line=10, side="old")
    assert "-line 10" in found.anchor.hunk
    assert (found.anchor.line, found.anchor.now_line) == (10, None)


def test_a_context_line_of_the_old_side_stands_elsewhere_now(anchored):
    anchor = anchored(line=23, side="old").anchor
    assert (anchor.line, anchor.now_path, anchor.now_line) == (23, "src/a.py", 25)


def test_of_a_renamed_file_the_old_side_has_the_old_name(repository, pair, tell):
    base, _ = pair
    repository.git("mv", "src/a.py", "src/b.py")
    moved = repository.commit("Move")
    for path in ("src/b.py", "src/a.py"):  # forges name either
        told = Told(
            request(base=base, head=moved),
            [push(moved, 1)],
            [],
            [thread("t", 2, path=path, head=moved, line=10, side="old")],
        )
        anchor = tell(told).threads["t"].anchor
        assert (anchor.path, anchor.now_path) == ("src/a.py", None)
        assert "-line 10" in anchor.hunk


def test_a_comment_on_a_whole_file_has_no_lines_and_follows_the_file(repository, pair, tell):
    base, head = pair
    repository.git("mv", "src/a.py", "src/b.py")
    moved = repository.commit("Move")
    told = Told(
        request(base=base, head=moved),
        [push(head, 1), push(moved, 3)],
        [],
        [thread("t", 2, path="src/a.py", head=head)],
    )
    found = tell(told).threads["t"]
    assert (found.anchor.line, found.anchor.now_path, found.anchor.now_line) == (None, "src/b.py", None)
    assert found.unanswered == "no_lines"


def test_a_comment_on_the_request_as_a_whole_has_no_anchor(pair, tell):
    base, head = pair
    known = tell(Told(request(base=base, head=head), [push(head, 1)], [], [thread("t", 2)]))
    assert (known.threads["t"].anchor, known.threads["t"].unanswered) == (None, None)


HUNK = "@@ -17,6 +17,8 @@ heading\n line 17\n line 18\n line 19\n line 20\n+new 1"


def test_a_hunk_alone_says_its_last_line(anchored):
    anchor = anchored(hunk=HUNK).anchor
    assert (anchor.side, anchor.line, anchor.hunk_from) == ("new", 21, "git")
    anchor = anchored(hunk="@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10").anchor
    assert (anchor.side, anchor.line) == ("old", 10)


def test_numbers_that_the_forges_own_hunk_contradicts_give_way_to_its_text(anchored):
    moved = HUNK.replace("-17,6 +17,8", "-3,6 +3,8")
    anchor = anchored(hunk=moved, line=7).anchor
    assert (anchor.line, anchor.hunk_from) == (21, "git")


def test_text_that_stands_nowhere_leaves_the_forges_words_as_they_are(anchored):
    hunk = "@@ -1,2 +1,3 @@\n elsewhere\n+entirely\n different"
    found = anchored(hunk=hunk, line=2)
    assert (found.anchor.line, found.anchor.hunk, found.anchor.hunk_from) == (2, hunk, "forge")
    assert (found.anchor.now_line, found.unanswered) == (None, "no_later_push")


def test_text_that_stands_twice_is_not_guessed(repository, tell):
    repository.write("a", "x\n")
    base = repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("a", "same\nlines\n" * 5)
    head = repository.commit("Request")
    hunk = "@@ -1,1 +1,2 @@\n+same\n+lines"
    told = Told(
        request(base=base, head=head), [push(head, 1)], [], [thread("t", 2, path="a", head=LOST, hunk=hunk)]
    )
    assert tell(told).threads["t"].anchor.hunk_from == "forge"


def test_lines_beyond_the_end_of_the_file_are_not_believed(anchored):
    anchor = anchored(line=4000).anchor
    assert (anchor.line, anchor.hunk, anchor.now_line) == (4000, None, None)


def test_a_commit_that_is_gone_is_made_up_for_by_the_hunks_text(anchored, pair):
    anchor = anchored(head=LOST, hunk=HUNK, line=21).anchor
    assert (anchor.head, anchor.line, anchor.hunk_from, anchor.now_line) == (pair[1], 21, "git", 21)


def test_a_commit_that_is_gone_without_a_hunk_leaves_the_forges_words(pair, tell):
    base, head = pair
    threads = [thread("t", 2, path="src/a.py", head=LOST, line=21)]
    known = tell(Told(request(base=base, head=head), [push(head, 3)], [], threads))
    found = known.threads["t"]
    assert [one.head for one in known.rounds] == [LOST, head]
    assert (found.anchor.head, found.anchor.line, found.anchor.hunk) == (LOST, 21, None)
    assert found.unanswered == "commit_missing"


def test_carriage_returns_are_no_reason_to_doubt_a_hunk(repository, tell):
    repository.write("a", content(end="\r\n", last=""))
    base = repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("a", content((10, "ten"), end="\r\n", last=""))
    head = repository.commit("Request")
    for ends in ("\r\n", "\n"):
        hunk = f"@@ -7,7 +7,7 @@{ends}" + ends.join([" line 7", " line 8", " line 9", "-line 10", "+ten"])
        told = Told(
            request(base=base, head=head),
            [push(head, 1)],
            [],
            [thread("t", 2, path="a", head=head, line=10, hunk=hunk)],
        )
        anchor = tell(told).threads["t"].anchor
        assert (anchor.line, anchor.hunk_from) == (10, "git")
        assert "+ten\r\n" in anchor.hunk


def test_odd_names_and_bytes_are_no_obstacle(repository, tell):
    names = ['q"uo\te', "new\nline", "back\\slash", "\\x41", "é"]
    for name in names:
        repository.write(name, content())
    repository.write("latin", b"\xe9\n" * 9)
    base = repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "topic")
    for name in names:
        repository.write(name, content((10, "ten")))
    repository.write("latin", b"\xe8\n" * 9)
    head = repository.commit("Request")
    threads = [thread(name, 2, path=name, head=head, line=10) for name in [*names, "latin"]]
    known = tell(Told(request(base=base, head=head), [push(head, 1)], [], threads))
    for name in names:
        assert "+ten" in known.threads[name].anchor.hunk
    assert known.threads["latin"].anchor.hunk is None


def test_of_a_long_new_file_the_hunk_is_cut_after_the_lines(repository, tell):
    repository.commit("Begin")
    base = repository.text("rev-parse", "HEAD")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("a", "".join(f"{number}\n" for number in range(1000)))
    head = repository.commit("Request")
    told = Told(
        request(base=base, head=head), [push(head, 1)], [], [thread("t", 2, path="a", head=head, line=100)]
    )
    assert len(tell(told).threads["t"].anchor.hunk.split("\n")) == 131


def test_versions_are_the_file_as_it_was_criticised_and_as_it_was_merged(repository, pair, tell):
    base, head = pair
    repository.git("mv", "src/a.py", "src/b.py")
    repository.write("src/b.py", content((10, "ten, better"), (20, "line 20\nnew 1\nnew 2")))
    last = repository.commit("Answer")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "--no-edit", "topic")
    threads = [
        thread("new", 2, path="src/a.py", head=head, line=10),
        thread("old", 2, path="src/a.py", head=head, line=10, side="old"),
    ]
    merged = repository.text("rev-parse", "HEAD")
    part = request(base=base, head=last, state="merged", merged_in=merged)
    told = Told(part, [push(head, 1), push(last, 3)], [], threads)
    known = tell(told, frozenset({"versions"}))
    found = known.threads["new"]
    assert found.criticised == content((10, "ten"), (20, "line 20\nnew 1\nnew 2"))
    assert found.accepted == content((10, "ten, better"), (20, "line 20\nnew 1\nnew 2"))
    assert found.accepted_path == "src/b.py"
    assert known.threads["old"].criticised == content()
    assert tell(told).threads["new"].criticised is None


def test_of_a_request_that_was_not_merged_no_version_was_accepted(anchored):
    found = anchored(line=10, wanted=frozenset({"versions"}))
    assert found.criticised is not None
    assert (found.accepted, found.accepted_path) == (None, None)


def test_without_code_the_forges_hunk_is_the_anchors(context):
    part = request(head="a" * 40)
    threads = [thread("t", 2, path="a", head="a" * 40, hunk=HUNK), thread("u", 2)]
    told = Told(part, [push("a" * 40, 1), push("b" * 40, 3)], [], threads)
    (known,) = CodeReader(None, forge_options(), frozenset(), context.emit).tell([told])
    anchor = known.threads["t"].anchor
    assert (anchor.line, anchor.side, anchor.hunk, anchor.hunk_from, anchor.round) == (
        21,
        "new",
        HUNK,
        "forge",
        3,
    )
    assert known.threads["t"].unanswered == "no_later_push"
    assert known.threads["u"].anchor is None


LINES = st.lists(
    st.tuples(st.sampled_from(" +-"), st.text(st.characters(exclude_characters="\n\r"), max_size=5)),
    min_size=1,
)


@given(LINES, st.integers(1, 99), st.integers(1, 99))
def test_the_lines_of_any_hunk_are_numbered_on_both_sides(lines, old, new):
    text = f"@@ -{old},9 +{new},9 @@\n" + "\n".join(sign + line for sign, line in lines)
    read = read_hunk(text)
    assert [line.text for line in read] == [line for _, line in lines]
    numbers = [line.old for line in read if line.old is not None]
    assert numbers == list(range(old - 1, old - 1 + len(numbers)))
    numbers = [line.new for line in read if line.new is not None]
    assert numbers == list(range(new - 1, new - 1 + len(numbers)))
    for position, (sign, _) in enumerate(lines, 1):
        side, _ = line_at(text, position)
        assert side == ("old" if sign == "-" else "new")


@given(st.text())
def test_what_is_no_hunk_says_nothing(text):
    if not text.startswith("@@ -"):
        assert read_hunk(text) == []
        assert line_at(text) is None


def test_a_file_made_to_be_slow_to_search_is_not_searched():
    """The suite's timeout would end a quadratic search: a hundred thousand equal lines, and a hunk that never fits."""
    lines = [HunkLine(None, number, "x") for number in range(50_000)] + [HunkLine(None, 50_000, "y")]
    file = ["x"] * 100_000 + ["y"] * 2000
    assert find_block(lines, "new", Span(50_000, 50_001), file) is None
