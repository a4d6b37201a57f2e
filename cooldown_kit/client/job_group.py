"""``client.jobs`` and ``client.plans``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from cooldown_kit.client import wire
from cooldown_kit.client.actions import Flow
from cooldown_kit.client.call import segment
from cooldown_kit.client.durations import seconds_of
from cooldown_kit.client.endpoint import Listing, job_endpoint, job_listing
from cooldown_kit.client.job import AsyncJob, Job
from cooldown_kit.client.job_calls import ask_job
from cooldown_kit.client.recipes import RecipeLike, recipe_content
from cooldown_kit.client.resource import AwaitingCalls, BlockingCalls, Calls
from cooldown_kit.client.states import State
from cooldown_kit.errors import RecipeError

States = State | str | Sequence[State | str]


class _Handles(Calls):
    _handle: type[Job] | type[AsyncJob]

    def _bind(self, job: wire.Job) -> Any:
        return self._handle.bind(self._link, job)


class _Jobs(_Handles):
    @job_endpoint
    def create(
        self,
        recipe: RecipeLike | None = None,
        *,
        plan: str | wire.Job | None = None,
        dataset: str | wire.Dataset | None = None,
        overrides: Sequence[str] = (),
        gpus: int | Literal["auto"] = "auto",
        priority: int = 50,
        executor: wire.Executor = "local",
        max_duration: float | timedelta | str | None = None,
        max_attempts: int | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[Any]:
        """Submit a job: a recipe, or a plan that was shown.

        Args:
            recipe: the path of a YAML file, its text, a mapping, or a loaded :class:`Recipe`.
            plan: a plan that succeeded, or its id; takes the place of the recipe.
            dataset: ``name@v3`` (or a dataset): documents in place of the recipe's sources.
            overrides: ``"train.method=full"`` and the like.
            gpus: ``"auto"`` is one where any worker has some.
            priority: 0 to 100; higher ones go first.
            max_duration: of running, in seconds, as a ``timedelta``, or as ``"8h"``.
            metadata: labels of yours, 16 at most.
            idempotency_key: calls with the same key make one job, also from different processes; by default one key a call.
        """
        if (recipe is None) == (plan is None):
            raise RecipeError("a job is made of a recipe or of a plan", remedy="give one of the two")
        if recipe is None and overrides:
            raise RecipeError("a plan is run as it was shown: nothing can be set", remedy="make another plan")
        content = None if recipe is None else recipe_content(recipe, overrides)
        given: dict[str, Any] = {
            "recipe": content,
            "plan": plan.id if isinstance(plan, wire.Job) else plan,
            "dataset": dataset.reference if isinstance(dataset, wire.Dataset) else dataset,
            "max_duration_seconds": None if max_duration is None else seconds_of(max_duration),
            "max_attempts": max_attempts,
        }
        body = {"gpus": gpus, "priority": priority, "executor": executor, "metadata": dict(metadata or {})}
        body |= {name: value for name, value in given.items() if value is not None}
        found = yield from self._post("/v1/jobs", wire.Job, body, idempotency_key)
        return self._bind(found)

    @job_endpoint
    def get(self, id: str) -> Flow[Any]:
        """One job, with its recipe and its attempts. Raises :class:`NotFound`."""
        return self._bind((yield from ask_job(self._link.options, id)))

    @job_listing
    def list(
        self,
        *,
        state: States | None = None,
        kind: wire.Kind | None = None,
        name: str | None = None,
        created_by: str | None = None,
        study: str | None = None,
        metadata: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> Listing[Any]:
        """Jobs of the project, newest first, page after page as they are used.

        Args:
            state: one or several.
            kind: ``"plan"`` lists dry runs, which are left out otherwise.
            metadata: labels that a job must have.
            limit: this many at most.
        """
        query = {
            "state": state if state is None or not isinstance(state, str) else [state],
            "kind": kind,
            "name": name,
            "created_by": created_by,
            "study": study,
            "metadata": dict(metadata or {}),
        }
        return self._list("/v1/jobs", wire.Job, query, limit=limit, made=self._bind)

    @job_endpoint
    def cancel(self, id: str) -> Flow[Any]:
        """As :meth:`Job.cancel`."""
        return self._bind((yield from ask_job(self._link.options, id, "cancel")))

    @job_endpoint
    def pause(self, id: str) -> Flow[Any]:
        """As :meth:`Job.pause`."""
        return self._bind((yield from ask_job(self._link.options, id, "pause")))

    @job_endpoint
    def resume(self, id: str) -> Flow[Any]:
        """As :meth:`Job.resume`."""
        return self._bind((yield from ask_job(self._link.options, id, "resume")))


class _Plans(_Handles):
    @job_endpoint
    def create(
        self,
        recipe: RecipeLike,
        *,
        dataset: str | wire.Dataset | None = None,
        overrides: Sequence[str] = (),
        gpus: int | Literal["auto"] = "auto",
        priority: int = 50,
        executor: wire.Executor = "local",
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[Any]:
        """Begin a dry run: after ``wait()``, ``result.plan`` says what a run would do and cost. ``jobs.create(plan=…)`` runs it."""
        body: dict[str, Any] = {
            "recipe": recipe_content(recipe, overrides),
            "gpus": gpus,
            "priority": priority,
            "executor": executor,
            "metadata": dict(metadata or {}),
        }
        if dataset is not None:
            body["dataset"] = dataset.reference if isinstance(dataset, wire.Dataset) else dataset
        return self._bind((yield from self._post("/v1/plans", wire.Job, body, idempotency_key)))

    @job_endpoint
    def get(self, id: str) -> Flow[Any]:
        """One plan. Raises :class:`NotFound`."""
        return self._bind((yield from self._ask("GET", f"/v1/plans/{segment(id)}", wire.JobDetail)))

    @job_listing
    def list(self, *, limit: int | None = None) -> Listing[Any]:
        """Plans of the project, newest first."""
        return self._list("/v1/plans", wire.Job, limit=limit, made=self._bind)

    @job_endpoint
    def cancel(self, id: str) -> Flow[Any]:
        """End a dry run."""
        return self._bind((yield from self._ask("POST", f"/v1/plans/{segment(id)}/cancel", wire.Job)))


class Jobs(_Jobs, BlockingCalls):
    """``client.jobs``."""

    _handle = Job


class AsyncJobs(_Jobs, AwaitingCalls):
    """``client.jobs`` of the awaiting client."""

    _handle = AsyncJob


class Plans(_Plans, BlockingCalls):
    """``client.plans``: dry runs."""

    _handle = Job


class AsyncPlans(_Plans, AwaitingCalls):
    """``client.plans`` of the awaiting client."""

    _handle = AsyncJob
