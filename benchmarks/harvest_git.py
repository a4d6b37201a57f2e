"""How fast the git connector is, measured against git itself and PyDriller on the same repository in the same minutes.

    python benchmarks/harvest_git.py [REPOSITORY] [--repeat 3] [--commits 3000] [--times 10] [--pydriller 300]

Without a repository it makes two, of ``--commits`` commits and of ``--times`` as many. Every figure is the best of ``--repeat`` runs, each in
a process of its own; "x git log -p" is the speed relative to ``git log -p`` to /dev/null, which makes the same patches and throws them
away. Memory is the peak of the whole tree of processes without what they share (RSS - shared), looked at thirty times a second.
Absolute figures vary with the machine and its load: compare ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from cooldown_connectors.git import GitConnector
from cooldown_connectors.git.history_store import read_into
from cooldown_connectors.git.repository import look

from cooldown_kit import patches
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from cooldown_kit.records import Commit

_NO_LIMIT = 1 << 40
_CLEAN = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}


def synthetic(folder: Path, commits: int) -> Path:
    """A packed repository: 300 source-like files of some 150 lines, one to four of them edited in each commit."""
    draw = random.Random(17)
    words = [
        f"{a}_{b}"
        for a in ("total", "rate", "ledger", "entry", "round", "cents")
        for b in ("of", "in", "by", "at")
    ]

    def line() -> str:
        return (
            "    " * draw.randint(0, 3)
            + f"{draw.choice(words)} = {draw.choice(words)}({draw.randint(0, 999)})\n"
        )

    files = {f"src/p{n % 12}/m{n}.py": [line() for _ in range(draw.randint(50, 250))] for n in range(300)}
    out = []
    for number in range(commits):
        touched = list(files) if number == 0 else draw.sample(list(files), draw.choice([1, 1, 2, 4]))
        message = f"Change {number}\n\nBecause of {draw.choice(words)}.\n"
        out.append(f"commit refs/heads/main\ncommitter B <b@x> {1_600_000_000 + number * 600} +0000\n")
        out.append(f"data {len(message)}\n{message}\n")
        for name in touched:
            lines = files[name]
            for _ in range(draw.randint(1, 4) if number else 0):
                at = draw.randrange(len(lines))
                lines[at : at + draw.randint(0, 3)] = [line() for _ in range(draw.randint(0, 5))]
            body = "".join(lines)
            out.append(f"M 644 inline {name}\ndata {len(body)}\n{body}\n")
    path = folder / "synthetic.git"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True, env=_CLEAN)
    subprocess.run(
        ["git", "fast-import", "--quiet"], input="".join(out).encode(), cwd=path, check=True, env=_CLEAN
    )
    subprocess.run(["git", "repack", "-adfq", "--depth=50"], cwd=path, check=True, env=_CLEAN)
    return path


LOG = ["git", "-c", "core.fsmonitor=false", "log", "--no-merges", "--no-ext-diff", "--no-textconv"]


def harvest(
    path: Path, store: Path, workers: int, contents: bool, signals: bool = False, after: bool = False
) -> int:
    """Characters that the connector gives of all commits: patches, with ``contents`` every file before, and with ``after`` what
    the patch makes of it."""
    limits = dict.fromkeys(("max_file_size", "max_patch_size", "max_commit_size"), _NO_LIMIT)
    options = GitConnector.Options(
        connector="git", path=str(path), take="commits", max_commit_files=250_000, repeated_changes=True,
        signals=signals, **limits,
    )  # fmt: skip
    wanted = frozenset({"before"}) if contents else frozenset()
    context = HarvestContext("benchmark", store, store, ignore, wanted, workers)
    size = 0
    for item in GitConnector().harvest(options, context):
        if isinstance(item, Commit):
            for change in item.changes:
                size += len(change.patch or "")
                size += len(change.before or "") + len((after and patches.after(change)) or "")
    return size


def metadata(path: Path, store: Path) -> int:
    """The first pass: every commit with its rows, kept on disk."""
    options = GitConnector.Options(connector="git", path=str(path))
    repository = look(options, HarvestContext("benchmark", store, store, ignore)).open()
    read_into(store / "history", repository.git, [repository.tip])
    return 0


def pydriller(path: Path, newest: int) -> int:
    """Diff and both contents of the newest commits."""
    from pydriller import Repository

    listed = subprocess.run(
        ["git", "rev-list", "--no-merges", f"--max-count={newest}", "HEAD"],
        cwd=path, env=_CLEAN, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    # It opens no bare repository of another name than NAME.git; the clone shares the objects, and its time is not counted.
    size = 0
    for commit in Repository(str(path), only_commits=listed).traverse_commits():
        for file in commit.modified_files:
            size += len(file.diff or "") + len(file.source_code or "") + len(file.source_code_before or "")
    return size


WORK = {
    "first pass": lambda path, store, _: metadata(path, store),
    "patches, 1 process": lambda path, store, _: harvest(path, store, 1, False),
    "patches, 2 processes": lambda path, store, _: harvest(path, store, 2, False),
    "patches and signals, 2": lambda path, store, _: harvest(path, store, 2, False, True),
    "patches and contents, 1": lambda path, store, _: harvest(path, store, 1, True),
    "patches and contents, 2": lambda path, store, _: harvest(path, store, 2, True),
    "... and computed after, 2": lambda path, store, _: harvest(path, store, 2, True, after=True),
    "PyDriller": lambda path, _, newest: pydriller(path, newest),
}


def measured(command: list[str], folder: Path) -> tuple[float, float, str]:
    """Seconds, MiB at the peak, and what a command printed."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = psutil.Popen(
            command, cwd=folder, env={**os.environ, **_CLEAN}, stdout=out, stderr=subprocess.DEVNULL
        )
        most = 0
        while process.poll() is None:
            most = max(most, sum(private(one) for one in tree(process)))
            time.sleep(0.03)
        seconds = time.perf_counter() - start
        if process.returncode:
            raise SystemExit(f"{command} ended with {process.returncode}")
        out.seek(0)
        text = out.read(200).decode()
    return seconds, most / (1 << 20), text


