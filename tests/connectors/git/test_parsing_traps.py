"""What makes git's output hard to read, trap by trap. Git itself says what is right, one commit and one blob at a time."""

from __future__ import annotations

import dataclasses
import itertools
import secrets

import pytest
from cooldown_connectors.git.history_store import read_into
from cooldown_connectors.git.paths import path_text

from cooldown_kit import patches

from .test_mirror import server  # noqa: F401 - a fixture


@pytest.fixture
def context(context):
    """One worker: histories are small here."""
    return dataclasses.replace(context, workers=1)


@pytest.fixture
def wanting(context):
    """A context that wants contents before the change too."""
    return dataclasses.replace(context, wanted=frozenset({"before"}))


@pytest.fixture
def fresh(context):
    """A context that remembers nothing."""
    return dataclasses.replace(context, store=context.store / "fresh")


def object_of(repository, kind, content):
    """Any bytes as an object, unchecked: what a damaged or a hostile program may have written."""
    made = repository.git("hash-object", "--literally", "-t", kind, "-w", "--stdin", stdin=content)
    return made.decode().strip()


def tree_of(repository, *entries):
    """A tree of (mode, name, id) in the order given, right or wrong."""
    rows = b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(one)) for mode, name, one in entries)
    return object_of(repository, "tree", rows)


def after_by_path(commit):
    return {change.path: patches.after(change) for change in commit.changes}


def at_head(repository, path):
    return repository.git("cat-file", "blob", f"HEAD:{path}")


# Content that looks like something else


def test_bytes_behind_a_late_nul_that_look_like_our_markers_are_content(
    repository, harvest, assert_equal_to_git
):
    row = b":100644 100644 " + b"1" * 40 + b" " + b"2" * 40 + b" M\0other\0\0"
    fakes = [
        b"\0\x1e\0",
        b"commit-" + b"0" * 32 + b" " + b"a" * 40 + b" \0Eve\0eve@x\0001\0Eve\0eve@x\0001\0message\0",
        b"diff-" + b"0" * 32 + b"\n",
        row,
        b"\ndiff --git a/other b/other\nindex 1..2 100644\n--- a/other\n+++ b/other\n@@ -1 +1 @@\n-x\n+y\n",
    ]
    plain = b"text\n" * 1601  # git looks for a NUL in the first 8,000 bytes only
    for number, fake in enumerate(fakes):
        repository.write(f"late{number}", plain + fake + b"first\n")
        repository.write(f"early{number}", fake)
    repository.write("all", plain + b"".join(fakes))
    repository.commit("First")
    for number, fake in enumerate(fakes):
        repository.write(f"late{number}", plain + fake + b"second\n" + fake)
    repository.write("all", plain + b"".join(reversed(fakes)))
    repository.commit("Second")
    got = harvest(repository, take="commits", max_commit_files=1000)
    assert_equal_to_git(repository, got.commits)
    assert [len(commit.changes) for commit in got.commits] == [11, 6]
    assert "".join(change.patch for change in got.commits[1].changes).count("\0") > 20
    assert not got.reasons


def test_markers_are_drawn_anew_for_every_run_of_git(repository, harvest, monkeypatch):
    drawn = []
    real = secrets.token_hex

    def listening(count):
        drawn.append(real(count))
        return drawn[-1]

    monkeypatch.setattr(secrets, "token_hex", listening)
    repository.write("a", "a\n")
    repository.commit()
    assert len(harvest(repository, take="commits").commits) == 1
    markers = [one for one in drawn if len(one) == 32]
    assert len(markers) >= 2, "one for each pass"
    assert len(set(markers)) == len(markers)


CONTENTS = [
    b"",
    b"\n",
    b"a",
    b"a\n",
    b"b\na",
    b"b\na\n",
    b"a\r",
    b"a\r\n",
    b"a\rb\rc",
    b"a\r\nb\r\n",
    b"\\ No newline at end of file",
    b"\\ No newline at end of file\n",
    b"a\n\\ No newline at end of file",
    b"-- a/x\n++ b/x\n",
    b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n",
    b"@@ -1,2 +3,4 @@ x\n",
    b"diff --git a/x b/x\nnew file mode 100644\n",
    b"index 1111111..2222222 100644\nBinary files a/x and b/x differ\n",
    b"+\n-\n \n",
    b"\n\n\n",
    "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\n".encode(),  # what Python takes for ends of lines, and git does not
    b"\xef\xbb\xbfa\n",
]


