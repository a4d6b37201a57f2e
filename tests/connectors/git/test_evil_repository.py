"""A repository that tries everything: nothing of it runs, and nothing of it is written."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cooldown_connectors.git import GitConnector, tree
from cooldown_connectors.git import repository as repositories
from cooldown_connectors.git.options import TAKES

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
    payload = tmp_path / "payload"
    for url in (f"ext::{payload}", f"file://{evil.path}", str(evil.path)):
        slipped = options(url="https://host/a").model_copy(update={"url": url})
        with pytest.raises(InputError):
            GitConnector().check(slipped, context)
    assert not marker.exists()


# Every take, everything wanted, worker processes

MODULES = (
    "msgspec",
    "cooldown_kit",
    "cooldown_connectors",
    "numpy",
    "zstandard",
    "json",
    "signal",
    "sitecustomize",
)


@pytest.fixture
def evil_folder(tmp_path, marker):
    """A folder full of modules with the names of those that we import."""
    folder = tmp_path / "cwd"
    for name in MODULES:
        (folder / name).mkdir(parents=True)
        text = f"open({str(marker)!r}, 'a').write('import of ' + __name__)\n"
        (folder / name / "__init__.py").write_text(text)
        (folder / f"{name}.py").write_text(text)
    (folder / "git").write_text(f"#!/bin/sh\necho git >> {shlex.quote(str(marker))}\n")
    (folder / "git").chmod(0o755)
    return folder


@pytest.fixture
def worse(evil, tmp_path, marker, make_repository_at):
    """The evil repository with something for every take: requests, tags, notebooks, a wiki, indexes and borrowed objects."""
    r = evil
    git_dir = r.path / ".git"
    config = (git_dir / "config").read_text()
    (git_dir / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n"
    )  # while we work in it ourselves
    shutil.rmtree(git_dir / "hooks")
    nested = {
        "cells": [{"cell_type": "code", "source": "1", "outputs": [{"data": {"text/plain": "__import__"}}]}]
    }
    r.write("deep.ipynb", '{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")
    r.write("fine.ipynb", json.dumps(nested))
    r.write("huge.txt", b"x" * (3 << 20))
    r.write("CHANGELOG.md", "# 1.0\n\nFirst.\n")
    r.write("deps/a.py", "a\n")
    r.write("deps/b.py", "b\n")
    r.commit("Third")
    r.write("deps/a.py", "aa\n")
    r.commit("Fourth")
    r.git("tag", "-a", "v1.0", "-m", "Release $(touch pwned)\n\n`touch pwned`")
    head = r.text("rev-parse", "HEAD")
    names = [
        "refs/pull/1/head",
        "refs/pull/2/head",
        "refs/pull/--output=pwned/head",
        "refs/pull/3\nevil/head",
    ]
    names += [
        "refs/pull/4/head;touch pwned",
        "refs/merge-requests/$(touch pwned)/head",
        "refs/pull/5\x1b[31m/head",
    ]
    names += [
        "refs/tags/--output=pwned",
        "refs/tags/v2\x07",
        "refs/tags/v3\nrefs",
        "refs/tags/|touch pwned",
        "refs/tags/v4.lock",
    ]
    names += ["refs/heads/@{-1}", "refs/heads/a..b", "refs/heads/:(glob)", "refs/heads/caf\udce9"]
    for name in names:
        (git_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (git_dir / name).write_text(head + "\n")
    request = r.text("commit-tree", "HEAD~1^{tree}", "-p", "HEAD", "-m", "A request")
    (git_dir / "refs" / "pull" / "9").mkdir()
    (git_dir / "refs" / "pull" / "9" / "head").write_text(request + "\n")
    packed = [
        f"{head} refs/tags/p\x1b]0;x\x07",
        f"{head} refs/pull/6/head\t",
        f"{head} --flag",
    ]
    (git_dir / "packed-refs").write_text("# pack-refs with: peeled\n" + "\n".join(packed) + "\n")
    wiki = make_repository_at(tmp_path / "payments.wiki")
    wiki.write("Home.md", "Welcome\n")
    wiki.write("--output=pwned.md", "A page\n")
    wiki.write(".gitattributes", "* diff=evil filter=evil\n")
    wiki.commit("Wiki")
    for folder in (git_dir, wiki.path / ".git"):
        (folder / "config").write_text(config)
        (folder / "hooks").mkdir(exist_ok=True)
        for hook in HOOKS:
            shutil.copy(tmp_path / "payload", folder / "hooks" / hook)
        info, pack = folder / "objects" / "info", folder / "objects" / "pack"
        info.mkdir(exist_ok=True)
        (info / "commit-graph").write_bytes(b"CGPH\1\1\3\0" + b"\xff" * 500)
        (info / "commit-graphs").mkdir()
        (info / "commit-graphs" / "commit-graph-chain").write_text("../../../x\n" + "f" * 40 + "\n")
        (pack / "multi-pack-index").write_bytes(b"MIDX\1\1\5\0" + b"\xff" * 500)
        (info / "http-alternates").write_text(f"ext::{tmp_path}/payload\n")
        (info / "alternates").write_text(
            f"# words\n../objects\n/nowhere\next::{tmp_path}/payload\n\n../../../cwd\n"
        )
    marker.unlink(missing_ok=True)
    return r


def test_nothing_of_any_take_runs_and_no_module_of_the_current_folder_is_imported(
    worse, evil_folder, marker, harvest, context, fingerprint, monkeypatch, tmp_path
):
    monkeypatch.chdir(evil_folder)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    before = listing(worse.path), listing(tmp_path / "payments.wiki"), listing(evil_folder)
    fingerprint(path=str(worse.path), take=list(TAKES))
    everything = dataclasses.replace(context, wanted=frozenset({"before", "untouched"}), workers=2)
    got = harvest(worse, within=everything, take=list(TAKES), merges=True, repeated_changes=True)
    assert not marker.exists(), marker.read_text()
    assert (listing(worse.path), listing(tmp_path / "payments.wiki"), listing(evil_folder)) == before
    assert not list(tmp_path.rglob("pwned*"))
    assert [commit.message for commit in got.commits] == ["First", "Second", "Third", "Fourth"]
    assert [file.content for file in got.commits[3].untouched] == ["b\n"]
    assert got.commits[3].changes[0].before == "a\n"
    by_take = {take: [item for item in got.items if getattr(item, "take", None) == take] for take in TAKES}
    assert [one.path for one in by_take["notebooks"]] == ["fine.ipynb"]
    assert [one.title for one in by_take["wiki"]] == ["  output=pwned", "Home"]
    assert [one.tag for one in by_take["releases"] if one.tag == "v1.0"] == ["v1.0"]
    assert (got.skipped["deep.ipynb"], got.skipped["huge.txt"]) == ("not_a_notebook", "too_large")
    assert [(one.number, one.title) for one in by_take["pull_requests"]] == [(9, "A request")]
    assert {what for what in got.skipped if what.startswith("#")} == {"#1", "#2"}, "others are no numbers"


def test_the_trap_of_modules_is_live(evil_folder, marker):
    """A worker that was started without ``-P`` would import them."""
    command = [sys.executable, "-m", "cooldown_connectors.git.worker"]
    subprocess.run(command, cwd=evil_folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert marker.exists()


# Files that are none, and places that lead elsewhere


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "name",
    ["HEAD", "commondir", "config", "config.worktree", "shallow", "packed-refs", "objects/info/alternates"],
)
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(repository, check, name):
    repository.write("a", "a\n")
    repository.commit()
    (repository.path / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repository.path / ".git" / name)
    with pytest.raises(InputError) as caught:
        check(path=str(repository.path))
    assert str(repository.path) in str(caught.value)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["refs/heads/other", "objects/pack/pack-1.idx", "included"])
def test_a_pipe_that_only_git_finds_is_given_up_after_a_while(repository, check, monkeypatch, name):
    monkeypatch.setattr(repositories, "_LOCAL_SECONDS", 0.5)
    repository.write("a", "a\n")
    repository.commit()
    os.mkfifo(repository.path / ".git" / name)
    if name == "included":
        with (repository.path / ".git" / "config").open("a") as config:
            config.write(f"[include]\n\tpath = {repository.path}/.git/included\n")
    if name.endswith(".idx"):  # git reads no index of a pack that is not there
        (repository.path / ".git" / "objects" / "pack" / "pack-1.pack").write_bytes(b"PACK")
    try:
        check(path=str(repository.path))
    except InputError as error:
        assert "timed out" in str(error)


@pytest.mark.timeout(60)
def test_a_configuration_that_includes_a_device_without_end_is_not_read_to_its_end(repository, check):
    repository.write("a", "a\n")
    repository.commit()
    with (repository.path / ".git" / "config").open("a") as config:
        config.write("[include]\n\tpath = /dev/zero\n")
    with pytest.raises(InputError, match="cannot read the repository"):
        check(path=str(repository.path))


@pytest.mark.parametrize("content", [b"caf\xe9\n", b"../x\n", b"a" * 41])
def test_an_edge_that_names_no_commits_is_refused_and_stops_no_other_repository(
    make_repository, harvest, content
):
    for name in ("team/good", "team/other"):
        repository = make_repository(name)
        repository.write("a", f"{name}\n")
        repository.commit(name)
    (repository.path / ".git" / "shallow").write_bytes(content)
    with pytest.raises(InputError, match="shallow"):
        harvest(path="team/other")
    got = harvest(path="team")
    assert [commit.message for commit in got.commits] == ["team/good"]
    assert got.reasons == {"repository_failed": 1}


def test_a_git_file_that_leads_elsewhere_runs_and_writes_nothing_there(evil, marker, harvest, tmp_path):
    (tmp_path / "decoy").mkdir()
    link = tmp_path / "decoy" / ".git"
    before = listing(evil.path)
    link.write_text("gitdir: ../payments/.git\n")
    assert len(harvest(path="decoy").commits) == 2
    for content in (".", "..", "/dev/zero", "/proc/self/fd/0", "a\0b", "x" * 9000):
        link.write_text(f"gitdir: {content}\n")
        with pytest.raises(InputError, match="not in a git repository"):
            harvest(path="decoy")
    assert listing(evil.path) == before
    assert os.listdir(tmp_path / "decoy") == [".git"]  # noqa: PTH208
    assert not marker.exists()


def test_borrowed_objects_are_read_where_they_are_and_nothing_is_written_there(
    harvest, make_repository, tmp_path
):
    """Relative, one behind the other, in a circle: as ``git clone --shared`` leaves them, and worse."""
    lender = make_repository("lender")
    lender.write("lent", "lent\n")
    lender.commit("Lent")
    for name in ("one", "two"):
        borrower = make_repository(name)
        info = borrower.path / ".git" / "objects" / "info"
        info.mkdir(exist_ok=True)
        target = "lender" if name == "one" else "one"
        (info / "alternates").write_text(f"../../../{target}/.git/objects\n../objects\n")
        (borrower.path / ".git" / "refs" / "heads" / "main").write_text(
            lender.text("rev-parse", "HEAD") + "\n"
        )
    before = listing(tmp_path / "lender"), listing(tmp_path / "one"), listing(tmp_path / "two")
    assert [file.content for file in harvest(path="one").files] == ["lent\n"]
    assert [file.content for file in harvest(path="two").files] == ["lent\n"]
    assert (listing(tmp_path / "lender"), listing(tmp_path / "one"), listing(tmp_path / "two")) == before


LISTS = {
    "python": "- !!python/object/apply:os.system ['touch pwned']\n",
    "module": "- !!python/module:antigravity\n",
    "nested": "[" * 20_000 + "]" * 20_000,
    "nested keys": "{? " * 5000,
    "long": "- " + "x" * 100_000 + "\n",
    "transport": "- ext::sh -c touch% pwned\n",
    "file": "- file:///etc\n",
    "flag": "- {url: '--upload-pack=touch pwned'}\n",
    "flag of a revision": "- {path: payments, revision: '--output=pwned'}\n",
    "keys": "- {path: payments, 5: b, ~: c}\n",
    "nul": '- "pay\\0ments"\n',
    "token": "- {url: 'https://x.org/a', token: 'pwned'}\n",
    "lines": '- "pay\\nments"\n',
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", [*LISTS, "pipe"])
def test_a_list_of_repositories_with_a_trap_is_refused_and_runs_nothing(check, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    if name == "pipe":
        os.mkfifo(tmp_path / "repos.yaml")
    else:
        (tmp_path / "repos.yaml").write_text(LISTS[name])
    with pytest.raises(InputError) as caught:
        check(repositories="repos.yaml")
    assert caught.value.remedy
    assert len(str(caught.value)) < 2000
    assert not list(tmp_path.rglob("pwned*"))


# Much out of little


def bomb(repository, levels=9):
    """A tree of ten trees of ten trees and so on: ten billion files in some hundred bytes."""
    blob = repository.git("hash-object", "-w", "--stdin", stdin=b"x\n").decode().strip()
    tree_id, kind, mode = blob, "blob", "100644"
    for _ in range(levels + 1):
        rows = "".join(f"{mode} {kind} {tree_id}\tn{number}\n" for number in range(10))
        tree_id, kind, mode = repository.git("mktree", stdin=rows.encode()).decode().strip(), "tree", "040000"
    return tree_id


def test_a_tree_of_ten_billion_files_costs_its_commits_and_not_the_harvest(repository, harvest):
    repository.write("a", "1\n")
    first = repository.commit("First")
    repository.write("b", "1\n")
    second = repository.commit("Second")
    good = repository.text("rev-parse", "HEAD^{tree}")
    rows = repository.git("ls-tree", good) + f"040000 tree {bomb(repository)}\tbomb\n".encode()
    loaded = repository.git("mktree", stdin=rows).decode().strip()
    lines = [second]
    for tree_id, message in ((loaded, "Bomb"), (loaded, "Nothing"), (good, "Defused")):
        repository.tick()
        lines.append(repository.text("commit-tree", tree_id, "-p", lines[-1], "-m", message))
    repository.git("reset", "-q", "--hard", lines[-1])
    repository.write("a", "2\n")
    last = repository.commit("Last")
    repository.git("update-ref", "refs/pull/5/head", lines[1])
    got = harvest(repository, take=["commits", "files", "pull_requests"], max_memory=64 << 20)
    assert [commit.message for commit in got.commits] == ["First", "Second", "Last"]
    bombs = {lines[1]: "too_many_files", lines[2]: "no_changes", lines[3]: "too_many_files"}
    assert {what: got.skipped[what] for what in bombs} == bombs
    assert {file.path: file.changed_in for file in got.files} == {"a": last, "b": second}
    assert first in {commit.revision for commit in got.commits}


def test_a_tree_of_ten_billion_files_at_the_tip_is_an_error_that_says_so(repository, harvest, monkeypatch):
    monkeypatch.setattr(tree, "MOST", 1000)
    tip = repository.text("commit-tree", bomb(repository), "-m", "Bomb")
    with pytest.raises(InputError, match="more than 1,000 files"):
        harvest(repository, revision=tip, max_memory=64 << 20)
