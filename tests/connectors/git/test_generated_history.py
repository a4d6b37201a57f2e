"""Any history that git can hold comes out as git says it: contents, names, modes, shapes drawn by hypothesis."""

from __future__ import annotations

import subprocess

from cooldown_connectors.git import GitConnector
from cooldown_connectors.git.paths import path_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from cooldown_kit.records import Commit, Skipped, SourceFile

NAMES = st.sampled_from(
    [
        b"a.txt",
        b"b.txt",
        b"d/a.txt",
        b"d/e/c.py",
        b"d",
        b"two\nlines",
        b'quo"te',
        b"tab\t",
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
CHANGE = st.tuples(
    NAMES, st.sampled_from(["100644", "100644", "100755", "120000", "160000", "delete"]), CONTENT
)
COMMIT = st.tuples(
    st.lists(CHANGE, max_size=4),
    st.lists(st.integers(1, 6), max_size=2, unique=True),
    st.one_of(
        st.text(alphabet="ab\n:é", max_size=20).map(str.encode),
        st.binary(max_size=12).map(lambda b: b.replace(b"\0", b"")),
    ),
)


def quoted(path):
    return b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'


def stream(commits):
    """The history for ``git fast-import``; numbers in a commit say how far back its parents are."""
    out = []
    for number, (changes, back, message) in enumerate(commits, 1):
        parents = sorted({number - b for b in back if number - b > 0}, reverse=True)
        out.append(b"commit refs/heads/main\nmark :%d\n" % number)
        out.append(
            b"author A <a@x> %d +0000\ncommitter B <b@x> %d +0000\n"
            % (1_600_000_000 + number, 1_600_000_000 + number * 60)
        )
        out.append(b"data %d\n%s\n" % (len(message), message))
        for word, parent in zip([b"from", *[b"merge"] * 3], parents, strict=False):
            out.append(b"%s :%d\n" % (word, parent))
        if not parents:
            out.append(b"from " + b"0" * 40 + b"\n")
        for path, mode, content in changes:
            if mode == "delete":
                out.append(b"D " + quoted(path) + b"\n")
            elif mode == "160000":
                out.append(b"M 160000 " + b"%040x" % (len(content) + 1) + b" " + quoted(path) + b"\n")
            else:
                out.append(
                    b"M "
                    + mode.encode()
                    + b" inline "
                    + quoted(path)
                    + b"\ndata %d\n%s\n" % (len(content), content)
                )
    return b"".join(out)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(COMMIT, min_size=1, max_size=7))
def test_any_history_equals_what_git_says(make_repository, tmp_path_factory, assert_equal_to_git, commits):
    folder = tmp_path_factory.mktemp("history")
    repository = make_repository(str(folder / "r"))
    repository.git("fast-import", "--quiet", stdin=stream(commits))
    context = HarvestContext("s", folder, folder, ignore)
    items = list(
        GitConnector().harvest(GitConnector.Options(connector="git", path="r", merges=True), context)
    )
    got = [item for item in items if isinstance(item, Commit)]
    assert_equal_to_git(repository, got)
    skipped = {item.what: item.reason for item in items if isinstance(item, Skipped)}
    revisions = repository.text("rev-list", "HEAD").split()
    assert sorted([c.revision for c in got] + [what for what in skipped if what in revisions]) == sorted(
        revisions
    )
    assert {skipped[r] for r in revisions if r in skipped} <= {"no_changes"}
    _assert_files_equal(repository, [item for item in items if isinstance(item, SourceFile)], skipped)


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
