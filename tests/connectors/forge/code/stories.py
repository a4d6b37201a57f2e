"""Requests told in rounds of pushes, every line of which is unlike any other: so what becomes of each is known.

A story draws upstream's changes and the author's, rebases by moving the author's lines onto what upstream made of the file (by the
lines' own names, not by their numbers), and places comments. The repository is written by one ``git fast-import``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from ...git.conftest import Sandbox

PATHS = ["src/a.py", "src/b b.py", "lib/é.c", 'odd/q"uo\te.txt', "deep/er/c.go", "top.md"]


@dataclass
class File:
    """Lines, each of which occurs nowhere else."""

    lines: list[str]
    end: str = "\n"
    """How lines end: the last one may end with nothing."""
    closed: bool = True

    def content(self) -> bytes:
        text = self.end.join(self.lines)
        return (text + (self.end if self.closed and self.lines else "")).encode()

    def copy(self) -> File:
        return File(list(self.lines), self.end, self.closed)


Tree = dict[str, File]


@dataclass
class Note:
    """A comment on lines of a file as it was at the end of round ``round`` (from 0)."""

    round: int
    path: str
    lines: list[str]
    first: int
    """Their numbers, from 1."""
    said: str
    """How the forge tells it: ``lines``, ``hunk`` (it has no numbers) or ``both``."""


@dataclass
class Turn:
    """One push: the tree before it as it would be had only the rebase been done, the tree after it, and what upstream did to lines."""

    mark: int
    base: int
    before: Tree
    after: Tree
    renamed: dict[str, str]
    """Path before the push → after, by the author."""
    moved: dict[str, str]
    """The same by upstream."""
    forced: bool
    commits: list[int]


@dataclass
class Story:
    number: int
    turns: list[Turn] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    merged_in: int | None = None
    way: str = "open"
    target: int = 0
    """Mark of the target's commit when the request was opened or closed."""


