"""However a harvest ends, no process and no thread of it stays, and what a kill left does no harm."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from cooldown_connectors.git import GitConnector

from cooldown_kit.records import Commit, SourceFile


@pytest.fixture(scope="module")
def long(make_repository_at, tmp_path_factory):
    repository = make_repository_at(tmp_path_factory.mktemp("long") / "payments")
    stream = []
    for number in range(3000):
        body = b"%d\n" % number * 200
        stream.append(
            b"commit refs/heads/main\ncommitter B <b@x> %d +0000\ndata 1\nx\n" % (1_600_000_000 + number)
        )
        stream.append(b"M 644 inline f%d\ndata %d\n%s\n" % (number % 500, len(body), body))
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))
    return repository


@pytest.fixture
def assert_nothing_left():
    """Compares with what was there before: other tests of this process may have left something."""

    def now():
        return set(psutil.Process().children(recursive=True)), set(threading.enumerate())

    before = now()

    def check():
        assert now() == before

    return check


@pytest.mark.parametrize("kind", [Commit, SourceFile])
def test_closing_the_iterator_half_way_leaves_no_process(long, context, options, kind, assert_nothing_left):
    items = GitConnector().harvest(options(path=str(long.path)), context)
    for item in items:
        if isinstance(item, kind):
            break
    items.close()
    assert_nothing_left()


def test_an_exception_in_the_consumer_leaves_no_process(long, context, options, assert_nothing_left):
    def fails(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(GitConnector().harvest(options(path=str(long.path)), dataclasses.replace(context, emit=fails)))
    assert_nothing_left()


def test_a_whole_harvest_leaves_neither_process_nor_file(long, harvest, context, assert_nothing_left):
    harvest(long)
    assert_nothing_left()
    left = sorted(p.name.partition("-")[0] for p in context.store.iterdir())
    assert left == ["git"]
    open_files = [f.path for f in psutil.Process().open_files() if str(context.store) in f.path]
    assert open_files == []


SCRIPT = """
import sys
from pathlib import Path
from cooldown_connectors.git import GitConnector
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
context = HarvestContext("s", Path("/"), Path(sys.argv[2]), ignore)
for item in GitConnector().harvest(GitConnector.Options(connector="git", path=sys.argv[1]), context):
    if type(item).__name__ == "Commit":
        print("commit", flush=True)
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_after_a_kill_no_git_stays_and_the_next_harvest_is_whole(long, harvest, context, sent):
    expected = harvest(long).items
    running = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(long.path), str(context.store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert running.stdout.readline()
    children = psutil.Process(running.pid).children(recursive=True)
    assert children
    running.send_signal(sent)
    running.stdout.close()
    assert running.wait(10) != 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert harvest(long).items == expected


def test_progress_is_told_at_most_five_times_a_second(long, harvest):
    start = time.monotonic()
    got = harvest(long)
    seconds = time.monotonic() - start
    progress = [e for e in got.events if type(e).__name__ == "Progress"]
    assert {"commits", "files"} <= {e.unit for e in progress}
    assert len(progress) <= 5 * seconds + 3
    last = {e.unit: e for e in progress}
    assert (last["commits"].done, last["commits"].total) == (3000, 3000)
    assert (last["files"].done, last["files"].total) == (500, 500)
    assert all(e.stage == "harvest" and e.detail == "payments" for e in progress)
