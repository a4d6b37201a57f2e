"""Every kind of local repository can be read, and what cannot be says why and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cooldown_connectors.git import GitConnector, hardened

from cooldown_kit.errors import InputError


@pytest.fixture
def filled(repository):
    repository.write("src/a.py", "a\n")
    repository.commit("First")
    return repository


def contents(got):
    return [f.content for f in got.files], [c.message for c in got.commits]


WHOLE = (["a\n"], ["First"])


def test_any_folder_of_the_work_tree_names_the_repository(filled, harvest, tmp_path):
    assert contents(harvest(path=str(filled.path / "src"))) == WHOLE
    assert contents(harvest(path="payments")) == WHOLE  # relative to the recipe's folder
    assert contents(harvest(path=str(filled.path / ".git"))) == WHOLE
    (tmp_path / "link").symlink_to(filled.path)
    assert contents(harvest(path="link")) == WHOLE


def test_bare_repositories_worktrees_submodules_and_borrowed_objects_are_read(
    filled, harvest, make_repository, tmp_path
):
    filled.git("clone", "-q", "--bare", filled.path, tmp_path / "bare.git")
    assert contents(harvest(path="bare.git")) == WHOLE
    filled.git("clone", "-q", "--shared", filled.path, tmp_path / "shared")
    assert contents(harvest(path="shared")) == WHOLE
    filled.git("worktree", "add", "-q", "-b", "other", tmp_path / "tree")
    (tmp_path / "tree" / "b.py").write_text("b\n")
    filled.git("-C", tmp_path / "tree", "add", ".")
    filled.git("-C", tmp_path / "tree", "commit", "-q", "-m", "In the worktree")
    assert [c.message for c in harvest(path="tree").commits] == ["First", "In the worktree"]
    assert contents(harvest(filled)) == WHOLE
    outer = make_repository("outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", filled.path, "module")
    assert contents(harvest(path="outer/module")) == WHOLE


def test_sha256_repositories_are_read(make_repository, harvest):
    repository = make_repository("sha256", "--object-format=sha256")
    repository.write("a", "a\n")
    revision = repository.commit("Long ids")
    got = harvest(repository)
    assert len(revision) == 64
    assert [c.revision for c in got.commits] == [revision]
    assert [f.changed_in for f in got.files] == [revision]


def test_a_detached_head_is_read(filled, harvest):
    filled.git("checkout", "-q", "--detach")
    filled.write("b", "b\n")
    filled.commit("Detached")
    assert [c.message for c in harvest(filled).commits] == ["First", "Detached"]


def test_packed_references_and_a_branch_with_slashes_are_found(filled, harvest):
    filled.git("branch", "feature/x")
    filled.git("pack-refs", "--all")
    filled.git("gc", "-q")
    assert contents(harvest(filled, revision="feature/x")) == WHOLE


def test_a_repository_in_a_folder_with_an_odd_name_is_read(make_repository, harvest):
    for name in (
        b"two\nlines",
        b"caf\xe9",
        b"with space",
        b'quo"te',
        b"co:lon",
        b"-dash",
        b"#hash",
        b"$HOME",
    ):
        repository = make_repository(name)
        repository.write("a", "a\n")
        repository.commit("First")
        assert contents(harvest(repository)) == WHOLE


def test_a_repository_of_another_owner_is_read(filled, harvest, monkeypatch):
    plain = hardened.Git.environment
    monkeypatch.setattr(
        hardened.Git, "environment", lambda git: plain(git) | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    )
    assert contents(harvest(filled)) == WHOLE


def refused(check, **values):
    with pytest.raises(InputError) as caught:
        check(**values)
    assert caught.value.where
    assert caught.value.remedy
    return caught.value


def test_a_missing_folder_is_named(check, tmp_path):
    error = refused(check, path="nowhere")
    assert str(tmp_path / "nowhere") in str(error)
    assert "no such folder" in error.what


def test_a_file_and_a_folder_without_repository_are_refused(check, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / ".git").write_text("gitdir: /nowhere\n")
    assert "a file" in refused(check, path="file").what
    assert "not in a git repository" in refused(check, path="folder/deep").what
    assert "not in a git repository" in refused(check, path="broken").what


def test_an_empty_repository_is_refused(repository, check):
    assert "no commits" in refused(check, path=str(repository.path)).what


def test_a_head_on_a_branch_without_commits_names_one_that_has_some(filled, check):
    filled.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert "main" in refused(check, path=str(filled.path)).remedy


def test_an_unknown_revision_names_the_nearest(filled, check):
    filled.git("branch", "release-2024")
    filled.git("tag", "v1.0.0")
    assert "'release-2024'" in refused(check, path="payments", revision="relese-2024").remedy
    assert "'v1.0.0'" in refused(check, path="payments", revision="v1.0.1").remedy
    assert "main" in refused(check, path="payments", revision="zzz").remedy
    assert "fetch" in refused(check, path="payments", revision="a" * 40).remedy


def test_a_tag_of_something_else_than_a_commit_is_refused(filled, check):
    filled.git("tag", "blob", filled.text("rev-parse", "HEAD:src/a.py"))
    refused(check, path="payments", revision="blob")


def test_a_damaged_repository_is_refused_with_what_git_said(filled, harvest, check):
    tree = filled.text("rev-parse", "HEAD^{tree}")
    place = filled.path / ".git" / "objects" / tree[:2] / tree[2:]
    place.chmod(0o644)
    place.write_bytes(b"rubbish")
    with pytest.raises(InputError) as caught:
        harvest(filled)
    assert tree in str(caught.value)
    assert "git fsck" in caught.value.remedy
    commit = filled.text("rev-parse", "HEAD")
    (filled.path / ".git" / "objects" / commit[:2] / commit[2:]).unlink()
    refused(check, path="payments")


def test_git_missing_is_said_before_anything_else(check, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in refused(check, path="payments").what


def test_a_git_that_is_too_old_is_named(check, monkeypatch, tmp_path):
    (tmp_path / "git").write_text("#!/bin/sh\necho git version 2.20.1\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(check, path="payments")
    assert "2.20.1" in error.what
    assert "2.31" in error.what


def test_a_fingerprint_changes_with_the_tip_and_with_nothing_else(filled, fingerprint):
    first = fingerprint(path="payments")
    filled.write("b", "b\n")
    filled.git("branch", "elsewhere")
    assert fingerprint(path="payments") == first
    second = filled.commit()
    assert fingerprint(path="payments") == {**first, "tip": second}
    assert fingerprint(path="payments", revision="elsewhere") == first


def test_takes_are_streams_of_code(options):
    takes = GitConnector().takes(options(path=".", take="commits"))
    assert [(t.name, t.family) for t in takes] == [("commits", "code")]


def test_a_moved_repository_is_found_again(filled, harvest, tmp_path):
    first = harvest(filled).items
    shutil.move(filled.path, tmp_path / "elsewhere" / "payments")
    filled.path = Path(tmp_path / "elsewhere" / "payments")
    assert harvest(filled).items == first
