"""Stories of requests with known truth: bases, rounds, anchors, and the push that answered each comment."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from cooldown_connectors.forge.code import CodeReader, Known, Told

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore

from ...git.conftest import Sandbox
from .conftest import forge_options, local_code, push, request, thread
from .stories import Author, Story, fate, standing

SEEDS = range(10)
STORIES = 12


@dataclass
class World:
    """A generated repository, what its requests are, and what was found out about them."""

    repository: Sandbox
    stories: list[Story]
    ids: dict[int, str]
    known: list[Known]


@pytest.fixture(scope="module", params=SEEDS)
def world(request, tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("world")
    repository = Sandbox(folder / "payments")
    repository.path.mkdir()
    repository.git("init", "-q", "-b", "main")
    author = Author(request.param)
    author.begin()
    stories = [author.story(number) for number in range(1, STORIES + 1)]
    ids = author.write(repository)
    context = HarvestContext("forge", folder, folder / "store", ignore)
    wanted = frozenset({"before", "versions"})
    reader = CodeReader(local_code(repository, context), forge_options(), wanted, ignore)
    known = list(reader.tell([_told(story, ids, repository) for story in stories]))
    return World(repository, stories, ids, known)


def _told(story: Story, ids: dict[int, str], repository) -> Told:
    turns = story.turns
    threads = []
    for number, note in enumerate(story.notes):
        turn = turns[note.round]
        last = note.first + len(note.lines) - 1
        values = {"path": note.path, "head": ids[turn.mark]}
        if note.said != "hunk":
            values |= {"start_line": note.first, "line": last}
        if note.said != "lines":
            hunk = _forges_hunk(repository, ids[turn.base], ids[turn.mark], note.path, last)
            if hunk is None:
                values |= {"start_line": note.first, "line": last}
            else:
                values["hunk"] = hunk
        threads.append(thread(f"t{number}", 10 * note.round + 5, **values))
    merged = story.way != "open"
    part = request(
        story.number,
        state="merged" if merged else "open",
        base=ids[story.target],
        head=ids[turns[-1].mark],
        merged_in=ids[story.merged_in] if story.merged_in else None,
    )
    pushes = [push(ids[turn.mark], 10 * number) for number, turn in enumerate(turns)]
    return Told(part, pushes[::-1], [], threads)


def _forges_hunk(repository, base, head, path, line):
    """The hunk as forges give it: cut after the line that is commented on."""
    text = repository.git(
        "diff", "--find-renames", "--unified=3", base, head, "--", ":(literal)" + path
    ).decode()
    for hunk in text.split("\n@@ ")[1:]:
        header, _, body = ("@@ " + hunk).partition("\n")
        number = int(header.split("+")[1].split(",")[0].split(" ")[0])
        shown = []
        for one in body.split("\n"):
            shown.append(one)
            if one[:1] in "+ " and one:
                if number == line:
                    return "\n".join([header, *shown])
                number += 1
    return None


def test_every_comment_finds_its_lines_and_the_push_that_answered_it(world):
    stories, ids = world.stories, world.ids
    compared = 0
    for story, known in zip(stories, world.known, strict=True):
        turns = story.turns
        assert [one.head for one in known.rounds] == [ids[turn.mark] for turn in turns]
        assert [one.base for one in known.rounds] == [ids[turn.base] for turn in turns]
        assert [one.forced for one in known.rounds] == [turn.forced for turn in turns]
        assert known.base == ids[turns[-1].base]
        assert known.left_out is None
        for number, note in enumerate(story.notes):
            found = known.threads[f"t{number}"]
            anchor = found.anchor
            where = (story.number, number)
            assert (anchor.start_line, anchor.line) == (note.first, note.first + len(note.lines) - 1), where
            assert anchor.round == note.round + 1, where
            assert anchor.hunk_from == "git", where
            held = [line[1:].rstrip("\r") for line in anchor.hunk.split("\n") if line[:1] in "+ "]
            assert set(note.lines) <= set(held), where
            first = next(fate(story, note), None)
            answer = found.answer
            if first is None or first[1] != "taken":
                assert (answer and (answer.round - 1, answer.how)) == first, where
            assert (found.unanswered is None) == (answer is not None)
            at_end = None if anchor.now_line is None else (anchor.now_start_line, anchor.now_line)
            assert at_end == standing(story, note), where
            assert set(note.lines) <= {line.rstrip("\r") for line in found.criticised.split("\n")}
            compared += 1
            if answer is not None and answer.how == "changed" and first[1] != "taken":
                before = turns[answer.round - 1].before[answer.change.old_path or answer.change.path].lines
                lines = before[answer.start_line - 1 : answer.line]
                assert set(lines) & set(note.lines), where
    assert compared > STORIES


def test_rounds_show_what_the_author_did_and_nothing_that_a_rebase_brought_in(world):
    stories = world.stories
    for story, known in zip(stories, world.known, strict=True):
        if len(story.turns) == 1:
            assert known.rounds[0].changes == []
            continue
        for turn, one in zip(story.turns, known.rounds, strict=True):
            gone = {line for file in turn.before.values() for line in file.lines}
            come = {line for file in turn.after.values() for line in file.lines}
            lines = [line for change in one.changes for line in (change.patch or "").split("\n")]
            said = [line.rstrip("\r") for line in lines]
            assert one.left_out is None
            removed, added = ({line[1:] for line in said if line[:1] == sign} for sign in "-+")
            # A last line that got or lost its newline is shown on both sides.
            same = removed & added if "\\ No newline at end of file" in said else set()
            assert removed - same == gone - come
            assert added - same == come - gone


def test_bases_and_changes_are_those_that_git_itself_gives(world):
    stories, ids = world.stories, world.ids
    for story, known in zip(stories, world.known, strict=True):
        head = ids[story.turns[-1].mark]
        for one in known.rounds:
            assert one.base == world.repository.text("merge-base", ids[story.target], one.head)
        listed = world.repository.text(
            "rev-list", "--reverse", "--topo-order", f"{known.base}..{head}"
        ).split()
        assert sorted(commit.revision for commit in known.commits) == sorted(set(listed))
        names = world.repository.git("diff", "--name-only", "-z", "--find-renames", known.base, head).split(
            b"\0"
        )[:-1]
        assert [change.path.encode() for change in known.changes] == names