class Author:
    """Draws a repository with requests. Marks are numbers of commits."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.stream: list[bytes] = []
        self.marks = 0
        self.names = 0
        self.main: Tree = {}
        self.tip = 0

    def line(self) -> str:
        self.names += 1
        return f"{'  ' * self.random.randrange(3)}line {self.names} {'é' * self.random.randrange(2)};"

    def commit(self, tree: Tree, *parents: int) -> int:
        self.marks += 1
        out = [f"commit refs/heads/made\nmark :{self.marks}\n".encode()]
        message = f"Change {self.marks}".encode()
        out.append(
            b"committer Ada <ada@example.org> %d +0000\ndata %d\n%s\n"
            % (1_700_000_000 + 60 * self.marks, len(message), message)
        )
        if parents:
            out.append(b"from :%d\n" % parents[0])
            out += [b"merge :%d\n" % parent for parent in parents[1:]]
        out.append(b"deleteall\n")
        for path, file in tree.items():
            quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
            content = file.content()
            out.append(f"M 100644 inline {quoted}\n".encode() + b"data %d\n%s\n" % (len(content), content))
        self.stream += out
        return self.marks

    def begin(self) -> None:
        self._fill()
        self.tip = self.commit(self.main)

    def _fill(self) -> None:
        """Have each file of the list, and files long enough that git takes a moved one for the same."""
        for path in PATHS:
            if path not in self.main or len(self.main[path].lines) < 25:
                size = self.random.randint(30, 50)
                end = self.random.choice(["\n", "\n", "\r\n"])
                lines = [self.line() for _ in range(size)]
                # A last line that gets its newline gets a carriage return too: that changes it for both sides.
                self.main[path] = File(lines, end, end == "\r\n" or self.random.random() < 0.7)
        self.main = {path: file for path, file in self.main.items() if len(file.lines) > 20}

    def upstream(
        self, theirs: dict[str, list[str]], busy: Tree | None = None, base: Tree | None = None
    ) -> dict[str, str]:
        """Change main. ``theirs`` gets line → what replaced it. Where a request works (``busy``, against ``base``) no line is put in
        where it puts some in, and none is changed that it removes."""
        for path, file in self.main.items():
            if self.random.random() < 0.3:
                continue
            self._upstream_file(file, theirs, self._free(path, file, busy, base))
        renamed = {}
        if self.random.random() < 0.25:
            path = self.random.choice(sorted(self.main))
            new = f"moved/{self.marks}.txt"
            if busy is None or busy.get(path) is not None:
                self.main[new] = self.main.pop(path)
                renamed[path] = new
        self.tip = self.commit(self.main, self.tip)
        return renamed

    def _free(self, path: str, file: File, busy: Tree | None, base: Tree | None) -> tuple[set[str], set[str]]:
        """Lines that may be changed, and lines after which some may be put in."""
        was = set(base[path].lines) if base is not None and path in base else set()
        mine = next((one.lines for one in (busy or {}).values() if was & set(one.lines)), None)
        if mine is None:
            return set(file.lines), set(file.lines)
        kept = set(mine) & set(file.lines)
        following = dict(pairwise(mine))
        next_here = dict(pairwise(file.lines))
        gaps = {line for line in kept if following.get(line) == next_here.get(line) and line in next_here}
        return kept, gaps

    def _upstream_file(
        self, file: File, theirs: dict[str, list[str]], free: tuple[set[str], set[str]]
    ) -> None:
        lines: list[str] = []
        quiet = 0
        for line in file.lines:
            chance = self.random.random()
            if quiet == 0 and chance < 0.12 and line in free[0]:
                new = [self.line() for _ in range(self.random.randrange(3))]
                theirs[line] = new
                lines += new
                quiet = 2
            elif quiet == 0 and chance < 0.2 and line in free[1]:
                lines += [line, *(self.line() for _ in range(self.random.randint(1, 4)))]
                quiet = 2
            else:
                lines.append(line)
                quiet = max(0, quiet - 1)
        file.lines[:] = lines

    def own_edit(self, file: File) -> None:
        at = self.random.randrange(len(file.lines) + 1)
        kind = self.random.choice(["insert", "replace", "delete", "insert"])
        count = self.random.randint(1, 3)
        if kind == "insert":
            file.lines[at:at] = [self.line() for _ in range(count)]
        elif len(file.lines) > 8:
            new = [self.line() for _ in range(self.random.randint(1, 3))] if kind == "replace" else []
            file.lines[at : at + count] = new

    def story(self, number: int) -> Story:
        story = Story(number)
        self._fill()
        self.tip = self.commit(self.main, self.tip)
        base_tree, base = _copy(self.main), self.tip
        tree = _copy(base_tree)
        for path in self.random.sample(sorted(tree), 3):
            for _ in range(self.random.randint(1, 3)):
                self.own_edit(tree[path])
        parents, mark = base, 0
        commits = []
        mark = self.commit(tree, parents)
        commits.append(mark)
        story.turns.append(Turn(mark, base, _copy(base_tree), _copy(tree), {}, {}, False, commits))
        self._comment(story, base_tree)
        for _ in range(self.random.randint(0, 4)):
            kind = self.random.choice(["add", "add", "amend", "rebase", "rebase", "merge"])
            moved: dict[str, str] = {}
            before = _copy(tree)
            if kind in ("rebase", "merge"):
                theirs: dict[str, list[str]] = {}
                moved = self.upstream(theirs, tree, base_tree)
                before = reapplied(base_tree, tree, self.main, theirs, moved)
                base_tree, base = _copy(self.main), self.tip
            tree = _copy(before)
            renamed = self._push(tree, quiet=kind in ("rebase", "merge") and self.random.random() < 0.5)
            old = mark
            if kind == "add":
                mark = self.commit(tree, old)
                commits = [mark]
            elif kind == "merge":
                mark = self.commit(tree, old, base)
                commits = [mark]
            else:
                mark = self.commit(tree, base)
                commits = [mark]
            story.turns.append(
                Turn(mark, base, before, _copy(tree), renamed, moved, kind in ("amend", "rebase"), commits)
            )
            self._comment(story, base_tree)
        self._close(story, tree, base_tree, base)
        return story

    def _push(self, tree: Tree, *, quiet: bool) -> dict[str, str]:
        if quiet:
            return {}
        renamed = {}
        for path in self.random.sample(sorted(tree), self.random.randint(1, 3)):
            chance = self.random.random()
            if chance < 0.1:
                del tree[path]
            elif chance < 0.25:
                self.names += 1
                new = f"own/{self.names}.txt"
                tree[new] = tree.pop(path)
                renamed[path] = new
                if self.random.random() < 0.5:
                    self.own_edit(tree[new])
            else:
                for _ in range(self.random.randint(1, 4)):
                    self.own_edit(tree[path])
        return renamed

    def _comment(self, story: Story, base_tree: Tree) -> None:
        after = story.turns[-1].after
        for _ in range(self.random.randint(1, 4)):
            changed = [p for p in sorted(after) if p not in base_tree or after[p].lines != base_tree[p].lines]
            path = self.random.choice(changed or sorted(after))
            lines = after[path].lines
            if not lines:
                continue
            first = self.random.randrange(len(lines))
            count = self.random.choice([1, 1, 1, 2, 4])
            said = self.random.choice(["lines", "lines", "both", "hunk"])
            some = lines[first : first + (1 if said == "hunk" else count)]
            story.notes.append(Note(len(story.turns) - 1, path, some, first + 1, said))

    def _close(self, story: Story, tree: Tree, base_tree: Tree, base: int) -> None:
        way = self.random.choice(["open", "merge", "squash", "rebase", "forward"])
        story.way = way
        head = story.turns[-1].mark
        if way == "forward":
            if self.tip != base:
                story.way = way = "squash"
            else:
                story.target, story.merged_in = base, head
                self.main, self.tip = _copy(tree), head
                return
        if way in ("merge", "squash", "rebase") and self.random.random() < 0.5:
            theirs: dict[str, list[str]] = {}
            moved = self.upstream(theirs, tree, base_tree)
            tree = reapplied(base_tree, tree, self.main, theirs, moved)
        story.target = self.tip
        if way == "merge":
            story.merged_in = self.tip = self.commit(tree, self.tip, head)
        elif way in ("squash", "rebase"):
            story.merged_in = self.tip = self.commit(tree, self.tip)
        if way != "open":
            self.main = _copy(tree)

    def write(self, repository: Sandbox) -> dict[int, str]:
        """Put everything into the repository; mark → commit."""
        marks = repository.path / "marks"
        self.stream.append(b"reset refs/heads/main\nfrom :%d\n" % self.tip)
        repository.git(
            "fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin=b"".join(self.stream)
        )
        repository.git("symbolic-ref", "HEAD", "refs/heads/main")
        return {
            int(mark[1:]): commit
            for mark, commit in (line.split() for line in marks.read_text().splitlines())
        }


def _copy(tree: Tree) -> Tree:
    return {path: file.copy() for path, file in tree.items()}


def reapplied(base: Tree, ours: Tree, now: Tree, theirs: dict[str, list[str]], moved: dict[str, str]) -> Tree:
    """Our lines on what upstream made of the files, by the names of the lines."""
    made = _copy(now)
    for path, was in base.items():
        there = moved.get(path, path)
        mine = ours.get(path)
        if mine is None:  # deleted or renamed by us: told apart by its lines
            made.pop(there, None)
        elif mine.lines != was.lines:
            made[there] = _file(was, mine, now[there], theirs)
    for path, mine in ours.items():
        if path in base:
            continue
        origin = next(
            (p for p, was in base.items() if p not in ours and set(was.lines) & set(mine.lines)), None
        )
        if origin is None:
            made[path] = mine.copy()
        else:
            made[path] = _file(base[origin], mine, now[moved.get(origin, origin)], theirs)
    return made


def _file(base: File, ours: File, now: File, theirs: dict[str, list[str]]) -> File:
    lines = [line for line in now.lines if line in ours.lines or line not in base.lines]
    blocks: list[tuple[str | None, list[str]]] = []
    after: str | None = None
    for line in ours.lines:
        if line in base.lines:
            after = line
        elif blocks and blocks[-1][0] == after:
            blocks[-1][1].append(line)
        else:
            blocks.append((after, [line]))
    end = 0
    for anchor, block in blocks:
        at = max(end, _place(base, anchor, lines, theirs))
        lines[at:at] = block
        end = at + len(block)
    return File(lines, now.end, now.closed)


def _place(base: File, anchor: str | None, lines: list[str], theirs: dict[str, list[str]]) -> int:
    number = -1 if anchor is None else base.lines.index(anchor)
    while number >= 0:
        line = base.lines[number]
        for candidate in [line, *reversed(theirs.get(line, []))]:
            if candidate in lines:
                return lines.index(candidate) + 1
        number -= 1
    return 0


def fate(story: Story, note: Note) -> Iterator[tuple[int, str]]:
    """What pushes do to a note's lines, by what the lines are called: (round, ``changed``, ``beside``, ``deleted``, or ``taken``)."""
    path: str | None = note.path
    lines = list(note.lines)
    for number, turn in enumerate(story.turns[note.round + 1 :], note.round + 1):
        path = (
            turn.moved.get(path, path)
            if path is not None and path in turn.moved and path not in turn.before
            else path
        )
        before = turn.before.get(path or "")
        if before is None:
            return
        lines = [line for line in lines if line in before.lines]
        new_path = turn.renamed.get(path or "", path)
        after = turn.after.get(new_path or "")
        if after is None:
            yield number, "deleted"
            return
        if not lines:
            yield number, "taken"  # by upstream: what comes after may or may not have to do with them
            return
        how = _touched(before.lines, after.lines, lines)
        if how is not None:
            yield number, how
        path = new_path
        lines = [line for line in lines if line in after.lines]


