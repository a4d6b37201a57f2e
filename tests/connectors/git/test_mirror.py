"""Remote repositories, over git's real smart HTTP protocol on the loopback interface."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cooldown_connectors.git import mirror
from cooldown_connectors.git.repository import look

from cooldown_kit.errors import InputError


class Handler(BaseHTTPRequestHandler):
    """A CGI bridge to ``git http-backend``; what it does wrong on purpose stands in the server's ``trouble``."""

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(body)

    def answer(self, body):
        server = self.server
        fetches = b"command=fetch" in body
        server.requests.append((self.command, self.path, self.headers.get("Authorization"), fetches))
        if server.trouble == "hang":
            server.released.wait(30)
            return
        if server.trouble and server.trouble.startswith("redirect "):
            self.send_response(302)
            self.send_header("Location", server.trouble.split()[1] + self.path)
            self.end_headers()
            return
        if server.password and self.headers.get("Authorization") != server.password:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_PROJECT_ROOT": str(server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if fetches and server.trouble in ("cut", "stall"):
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            if server.trouble == "stall":
                server.stalled.set()
                server.released.wait(30)
            return
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def started(root):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.root, server.requests, server.trouble, server.password = root, [], None, None
    server.released, server.stalled = threading.Event(), threading.Event()
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.thread = thread
    server.url = f"http://127.0.0.1:{server.server_port}"
    return server


def stopped(server):
    server.released.set()
    server.shutdown()
    server.server_close()
    server.thread.join(5)


@pytest.fixture
def server(tmp_path):
    server = started(tmp_path)
    yield server
    stopped(server)


@pytest.fixture
def remote(repository, server):
    """A repository that the server serves at ``server.url/payments/.git``."""
    for number in range(3):
        repository.write(f"f{number}", f"{number}\n")
        repository.commit(f"commit {number}")
    return repository


@pytest.fixture
def url(server, remote):
    return f"{server.url}/payments/.git"


def messages(got):
    return [c.message for c in got.commits]


def fetches(server):
    return [request for request in server.requests if request[3]]


def test_a_remote_is_cloned_and_equals_the_local_harvest(url, remote, harvest, server):
    got, local = harvest(url=url), harvest(remote)
    assert messages(got) == ["commit 0", "commit 1", "commit 2"]
    assert [(c.revision, c.changes) for c in got.commits] == [(c.revision, c.changes) for c in local.commits]
    assert [(f.path, f.content, f.changed_in) for f in got.files] == [
        (f.path, f.content, f.changed_in) for f in local.files
    ]
    assert {c.repository for c in got.commits} == {f"127.0.0.1:{server.server_port}/payments"}


def test_the_next_time_only_what_is_new_is_fetched(url, remote, harvest, server, context):
    harvest(url=url)
    server.requests.clear()
    assert messages(harvest(url=url)) == ["commit 0", "commit 1", "commit 2"]
    assert fetches(server) == []
    remote.write("g", "g\n")
    remote.commit("commit 3")
    assert messages(harvest(url=url))[-1] == "commit 3"
    assert len(fetches(server)) == 1
    assert len(list((context.store / "git").glob("mirror-*.git"))) == 1


def test_check_and_fingerprint_ask_and_fetch_nothing(url, remote, check, fingerprint, server):
    check(url=url)
    assert fingerprint(url=url)["tip"] == remote.text("rev-parse", "HEAD")
    assert fetches(server) == []


def test_rewritten_history_deleted_branches_and_changed_names_are_followed(url, remote, harvest):
    remote.git("branch", "topic")
    harvest(url=url)
    remote.git("reset", "-q", "--hard", "HEAD~1")
    remote.git("branch", "-D", "topic")
    remote.git("branch", "topic/deeper")  # a folder where a file was
    remote.write("other", "x\n")
    remote.commit("rewritten")
    assert messages(harvest(url=url)) == ["commit 0", "commit 1", "rewritten"]
    assert messages(harvest(url=url, revision="topic/deeper")) == ["commit 0", "commit 1"]


