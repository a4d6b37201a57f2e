"""`cooldown harvest --dry-run`: what a harvest would ask of a forge, said before anything is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cooldown_kit.cli.main import call
from fake_forge.github import GitHubFront
from fake_forge.harvesting import VARIABLE, patient
from fake_forge.server import FakeForge
from fake_forge.world import World

RECIPE = """\
name: talk
model: not/needed
sources:
  forge:
    {{connector: github, url: "{url}", repository: acme/payments, token: "env:{variable}", clone: never,
      take: [pull_requests, reviews, issues, discussions, releases]}}
  book: {{connector: text, path: "*.md"}}
"""


@pytest.fixture
def fake() -> Iterator[FakeForge]:
    world = World.generate(51, requests=60, issues=55, discussions=5, releases=3)
    with FakeForge(GitHubFront(world)) as running:
        yield running


@pytest.fixture
def recipe(fake: FakeForge, tmp_path: Path) -> Path:
    (tmp_path / "book.md").write_text("# Payments\n\nHow accounts are settled.\n")
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.format(url=fake.url, variable=VARIABLE))
    return path


def run(*arguments: str) -> int:
    with patient():
        return call(list(arguments))


def test_a_table_says_calls_points_and_time_by_stream(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("harvest", str(recipe), "--dry-run") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["source", "what", "items", "calls", "points", "time"]
    by_stream = {row[2]: row[3:] for row in rows[1:-1]}
    assert all(row[:2] == ["forge", "acme/payments"] for row in rows[1:-1])
    assert by_stream["requests"][:3] == ["60", "3", "42"]
    assert by_stream["issues"][:3] == ["55", "2", "6"]
    assert by_stream["releases"][:2] == ["3", "1"]
    calls = sum(int(row[1]) for row in by_stream.values())
    points = sum(int(row[2]) for row in by_stream.values() if row[2].isdigit() and len(row) == 5)
    assert rows[-1][:4] == ["forge", "together", str(calls), str(points)]


def test_the_same_as_json_is_for_programs(
    recipe: Path, fake: FakeForge, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("harvest", str(recipe), "--dry-run", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["forge"]  # what lies on disk is not asked question by question
    streams = {one["what"].rpartition(" ")[2]: one for one in found["forge"]}
    assert set(streams) == {"comments", "review_comments", "requests", "issues", "discussions", "releases"}
    world = fake.front.world  # type: ignore[attr-defined]
    assert streams["comments"]["items"] == sum(
        len(one.notes) for one in (*world.requests.values(), *world.issues.values())
    )
    assert streams["discussions"] == {
        "what": "acme/payments discussions",
        "items": 5,
        "calls": 1,
        "points": 12,
        "seconds": streams["discussions"]["seconds"],
        "exact": True,
    }
    assert all(one["seconds"] >= 0 for one in streams.values())


def test_it_asks_a_handful_of_questions_and_stores_nothing(recipe: Path, fake: FakeForge) -> None:
    assert run("harvest", str(recipe), "--dry-run") == 0
    assert len(fake.asked) <= 8
    files = {path.name for path in (recipe.parent / ".cooldown").rglob("*") if path.is_file()}
    assert files <= {"hash.key", ".gitignore", "in-use.lock"}  # what every workspace has


def test_after_a_harvest_it_says_how_little_is_left(
    recipe: Path, fake: FakeForge, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("harvest", str(recipe), "--json") == 0
    asked = len(fake.asked)
    capsys.readouterr()
    assert run("harvest", str(recipe), "--dry-run", "--json") == 0
    left = {one["what"].rpartition(" ")[2]: one for one in json.loads(capsys.readouterr().out)["forge"]}
    assert left["requests"]["items"] == 1 and left["requests"]["exact"] is False
    assert left["comments"]["items"] <= 5
    assert sum(one["calls"] for one in left.values()) < asked / 2


def test_it_speaks_of_what_changed_since_the_time_that_the_recipe_names(
    recipe: Path, fake: FakeForge, capsys: pytest.CaptureFixture[str]
) -> None:
    world = fake.front.world  # type: ignore[attr-defined]
    newest = max(one.updated for one in world.requests.values())
    since = f"sources.forge.since={newest:%Y-%m-%dT%H:%M:%SZ}"
    assert run("harvest", str(recipe), "--dry-run", "--json", "--set", since) == 0
    found = {one["what"].rpartition(" ")[2]: one for one in json.loads(capsys.readouterr().out)["forge"]}
    assert (found["requests"]["items"], found["requests"]["exact"]) == (1, False)
    assert found["comments"]["items"] < 10


def test_a_token_that_is_not_there_is_said_before_anything_is_asked(
    recipe: Path, fake: FakeForge, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert call(["harvest", str(recipe), "--dry-run"]) == 2
    assert VARIABLE in capsys.readouterr().err
    assert fake.asked == []


def test_a_recipe_without_a_forge_has_nothing_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "book.md").write_text("# Payments\n")
    path = tmp_path / "recipe.yaml"
    path.write_text('name: n\nmodel: m\nsources:\n  book: {connector: text, path: "*.md"}\n')
    assert call(["harvest", str(path), "--dry-run"]) == 0
    assert "No source" in capsys.readouterr().out
