"""A harvest that is killed, or interrupted, anywhere: the next one ends with the same records."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from cooldown_connectors.github import GitHubConnector, asking, documents

import cooldown_kit as ck
import fake_forge
from cooldown_kit.errors import StorageError
from cooldown_kit.recipe import Recipe
from cooldown_kit.records import read_records
from fake_forge import server
from fake_forge.github import GitHubFront
from fake_forge.harvesting import TOKEN, VARIABLE, harvest, patient
from fake_forge.server import FakeForge
from fake_forge.world import World

KILLS = 8
PATIENCE_SECONDS = 120
"""Until a process that does not end is an error; how long it takes says nothing otherwise."""
RECIPE = """\
name: talk
model: not/needed
sources:
  forge:
    {{connector: github, url: "{url}", repository: acme/payments, token: "env:{variable}", clone: never,
      take: [pull_requests, reviews, issues, discussions, releases]}}
"""
# Pages of a few things, so that a small world has many of them.
_SMALL_PAGES = """
import sys
from cooldown_connectors.github import asking, documents
documents.REQUESTS = documents.ISSUES = documents.DISCUSSIONS = asking.LIST = 3
"""
UPDATE = (
    _SMALL_PAGES
    + """
from pathlib import Path
from cooldown_connectors.github import GitHubConnector
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from fake_forge.harvesting import options_of
connector, folder = GitHubConnector(), Path(sys.argv[2])
context = HarvestContext("forge", folder, folder / "store", ignore)
connector.update(options_of(connector, sys.argv[1], repository="acme/payments"), context)
"""
)
COMMAND = (
    _SMALL_PAGES
    + """
from cooldown_kit.cli.main import main
main(sys.argv[1:])
"""
)


@contextmanager
def small_pages() -> Iterator[None]:
    """The same in this process."""
    three = {"REQUESTS": 3, "ISSUES": 3, "DISCUSSIONS": 3}
    with mock.patch.multiple(documents, **three), mock.patch.object(asking, "LIST", 3):
        yield


@pytest.fixture
def fake() -> Iterator[FakeForge]:
    """A forge that takes a moment for each answer."""
    world = World.generate(41, requests=24, issues=16, discussions=5, releases=4)
    with FakeForge(GitHubFront(world), before=lambda number, asked: time.sleep(0.01)) as running:
        yield running


def begin(program: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own."""
    support = str(Path(fake_forge.__file__).parent.parent)
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, VARIABLE: TOKEN, "PYTHONPATH": support},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its status, and what it wrote to standard error."""
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, errors


def wait_for(process: subprocess.Popen[str], fake: FakeForge, questions: int) -> None:
    """Until the forge was asked so many times, or the process is at its end."""
    while process.poll() is None and len(fake.asked) < questions:
        time.sleep(0.002)


def test_killed_at_any_moment_and_run_again_it_ends_with_the_same_records(
    fake: FakeForge, tmp_path: Path
) -> None:
    with small_pages():
        whole = harvest(GitHubConnector(), fake.url, tmp_path / "whole")
        calls = len(fake.asked)
        folder = tmp_path / "killed"
        (folder / "store").mkdir(parents=True)
        draw = random.Random(5)
        statuses = []
        for _ in range(KILLS):
            process = begin(UPDATE, fake.url, str(folder))
            wait_for(process, fake, len(fake.asked) + draw.randint(2, calls // 5))
            time.sleep(draw.random() * 0.03)
            process.kill()
            status, errors = ended(process)
            assert status in (0, -signal.SIGKILL), errors
            statuses.append(status)
        assert statuses.count(-signal.SIGKILL) >= KILLS // 2
        asked = len(fake.asked)
        found = harvest(GitHubConnector(), fake.url, folder)
    assert found.records == whole.records and found.skipped == whole.skipped
    assert found.fingerprint == whole.fingerprint
    assert len(fake.asked) - asked < calls // 2  # it went on, and did not begin again


def test_an_interrupt_ends_a_harvest_that_waits_an_hour_and_the_same_command_goes_on(
    fake: FakeForge, tmp_path: Path
) -> None:
    limit = server.primary_limit(3600)
    fake.faults = dict.fromkeys(range(12, 10_000), limit)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(url=fake.url, variable=VARIABLE))
    process = begin(COMMAND, "harvest", str(recipe))
    wait_for(process, fake, 12)
    waiting = next(line for line in process.stderr if "waiting until" in line)  # type: ignore[union-attr]
    assert "quota" in waiting
    process.send_signal(signal.SIGINT)
    status, errors = ended(process)
    assert status == 130, errors
    assert "run the same command again to continue" in errors
    assert len(fake.asked) == 12  # while it waits it asks nothing
    fake.faults = {}
    with patient(), small_pages():
        ck.harvest(Recipe.load(recipe))
        whole = harvest(GitHubConnector(), fake.url, tmp_path / "whole")
    (path,) = (tmp_path / ".cooldown" / "stages" / "harvest").glob("*/records.jsonl.zst")
    assert list(read_records(path)) == whole.records


FULL = (
    """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))
"""
    + COMMAND
)
"""No file may grow past 90,000 bytes: what writes on is refused as by a full disk."""


@pytest.mark.parametrize("archive", ["true", "false"])
def test_a_disk_that_takes_no_more_is_named_and_with_room_it_goes_on(
    fake: FakeForge, tmp_path: Path, archive: str
) -> None:
    recipe = tmp_path / "recipe.yaml"
    text = RECIPE.format(url=fake.url, variable=VARIABLE)
    recipe.write_text(text.replace("clone: never,", f"clone: never, archive: {archive},"))
    status, errors = ended(begin(FULL, "harvest", str(recipe)))
    assert status == 4, errors
    assert "Traceback" not in errors
    assert str(tmp_path / ".cooldown") in errors
    with patient(), small_pages():
        ck.harvest(Recipe.load(recipe))
        whole = harvest(GitHubConnector(), fake.url, tmp_path / "whole")
    (path,) = (tmp_path / ".cooldown" / "stages" / "harvest").glob("*/records.jsonl.zst")
    assert list(read_records(path)) == whole.records


def test_what_the_disk_refuses_beside_the_store_is_named_too(fake: FakeForge, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(url=fake.url, variable=VARIABLE))
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "archive"))
    refused = mock.patch.object(GitHubConnector, "update", side_effect=full)
    with patient(), refused, pytest.raises(StorageError, match="the disk is full") as error:
        ck.harvest(Recipe.load(recipe))
    assert error.value.where == str(tmp_path / "archive")
