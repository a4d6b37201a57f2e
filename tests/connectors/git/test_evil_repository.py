"""A repository that tries everything: nothing of it runs, and nothing of it is written."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from cooldown_kit.errors import InputError

HOOKS = [
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-commit",
    "post-merge",
    "pre-auto-gc",
    "fsmonitor-watchman",
    "post-rewrite",
    "update",
    "pre-receive",
    "post-receive",
    "proc-receive",
    "post-update",
    "push-to-checkout",
]
COMMANDS = [
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.evil.command",
    "diff.evil.textconv",
    "filter.evil.smudge",
    "filter.evil.clean",
    "filter.evil.process",
    "gpg.program",
    "uploadpack.packObjectsHook",
    "credential.helper",
    "pager.log",
    "pager.diff-tree",
    "merge.evil.driver",
    "interactive.diffFilter",
    "sequence.editor",
    "remote.origin.uploadpack",
    "trailer.evil.command",
    "alias.log",
    "alias.ls-remote",
    "alias.diff-tree",
    "log.showSignature",
    "gpg.ssh.defaultKeyCommand",
    "trace2.eventTarget",
    "protocol.ext.allow",
    "url.ext::x.insteadOf",
    "remote.origin.vcs",
    "core.attributesFile",
]


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "ran"


@pytest.fixture
def evil(repository, marker, tmp_path):
    r = repository
    payload = tmp_path / "payload"
    payload.write_text(f'#!/bin/sh\necho "$0 $*" >> {shlex.quote(str(marker))}\ncat 2>/dev/null\n')
    payload.chmod(0o755)
    r.write("a.evil", "one\n")
    r.commit("First")
    r.write("a.evil", "two\n")
    r.write(b"two\nlines\xff", "x\n")
    r.write(".gitattributes", "* diff=evil filter=evil merge=evil text\n")
    r.write(".gitmodules", f'[submodule "x"]\n\tpath = x\n\turl = ext::{payload}\n\tupdate = !{payload}\n')
    (r.path / "etc").symlink_to("/etc/passwd")
    r.commit("Second")
    (r.path / ".git" / "info" / "attributes").write_text("* diff=evil filter=evil\n")
    head = r.text("rev-parse", "HEAD")
    for name in ("--output=pwned", "--exec=x", "--upload-pack=x"):
        (r.path / ".git" / "refs" / "heads" / name).write_text(head + "\n")
    for hook in HOOKS:
        (r.path / ".git" / "hooks" / hook).write_text(payload.read_text())
        (r.path / ".git" / "hooks" / hook).chmod(0o755)
    with (r.path / ".git" / "config").open("a") as config:
        for key in COMMANDS:
            section, _, name = key.rpartition(".")
            head, _, sub = section.partition(".")
            title = f'[{head} "{sub}"]' if sub else f"[{head}]"
            config.write(f"{title}\n\t{name} = {payload}\n")
        config.write(
            f"[core]\n\thooksPath = {r.path}/.git/hooks\n\tbare = false\n[include]\n\tpath = {tmp_path}/more\n"
        )
        config.write(
            f'[remote "origin"]\n\turl = ext::{payload}\n\tpromisor = true\n[extensions]\n\tpartialClone = origin\n'
        )
    (tmp_path / "more").write_text(f"[core]\n\tfsmonitor = {payload}\n")
    return r


def listing(folder):
    """Everything below: kind, mode, size, change and modification times, contents."""
    found = {}
    for root, folders, files in os.walk(folder):
        for path in (Path(root) / name for name in [".", *folders, *files]):
            stat = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[path] = (stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, content)
    return found


def test_the_trap_is_live(evil, marker):
    """Plain git does run it: otherwise the tests below would prove nothing."""
    subprocess.run(["git", "status"], cwd=evil.path, env=evil.env, capture_output=True, check=False)
    subprocess.run(["git", "show", "HEAD"], cwd=evil.path, env=evil.env, capture_output=True, check=False)
    assert marker.exists()


@pytest.mark.parametrize("merges", [False, True])
def test_nothing_is_run_and_nothing_is_written(evil, marker, harvest, check, fingerprint, tmp_path, merges):
    before = listing(evil.path)
    check(path="payments")
    fingerprint(path="payments")
    got = harvest(evil, merges=merges)
    assert [c.message for c in got.commits] == ["First", "Second"]
    assert got.commits[1].changes[2].patch == "@@ -1 +1 @@\n-one\n+two\n"
    assert {f.path for f in got.files} >= {"a.evil", ".gitattributes", "two\nlines\\xff"}
    assert got.skipped["etc"] == "symlink"
    assert not any("root:" in f.content for f in got.files)
    assert not marker.exists(), marker.read_text()
    assert listing(evil.path) == before
    assert not list(tmp_path.rglob("pwned*"))


def test_a_reference_that_looks_like_a_flag_is_never_given_to_git(
    evil, marker, harvest, options, tmp_path, monkeypatch
):
    before = listing(evil.path)
    monkeypatch.chdir(tmp_path)
    got = harvest(evil, revision="refs/heads/--output=pwned")
    assert len(got.commits) == 2
    with pytest.raises(ValueError, match="revision"):
        options(path="payments", revision="--output=pwned")
    assert listing(evil.path) == before
    assert not marker.exists()
    assert not list(tmp_path.rglob("pwned"))


def test_an_evil_bare_repository_runs_nothing(evil, marker, harvest, tmp_path):
    (evil.path / ".git").rename(tmp_path / "evil.git")
    config = tmp_path / "evil.git" / "config"
    config.write_text(config.read_text().replace("bare = false", "bare = true"))
    before = listing(tmp_path / "evil.git")
    assert len(harvest(path="evil.git").commits) == 2
    assert not marker.exists()
    assert listing(tmp_path / "evil.git") == before


def test_an_origin_with_a_transport_of_its_own_names_nothing_and_runs_nothing(evil, marker, harvest):
    got = harvest(evil)
    assert {c.repository for c in got.commits} == {"payments"} or all(
        "@" not in c.repository for c in got.commits
    )
    assert not marker.exists()


def test_even_a_url_that_passed_validation_reaches_no_other_transport(
    evil, marker, context, options, tmp_path
):
    """Defence in depth: with a URL slipped past the options, git itself still refuses the transport."""
    from cooldown_connectors.git import GitConnector

    payload = tmp_path / "payload"
    for url in (f"ext::{payload}", f"file://{evil.path}", str(evil.path)):
        slipped = options(url="https://host/a").model_copy(update={"url": url})
        with pytest.raises(InputError):
            GitConnector().check(slipped, context)
    assert not marker.exists()