def test_every_content_becomes_every_other_one_by_its_patch(
    repository, harvest, wanting, assert_equal_to_git
):
    """Ends of lines, files without a last newline on either side, lines that look like headers: all pairs."""
    pairs = dict(enumerate(itertools.permutations(CONTENTS, 2)))
    for number, (before, _) in pairs.items():
        repository.write(f"f{number:03}", before)
    repository.commit("Before")
    for number, (_, after) in pairs.items():
        repository.write(f"f{number:03}", after)
    repository.commit("After")
    first, second = harvest(repository, within=wanting, take="commits", max_commit_files=1000).commits
    assert len(first.changes) == len(second.changes) == len(pairs)
    for change in second.changes:
        before, after = pairs[int(change.path[1:])]
        assert change.before == before.decode()
        assert patches.after(change) == after.decode()
    for change in first.changes:
        assert (patches.after(change) or "") == pairs[int(change.path[1:])][0].decode()


def test_a_function_name_that_is_cut_or_not_utf8_spoils_no_patch(
    repository, harvest, wanting, assert_equal_to_git
):
    body = "".join(f"    {number}\n" for number in range(40))
    heads = {f"cut{width}": "x" * width + "é" * 60 for width in range(70, 80)}
    for name, head in heads.items():
        repository.write(name, f"{head}\n{body}")
    latin = b"d\xe9f caf\xe9\n" + body.encode()
    repository.write("latin", latin)
    repository.commit()
    for name, head in heads.items():
        repository.write(name, f"{head}\n{body}more\n")
    repository.write("latin", latin + b"more\n")
    repository.commit()
    second = harvest(repository, within=wanting, take="commits").commits[1]
    assert {change.path: change.left_out for change in second.changes} == dict.fromkeys([*heads, "latin"])
    for change in second.changes:
        (hunk,) = patches.hunks(change.patch)
        assert hunk.lines[-1] == "+more"
        assert "\ufffd" not in hunk.heading
        assert change.before is None or patches.after(change) == change.before + "more\n"
    assert_equal_to_git(repository, [second])


def test_very_long_lines_are_lines(repository, harvest, wanting):
    long = "x" * 100_000 + "é" * 10_000
    repository.write("min.js", long)
    repository.commit()
    repository.write("min.js", long + "\n" + long)
    repository.commit()
    got = harvest(repository, within=wanting, take="commits", max_patch_size=10 << 20).commits
    assert patches.after(got[1].changes[0]) == long + "\n" + long
    assert patches.after(got[0].changes[0]) == long


# Paths

NAMES = [
    b"plain",
    b"with space",
    b"x b/x",
    b"x b/x b/x",
    b"a/a b/b/a",
    b"two\nlines",
    b"two\ndiff --git a/y b/y",
    b"@@ -1 +1 @@",
    b"\n@@ -1 +1 @@",
    b"tab\tname",
    b'quo"te',
    b'"quoted"',
    b"back\\slash",
    b"back\\x41",
    b"latin-\xe9",
    "näme".encode(),
    b"-flag",
    b":(top)magic",
    b":100644",
    b" lead",
    b"trail ",
    b"\x01control\x7f",
    b"{old => new}",
    b"commit-" + b"0" * 32,
    b"dev-null",
]


def test_paths_of_every_kind_are_read_and_told_apart(repository, harvest, wanting, assert_equal_to_git):
    for number, name in enumerate(NAMES):
        repository.write(name, f"{number}\n" * 30)
    repository.commit("Add")
    for number, name in enumerate(NAMES):
        repository.write(name, f"{number}\n" * 30 + "more\n")
    repository.commit("Change")
    for name in NAMES:  # renamed with edits, into a folder with a name that is odd too
        place = repository.path / "b " / "b" / name.decode("utf-8", "surrogateescape")
        place.parent.mkdir(parents=True, exist_ok=True)
        (repository.path / name.decode("utf-8", "surrogateescape")).rename(place)
        place.write_bytes(place.read_bytes() + b"and more\n")
    repository.commit("Rename")
    got = harvest(repository, within=wanting)
    assert_equal_to_git(repository, got.commits)
    texts = {path_text(name) for name in NAMES}
    assert len(texts) == len(NAMES)
    add, change, rename = got.commits
    assert {one.path for one in add.changes} == {one.path for one in change.changes} == texts
    assert {(one.old_path, one.path, one.status) for one in rename.changes} == {
        (text, f"b /b/{text}", "renamed") for text in texts
    }
    assert all(patches.after(one) == one.before + "and more\n" for one in rename.changes)
    assert {file.path for file in got.files} == {f"b /b/{text}" for text in texts}


