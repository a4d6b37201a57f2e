"""Any history that git can hold comes out as git says it: contents, names, modes, shapes drawn by hypothesis."""

from __future__ import annotations

import hashlib
import subprocess

from cooldown_connectors.git import GitConnector
from cooldown_connectors.git.paths import path_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit import patches
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from cooldown_kit.records import Commit, Skipped, SourceFile

NAMES = st.sampled_from(
    [
        b"a.txt",
        b"b.txt",
        b"A.txt",
        b"d/a.txt",
        b"d/e/c.py",
        b"d",
        b"d/e",
        b"two\nlines",
        b'quo"te',
        b"tab\t",
        b"x b/x",
        b"\xff\xfe",
        "ünï".encode(),
        b"b\\x2d",
    ]
)
LINE = st.sampled_from(
    [
        b"one",
        b"two",
        b"three",
        b"",
        b"caf\xe9",
        "café".encode(),
        b"crlf\r",
        b"diff --git a/a b/a",
        b"@@ -1 +1 @@",
        b"--- a",
        b"\\ No newline",
        "line\u2028\x0c\x85".encode(),
    ]
)
TEXT = st.lists(LINE, max_size=12).map(b"\n".join)
CONTENT = st.one_of(
    TEXT,
    TEXT.map(lambda t: t + b"\n"),
    st.binary(max_size=30),
    st.just(b"x\n" * 4500 + b"\0late\0\0\n"),
    st.just(b"x\n" * 4500 + b"\0later\n"),
)
MODES = st.sampled_from(["100644", "100644", "100644", "100755", "120000", "160000", "delete"])
CHANGE = st.tuples(NAMES, MODES, CONTENT)
RENAME = st.tuples(st.integers(0, 20), NAMES, st.sampled_from([b"", b"edited\n"]))
"""Which of the files there are, where it goes, and what is added to it."""
MESSAGE = st.one_of(
    st.text(alphabet="ab\n:é", max_size=20).map(str.encode),
    st.binary(max_size=12).map(lambda b: b.replace(b"\0", b"")),
).map(lambda message: message if message.strip() else b"")
PERSON = st.sampled_from(
    [b"A <a@x>", b" <>", "Zoë [bot] <z@x>".encode(), b"J\xfcrgen <j@x>", b"Bo Bot <b@x>"]
)
COMMIT = st.tuples(
    st.lists(CHANGE, max_size=4),
    st.lists(RENAME, max_size=2),
    st.lists(st.integers(1, 6), max_size=4, unique=True),
    MESSAGE,
    PERSON,
    st.sampled_from([b"", b"", b"ISO-8859-1", b"UTF-7", b"none such"]),
    st.integers(-3, 3),
)
"""Changes, renames, how far back the parents are (in the order of age), message, person, encoding, hours that the clock is wrong."""
HISTORY = st.lists(COMMIT, min_size=1, max_size=7)


def quoted(path):
    return b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'


def put(tree, path, mode, content):
    """Set a file: nothing stays below it, and no file stays on the way to it."""
    for other in [one for one in tree if one.startswith(path + b"/") or path.startswith(one + b"/")]:
        del tree[other]
    tree[path] = (mode, content)


def trees_of(commits):
    """For each commit its parents' numbers (from 1, the newest first) and its files."""
    trees = {}
    for number, (changes, renames, back, *_) in enumerate(commits, 1):
        parents = sorted({number - b for b in back if number - b > 0}, reverse=True)
        tree = dict(trees[parents[0]][1]) if parents else {}
        for place, new, more in renames:
            if tree:
                old = sorted(tree)[place % len(tree)]
                mode, content = tree.pop(old)
                put(tree, new, mode, content + (more if mode != "160000" else b""))
        for path, mode, content in changes:
            if mode == "delete":
                tree.pop(path, None)
            else:
                put(tree, path, mode, content)
        trees[number] = (parents, tree)
    return trees


def stream(commits):
    """The history for ``git fast-import``."""
    out = []
    for number, (parents, tree) in trees_of(commits).items():
        *_, message, person, encoding, wrong = commits[number - 1]
        out.append(b"commit refs/heads/main\nmark :%d\n" % number)
        when = 1_600_000_000 + number * 3600
        out.append(b"author %s %d +0000\n" % (person, when))
        out.append(b"committer %s %d -0130\n" % (person, when + 3600 * wrong))
        out.append(b"encoding %s\n" % encoding if encoding else b"")
        out.append(b"data %d\n%s\n" % (len(message), message))
        for word, parent in zip([b"from", *[b"merge"] * 3], parents, strict=False):
            out.append(b"%s :%d\n" % (word, parent))
        if not parents:
            out.append(b"from " + b"0" * 40 + b"\n")
        out.append(b"deleteall\n")
        for path, (mode, content) in tree.items():
            if mode == "160000":
                out.append(b"M 160000 %040x %s\n" % (len(content) + 1, quoted(path)))
            else:
                data = b"data %d\n%s\n" % (len(content), content)
                out.append(b"M %s inline %s\n%s" % (mode.encode(), quoted(path), data))
    middle = (len(commits) + 1) // 2
    return b"".join(out) + b"reset refs/heads/middle\nfrom :%d\n\n" % middle