def tree(process: psutil.Process) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        yield process
        yield from process.children(recursive=True)


def private(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        memory = process.memory_info()
        return int(memory.rss - memory.shared)
    return 0


def again(
    name: str, path: Path, folder: Path, repeat: int, newest: int, fresh: bool
) -> tuple[float, float, int]:
    """The best seconds and memory of some runs, and the characters that each gave."""
    best, memory, size = float("inf"), float("inf"), 0
    for _ in range(repeat):
        store = folder / "store"
        if fresh:
            shutil.rmtree(store, ignore_errors=True)
        store.mkdir(exist_ok=True)
        command = [
            sys.executable,
            __file__,
            str(path),
            "--one",
            name,
            "--store",
            str(store),
            "--pydriller",
            str(newest),
        ]
        seconds, most, said = measured(command, folder)
        inner, size = float(said.split()[0]), int(said.split()[1])
        del seconds  # the process's own start is not what is compared: git's is a millisecond
        best, memory = min(best, inner), min(memory, most)
    return best, memory, size


def table(path: Path, folder: Path, repeat: int, newest: int) -> None:
    """Print the table for one repository."""
    counted = subprocess.run(
        ["git", "rev-list", "--count", "--no-merges", "HEAD"],
        cwd=path,
        env=_CLEAN,
        check=True,
        capture_output=True,
    )
    commits = int(counted.stdout)
    log = min((measured([*LOG, "-p", "HEAD"], path) for _ in range(repeat)), key=lambda one: one[0])
    raw = min((measured([*LOG, "--raw", "-z", "HEAD"], path) for _ in range(repeat)), key=lambda one: one[0])
    rows = [("git log -p", commits, *log[:2], 0), ("git log --raw", commits, *raw[:2], 0)]
    ours = [name for name in WORK if name != "PyDriller"]
    rows += [(name, commits, *again(name, path, folder, repeat, newest, fresh=True)) for name in ours]
    rows.append(
        (
            "the same again",
            commits,
            *again("patches and contents, 2", path, folder, repeat, newest, fresh=False),
        )
    )
    if newest:
        some = min(newest, commits)
        rows.append(
            (f"PyDriller, newest {some}", some, *again("PyDriller", path, folder, 1, some, fresh=True))
        )
    print(f"\n{path}: {commits:,} commits without merges; best of {repeat}\n")
    print(f"| {'':24}| seconds | commits/s | x git log -p | MB/s of text | peak MiB |")
    print(f"|{'-' * 25}|--------:|----------:|-------------:|-------------:|---------:|")
    for name, count, seconds, memory, size in rows:
        ratio = (count / seconds) / (commits / log[0])
        text = f"{size / seconds / 1e6:.1f}" if size else ""
        print(
            f"| {name:24}| {seconds:7.2f} | {count / seconds:9,.0f} | {ratio:12.2f} | {text:>12} | {memory:8.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--commits", type=int, default=3000)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--pydriller", type=int, default=300, metavar="COMMITS")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        start = time.perf_counter()
        size = WORK[arguments.one](arguments.repository, arguments.store, arguments.pydriller)
        print(time.perf_counter() - start, size)
        return
    with tempfile.TemporaryDirectory() as folder:
        if arguments.repository:
            table(arguments.repository.resolve(), Path(folder), arguments.repeat, arguments.pydriller)
            return
        for commits in (arguments.commits, arguments.commits * arguments.times):
            path = synthetic(Path(folder) / str(commits), commits)
            table(path, Path(folder), arguments.repeat, arguments.pydriller)


if __name__ == "__main__":
    main()
