"""The last change of each file is the one that ``git log -1 TIP -- PATH`` names."""

from __future__ import annotations

from cooldown_connectors.git import last_change
from cooldown_connectors.git.last_change import last_changes
from cooldown_connectors.git.tree import read_tree
from cooldown_connectors.git.tree_lookup import TreeItem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = [b"a", b"d/a", b"d/e/b", b"d", b"two\nlines", b'quo"te', b"*", b"\xff", b"e f"]


def found(repository, history_of, tip="HEAD", shallow=frozenset(), strip_rows=False):
    revision = repository.text("rev-parse", tip)
    git, history = history_of(repository, revision)
    number = history.graph.find(revision)
    numbers = [n for n in range(number, -1, -1) if history.graph.reachable([number])[n]]
    files = {
        entry.path: TreeItem(entry.mode, entry.blob)
        for entry in read_tree(git, revision)
        if entry.size is not None
    }
    entries = history.entries(numbers)
    if strip_rows:  # as if the history had not kept them
        entries = (
            (n, last_change.CommitEntry(*(getattr(e, f) for f in FIELDS), [], e.row_count))
            for n, e in entries
        )
    got = last_changes(git, history.graph, number, files, entries, shallow)
    return {path: change.revision if (change := got.of(path)) else None for path in files}


FIELDS = ("revision", "parents", "author", "authored", "committer", "committed", "message")


def by_git(repository, tip="HEAD"):
    paths = [path for path in repository.git("ls-tree", "-rz", "--name-only", tip).split(b"\0") if path]
    return {
        path: repository.text("--literal-pathspecs", "log", "-1", "--format=%H", tip, "--", path)
        for path in paths
    }


BLOB = st.integers(0, 2)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(["100644", "100644", "100755", "120000", "delete"]), BLOB
    ),
    max_size=4,
)
COMMIT = st.tuples(
    CHANGES, st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True), st.sampled_from(range(4))
)


def built(repository, commits):
    """Each commit's tree is that of one of its parents (a merge may throw a side away), with some changes."""
    repository.git(
        "fast-import", "--quiet", stdin=b"".join(b"blob\ndata 1\n%d\n" % blob for blob in range(3))
    )
    blobs = [repository.git("hash-object", "--stdin", stdin=b"%d" % blob).strip() for blob in range(3)]
    made: list[tuple[bytes, bytes]] = []
    for number, (changes, back, like) in enumerate(commits):
        parents = [made[number - b] for b in back if number >= b]
        out = [b"reset refs/heads/main\ncommit refs/heads/main\n"]
        out.append(b"committer B <b@x> %d +0000\ndata 0\n" % (1_600_000_000 + number * 60))
        out += [b"merge %s\n" % revision for revision, _ in parents]
        out.append(b'M 040000 %s ""\n' % parents[like % len(parents)][1] if parents else b"deleteall\n")
        for path, mode, blob in changes:
            quoted = b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'
            if mode == "delete":
                out.append(b"D %s\n" % quoted)
            else:
                out.append(b"M %s %s %s\n" % (mode.encode(), blobs[blob], quoted))
        repository.git("fast-import", "--quiet", "--force", stdin=b"".join(out))
        made.append(tuple(repository.git("rev-parse", "main", "main^{tree}").split()))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(COMMIT, min_size=1, max_size=9))
def test_every_file_has_the_last_change_that_git_log_names(
    make_repository, tmp_path_factory, history_of, commits
):
    repository = make_repository(str(tmp_path_factory.mktemp("history") / "r"))
    built(repository, commits)
    expected = by_git(repository)
    assert found(repository, history_of) == expected
    assert found(repository, history_of, strip_rows=True) == expected


def test_at_a_merge_the_first_parent_that_has_the_file_as_it_is_says_more(repository, history_of):
    repository.write("a", "1\n")
    repository.write("b", "1\n")
    repository.commit()
    repository.git("checkout", "-q", "-b", "side")
    repository.write("a", "2\n")
    repository.commit()
    repository.write("a", "3\n")
    back = repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("a", "3\n")
    same = repository.commit("The same on main, on another way")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    assert by_git(repository)[b"a"] == found(repository, history_of)[b"a"] == same
    repository.git("checkout", "-q", "-b", "turned", "side")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", same)
    assert by_git(repository)[b"a"] == found(repository, history_of)[b"a"] == back


def test_a_mode_that_differs_from_the_other_parent_is_the_merges_change(repository, history_of):
    repository.write("a", "1\n")
    repository.commit()
    repository.git("checkout", "-q", "-b", "side")
    repository.write("a", "2\n")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("b", "2\n")
    repository.commit()
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    (repository.path / "a").chmod(0o755)
    merge = repository.commit("Merge")
    assert len(repository.text("rev-list", "--parents", "-1", merge).split()) == 3
    assert by_git(repository)[b"a"] == found(repository, history_of)[b"a"] == merge


def test_an_octopus_is_followed_to_the_branch_that_has_the_file(repository, history_of):
    repository.write("a", "1\n")
    repository.commit()
    sides = []
    for name in ("one", "two", "three\nlines"):
        repository.git("checkout", "-q", "-b", f"side-{len(sides)}", "main")
        repository.write(name, "x\n")
        sides.append(repository.commit())
    repository.git("checkout", "-q", "main")
    repository.tick()
    repository.git("merge", "-q", "--no-ff", "-m", "Octopus", *sides)
    got = found(repository, history_of)
    assert got == by_git(repository)
    assert [got[b"one"], got[b"two"], got[b"three\nlines"]] == sides


def test_below_a_shallow_clones_edge_nothing_is_said(repository, history_of, make_repository_at, tmp_path):
    for number in range(3):
        repository.write(f"f{number}", "x\n")
        repository.commit()
    clone = make_repository_at(tmp_path / "clone")
    clone.git("fetch", "-q", "--depth=2", f"file://{repository.path}", "main")
    tip, edge = repository.text("rev-parse", "HEAD"), repository.text("rev-parse", "HEAD~1")
    got = found(clone, history_of, tip, frozenset({edge}))
    assert got == {b"f0": None, b"f1": None, b"f2": tip}
    assert found(clone, history_of, tip, frozenset())[b"f2"] == tip


def test_it_reads_no_further_than_it_must(repository, history_of):
    for number in range(3):
        repository.write("a", f"{number}\n")
        revision = repository.commit()
    git, history = history_of(repository, revision)

    def entries():
        yield 2, history.entry(2)
        raise AssertionError("all was known")

    item = TreeItem(b"100644", repository.git("rev-parse", "HEAD:a").strip())
    got = last_changes(git, history.graph, 2, {b"a": item}, entries(), frozenset())
    assert got.of(b"a").revision == revision
    assert got.of(b"b") is None