def _touched(before: list[str], after: list[str], lines: list[str]) -> str | None:
    first, last = before.index(lines[0]), before.index(lines[-1])
    span = before[first : last + 1]
    if any(line not in after for line in span):
        return "changed"
    there = [after.index(line) for line in span]
    if there != list(range(there[0], there[0] + len(span))):
        return "changed"
    old, new = set(before), set(after)

    def beside(neighbour: str | None, outwards: list[str]) -> bool:
        """Lines that are new, and behind them the same neighbour as before."""
        count = 0
        while count < len(outwards) and outwards[count] not in old:
            count += 1
        behind = outwards[count] if count < len(outwards) else None
        return count > 0 and behind == neighbour and (neighbour is None or neighbour in new)

    above = beside(before[first - 1] if first else None, after[: there[0]][::-1])
    below = beside(before[last + 1] if last + 1 < len(before) else None, after[there[-1] + 1 :])
    return "beside" if above or below else None


def standing(story: Story, note: Note) -> tuple[int, int] | None:
    """First and last number (from 1) of those of the note's lines that stand at the end."""
    for file in story.turns[-1].after.values():
        numbers = [at for at, line in enumerate(file.lines, 1) if line in note.lines]
        if numbers:
            return numbers[0], numbers[-1]
    return None