def test_an_unknown_branch_names_the_nearest(url, remote, check):
    remote.git("branch", "release")
    with pytest.raises(InputError) as caught:
        check(url=url, revision="relase")
    assert "'release'" in caught.value.remedy


def test_a_commit_by_its_full_name_is_found_and_later_needs_no_network(url, remote, harvest, server):
    revision = remote.text("rev-parse", "HEAD~1")
    first = harvest(url=url, revision=revision)
    assert messages(first) == ["commit 0", "commit 1"]
    server.trouble = "redirect http://127.0.0.1:1"
    assert harvest(url=url, revision=revision).items == first.items
    with pytest.raises(InputError):
        harvest(url=url)


def test_a_commit_that_no_branch_reaches_is_asked_for_by_name(url, remote, harvest, check):
    revision = remote.text("rev-parse", "HEAD")
    remote.git("reset", "-q", "--hard", "HEAD~1")
    remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
    assert messages(harvest(url=url, revision=revision))[-1] == "commit 2"
    with pytest.raises(InputError):
        harvest(url=url, revision="f" * 40)


def test_a_token_is_used_and_is_written_and_told_nowhere(url, remote, harvest, server, context, monkeypatch):
    token = "t0ken-s3cr3t"
    coded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    server.password = f"Basic {coded}"
    monkeypatch.setenv("PAYMENTS_TOKEN", token)
    commands = []
    plain = subprocess.Popen.__init__

    def spying(self, command, *arguments, **settings):
        commands.append(str(command))
        plain(self, command, *arguments, **settings)

    monkeypatch.setattr(subprocess.Popen, "__init__", spying)
    monkeypatch.setenv("GIT_TRACE_CURL", str(context.store / "trace"))
    got = harvest(url=url, token="env:PAYMENTS_TOKEN")
    assert len(got.commits) == 3
    told = "".join(commands) + str(got.items) + str(got.events)
    written = b"".join(p.read_bytes() for p in context.store.rglob("*") if p.is_file())
    for secret in (token, coded):
        assert secret not in told
        assert secret.encode() not in written
    assert not (context.store / "trace").exists()


def test_a_wrong_or_missing_token_says_how_to_give_one(url, server, check, monkeypatch):
    server.password = "Basic right"
    for values in ({}, {"token": "env:PAYMENTS_TOKEN"}):
        monkeypatch.setenv("PAYMENTS_TOKEN", "wr0ng-s3cr3t")
        with pytest.raises(InputError) as caught:
            check(url=url, **values)
        assert "refuses" in caught.value.what
        assert "env:NAME" in caught.value.remedy
        assert "wr0ng" not in str(caught.value)
    monkeypatch.delenv("PAYMENTS_TOKEN")
    with pytest.raises(InputError, match="PAYMENTS_TOKEN is not set"):
        check(url=url, token="env:PAYMENTS_TOKEN")


def test_every_reference_to_a_token_is_taken(url, harvest, server, context, monkeypatch, tmp_path):
    token = "t0ken-s3cr3t"
    server.password = "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
    file = context.folder / "forge-token"
    file.write_text(token + "\n")
    file.chmod(0o600)
    host = server.url.partition("//")[2]
    for program, name in (("gh", "gh/hosts.yml"), ("glab", "glab-cli/config.yml")):
        hosts = tmp_path / "configuration" / name
        hosts.parent.mkdir(parents=True)
        entry = {
            "gh": f"'{host}': {{oauth_token: {token}}}",
            "glab": f"hosts: {{'{host}': {{token: {token}}}}}",
        }
        hosts.write_text(entry[program])
        hosts.chmod(0o600)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    for variable in ("GH_CONFIG_DIR", "GLAB_CONFIG_DIR"):
        monkeypatch.delenv(variable, raising=False)
    for reference in ("file:forge-token", "gh", "glab"):
        assert len(harvest(url=url, token=reference).commits) == 3
    file.chmod(0o644)
    with pytest.raises(InputError, match="others can read"):
        harvest(url=url, token="file:forge-token")


