"""A harvest that is killed anywhere goes on and ends as one that was not."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from cooldown_connectors.threads import dump, index_file
from cooldown_connectors.threads.index_file import IndexFile

from thread_sources.dumps import answer, comment, question, user, write_dump
from thread_sources.mails import mail, mbox

SITE = "unix.stackexchange.com"


class KilledError(Exception):
    """Stands for a kill: what was not committed is lost."""


def make_dump(tmp_path: Path) -> str:
    write_dump(
        tmp_path / SITE,
        Users=[user(n, f"user {n}") for n in range(1, 6)],
        Posts=[
            *(question(n) for n in range(1, 9)),
            *(answer(n + 20, n) for n in range(1, 9)),
            answer(50, 99),
            question(1, Body="again"),
        ],
        Comments=[comment(n, n + 20) for n in range(1, 9)],
        PostLinks=[{"Id": 1, "PostId": 1, "LinkTypeId": 3}],
    )
    return SITE


def make_archive(tmp_path: Path) -> str:
    import py7zr

    make_dump(tmp_path)
    with py7zr.SevenZipFile(tmp_path / f"{SITE}.7z", "w") as archive:
        for path in sorted((tmp_path / SITE).iterdir()):
            archive.write(path, path.name)
    return f"{SITE}.7z"


def make_export(tmp_path: Path) -> str:
    questions = [
        {
            "question_id": n,
            "title": "t",
            "body": "<p>x</p>",
            "creation_date": 1577934245,
            "answers": [{"answer_id": n + 20, "body": "<p>y</p>", "creation_date": 1577934246}],
        }
        for n in range(1, 9)
    ]
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "questions.json").write_bytes(
        msgspec.json.encode([*questions, {"question_id": "bad"}, *questions[:1]])
    )
    return "team"


def make_mails(tmp_path: Path) -> str:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "a.mbox").write_bytes(mbox([mail(n) for n in range(6)] + [mail(0)]))
    (tmp_path / "dev" / "b.mbox.gz").write_bytes(
        gzip.compress(mbox([mail(n, answers=[n - 6]) for n in range(6, 12)]))
    )
    (tmp_path / "dev" / "c.eml").write_bytes(mail(20, answers=[11]))
    return "dev"


@pytest.mark.parametrize("make", [make_dump, make_archive, make_export, make_mails])
def test_a_harvest_killed_at_every_commit_ends_as_an_undisturbed_one(
    harvest, tmp_path, context, monkeypatch, make
) -> None:
    path = make(tmp_path)
    undisturbed = harvest(path)
    assert undisturbed.threads
    for index in context.store.rglob("*.sqlite*"):
        index.unlink()
    monkeypatch.setattr(index_file, "BATCH", 3)
    monkeypatch.setattr(dump, "_CHUNK", 100)
    commit, real = [0], IndexFile.commit
    kills = 0

    def killed(self: IndexFile) -> None:
        real(self)
        commit[0] += 1
        if commit[0] > 1:  # each life commits once, and dies at the second
            raise KilledError

    monkeypatch.setattr(IndexFile, "commit", killed)
    while True:
        commit[0] = 0
        try:
            result = harvest(path)
            break
        except KilledError:
            kills += 1
            assert kills < 200
    assert kills >= 2
    assert (result.threads, result.skipped) == (undisturbed.threads, undisturbed.skipped)


SCRIPT = """
import os, signal, sys
from pathlib import Path
from cooldown_connectors.threads import ThreadsConnector, ThreadsOptions, index_file
from cooldown_kit.connector import HarvestContext
index_file.BATCH = 5
real, count = index_file.IndexFile.pass_over, [0]
read_to = index_file.IndexFile.read_to
def counted(self, *arguments, **named):
    count[0] += 1
    if count[0] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    read_to(self, *arguments, **named)
index_file.IndexFile.read_to = counted
folder = Path(sys.argv[1])
context = HarvestContext(source="talk", folder=folder, store=folder / "store", emit=lambda event: None)
list(ThreadsConnector().harvest(ThreadsOptions(connector="threads", path=sys.argv[3]), context))
"""


@pytest.mark.parametrize("make", [make_dump, make_mails])
def test_a_process_that_is_killed_leaves_what_the_next_one_goes_on_with(
    harvest, tmp_path, context, make
) -> None:
    path = make(tmp_path)
    for at in (13, 9):
        run = [sys.executable, "-c", SCRIPT, str(tmp_path), str(at), path]
        assert subprocess.run(run, env={**os.environ}, check=False).returncode == -signal.SIGKILL
    result = harvest(path)
    for index in context.store.rglob("*.sqlite*"):
        index.unlink()
    undisturbed = harvest(path)
    assert (result.threads, result.skipped) == (undisturbed.threads, undisturbed.skipped)


def test_a_reader_that_stops_early_leaves_the_index_usable(harvest, tmp_path, context) -> None:
    from cooldown_connectors.threads import ThreadsConnector, ThreadsOptions

    path = make_dump(tmp_path)
    items = ThreadsConnector().harvest(ThreadsOptions(connector="threads", path=path), context)
    next(items)
    items.close()
    assert len(harvest(path).threads) == 8
