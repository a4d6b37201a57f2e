from __future__ import annotations

import os
import time

import psutil
import pytest
from cooldown_connectors.git.configuration import SETTINGS, write_home
from cooldown_connectors.git.hardened import Git, GitFailed, printable


@pytest.fixture
def git(tmp_path):
    return Git(write_home(tmp_path / "store"))


def fake_git(tmp_path, monkeypatch, script):
    """A program called git that answers ``version`` and else does what the script says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo git version 2.50.0 && exit\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_environment_holds_nothing_of_the_callers_but_the_path(git, monkeypatch):
    monkeypatch.setenv("GIT_SSH_COMMAND", "evil")
    monkeypatch.setenv("GIT_TRACE", "1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    local = git.environment()
    assert not {
        "GIT_SSH_COMMAND",
        "GIT_TRACE",
        "AWS_SECRET_ACCESS_KEY",
        "HTTPS_PROXY",
        "SSH_AUTH_SOCK",
    } & set(local)
    assert local["GIT_ALLOW_PROTOCOL"] == ""
    remote = Git(git.home, protocols=("https",)).environment()
    assert (remote["HTTPS_PROXY"], remote["SSH_AUTH_SOCK"]) == ("http://proxy", "/agent")
    assert "AWS_SECRET_ACCESS_KEY" not in remote


def test_git_reads_every_setting_from_the_generated_file(git):
    listed = git.run("config", "--file", git.home / ".gitconfig", "--list", "--name-only").decode().split()
    assert sorted(listed) == sorted(key.lower() for key in SETTINGS)


def test_a_secret_is_not_shown_with_the_object(git):
    assert "s3cr3t" not in repr(Git(git.home, secrets={"http.extraHeader": "s3cr3t"}))


def test_a_home_lists_directories_of_other_owners_whatever_their_names(tmp_path):
    odd = [tmp_path / 'a"b\\c', tmp_path / "two\nlines"]
    git = Git(write_home(tmp_path / "store", odd))
    listed = git.run("config", "--global", "-z", "--get-all", "safe.directory").decode().split("\0")
    assert listed[:-1] == [str(path) for path in odd]


def test_a_failure_carries_what_git_said_bounded_and_printable(git, tmp_path, monkeypatch):
    fake_git(
        tmp_path,
        monkeypatch,
        "yes 'noise \033[31m' | head -c 3000000 >&2; echo 'fatal: \033]0;x\007it broke' >&2; exit 3",
    )
    with pytest.raises(GitFailed) as caught:
        git.run("anything")
    assert caught.value.status == 3
    assert caught.value.reason == "]0;xit broke"
    assert len(caught.value.stderr) <= 16 << 10
    assert "\033" not in caught.value.stderr


def test_a_child_that_outlives_git_and_holds_its_stderr_is_not_waited_for(git, tmp_path, monkeypatch):
    fake_git(tmp_path, monkeypatch, "sleep 20 >/dev/null & echo done; exit 0")
    start = time.monotonic()
    with git.stream("anything") as stream:
        while stream.read():
            pass
        stream.finish()
        os.killpg(stream._process.pid, 9)
    assert time.monotonic() - start < 5


def test_a_deadline_kills_the_whole_process_group(git, tmp_path, monkeypatch):
    fake_git(tmp_path, monkeypatch, "sleep 60 & echo $! > %s; sleep 60" % (tmp_path / "pid"))
    with pytest.raises(GitFailed, match="timed out"):
        git.run("anything", timeout=0.5)
    number = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.02)
    else:
        raise AssertionError("the grandchild lives")


def test_a_stream_given_up_half_way_is_killed_at_once(git, tmp_path, monkeypatch):
    fake_git(tmp_path, monkeypatch, "yes")
    with git.stream("anything") as stream:
        assert stream.read()
        number = stream._process.pid
    assert not psutil.pid_exists(number)


def test_control_characters_are_never_passed_on():
    assert printable(b"\x1b[2Jremote: hi\r\nnext\x07 \xff") == "[2Jremote: hi\nnext \ufffd"