def test_a_redirect_never_carries_the_token_away(url, server, check, monkeypatch, tmp_path):
    other = started(tmp_path)
    try:
        server.trouble = f"redirect {other.url}"
        monkeypatch.setenv("PAYMENTS_TOKEN", "t0ken")
        with pytest.raises(InputError):
            check(url=url, token="env:PAYMENTS_TOKEN")
        assert other.requests == []
    finally:
        stopped(other)


def test_what_is_not_there_or_cannot_be_reached_is_told_apart(server, remote, check):
    with pytest.raises(InputError, match="no repository at that URL"):
        check(url=f"{server.url}/nowhere")
    with pytest.raises(InputError, match="cannot be reached"):
        check(url="http://127.0.0.1:1/a")


def test_a_remote_that_never_answers_is_given_up(url, server, check, monkeypatch):
    monkeypatch.setattr(mirror, "_ASK_SECONDS", 0.5)
    server.trouble = "hang"
    with pytest.raises(InputError, match="cannot be reached"):
        check(url=url)


def test_an_empty_remote_is_refused(server, make_repository, check):
    make_repository("empty")
    with pytest.raises(InputError, match="no commits"):
        check(url=f"{server.url}/empty/.git")


def test_a_clone_cut_off_half_way_is_an_error_and_the_next_one_is_whole(
    url, remote, harvest, server, context
):
    remote.write("large", "".join(str(i * i) for i in range(50_000)))
    remote.commit("large")
    server.trouble = "cut"
    with pytest.raises(InputError):
        harvest(url=url)
    server.trouble = None
    assert messages(harvest(url=url))[-1] == "large"
    assert [f.path for f in harvest(url=url).files] == ["f0", "f1", "f2", "large"]
    assert list(context.store.rglob("tmp_*")) == []


SCRIPT = """
import sys
from pathlib import Path
from cooldown_connectors.git import GitConnector
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
options = GitConnector.Options(connector="git", url=sys.argv[1])
list(GitConnector().harvest(options, HarvestContext("s", Path("/"), Path(sys.argv[2]), ignore)))
"""


def test_a_clone_that_was_killed_is_made_whole_the_next_time(url, remote, harvest, server, context):
    remote.write("large", "".join(str(i * i) for i in range(200_000)))
    remote.commit("large")
    server.trouble = "stall"
    running = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, url, str(context.store)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert server.stalled.wait(20)
    time.sleep(0.1)
    running.send_signal(signal.SIGKILL)
    running.wait(10)
    (folder,) = (context.store / "git").glob("mirror-*.git")
    (folder / "packed-refs.lock").write_text("left by the kill")
    server.trouble = None
    assert messages(harvest(url=url))[-1] == "large"
    server.released.set()


def test_the_blemishes_of_honest_old_repositories_are_no_reason_to_refuse_them(url, remote, harvest):
    tree, parent = remote.text("write-tree"), remote.text("rev-parse", "HEAD")
    old = f"tree {tree}\nparent {parent}\nauthor A <a@x> 1600400000 +051800\ncommitter B <b@x> 1600400000 +051800\n\nold\n"
    made = remote.git("hash-object", "--literally", "-t", "commit", "-w", "--stdin", stdin=old.encode())
    remote.git("update-ref", "refs/heads/main", made.decode().strip())
    got = harvest(url=url)
    assert got.reasons == {"no_changes": 1}
    assert len(got.commits) == 3


