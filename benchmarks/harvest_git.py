"""How fast the git connector is, measured against git itself on the same repository in the same minutes.

    python benchmarks/harvest_git.py [REPOSITORY] [--repeat 3] [--commits 2000]

Without a repository it makes one of ``--commits`` commits. Each row is the best of ``--repeat`` runs; "x git log -p" is the speed
relative to ``git log -p`` to /dev/null, which makes the same patches and throws them away. Absolute figures vary with the machine
and its load: compare ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
from cooldown_connectors.git import GitConnector
from cooldown_connectors.git.history import read_history
from cooldown_connectors.git.repository import look

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
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True, env=_CLEAN)
    subprocess.run(
        ["git", "fast-import", "--quiet"], input="".join(out).encode(), cwd=path, check=True, env=_CLEAN
    )
    subprocess.run(["git", "repack", "-adfq", "--depth=50"], cwd=path, check=True, env=_CLEAN)
    return path


def git(path: Path, *arguments: str) -> None:
    """Run a git command and throw its output away."""
    flags = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    subprocess.run(["git", *flags, *arguments], cwd=path, check=True, stdout=subprocess.DEVNULL, env=_CLEAN)


def best(work: Callable[[], int | None], repeat: int) -> tuple[float, int]:
    """Seconds of the fastest of some runs, and the bytes of patch that it gave."""
    seconds, size = float("inf"), 0
    for _ in range(repeat):
        start = time.perf_counter()
        size = work() or 0
        seconds = min(seconds, time.perf_counter() - start)
    return seconds, size


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--commits", type=int, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = (arguments.repository or synthetic(Path(folder), arguments.commits)).resolve()
        measure(path, Path(folder), arguments.repeat)


def measure(path: Path, folder: Path, repeat: int) -> None:
    """Print the table for one repository."""
    context = HarvestContext("benchmark", folder, folder, ignore)

    def options(**values: object) -> object:
        no_limits = dict.fromkeys(
            ("max_file_size", "max_patch_size", "max_commit_size", "max_commit_files"), _NO_LIMIT
        )
        return GitConnector.Options(connector="git", path=str(path), **no_limits, **values)

    def harvest_items(**values: object) -> Iterable[object]:
        return GitConnector().harvest(options(**values), context)

    def harvest(**values: object) -> int:
        size = 0
        for item in harvest_items(**values):
            if isinstance(item, Commit):
                size += sum(len(change.patch or "") for change in item.changes)
        return size

    def metadata() -> None:
        repository = look(options(), context).open()
        for _ in read_history(
            repository.git, repository.tip, merge_rows=False, max_message=_NO_LIMIT, max_rows=_NO_LIMIT
        ):
            pass

    counted = subprocess.run(
        ["git", "rev-list", "--count", "--no-merges", "HEAD"],
        cwd=path,
        check=True,
        capture_output=True,
        env=_CLEAN,
    )
    commits = int(counted.stdout)
    rows: dict[str, Callable[[], int | None]] = {
        "git rev-list": lambda: git(path, "rev-list", "--no-merges", "HEAD"),
        "git log --raw": lambda: git(path, "log", "--raw", "-z", "--no-abbrev", "--no-merges", "HEAD"),
        "git log -p": lambda: git(path, "log", "-p", "--no-merges", "--no-ext-diff", "--no-textconv", "HEAD"),
        "ours: first pass": metadata,
        "ours: commits": lambda: harvest(take="commits"),
        "ours: commits and files": lambda: harvest(),
    }
    measured = {name: best(work, repeat) for name, work in rows.items()}
    reference = measured["git log -p"][0]
    print(f"{path.name}: {commits} commits without merges; best of {repeat}\n")
    print(f"| {'':24}| seconds | commits/s | x git log -p | MB/s of patch |")
    print(f"|{'-' * 25}|--------:|----------:|-------------:|--------------:|")
    for name, (seconds, size) in measured.items():
        megabytes = f"{size / seconds / 1e6:.1f}" if size else ""
        print(
            f"| {name:24}| {seconds:7.2f} | {commits / seconds:9,.0f} | {reference / seconds:12.2f} | {megabytes:>13} |"
        )
    print(
        f"\nPeak memory while harvesting commits and files, this process and git together: {peak(harvest_items()):.0f} MiB"
    )


def peak(items: Iterable[object]) -> float:
    """MiB of resident memory that this process and its children had at most, looked at every hundred items."""
    process, most = psutil.Process(), 0
    for number, _ in enumerate(items):
        if number % 100 == 0:
            sizes = []
            for one in (process, *process.children()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    sizes.append(one.memory_info().rss)
            most = max(most, sum(sizes))
    return most / (1 << 20)


if __name__ == "__main__":
    main()
