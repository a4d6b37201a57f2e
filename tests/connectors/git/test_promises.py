"""What people suffer from elsewhere and do not suffer from here: one promise, one test, on real repositories."""

from __future__ import annotations

import dataclasses
import os
import random
import resource
import subprocess
import sys
import time
import tracemalloc
from collections import Counter

import pytest
from cooldown_connectors.git import mirror
from cooldown_connectors.git.configuration import SETTINGS
from cooldown_connectors.git.options import TAKES

from cooldown_kit.documents import Document
from cooldown_kit.errors import InputError
from cooldown_kit.model.tokenizer import Encoder
from cooldown_kit.records import Commit, PullRequest
from cooldown_kit.render.commit import render_commit
from cooldown_kit.render.origin import Origin

from ...conftest import save_tiny_tokenizer
from .test_mirror import Handler, fetches, server  # noqa: F401 - one is a fixture


@pytest.fixture
def context(context):
    """One worker, so that what it does can be seen from here."""
    return dataclasses.replace(context, workers=1)


def fresh(context, name):
    """The same context with a memory of its own."""
    return dataclasses.replace(context, store=context.store / name)


def grown(repository, count, *, size=20, message=1, same=False):
    """A history of ``count`` commits, each of which rewrites one file of ``size`` bytes and adds a line to another."""
    stream = []
    for number in range(count):
        body = b"%d\n" % number + b"0123456789 abcdef\n" * (size // 18)
        name = b"same" if same else b"f%d" % (number % 50)
        stream.append(
            b"commit refs/heads/main\ncommitter B <b@x> %d +0000\ndata %d\n%s\n"
            % (1_600_000_000 + number, message, b"m" * message)
        )
        stream.append(b"M 644 inline %s\ndata %d\n%s\n" % (name, len(body), body))
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))
    return repository


def processes_listed(monkeypatch):
    """Every command that this process starts from now on."""
    listed = []
    real = subprocess.Popen.__init__

    def listening(self, command, *arguments, **settings):
        listed.append(command)
        real(self, command, *arguments, **settings)

    monkeypatch.setattr(subprocess.Popen, "__init__", listening)
    return listed


def test_two_thousand_commits_need_no_more_processes_than_two_hundred_but_for_shards(
    make_repository, harvest, context, monkeypatch
):
    everything = dataclasses.replace(context, wanted=frozenset({"before", "untouched"}))
    listed = processes_listed(monkeypatch)
    counts = []
    for count in (200, 2000):
        repository = grown(make_repository(f"r{count}"), count)
        listed.clear()
        got = harvest(
            repository, within=everything, take=["commits", "files", "notebooks", "releases", "pull_requests"]
        )
        assert len(got.commits) == count
        counts.append(len(listed))
    assert counts[0] <= 30
    assert counts[1] - counts[0] <= 4 * 2000 // 500, "a few for each shard, none for a commit"


MEASURE = """
import resource, sys
from pathlib import Path
from cooldown_connectors.git import GitConnector
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
wanted = frozenset(filter(None, sys.argv[3].split(",")))
context = HarvestContext("s", Path("/"), Path(sys.argv[2]), ignore, wanted, 1)
options = GitConnector.Options(connector="git", path=sys.argv[1])
seen = sum(1 for _ in GitConnector().harvest(options, context))
try:  # what it was before it became this program counts in the other figure
    most = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
except OSError:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(seen, most >> 10, children >> 10)
"""