def test_references_with_evil_names_do_no_harm(url, remote, harvest, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("--output=pwned", "-x"):
        (remote.path / ".git" / "refs" / "heads" / name).write_text(remote.text("rev-parse", "HEAD") + "\n")
    assert len(harvest(url=url).commits) == 3
    assert len(harvest(url=url, revision="refs/heads/--output=pwned").commits) == 3
    assert not list(tmp_path.rglob("pwned"))


def test_a_remote_that_is_shallow_itself_is_read_to_its_edge(server, remote, harvest, tmp_path):
    remote.git("clone", "-q", "--depth=2", f"file://{remote.path}", tmp_path / "shallow")
    got = harvest(url=f"{server.url}/shallow/.git")
    assert messages(got) == ["commit 2"]
    assert got.reasons == {"shallow_boundary": 1}


def references(git):
    return dict(
        line.split()[::-1]
        for line in git.run("for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines()
    )


def test_heads_of_pull_requests_are_fetched_only_when_asked_for(url, remote, options, context, server):
    def opened(**asked):
        return look(options(url=url), context, **asked).open()

    tip = remote.text("rev-parse", "HEAD")
    remote.git("update-ref", "refs/pull/1/head", tip)
    remote.git("update-ref", "refs/pull/1/merge", tip)
    remote.git("update-ref", "refs/merge-requests/2/head", tip)
    assert set(references(opened().git)) == {"refs/heads/main"}
    asked = {"refs/heads/main", "refs/pull/1/head", "refs/merge-requests/2/head"}
    assert set(references(opened(requests=True).git)) == asked
    server.requests.clear()
    opened(requests=True)
    assert fetches(server) == []


def test_new_and_gone_pull_requests_and_tags_are_followed_though_the_branch_stands_still(
    url, remote, options, context
):
    def look_again():
        seen = look(options(url=url), context, requests=True, tags=True)
        return seen, references(seen.open().git)

    remote.git("update-ref", "refs/pull/1/head", "HEAD")
    first, before = look_again()
    remote.git("tag", "-a", "v1", "-m", "v1", "HEAD~1")
    remote.git("checkout", "-q", "--detach")
    remote.write("new", "x\n")
    remote.commit("asked for")
    remote.git("update-ref", "refs/pull/2/head", "HEAD")
    remote.git("update-ref", "-d", "refs/pull/1/head")
    remote.git("checkout", "-q", "main")
    second, after = look_again()
    assert set(before) == {"refs/heads/main", "refs/pull/1/head"}
    assert set(after) == {"refs/heads/main", "refs/pull/2/head", "refs/tags/v1"}
    assert after["refs/tags/v1"] == remote.text("rev-parse", "v1") != remote.text("rev-parse", "v1^{}")
    assert first.tip == second.tip
    assert first.fingerprint() != second.fingerprint()
    assert look_again()[0].fingerprint() == second.fingerprint()


def test_where_the_pull_requests_cannot_be_fetched_the_branch_is_read_and_a_warning_says_so(
    url, remote, options, context, events, server
):
    look(options(url=url), context).open()
    remote.git("checkout", "-q", "--detach")
    remote.write("large", "".join(str(i * i) for i in range(50_000)))
    remote.commit("asked for")
    remote.git("update-ref", "refs/pull/2/head", "HEAD")
    remote.git("checkout", "-q", "main")
    server.trouble = "cut"
    opened = look(options(url=url), context, requests=True).open()
    assert set(references(opened.git)) == {"refs/heads/main"}
    assert "1 tags or pull requests" in events[-1].text


def test_a_commit_by_its_full_name_is_read_from_the_mirror_but_its_pull_requests_are_asked_for(
    url, remote, options, context, server
):
    revision = remote.text("rev-parse", "HEAD")
    look(options(url=url, revision=revision), context).open()
    remote.git("update-ref", "refs/pull/1/head", "HEAD~1")
    opened = look(options(url=url, revision=revision), context, requests=True).open()
    assert opened.references.ids["refs/pull/1/head"] == references(opened.git)["refs/pull/1/head"]


def test_the_only_trial_merges_of_azure_are_fetched(url, remote, options, context):
    remote.git("update-ref", "refs/pull/1/merge", "HEAD")
    opened = look(options(url=url), context, requests=True).open()
    assert set(references(opened.git)) == {"refs/heads/main", "refs/pull/1/merge"}