def test_trees_that_no_git_would_write_are_read_or_counted(repository, harvest, assert_equal_to_git):
    """Names of other folders, one name twice, a file and a folder of one name: records are neither lost nor doubled."""
    blob, other, small = (object_of(repository, "blob", text) for text in (b"one\n", b"two\n", b"s\n"))
    inner = tree_of(repository, (b"100644", b"x", blob))
    trees = {
        "dots": tree_of(
            repository, (b"100644", b"..", blob), (b"40000", b".git", inner), (b"100644", b"z", small)
        ),
        "slash": tree_of(
            repository,
            (b"100644", b"../../outside", blob),
            (b"100644", b"/etc/x", other),
            (b"100644", b"z", small),
        ),
        "twice": tree_of(
            repository, (b"100644", b"same", blob), (b"100644", b"same", other), (b"100644", b"z", small)
        ),
        "both": tree_of(
            repository, (b"100644", b"d", blob), (b"40000", b"d", inner), (b"100644", b"z", small)
        ),
        "unsorted": tree_of(
            repository, (b"100644", b"b", blob), (b"100644", b"a", other), (b"100644", b"z", small)
        ),
        "old mode": tree_of(
            repository, (b"100664", b"f", blob), (b"100600", b"g", other), (b"100644", b"z", small)
        ),
        "no blob": tree_of(repository, (b"100644", b"gone", "1" * 40), (b"100644", b"z", small)),
    }
    for name, tree in trees.items():
        repository.tick()
        revision = repository.text("commit-tree", tree, "-m", name)
        listing = ("diff-tree", "--root", "-r", "-z", "--no-commit-id", "--name-only", revision)
        expected = repository.git(*listing).decode().split("\0")[:-1]
        for limit in (3, 1000):  # the smaller one leaves out all but one file
            got = harvest(repository, revision=revision, max_file_size=limit)
            assert [commit.message for commit in got.commits] == [name], got.skipped
            assert sorted(change.path for change in got.commits[0].changes) == sorted(expected), name
        assert len(got.files) + len(got.skipped) == len(expected)


# Changes of many kinds


def index(repository, *entries):
    """Put (mode, id, path) into the index as they are; without an id the path is taken out."""
    for mode, one, path in entries:
        if one is None:
            repository.git("update-index", "--force-remove", path)
        else:
            repository.git("update-index", "--add", "--cacheinfo", f"{mode},{one},{path}")


def committed(repository, message):
    repository.tick()
    repository.git("commit", "-q", "--allow-empty", "-m", message)
    return repository.text("rev-parse", "HEAD")


def test_a_change_of_type_is_one_row_and_two_sections_between_others(
    repository, harvest, wanting, assert_equal_to_git
):
    one, two, target = (object_of(repository, "blob", text) for text in (b"1\n", b"2\n", b"elsewhere"))
    module = "5" * 40
    kinds = {"file": ("100644", one), "link": ("120000", target), "module": ("160000", module)}
    ways = list(itertools.permutations(kinds, 2))
    for before, after in ways:
        index(repository, (*kinds[before], f"{before}-to-{after}"), ("100644", one, f"{before}-to-{after}.z"))
    committed(repository, "Before")
    for before, after in ways:
        index(repository, (*kinds[after], f"{before}-to-{after}"), ("100644", two, f"{before}-to-{after}.z"))
    committed(repository, "After")
    got = harvest(repository, within=wanting, take="commits")
    assert_equal_to_git(repository, got.commits)
    changes = {change.path: change for change in got.commits[1].changes}
    for before, after in ways:
        assert changes[f"{before}-to-{after}"].status == "type_changed"
        assert changes[f"{before}-to-{after}.z"].patch == "@@ -1 +1 @@\n-1\n+2\n"
    assert changes["file-to-link"].patch == (
        "@@ -1 +0,0 @@\n-1\n@@ -0,0 +1 @@\n+elsewhere\n\\ No newline at end of file\n"
    )