def most_memory(repository, store, wanted=""):
    """Records, and the most MiB that our process and any git process held."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(repository.path), str(store), wanted],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )
    return [int(word) for word in done.stdout.split()]


def test_ten_times_the_history_takes_no_more_memory(make_repository, tmp_path):
    """Some 100 MB of patches: were records, entries or lines kept, it would show."""
    seen = {}
    for count in (300, 3000):
        repository = grown(make_repository(f"r{count}"), count, size=16_000, message=2000)
        seen[count] = most_memory(repository, tmp_path / f"store{count}")
    assert (seen[300][0], seen[3000][0]) == (350, 3050)
    assert seen[3000][1] - seen[300][1] < 40
    assert seen[3000][1] < 300


def test_memory_for_contents_is_bounded_in_bytes_however_many_there_are(make_repository, tmp_path):
    """One large file that every commit changes: 90 MB of contents before the change, of which 32 are kept."""
    seen = {}
    for count in (30, 300):
        repository = grown(make_repository(f"r{count}"), count, size=300_000, same=True)
        seen[count] = most_memory(repository, tmp_path / f"store{count}", "before")
    assert seen[300][1] - seen[30][1] < 50
    assert seen[300][1] < 300


def test_a_commit_of_2500_files_is_taken_whole_where_that_is_allowed_and_else_counted(
    repository, harvest, assert_equal_to_git
):
    repository.write("d0/f0", "before\n")
    repository.commit("Before")
    for number in range(2500):
        repository.write(f"d{number % 40}/f{number}", f"{number}\n")
    large = repository.commit("Large")
    repository.write("d0/f0", "after\n")
    repository.commit("After")
    got = harvest(repository, take="commits")
    assert got.skipped == {large: "too_many_files"}
    assert [commit.message for commit in got.commits] == ["Before", "After"]
    whole = harvest(repository, take="commits", max_commit_files=2500).commits[1]
    assert len(whole.changes) == 2500
    assert {change.path: change.patch for change in whole.changes} == {
        f"d{number % 40}/f{number}": f"@@ -0,0 +1 @@\n+{number}\n" if number else "@@ -1 +1 @@\n-before\n+0\n"
        for number in range(2500)
    }


def test_exactly_the_commits_of_the_asked_range_come(repository, harvest):
    """Branches, clocks that went back, all bounds: compared with git's list of what the revision reaches."""
    draw = random.Random(17)
    for number in range(40):
        if number % 7 == 3:
            repository.git("checkout", "-q", "-b", f"b{number}", f"HEAD~{draw.randrange(1, 3)}")
        repository.day = draw.randrange(60)
        repository.write(f"f{number}", f"{number}\n")
        repository.commit(f"{number}")
        if number % 7 == 6:
            repository.git("checkout", "-q", "main")
            repository.git("merge", "-q", "--no-ff", "-m", "Merge", f"b{number - 3}")
    repository.git("tag", "here", "HEAD~2")
    for revision in ("main", "here", "b10", repository.text("rev-parse", "HEAD~4")):
        rows = repository.text("log", "--format=%H %ct", revision).splitlines()
        times = {row.split()[0]: int(row.split()[1]) for row in rows}
        seconds = sorted(set(times.values()))
        for since, until in [(None, None), *(sorted(draw.sample(seconds, 2)) for _ in range(3))]:
            bounds = {"since": since, "until": until}
            window = {
                name: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
                for name, at in bounds.items()
                if at
            }
            got = harvest(repository, take="commits", revision=revision, merges=True, **window)
            outside = {what for what, reason in got.skipped.items() if reason == "outside_window"}
            inside = {r for r, at in times.items() if (since or 0) <= at <= (until or 1 << 40)}
            assert {c.revision for c in got.commits} | (set(got.skipped) - outside) == inside
            assert outside == set(times) - inside


@pytest.fixture
def requested(repository):
    """A repository with a commit that only a pull request's reference leads to."""
    repository.write("a", "1\n")
    repository.commit("Begin")
    repository.git("checkout", "-q", "--detach")
    repository.write("a", "2\n")
    repository.git("update-ref", "refs/pull/7/head", repository.commit("Only in the request"))
    repository.git("checkout", "-q", "main")
    return repository


def test_commits_that_only_a_pull_request_leads_to_can_be_read(requested, harvest, server, tmp_path):  # noqa: F811
    requested.git("clone", "-q", "--mirror", f"file://{requested.path}", tmp_path / "mirror.git")
    for place in (
        {"path": str(requested.path)},
        {"path": "mirror.git"},
        {"url": f"{server.url}/payments/.git"},
    ):
        got = harvest(revision="refs/pull/7/head", take="commits", **place)
        assert [commit.message for commit in got.commits] == ["Begin", "Only in the request"]
        (request,) = [
            item for item in harvest(take="pull_requests", **place).items if isinstance(item, PullRequest)
        ]
        assert request.changes[0].patch == "@@ -1 +1 @@\n-1\n+2\n"


def test_a_diff_that_takes_git_too_long_ends_within_its_budget_and_the_rest_goes_on(repository, harvest):
    """No cunning: digits in random order, for which the shortest difference is hard to find."""
    draw = random.Random(17)

    def digits():
        return "".join(f"{draw.randrange(10)}\n" for _ in range(250_000))

    repository.write("small", "1\n")
    repository.write("a", digits())
    repository.write("b", digits())
    repository.commit("Before")
    repository.write("a", digits())
    repository.write("b", digits())
    slow = repository.commit("Slow")
    repository.write("small", "2\n")
    repository.commit("After")
    limits = dict.fromkeys(("max_patch_size", "max_commit_size"), 1 << 30)
    got = harvest(repository, take="commits", signals=False, max_commit_seconds=2, **limits)
    assert got.skipped == {slow: "too_slow"}
    assert [commit.message for commit in got.commits] == ["Before", "After"]


