"""Commits equal what git itself says of each, one by one."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

import pytest

LATE_NUL = b"text\n" * 2000 + b"before\0\x1eafter\n"


@pytest.fixture
def eventful(repository):
    """One history with everything that makes parsing hard."""
    r = repository
    for name in ("keep.txt", "old name.txt", "mode.sh", "link", "plain"):
        r.write(name, "".join(f"line {i} of {name}\n" for i in range(30)))
    r.commit("Start\n\nwith a body\n\n\n")
    r.git("mv", "old name.txt", "new näme.txt")
    r.write("new näme.txt", "changed\n" + "".join(f"line {i} of old name.txt\n" for i in range(30)))
    r.git("mv", "keep.txt", "kept.txt")
    (r.path / "mode.sh").chmod(0o755)
    r.commit("Rename, with and without a change, and a mode")
    (r.path / "link").unlink()
    (r.path / "link").symlink_to("plain")
    r.write("two\nlines", "newline in the name\n")
    r.write(b"latin-\xe9", "name not in UTF-8\n")
    r.write('quo"te\ttab\\', "quoted names\n")
    r.commit("Link instead of a file, odd names")
    r.write("binary", b"\0\1\2" * 100)
    r.write("latin1.txt", "caf\xe9\n".encode("latin-1"))
    r.write("crlf.txt", "a\r\nb\r\n")
    r.write("noeol", "no newline at the end")
    r.write("late", LATE_NUL)
    r.write("empty", "")
    r.write("fake", "diff --git a/x b/x\n@@ -1 +1 @@\n")
    r.commit("Contents of every kind\n\ndiff --git a/x b/x\n@@ -1 +1 @@")
    (r.path / "link").unlink()
    r.write("link", "a file again\n")
    r.write("binary", b"\0\1\3" * 100)
    r.write("noeol", "no newline at the end\n")
    r.write("late", LATE_NUL.replace(b"before", b"after"))
    r.write("fake", "--- a/x\n+++ b/x\n-- x\n")
    r.commit("And back")
    r.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    r.tick()
    r.git("commit", "-q", "-m", "A submodule")
    r.git("checkout", "-q", "-b", "side", "HEAD~2")
    r.write("side.txt", "side\n")
    r.commit("Side")
    r.git("checkout", "-q", "main")
    r.tick()
    r.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    r.git("checkout", "-q", "--orphan", "other")
    r.git("rm", "-rfq", ".")
    r.write("root.txt", "another root\n")
    r.commit("Another root")
    r.git("checkout", "-q", "main")
    r.tick()
    r.git("merge", "-q", "--allow-unrelated-histories", "-m", "Merge another root", "other")
    r.commit("Nothing")
    return r


def test_commits_parents_paths_modes_blobs_and_patches_equal_gits(eventful, harvest, assert_equal_to_git):
    got = harvest(eventful, take="commits")
    assert len(got.commits) == 8
    assert_equal_to_git(eventful, got.commits)
    assert got.reasons == {"merge": 2, "no_changes": 1}
    left_out = {c.left_out for commit in got.commits for c in commit.changes}
    assert left_out == {None, "binary", "not_utf8", "submodule", "empty"}
    assert {c.status for commit in got.commits for c in commit.changes} == {
        "added",
        "modified",
        "renamed",
        "type_changed",
    }


def test_merges_are_compared_with_their_first_parent_where_asked_for(eventful, harvest, assert_equal_to_git):
    got = harvest(eventful, take="commits", merges=True)
    assert len(got.commits) == 10
    assert_equal_to_git(eventful, got.commits)
    assert {len(c.parents) for c in got.commits} == {0, 1, 2}


def test_commits_come_oldest_first_and_in_the_same_order_every_time(eventful, harvest):
    first = harvest(eventful, take="commits").commits
    assert [c.committed_at for c in first] == sorted(c.committed_at for c in first)
    assert first == harvest(eventful, take="commits").commits


def test_every_commit_is_either_taken_or_counted(eventful, harvest):
    got = harvest(eventful, take="commits", include="*.txt", max_commit_files=5)
    revisions = eventful.text("rev-list", "HEAD").split()
    assert sorted([c.revision for c in got.commits] + list(got.skipped)) == sorted(revisions)
    assert {"merge", "excluded", "too_many_files"} <= set(got.reasons)


def test_ids_name_the_repository_without_credentials(repository, harvest):
    repository.write("a", "a\n")
    revision = repository.commit()
    assert harvest(repository).commits[0].id == f"payments@{revision}"
    repository.git("remote", "add", "origin", "https://me:s3cr3t@github.com/acme/payments.git")
    got = harvest(repository)
    assert got.commits[0].id == f"github.com/acme/payments@{revision}"
    assert got.files[0].id == f"github.com/acme/payments@{revision}:a"
    assert "s3cr3t" not in str(got.items)


def test_messages_in_other_encodings_become_utf8_and_broken_ones_stay_valid(repository, harvest):
    repository.git("config", "i18n.commitEncoding", "ISO-8859-1")
    repository.write("a", "a\n")
    repository.commit("caf\xe9".encode("latin-1"))
    repository.git("config", "i18n.commitEncoding", "UTF-8")
    repository.write("a", "b\n")
    repository.tick()
    repository.git("add", "-A")
    tree, parent = repository.text("write-tree"), repository.text("rev-parse", "HEAD")
    broken = (
        f"tree {tree}\nparent {parent}\nauthor J\xfcrgen <j@x> 1600200000 +0000\ncommitter B <b@x> 1600200000 +0000\n\nna\xefve\n"
    ).encode("latin-1")
    made = repository.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=broken).decode().strip()
    repository.git("reset", "-q", "--hard", made)
    first, second = harvest(repository, take="commits").commits
    assert first.message == "café"
    assert (second.message, second.author.name) == ("na\ufffdve", "J\ufffdrgen")


def test_a_message_that_looks_like_gits_own_output_is_only_a_message(repository, harvest):
    message = (
        f":100644 100644 {'0' * 40} {'1' * 40} M\n\ndiff --git a/a b/a\n@@ -1 +1 @@\ncommit-{'0' * 32} x"
    )
    repository.write("a", "a\n")
    repository.commit(message)
    (commit,) = harvest(repository, take="commits").commits
    assert commit.message == message
    assert [c.path for c in commit.changes] == ["a"]


def test_a_commit_whose_date_no_calendar_knows_is_counted(repository, harvest):
    repository.write("a", "a\n")
    repository.commit()
    tree = repository.text("write-tree")
    blob = f"tree {tree}\nauthor A <a@x> 99999999999999 +0000\ncommitter B <b@x> 99999999999999 +0000\n\nx\n".encode()
    made = (
        repository.git("hash-object", "--literally", "-t", "commit", "-w", "--stdin", stdin=blob)
        .decode()
        .strip()
    )
    assert harvest(repository, take="commits", revision=made).reasons == {"bad_date": 1}


@pytest.fixture
def days(repository):
    for day in range(5):
        repository.write("a", f"{day}\n")
        repository.commit(f"day {day}")
    return repository


def test_a_window_is_applied_to_committer_times_commit_by_commit(days, harvest):
    times = {c.message: c.committed_at for c in harvest(days, take="commits").commits}
    got = harvest(days, take="commits", since=times["day 1"], until=times["day 3"])
    assert [c.message for c in got.commits] == ["day 1", "day 2", "day 3"]
    assert got.reasons == {"outside_window": 2}
    assert got.warnings == []


def test_no_commit_in_the_window_is_a_warning_that_names_it(days, harvest):
    got = harvest(days, take="commits", since="2030-01-01")
    assert got.commits == []
    (warning,) = got.warnings
    assert "2030-01-01" in warning
    assert "since" in warning
    assert "2020-09-18" in warning  # the newest commit


def test_a_clock_that_went_backwards_hides_no_commit(repository, harvest):
    for name, day in (("new", 100), ("old", 1), ("newer", 200)):
        repository.day = day
        repository.write("a", name)
        repository.commit(name)
    got = harvest(repository, take="commits", since=datetime.fromtimestamp(1_600_000_000 + 86_400 * 50, UTC))
    assert {c.message for c in got.commits} == {"new", "newer"}


def test_excluded_paths_stay_in_the_commit_without_their_patch(repository, harvest):
    repository.write("src/a.py", "a\n")
    repository.write("vendor/b.py", "b\n")
    repository.commit()
    (commit,) = harvest(repository, take="commits", exclude="vendor").commits
    assert {c.path: c.left_out for c in commit.changes} == {"src/a.py": None, "vendor/b.py": "excluded"}


def test_a_rename_out_of_an_excluded_folder_is_taken(repository, harvest):
    repository.write("old/a.py", "a\nb\nc\n")
    repository.commit()
    repository.git("mv", "old/a.py", "a.py")
    repository.commit("Move")
    got = harvest(repository, take="commits", exclude="old")
    assert [c.message for c in got.commits] == ["Move"]


def test_lfs_pointers_are_left_out(repository, harvest):
    repository.write(
        "big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 5\n"
    )
    repository.commit()
    got = harvest(repository)
    assert [c.left_out for c in got.commits[0].changes] == ["lfs_pointer"]
    assert got.skipped == {"big.bin": "lfs_pointer"}


def test_context_lines_are_as_many_as_asked_for(repository, harvest):
    repository.write("a", "".join(f"{i}\n" for i in range(20)))
    repository.commit()
    repository.write("a", "".join(f"{i}\n" for i in range(20)).replace("10\n", "ten\n"))
    repository.commit()
    for lines in (0, 5):
        patch = harvest(repository, take="commits", context_lines=lines).commits[1].changes[0].patch
        assert len(re.findall(r"^ ", patch, re.MULTILINE)) == 2 * lines


def test_the_users_own_git_settings_change_nothing(eventful, harvest, monkeypatch, tmp_path):
    plain = harvest(eventful, take="commits").commits
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(
        "[diff]\n\talgorithm = patience\n\tnoprefix = true\n\trenames = false\n\tcontext = 9\n\torderFile = x\n"
        "[core]\n\tquotePath = false\n\tabbrev = 5\n[log]\n\tdate = relative\n\tshowSignature = true\n[color]\n\tui = always\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    monkeypatch.setenv("GIT_DIR", os.fspath(tmp_path / "nowhere"))
    assert harvest(eventful, take="commits").commits == plain