def harvested(folder, store, workers=1, **values):
    """Everything of the repository ``r``."""
    (folder / store).mkdir(exist_ok=True)
    wanted = frozenset({"before", "untouched"})
    context = HarvestContext("s", folder, folder / store, ignore, wanted, workers)
    options = GitConnector.Options(connector="git", path="r", merges=True, repeated_changes=True, **values)
    return list(GitConnector().harvest(options, context))


RELAXED = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@RELAXED
@given(HISTORY)
def test_any_history_equals_what_git_says(make_repository, tmp_path_factory, assert_equal_to_git, commits):
    folder = tmp_path_factory.mktemp("history")
    repository = make_repository(str(folder / "r"))
    repository.git("fast-import", "--quiet", stdin=stream(commits))
    items = harvested(folder, "store")
    got = [item for item in items if isinstance(item, Commit)]
    assert_equal_to_git(repository, got)
    skipped = {item.what: item.reason for item in items if isinstance(item, Skipped)}
    revisions = repository.text("rev-list", "HEAD").split()
    assert sorted([c.revision for c in got] + [what for what in skipped if what in revisions]) == sorted(
        revisions
    )
    assert {skipped[r] for r in revisions if r in skipped} <= {"no_changes"}
    _assert_files_equal(repository, [item for item in items if isinstance(item, SourceFile)], skipped)
    for commit in got:
        _assert_contents_are_the_blobs(commit)
        _assert_signals_mean_something(commit.signals)


def _blob(text):
    content = text.encode()
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()


def _assert_contents_are_the_blobs(commit):
    """What a file held hashes to its old blob, and the patch makes of it what hashes to its new one."""
    for change in commit.changes:
        if change.before is not None:
            assert _blob(change.before) == change.old_blob
        after = patches.after(change)
        if after is not None:
            assert _blob(after) == change.new_blob
        elif change.patch is not None and change.status != "type_changed":
            assert change.status == "deleted" or change.before is None, "the patch fits what was there"


def _assert_signals_mean_something(signals):
    assert signals.lines_added >= 0
    assert signals.lines_surviving is None or 0 <= signals.lines_surviving <= signals.lines_added
    for number in (signals.survival_days, signals.fixed_after_days, signals.reverted_after_days):
        assert number is None or number >= 0
    assert 0 <= signals.author_path_commits_before <= signals.author_commits_before
    assert signals.author_path_commits_before <= signals.path_commits_before


def _canonical(repository, tip):
    """Oldest first by committer time, no commit before its parents, by id where nothing else decides: tried one after the other."""
    rows = [row.split() for row in repository.text("log", "--format=%H %ct %P", tip).splitlines()]
    left = {revision: (int(time), set(parents)) for revision, time, *parents in rows}
    order = []
    while left:
        ready = [(time, one) for one, (time, parents) in left.items() if not parents & left.keys()]
        order.append(min(ready)[1])
        del left[order[-1]]
    return order


@RELAXED
@given(HISTORY)
def test_a_history_read_in_two_steps_is_that_read_at_once_and_in_canonical_order(
    make_repository, tmp_path_factory, commits
):
    folder = tmp_path_factory.mktemp("history")
    repository = make_repository(str(folder / "r"))
    repository.git("fast-import", "--quiet", stdin=stream(commits))
    tip = repository.text("rev-parse", "main")
    repository.git("update-ref", "refs/heads/main", "middle")
    harvested(folder, "twice", take=["commits"])
    repository.git("update-ref", "refs/heads/main", tip)
    at_once = harvested(folder, "once", take=["commits"])
    assert harvested(folder, "twice", take=["commits"]) == at_once
    named = [item.revision if isinstance(item, Commit) else item.what for item in at_once]
    assert named == _canonical(repository, tip)


@settings(RELAXED, max_examples=4)
@given(HISTORY)
def test_a_history_read_by_two_processes_is_that_read_by_one(make_repository, tmp_path_factory, commits):
    folder = tmp_path_factory.mktemp("history")
    repository = make_repository(str(folder / "r"))
    repository.git("fast-import", "--quiet", stdin=stream(commits))
    assert harvested(folder, "two", workers=2) == harvested(folder, "one")


def _assert_files_equal(repository, files, skipped):
    rows = [row.split(b"\t", 1) for row in repository.git("ls-tree", "-rz", "HEAD").split(b"\0") if row]
    assert [f.path for f in files] == [p for _, path in rows if (p := path_text(path)) not in skipped]
    assert len(rows) == len(files) + sum(path_text(path) in skipped for _, path in rows)
    for file in files:
        assert file.content.encode() == repository.git("cat-file", "blob", file.blob)
        assert file.changed_in is not None
        here = subprocess.run(
            ["git", "ls-tree", "-rz", file.changed_in],
            cwd=repository.path,
            env=repository.env,
            capture_output=True,
            check=True,
        ).stdout
        assert file.blob.encode() in here  # the commit that is named left the file as it is now