def test_renames_of_every_kind_are_gits(repository, harvest, assert_equal_to_git):
    def text(seed):
        return "".join(f"line {number} of {seed}\n" for number in range(40))

    for name in ("Readme", "chain", "left", "right", "dir/a", "dir/b", "dir/sub/c", "copied", "kept", "mode"):
        repository.write(name, text(name))
    (repository.path / "link").symlink_to("dir/a")
    repository.write("empty", "")
    repository.commit("Begin")
    repository.git("mv", "Readme", "README")
    repository.git("mv", "dir", "folder")
    repository.git("mv", "link", "moved link")
    repository.git("mv", "empty", "still empty")
    case = repository.commit("Case alone, a folder, a link, an empty file")
    repository.git("mv", "chain", "chain 2")
    repository.write("chain 2", text("chain") + "edit\n")
    repository.write("left", text("right"))
    repository.write("right", text("left"))
    repository.write("copy", text("copied"))
    swap = repository.commit("Chain, swap, copy")
    repository.git("mv", "chain 2", "chain 3")
    repository.git("mv", "kept", "gone away")
    repository.write("kept", "something else that took the place\n")
    repository.git("mv", "mode", "mode 2")
    (repository.path / "mode 2").chmod(0o755)
    chain = repository.commit("Chain again, a place taken, a mode")
    got = {commit.revision: commit for commit in harvest(repository, take="commits").commits}
    assert_equal_to_git(repository, got.values())
    moved = {
        revision: {(c.old_path, c.path) for c in commit.changes if c.status == "renamed"}
        for revision, commit in got.items()
    }
    assert moved[case] == {
        ("Readme", "README"),
        ("dir/a", "folder/a"),
        ("dir/b", "folder/b"),
        ("dir/sub/c", "folder/sub/c"),
        ("link", "moved link"),
        ("empty", "still empty"),
    }
    assert moved[swap] == {("chain", "chain 2")}
    assert (
        {c.path: c.status for c in got[swap].changes if c.path in ("left", "right", "copy")}
        == {
            "left": "modified",
            "right": "modified",
            "copy": "added",  # copies are not looked for: to find one, every file of the tree would have to be read
        }
    )
    assert moved[chain] == {("chain 2", "chain 3"), ("mode", "mode 2")}
    modes = {c.path: (c.old_mode, c.new_mode, c.left_out) for c in got[chain].changes}
    assert modes["mode 2"] == ("100644", "100755", "empty")


def test_modes_links_submodules_and_empty_files_come_and_go(repository, harvest, assert_equal_to_git):
    first, second = "5" * 40, "6" * 40
    repository.write("run", "run\n")
    repository.write("empty", "")
    (repository.path / "link").symlink_to("a")
    repository.commit("Begin")
    index(repository, ("160000", first, "lib/module"))
    committed(repository, "A submodule comes")
    index(repository, ("160000", second, "lib/module"))
    committed(repository, "it is moved on")
    index(repository, ("", None, "lib/module"), ("160000", second, "vendor/module"))
    committed(repository, "it is renamed")
    index(repository, ("", None, "vendor/module"))
    committed(repository, "it goes")
    (repository.path / "run").chmod(0o755)
    (repository.path / "link").unlink()
    (repository.path / "link").symlink_to("b")
    repository.write("empty", "no more\n")
    repository.write("another", "")
    repository.commit("Modes, links, empty files")
    (repository.path / "another").unlink()
    repository.write("empty", "")
    repository.commit("and back")
    got = harvest(repository, take="commits").commits
    assert_equal_to_git(repository, got)
    seen = [[(c.status, c.path, c.left_out) for c in commit.changes] for commit in got]
    assert seen[1:5] == [
        [("added", "lib/module", "submodule")],
        [("modified", "lib/module", "submodule")],
        [("renamed", "vendor/module", "submodule")],
        [("deleted", "vendor/module", "submodule")],
    ]
    assert seen[5] == [
        ("added", "another", "empty"),
        ("modified", "empty", None),
        ("modified", "link", None),
        ("modified", "run", "empty"),
    ]
    assert (got[2].changes[0].old_blob, got[2].changes[0].new_blob) == (first, second)


