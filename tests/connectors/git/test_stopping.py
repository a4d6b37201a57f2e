"""However a harvest ends, no process and no thread of it stays, and the next one gives what an undisturbed one would have."""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from cooldown_connectors.git import GitConnector

from cooldown_kit.records import Commit, SourceFile


@pytest.fixture(scope="module")
def long(make_repository_at, tmp_path_factory):
    repository = make_repository_at(tmp_path_factory.mktemp("long") / "payments")
    stream = []
    for number in range(1500):
        body = b"line %d of %d\n" % (number % 7, number) * 200
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
@pytest.mark.parametrize("workers", [1, 2])
def test_closing_the_iterator_half_way_leaves_no_process(
    long, context, options, kind, workers, assert_nothing_left
):
    context = dataclasses.replace(context, workers=workers)
    items = GitConnector().harvest(options(path=str(long.path)), context)
    for item in items:
        if isinstance(item, kind):
            break
    items.close()
    assert_nothing_left()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_in_the_consumer_leaves_no_process(long, context, options, workers, assert_nothing_left):
    def fails(event):
        raise KeyboardInterrupt

    context = dataclasses.replace(context, emit=fails, workers=workers)
    with pytest.raises(KeyboardInterrupt):
        list(GitConnector().harvest(options(path=str(long.path)), context))
    assert_nothing_left()


def test_a_whole_harvest_leaves_neither_process_nor_open_file(long, harvest, context, assert_nothing_left):
    harvest(long)
    assert_nothing_left()
    left = sorted(p.name.partition("-")[0] for p in context.store.iterdir())
    assert left == ["git"]
    open_files = [f.path for f in psutil.Process().open_files() if str(context.store) in f.path]
    assert open_files == []


SCRIPT = """
import os
import signal
import sys
from pathlib import Path
from cooldown_connectors.git import GitConnector
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import Progress, ignore
from cooldown_kit.records import LineWriter
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it, and that is inherited
stopped = []
def stop(event):
    if isinstance(event, Progress) and event.done and not stopped:
        stopped.append(event)  # once: the interrupt may come a moment after the process goes on
        os.kill(os.getpid(), signal.SIGSTOP)
store, out = map(Path, sys.argv[2:4])
emit = stop if sys.argv[5] == "stopping" else ignore
context = HarvestContext("s", Path("/"), store, emit, frozenset({"before", "untouched"}), int(sys.argv[4]))
options = GitConnector.Options(connector="git", path=sys.argv[1])
with LineWriter(out) as writer:
    for item in GitConnector().harvest(options, context):
        writer.write(item)
print("done", flush=True)
"""


def _start(
    repository: Path, store: Path, out: Path, workers: int, how: str = "running"
) -> subprocess.Popen[bytes]:
    """With `how="stopping"` it stops itself (SIGSTOP) once, when it first tells that something is done."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(repository), str(store), str(out), str(workers), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def _gone(processes: list[psutil.Process]) -> bool:
    """Whether all have ended by themselves soon after; one that did not is ended here."""
    _, alive = psutil.wait_procs(processes, timeout=20)
    for process in alive:
        process.kill()
    return not alive


def test_killed_at_20_random_points_the_records_are_those_of_an_undisturbed_harvest(long, tmp_path):
    whole = tmp_path / "whole.jsonl.zst"
    started = time.monotonic()
    assert _start(long.path, tmp_path / "undisturbed", whole, 1).wait(120) == 0
    takes = time.monotonic() - started
    draw = random.Random(17)
    out, store = tmp_path / "out.jsonl.zst", tmp_path / "store"
    killed = 0
    while killed < 20:
        running = _start(long.path, store, out, 1 + killed % 2)
        try:
            assert running.wait(draw.uniform(0, takes)) == 0
            assert out.read_bytes() == whole.read_bytes(), "what kills had left was gone on with"
            shutil.rmtree(store)
        except subprocess.TimeoutExpired:
            children = psutil.Process(running.pid).children(recursive=True)
            running.kill()
            running.wait()
            killed += 1
            assert _gone(children)
    assert _start(long.path, store, out, 2).wait(120) == 0
    assert out.read_bytes() == whole.read_bytes()


def test_a_commit_that_was_diffed_before_the_kill_is_not_diffed_again(long, harvest, context, monkeypatch):
    """Its objects may even be gone: what was read once is kept."""
    context = dataclasses.replace(context, workers=1)
    half = GitConnector().harvest(
        GitConnector.Options(connector="git", path=str(long.path), take="commits"), context
    )
    first = next(half)
    half.close()

    def no_diffs(*arguments, **named):
        raise AssertionError("a commit is diffed again")

    monkeypatch.setattr("cooldown_connectors.git.shard.read_diffs", no_diffs)
    again = GitConnector().harvest(
        GitConnector.Options(connector="git", path=str(long.path), take="commits"), context
    )
    assert next(again) == first
    assert sum(1 for _ in again) == 1499


def test_an_interrupt_ends_the_harvest_and_its_processes(long, tmp_path):
    running = _start(long.path, tmp_path / "store", tmp_path / "out", 2, "stopping")
    assert os.WIFSTOPPED(os.waitpid(running.pid, os.WUNTRACED)[1]), "it ended before it told of anything"
    children = psutil.Process(running.pid).children(recursive=True)
    assert children
    running.send_signal(signal.SIGINT)
    running.send_signal(signal.SIGCONT)
    assert running.wait(20) != 0
    assert _gone(children)


def test_progress_is_told_at_most_five_times_a_second(long, harvest):
    start = time.monotonic()
    got = harvest(long)
    seconds = time.monotonic() - start
    progress = [e for e in got.events if type(e).__name__ == "Progress"]
    assert {"commits", "files"} <= {e.unit for e in progress}
    assert len(progress) <= 5 * seconds + 5
    last = {e.unit: e for e in progress}
    assert (last["commits"].done, last["commits"].total) == (1500, 1500)
    assert (last["files"].done, last["files"].total) == (500, 500)
    assert all(e.stage == "harvest" and e.detail == "payments" for e in progress)