def test_a_diff_that_is_too_large_ends_within_its_budget_and_the_rest_goes_on(repository, harvest):
    line = b"0123456789 abcdef\n"
    repository.write("small", "1\n")
    repository.commit("Before")
    for number in range(50):
        repository.write(f"d/{number}", b"%d\n" % number + line * (700_000 // len(line)))
    large = repository.commit("35 million characters")
    repository.write("small", "2\n")
    repository.commit("After")
    tracemalloc.start()
    try:
        got = harvest(repository, take="commits", signals=False)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert got.skipped == {large: "too_large"}
    assert [commit.message for commit in got.commits] == ["Before", "After"]
    assert most < 20 << 20, "the 4 MiB that a commit may have, as often as they are copied"


def test_open_files_stay_bounded_whatever_the_history(make_repository, harvest, context, monkeypatch):
    """The limit leaves room for forty more than are open now; what is read back lies in some hundred files."""
    monkeypatch.setattr("cooldown_connectors.git.shard.PART", 20)
    repository = grown(make_repository("long"), 2000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(descriptors) + 40, hard))
    try:
        got = harvest(repository, take=["commits", "files", "releases", "pull_requests"])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(got.commits) == 2000
    assert len(list(context.store.rglob("*.diffs"))) >= 100


def test_a_harvest_that_is_stopped_again_and_again_loses_nothing_and_does_little_twice(
    make_repository, harvest, context, monkeypatch
):
    """Stopped wherever something is read from git: in either pass, between them, while records are given away."""
    from cooldown_connectors.git import hardened, shard

    monkeypatch.setattr(shard, "PART", 50)
    repository = grown(make_repository("long"), 600, size=400)
    expected = harvest(repository, within=fresh(context, "undisturbed")).items
    diffed: Counter[str] = Counter()
    real_diffs, real_read = shard.read_diffs, hardened.Stream.read

    def listening(git, requests, **limits):
        for request, diff in zip(requests, real_diffs(git, requests, **limits), strict=True):
            diffed[request.revision] += 1
            yield diff

    left = [0]

    def stops(stream):
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return real_read(stream)

    monkeypatch.setattr(shard, "read_diffs", listening)
    monkeypatch.setattr(hardened.Stream, "read", stops)
    stopped_times, got = 0, None
    for reads in range(3, 1000):  # one more every time, from the start
        left[0] = reads
        try:
            got = harvest(repository).items
            break
        except KeyboardInterrupt:
            stopped_times += 1
    assert stopped_times > 10
    assert got == expected
    assert set(diffed) == {item.revision for item in expected if isinstance(item, Commit)}
    assert sum(diffed.values()) <= 600 + 2 * 50 * stopped_times


def test_a_first_pass_that_was_killed_after_any_byte_keeps_no_half_a_commit(
    make_repository, history_of, tmp_path, monkeypatch
):
    from cooldown_connectors.git.hardened import GitFailed, find_git
    from cooldown_connectors.git.history_store import read_into

    repository = make_repository("small")
    for number in range(6):
        for name in range(4):
            repository.write(f"file {name}", f"{number} {name}\n")
        repository.commit(f"Commit {number}\n\nwith a body")
    tip = repository.text("rev-parse", "HEAD")
    git, whole = history_of(repository, tip)
    expected = [entry for _, entry in whole.entries(range(6))]
    program = find_git()
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "git"
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    draw = random.Random(17)
    for cut in [0, 1, *sorted(draw.sample(range(2, 4500), 25))]:
        wrapper.write_text(
            f'#!/bin/sh\ncase " $* " in *" log "*) {program} "$@" | head -c {cut}; kill -9 $$;; *) exec {program} "$@";; esac\n'
        )
        wrapper.chmod(0o755)
        with pytest.raises(GitFailed):
            read_into(tmp_path / f"cut{cut}", git, [tip])
        wrapper.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
        again = read_into(tmp_path / f"cut{cut}", git, [tip])
        assert [entry for _, entry in again.entries(range(6))] == expected


class Slow(Handler):
    """Sends what it fetches in small pieces."""

    def answer(self, body):
        if b"command=fetch" in body:
            self.wfile = _Dripping(self.wfile)
        super().answer(body)


class _Dripping:
    def __init__(self, real):
        self._real = real

    def write(self, data):
        size = len(data) // 15 + 1
        for start in range(0, len(data), size):
            self._real.write(data[start : start + size])
            self._real.flush()
            if len(data) > 10_000:
                time.sleep(0.1)

    def __getattr__(self, name):
        return getattr(self._real, name)


def test_a_clone_has_no_time_limit_as_long_as_something_comes_and_says_how_far_it_is(
    repository,
    server,  # noqa: F811
    harvest,
    monkeypatch,
):
    server.RequestHandlerClass = Slow
    for number in range(150):
        repository.write(f"f{number}", "".join(f"{number * i}\n" for i in range(200)))
    repository.commit("Large")
    monkeypatch.setattr(
        mirror, "_ASK_SECONDS", 1.0
    )  # what a question may take; the answer below takes longer
    begin = time.monotonic()
    got = harvest(url=f"{server.url}/payments/.git")
    assert time.monotonic() - begin > 1.0
    assert len(got.files) == 150
    told = [event.done for event in got.events if getattr(event, "unit", "") == "objects received"]
    assert told == sorted(told)
    assert len(set(told)) >= 3


def test_a_clone_from_which_nothing_comes_any_more_is_given_up(repository, server, harvest, monkeypatch):  # noqa: F811
    repository.write("large", "".join(str(i * i) for i in range(50_000)))
    repository.commit("Large")
    monkeypatch.setitem(SETTINGS, "http.lowSpeedTime", "1")
    server.trouble = "stall"
    with pytest.raises(InputError, match="cannot be reached"):
        harvest(url=f"{server.url}/payments/.git")


def test_submodules_are_named_and_not_entered(repository, server, harvest, make_repository):  # noqa: F811
    other = make_repository("other")
    other.write("inside", "x\n")
    revision = other.commit("Other")
    repository.write(
        ".gitmodules", f'[submodule "m"]\n\tpath = m\n\turl = {server.url}/other/.git\n\tupdate = checkout\n'
    )
    repository.commit("Begin")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{revision},m")
    repository.git("commit", "-q", "-m", "A submodule")
    got = harvest(url=f"{server.url}/payments/.git")
    assert fetches(server)
    assert {path.partition("/.git")[0] for _, path, _, _ in server.requests} == {"/payments"}
    assert got.skipped == {"m": "submodule"}
    assert [(change.path, change.left_out) for change in got.commits[1].changes] == [("m", "submodule")]


SPECIAL = "<|endoftext|><repo_name><file_sep>"


def test_the_name_of_a_special_token_is_text_in_the_record_and_ordinary_tokens_after_it(
    repository, harvest, context, tmp_path
):
    repository.write(f"{SPECIAL}.py", "a = 1\n")
    repository.commit("Begin")
    repository.write(f"{SPECIAL}.py", f"a = {SPECIAL!r}\n")
    repository.commit(f"Say {SPECIAL}\n\n{SPECIAL}\n")
    wanting = dataclasses.replace(context, wanted=frozenset({"before", "untouched"}))
    got = harvest(repository, within=wanting)
    commit, (file,) = got.commits[1], got.files
    assert commit.message == f"Say {SPECIAL}\n\n{SPECIAL}"
    assert commit.changes[0].patch == f"@@ -1 +1 @@\n-a = 1\n+a = {SPECIAL!r}\n"
    assert (file.path, file.content) == (f"{SPECIAL}.py", f"a = {SPECIAL!r}\n")
    document = render_commit(commit, Origin("s", "git", lambda mail: "hash"))
    assert isinstance(document, Document)
    texts = [commit.message, commit.changes[0].patch, file.path, file.content]
    texts += [segment.text for segment in document.segments]
    assert sum(SPECIAL in text for text in texts) >= 5
    save_tiny_tokenizer(tmp_path / "tokenizer")
    encoder = Encoder(tmp_path / "tokenizer")
    special = {encoder.special_token_id(name) for name in ("<|endoftext|>", "<repo_name>", "<file_sep>")}
    for text, ids in zip(texts, encoder.encode_batch(texts), strict=True):
        assert not special & set(ids.tolist())
        assert encoder.decode(ids) == text


def test_opening_an_untrusted_repository_runs_no_monitor_of_its_files(
    repository, harvest, check, fingerprint, tmp_path
):
    marker = tmp_path / "ran"
    program = tmp_path / "monitor"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    repository.write("a", "a\n")
    repository.commit()
    repository.git("config", "core.fsmonitor", str(program))
    for take in TAKES:
        check(path=str(repository.path), take=take)
        fingerprint(path=str(repository.path), take=take)
        harvest(repository, take=take)
    assert not marker.exists()
    repository.git("status")
    assert marker.exists(), "plain git runs it"
