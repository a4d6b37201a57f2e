"""`since`: what changed at that time or later is taken, and taken whole."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cooldown_connectors.github import GitHubConnector

from cooldown_kit.records import CodeReview, Discussion, Issue, PullRequest, Record
from fake_forge.fronts import FORGES, Fronted
from fake_forge.harvesting import harvest
from fake_forge.server import FakeForge
from fake_forge.world import World

each_forge = pytest.mark.parametrize("forge", FORGES.values(), ids=FORGES)

CLOSED_IS_CLOSED = ("azure_devops",)
"""Forges that list requests by when they were closed alone, so that nobody hears what is said of them afterwards."""
WORDS_ARE_SILENT = ("bitbucket_data_center",)
"""Forges whose list dates a request by what was pushed and decided, not by what was said."""


@each_forge
def test_what_changed_since_then_is_the_same_as_in_a_harvest_of_everything(
    forge: Fronted, tmp_path: Path
) -> None:
    """Also what was said before that time of a request, an issue or a discussion that changed after it."""
    world = World.generate(71, requests=24, issues=16, discussions=6, releases=0)
    takes = [take for take in forge.connector().Options.known_takes if take != "releases"]
    things = [
        *world.requests.values(),
        *(world.issues.values() if "issues" in takes else ()),
        *(world.discussions.values() if "discussions" in takes else ()),
    ]
    world.now = since = (world.now + timedelta(hours=1)).replace(microsecond=0)
    for one in things[::2]:
        world.comment(one)
        if one.number in world.requests:
            world.review(one)
            if forge.name in WORDS_ARE_SILENT:
                world.push(one)
    across = [one for one in things if one.notes and one.notes[0].created < since <= one.updated]
    if forge.name in CLOSED_IS_CLOSED:
        across = [
            one for one in across if one.number in world.issues or not one.closed or one.closed >= since
        ]
    assert len(across) >= 5
    with FakeForge(forge.front(world), before=lambda _, asked: forge.check(asked)) as fake:
        more: dict[str, Any] = {"repository": forge.repository, "take": takes}
        whole = harvest(forge.connector(), fake.url, tmp_path / "whole", **more)
        part = harvest(forge.connector(), fake.url, tmp_path / "part", since=since, **more)
    everything = {one.id: one for one in whole.records}
    kinds = (PullRequest, CodeReview, Issue, Discussion)
    assert all(isinstance(one, kinds) for one in part.records)
    for one in part.records:
        assert _alone(one) == _alone(everything[one.id])
    numbers = {one.number for one in part.records if isinstance(one, kinds)}
    assert {one.number for one in across} <= numbers
    assert len(part.records) < len(whole.records)


def _alone(record: Record) -> Any:
    """Without what is linked to it: of older things nobody asked."""
    return {**msgspec.to_builtins(record), "linked": None}


def test_without_a_token_github_is_asked_for_all_that_was_said_too(tmp_path: Path) -> None:
    world = World.generate(72, requests=12, issues=8)
    world.now = since = (world.now + timedelta(hours=1)).replace(microsecond=0)
    for one in [*list(world.requests.values())[::2], *list(world.issues.values())[::2]]:
        world.comment(one)
    forge = FORGES["github"]
    with FakeForge(forge.front(world), before=lambda _, asked: forge.check(asked)) as fake:
        part = harvest(
            GitHubConnector(), fake.url, tmp_path, since=since, token=(), take=["pull_requests", "issues"]
        )
    told = {one.number: one for one in part.records if isinstance(one, (PullRequest, Issue))}
    assert len(told) == 10
    for number, record in told.items():
        one = {**world.requests, **world.issues}[number]
        assert [c.text for c in record.comments] == [note.text for note in one.notes]
        if isinstance(record, PullRequest):
            said = {tuple(note.text for note in thread.notes) for thread in one.threads}
            assert {tuple(c.text for c in thread.comments) for thread in record.threads} == said
