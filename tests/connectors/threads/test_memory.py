"""Ten times the data takes no more memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from thread_sources.dumps import answer, comment, question, user, write_dump
from thread_sources.mails import mail, mbox

SCRIPT = """
import sys, tracemalloc
from pathlib import Path
from cooldown_connectors.threads import ThreadsConnector, ThreadsOptions
from cooldown_kit.connector import HarvestContext
from cooldown_connectors.text import html
html.to_markdown = lambda text: (None, text)  # it keeps nothing, and would take most of the test's time
folder = Path(sys.argv[1])
context = HarvestContext(source="talk", folder=folder, store=folder / "store", emit=lambda event: None, workers=1)
options = ThreadsOptions(connector="threads", path=sys.argv[2])
tracemalloc.start()
for item in ThreadsConnector().harvest(options, context):
    del item
print(tracemalloc.get_traced_memory()[1])
"""


def peak(folder: Path, path: str) -> int:
    """Bytes that the harvest held at most, in a process of its own."""
    run = [sys.executable, "-c", SCRIPT, str(folder), path]
    return int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)


def make_dump(folder: Path, size: int) -> str:
    write_dump(
        folder / "site",
        Posts=[
            *(question(n, Body="<p>" + "word " * 100 + "</p>") for n in range(1, size)),
            *(answer(n + size, n) for n in range(1, size)),
        ],
        Comments=[comment(n, n) for n in range(1, size)],
        Users=[user(n, f"user {n}") for n in range(1, size)],
    )
    return "site"


def make_mails(folder: Path, size: int) -> str:
    (folder / "list.mbox").write_bytes(
        mbox(mail(n, b"word " * 100 + b"\n", answers=[n - 1] if n % 5 else []) for n in range(size))
    )
    return "list.mbox"


@pytest.mark.parametrize("make", [make_dump, make_mails])
def test_ten_times_as_much_takes_no_more_memory(tmp_path: Path, make) -> None:
    peaks = []
    for size in (600, 6000):
        folder = tmp_path / str(size)
        folder.mkdir()
        peaks.append(peak(folder, make(folder, size)))
    assert peaks[1] < 1.5 * peaks[0] + (1 << 20), peaks
