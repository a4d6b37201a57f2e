"""Several jobs of one project share a workspace: who waits gets what the other made, and both can be stopped."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import cooldown_kit as ck
from cooldown_kit.errors import Stopped, StorageError
from cooldown_kit.events import Event, Message, StageFinished, decode
from cooldown_kit.workspace import locked


def waits(events: list[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, Message) and e.text.startswith("waits")]


def held_curation(project: Any) -> Any:
    """The lock of the curation that the recipe needs, as another process would hold it. The curation itself is removed."""
    made = ck.harvest(ck.Recipe.load(project.recipe)).documents_path.parent
    for path in made.iterdir():
        path.unlink()
    made.rmdir()
    return locked(made.with_name(made.name + ".lock"), "")


def test_two_runs_of_one_recipe_at_once_train_once_and_both_have_the_result(project: Any) -> None:
    recipe = ck.Recipe.load(project.recipe)
    ck.plan(recipe)
    working = threading.Event()
    events: dict[str, list[Event]] = {"first": [], "second": []}

    def first(event: Event) -> None:
        events["first"].append(event)
        if event.stage == "mix":
            working.set()
        if event.stage == "train":  # not before the other one has come to wait for it
            assert waiting.wait(60)

    waiting = threading.Event()

    def second(event: Event) -> None:
        events["second"].append(event)
        if waits(events["second"]):
            waiting.set()

    with ThreadPoolExecutor(1) as pool:
        one = pool.submit(ck.run, recipe, on_event=first)
        assert working.wait(60)
        other = ck.run(recipe, on_event=second, wait_for_locks=True)
        assert one.result().worked and not other.worked
    assert one.result().run_path == other.run_path
    assert waits(events["second"]) == [f"waits for another run that works on run {other.run_path.name}"], (
        "said once"
    )
    assert "train" not in {e.stage for e in events["second"]}


def test_what_is_waited_for_within_a_run_stands_in_its_log(project: Any) -> None:
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with held_curation(project):
            run = pool.submit(
                ck.run,
                ck.Recipe.load(project.recipe),
                on_event=lambda event: release.set() if waits([event]) else None,
                wait_for_locks=True,
            )
            assert release.wait(60)
        result = run.result()
    logged = [decode(line) for line in (result.run_path / "events.jsonl").read_text().splitlines()]
    assert waits(logged) == ["waits for another run that works on stage curate"]
    assert {event.run for event in logged} == {result.run_path.name}


@pytest.mark.parametrize("command", [ck.run, ck.plan, ck.harvest], ids=["run", "plan", "harvest"])
def test_who_does_not_wait_is_told_at_once_and_who_waits_can_be_stopped(project: Any, command: Any) -> None:
    recipe = ck.Recipe.load(project.recipe)
    events: list[Event] = []
    with held_curation(project):
        with pytest.raises(StorageError, match="stage curate is being worked on by another run"):
            command(recipe)
        with pytest.raises(Stopped, match="stage curate"):
            command(
                recipe,
                on_event=events.append,
                should_stop=lambda: bool(waits(events)),
                wait_for_locks=True,
            )
    assert len(waits(events)) == 1


@pytest.mark.parametrize("command", [ck.plan, ck.harvest], ids=["plan", "harvest"])
def test_planning_and_harvesting_stop_after_the_stage_that_they_are_in(project: Any, command: Any) -> None:
    events: list[Event] = []

    def rendered() -> bool:
        return any(isinstance(e, StageFinished) and e.stage == "render" for e in events)

    recipe = ck.Recipe.load(project.recipe)
    with pytest.raises(Stopped) as stopped:
        command(recipe, on_event=events.append, should_stop=rendered)
    assert stopped.value.exit_code == 75
    assert not list(project.workspace.glob("stages/curate/*"))
    again: list[Event] = []
    command(recipe, on_event=again.append)
    cached = [e.cached for e in again if isinstance(e, StageFinished) and e.stage == "render"]
    assert cached[0], "what was finished is found"