def test_submodules_are_seen_though_the_repository_asks_to_ignore_them(repository, harvest, server):  # noqa: F811
    """``.gitmodules`` can say ``ignore = all``, and git heeds that of the commit that HEAD names, where there is one."""
    repository.write(".gitmodules", '[submodule "m"]\n\tpath = m\n\turl = ../m\n\tignore = all\n')
    repository.commit("Begin")
    index(repository, ("160000", "5" * 40, "m"))
    committed(repository, "A submodule")
    for got in (harvest(repository), harvest(url=f"{server.url}/payments/.git")):
        assert [(change.path, change.left_out) for change in got.commits[1].changes] == [("m", "submodule")]


@pytest.mark.parametrize("way", ["folder for file", "file for folder", "module for folder"])
def test_what_takes_the_place_of_something_too_large_is_not_lost_with_it(
    repository, harvest, assert_equal_to_git, way
):
    large = "x\n" * 1000
    if way == "folder for file":
        repository.write("place", large)
        repository.commit("Before")
        (repository.path / "place").unlink()
        repository.write("place/inside", "1\n")
        repository.write("place/large", large + "y\n")
        repository.commit("After")
        expected = {"place": "too_large", "place/inside": None, "place/large": "too_large"}
    else:
        repository.write("place/inside", "1\n")
        repository.write("place/large", large)
        repository.commit("Before")
        index(repository, ("", None, "place/inside"), ("", None, "place/large"))
        new = object_of(repository, "blob", b"2\n") if way == "file for folder" else "5" * 40
        index(repository, ("100644" if way == "file for folder" else "160000", new, "place"))
        committed(repository, "After")
        left_out = None if way == "file for folder" else "submodule"
        expected = {"place": left_out, "place/inside": None, "place/large": "too_large"}
    got = harvest(repository, take="commits", max_file_size=1000)
    assert {c.path: c.left_out for c in got.commits[1].changes} == expected
    rows = repository.git("diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "HEAD")
    assert [c.path for c in got.commits[1].changes] == rows.decode().split("\0")[:-1]


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"


@pytest.mark.parametrize("context_lines", [0, 1, 3])
def test_a_pointer_that_is_changed_is_a_pointer_and_a_page_about_them_is_text(
    repository, harvest, context_lines
):
    page = "".join(f"{number}\n" for number in range(40))
    repository.write("model.bin", POINTER % ("a" * 64, 5))
    repository.write("page.md", page)
    repository.commit()
    repository.write("model.bin", POINTER % ("b" * 64, 7))
    repository.write("page.md", page + POINTER % ("c" * 64, 1))
    repository.commit()
    got = harvest(repository, take="commits", context_lines=context_lines).commits
    assert [{c.path: c.left_out for c in commit.changes} for commit in got] == [
        {"model.bin": "lfs_pointer", "page.md": None}
    ] * 2


# Commits


def signed(number, *, name="A", mail="a@x", when=None):
    """An author's or committer's line as git writes it."""
    return f"{name} <{mail}> {1_600_000_000 + number if when is None else when} +0000"


HEADERS = {
    "plain": ["author " + signed(1), "committer " + signed(1)],
    "empty name": ["author " + signed(1, name=""), "committer " + signed(1, name="")],
    "empty mail": ["author " + signed(1, mail=""), "committer " + signed(1, mail="")],
    "spaces": ["author " + signed(1, name="  A  B "), "committer " + signed(1, name="\t")],
    "angles": ["author A <b <c@x>> 1600000001 +0000", "committer A > <b@x> 1600000001 +0000"],
    "two authors": ["author " + signed(1), "author " + signed(2, name="B"), "committer " + signed(3)],
    "zone": ["author A <a@x> 1600000001 +051800", "committer B <b@x> 1600000001 -9999"],
    "signature": [
        "author " + signed(1),
        "committer " + signed(1),
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n author Eve <e@x> 1 +0000\n -----END PGP SIGNATURE-----",
    ],
    "unknown": ["author " + signed(1), "committer " + signed(1), "x-custom a\n b\n c"],
    "long": ["author " + signed(1, name="n" * 70_000), "committer " + signed(1)],
    "year 1970": ["author " + signed(0, when=0), "committer " + signed(0, when=0)],
}
LOST = {
    "no author": ["committer " + signed(1)],
    "no committer": ["author " + signed(1)],
    "nobody": [],
    "no date": ["author A <a@x>", "committer " + signed(1)],
    "negative": ["author " + signed(1, when=-1), "committer " + signed(1, when=-1)],
    "words": ["author A <a@x> yesterday +0000", "committer " + signed(1)],
    "no calendar": ["author " + signed(1, when=10**15), "committer " + signed(1)],
    "beyond 64 bits": ["author " + signed(1), "committer " + signed(1, when=10**25)],
    "open mail": ["author A <a@x 1600000001 +0000", "committer " + signed(1)],
    "swapped": ["author 1600000001 +0000 A <a@x>", "committer " + signed(1)],
}


def chain(repository, commits):
    """A history of raw commits, each with a change of its own; (headers, message) → revision."""
    revisions, parent = [], []
    for number, (headers, message) in enumerate(commits):
        blob = object_of(repository, "blob", b"%d\n" % number)
        lines = [f"tree {tree_of(repository, (b'100644', b'f', blob))}", *parent]
        head = b"".join(
            line if isinstance(line, bytes) else line.encode()
            for one in [*lines, *headers]
            for line in (one, b"\n")
        )
        revisions.append(object_of(repository, "commit", head + message))
        parent = [f"parent {revisions[-1]}"]
    return revisions


def test_headers_of_every_kind_are_read_as_git_reads_them(repository, harvest, assert_equal_to_git):
    everything = HEADERS | LOST
    revisions = chain(repository, [(headers, b"\nmessage\n") for headers in everything.values()])
    got = harvest(repository, take="commits", revision=revisions[-1])
    names = dict(zip(revisions, everything, strict=True))
    assert {names[commit.revision] for commit in got.commits} >= set(HEADERS)
    assert {names[what]: reason for what, reason in got.skipped.items()} == dict.fromkeys(
        LOST.keys() - {names[commit.revision] for commit in got.commits}, "bad_date"
    )
    assert_equal_to_git(repository, got.commits)
    assert [commit.parents for commit in got.commits] == [
        repository.text("log", "-1", "--format=%P", commit.revision).split() for commit in got.commits
    ]


MESSAGES = [
    b"\n",
    b"",
    b"\n\n\n",
    b"\n \n",
    b"\nno newline at the end",
    b"\n\nstarts with a line that is empty\n",
    b"\n  indented\n\ttabs\t\n  \n\n\n",
    b"\nwindows\r\n\r\nlines\r\n",
    b"\nmac\rlines\r",
    b"\n\x1b[31mred\x1b[0m\x07\x01\n",
    "\nparts\u2028of\u2029lines\x85and\x0cpages\n".encode(),
    b"\n# comment\n\n-- \nsigned\n",
    b"\ncommit-" + b"0" * 32 + b" " + b"a" * 40 + b"\n:100644 100644 x y M\n",
    b"\n%H %x00 %B\n",
    b"\n" + b"long " * 20_000 + b"\n",
    b"\nend \xff\xfe broken \xc3\n",
    b"\n\xed\xa0\x80 half a pair, \xf4\x90\x80\x80 beyond Unicode\n",
    b"\nbefore\0after\n",
    b"\n\0" + b"a\0" * 20,
]
ENCODINGS = {
    "ISO-8859-1": "caf\xe9 \xdf".encode("latin-1"),
    "latin-1": "caf\xe9".encode("latin-1"),
    "windows-1252": b"quote \x93this\x94 and \x81",
    "Shift_JIS": "日本語".encode("shift_jis"),
    "ISO-2022-JP": "日本語".encode("iso2022_jp"),
    "EUC-KR": "한국어".encode("euc-kr"),
    "KOI8-R": "русский".encode("koi8-r"),
    "UTF-8": "already \xe9".encode(),
    "utf8": b"said \xff so",
    "UTF-7": b"nul +AAA- nul, line +AAo- line, author A +ADw-e+AEA-x+AD4- 1 +-0000",
    "UTF-16": b"plain bytes",
    "UTF-16LE": b"a\x01b\x01",
    "no such encoding": b"caf\xe9",
    "": b"nothing said \xe9",
    "x" * 5000: b"long",
    "ISO-8859-1\0evil": b"caf\xe9",
}


def test_messages_of_every_kind_are_read_as_git_reads_them(repository, harvest, assert_equal_to_git):
    commits = [(HEADERS["plain"], message) for message in MESSAGES]
    revisions = chain(repository, commits)
    got = harvest(repository, take="commits", revision=revisions[-1])
    assert [commit.revision for commit in got.commits] == revisions
    said = [commit.message for commit in got.commits]
    assert said[:4] == [""] * 4, "white space alone says nothing"
    assert_equal_to_git(repository, [commit for commit in got.commits if commit.message])
    assert said[4] == "no newline at the end"
    assert said[7] == "windows\r\n\r\nlines\r"
    assert said[10] == "parts\u2028of\u2029lines\x85and\x0cpages"
    assert said[17] == "before"


def test_encodings_that_are_named_are_heeded_and_none_can_shift_a_field(
    repository, harvest, assert_equal_to_git
):
    """UTF-7 can spell a NUL and a newline in letters: even that stays within its message or its name."""
    commits = [
        ([f"author +AAA- +AAo- {name[:8]} <a@x> 1600000001 +0000", "committer " + signed(1), f"encoding {name}"], b"\n" + text)
        for name, text in ENCODINGS.items()
    ]  # fmt: skip
    revisions = chain(repository, commits)
    got = harvest(repository, take="commits", revision=revisions[-1])
    taken = [commit.revision for commit in got.commits]
    assert sorted([*taken, *got.skipped]) == sorted(revisions)
    assert set(got.reasons) <= {"bad_date"}
    assert_equal_to_git(repository, got.commits)
    said = dict.fromkeys(ENCODINGS, "") | {
        name: commit.message
        for name, revision in zip(ENCODINGS, revisions, strict=True)
        for commit in got.commits
        if commit.revision == revision
    }
    assert said["ISO-8859-1"] == "café ß"
    assert said["Shift_JIS"] == said["ISO-2022-JP"] == "日本語"
    assert said["KOI8-R"] == "русский"
    assert said["no such encoding"] == "caf\ufffd"


# Shapes of history


def test_merges_octopuses_and_several_roots_are_read_against_the_first_parent(
    repository, harvest, assert_equal_to_git
):
    r = repository
    r.write("shared", "".join(f"{number}\n" for number in range(20)))
    r.commit("Root")
    tips = []
    for number in range(6):
        r.git("checkout", "-q", "-b", f"b{number}", "main")
        r.write(f"own{number}", f"{number}\n")
        r.write("shared", "".join(f"{one}\n" if one != 3 * number else "changed\n" for one in range(20)))
        tips.append(r.commit(f"Branch {number}"))
    r.git("checkout", "-q", "--orphan", "second")
    r.git("rm", "-rfq", ".")
    r.write("elsewhere", "another root\n")
    tips.append(r.commit("Second root"))
    r.git("checkout", "-q", "main")
    tree = r.text("rev-parse", "b0^{tree}")
    evil = object_of(r, "blob", b"in no parent\n")
    base = r.git("ls-tree", tree) + f"100644 blob {evil}\tzz merge's own\n".encode()
    tree = r.git("mktree", stdin=base).decode().strip()
    r.tick()
    octopus = r.text("commit-tree", tree, *[part for tip in tips for part in ("-p", tip)], "-m", "Octopus")
    r.git("reset", "-q", "--hard", octopus)
    got = harvest(r, take="commits", merges=True, repeated_changes=True)
    assert_equal_to_git(r, got.commits)
    assert len(got.commits) == 9
    last = got.commits[-1]
    assert last.parents == tips
    assert [change.path for change in last.changes] == ["zz merge's own"]
    assert {c.message for c in got.commits if not c.parents} == {"Root", "Second root"}
    assert harvest(r, take="commits").reasons["merge"] == 1


def test_replaced_objects_and_grafts_are_not_heeded(repository, harvest, fresh):
    revisions = []
    for number in range(4):
        repository.write("f", f"{number}\n")
        revisions.append(repository.commit(f"Commit {number}"))
    plain = harvest(repository).items
    repository.git("replace", revisions[2], repository.text("commit-tree", "HEAD^{tree}", "-m", "Forged"))
    repository.git("replace", "HEAD~3:f", "HEAD:f")
    info = repository.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text(f"{revisions[3]} {revisions[0]}\n")
    assert repository.text("rev-list", "--count", "HEAD") != "4", "plain git heeds them"
    got = harvest(repository, within=fresh)
    assert got.items == plain
    assert [commit.parents for commit in got.commits] == [[], *([one] for one in revisions[:3])]


def test_an_index_of_the_history_that_lies_is_not_believed(repository, harvest, fresh):
    """``commit-graph`` says parents, trees and times without the commits being read: of a stranger it may say anything."""
    for number in range(4):
        repository.write("f", f"{number}\n")
        repository.commit(f"Commit {number}")
    plain = harvest(repository).items
    repository.git("commit-graph", "write", "--reachable")
    graph = repository.path / ".git" / "objects" / "info" / "commit-graph"
    data = bytearray(graph.read_bytes())
    entry = (
        data.index(b"CDAT") + 4
    )  # in the table of contents; the chunk has tree, two parents and times of each commit
    start = int.from_bytes(data[entry : entry + 8], "big")
    for number in range(4):
        data[start + 36 * number + 20 : start + 36 * number + 28] = (0x7000_0000).to_bytes(
            4, "big"
        ) * 2  # none
    graph.chmod(0o644)
    graph.write_bytes(bytes(data))
    assert repository.text("rev-list", "--count", "HEAD") == "1", "plain git believes it"
    assert harvest(repository, within=fresh).items == plain


# Ids of 64 digits


@pytest.fixture
def sha256(make_repository):
    repository = make_repository("sha256", "--object-format=sha256")
    for number in range(5):
        repository.write("a.py", f"head\n{number}\n")
        repository.write(f"b{number}.py", "one\ntwo\n")
        repository.commit(f"Commit {number}")
    return repository


def test_a_repository_with_long_ids_is_read_like_any_other(sha256, harvest, wanting, assert_equal_to_git):
    sha256.git("mv", "b0.py", "c.py")
    sha256.git("checkout", "-q", "-b", "side", "HEAD~2")
    sha256.write("side.py", "x\n")
    sha256.commit("Side")
    sha256.git("checkout", "-q", "-f", "main")
    sha256.tick()
    sha256.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    got = harvest(sha256, within=wanting, merges=True, repeated_changes=True)
    assert_equal_to_git(sha256, got.commits)
    assert len(got.commits) == 7
    assert after_by_path(got.commits[4]) == {"a.py": "head\n4\n", "b4.py": "one\ntwo\n"}
    assert all(len(file.changed_in) == 64 for file in got.files)


def test_a_first_pass_over_long_ids_that_was_stopped_goes_on(sha256, tmp_path, history_of):
    """Five ids of 64 digits are as long as eight of 40."""
    git, whole = history_of(sha256, sha256.text("rev-parse", "HEAD"))
    tip = sha256.text("rev-parse", "HEAD")
    folder = tmp_path / "stopped"

    class Stop(Exception):
        pass

    for stop_at in (5, 3):
        if stop_at == 5:
            sha256.write("more", "1\n")
            sha256.commit("More")
            sha256.write("more", "2\n")
            tip = sha256.commit("And more")
        seen = itertools.count(1)

        def stops(seen=seen, stop_at=stop_at):
            if next(seen) > stop_at:
                raise Stop

        with pytest.raises(Stop):
            read_into(folder, git, [tip], stops)
    done = read_into(folder, git, [tip])
    assert len(done.graph) == 7
    assert [done.graph.revision(n) for n in range(5)] == [whole.graph.revision(n) for n in range(5)]
    assert done.newly_read <= 2
