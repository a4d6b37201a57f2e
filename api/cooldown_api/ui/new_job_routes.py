"""A new job: a recipe is written, checked, planned or run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import yaml
from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.access import Access, Editor
from cooldown_api.creating.submission import LONGEST_TEXT, read_recipe
from cooldown_api.database.tables import Dataset, Job
from cooldown_api.jobs.load import load_job
from cooldown_api.operations.datasets import dataset_maker
from cooldown_api.operations.jobs import job_maker, plan_maker
from cooldown_api.problems import ProblemError
from cooldown_api.ui.origin import same_origin
from cooldown_api.ui.page import page
from cooldown_api.ui.page_route import PageRoute, as_problem
from cooldown_kit.client import wire
from cooldown_kit.client.states import State
from cooldown_kit.errors import CooldownError
from cooldown_kit.starter import starter_recipe

router = APIRouter(route_class=PageRoute)
_LINE: Final = re.compile(r"\bline (\d{1,6})\b")
_MOST_DATASETS: Final = 100


@dataclass(frozen=True)
class Draft:
    """What stands in the form."""

    recipe: str
    dataset: str = ""
    gpus: str = "auto"
    priority: int = 50
    name: str = ""
    """Of the dataset, where one is to be made."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its line where it has one."""

    text: str
    line: int | None


@router.get("/new")
def new_job_page(access: Editor, like: Annotated[str, Query(max_length=64)] = "") -> Response:
    """With a starter recipe, or with that of another job."""
    return _form(access, _like(access, like) if like else Draft(_starter()))


@router.post("/new", dependencies=[Depends(same_origin)])
def new_job(
    access: Editor,
    recipe: Annotated[str, Form(max_length=4 * LONGEST_TEXT)],
    do: Annotated[Literal["check", "plan", "run", "dataset"], Form()] = "check",
    dataset: Annotated[str, Form(max_length=96)] = "",
    gpus: Annotated[str, Form(max_length=4)] = "auto",
    priority: Annotated[int, Form()] = 50,
    name: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Check, plan, run, or keep as a dataset; what is wrong is shown beside what was written."""
    draft = Draft(recipe.replace("\r\n", "\n"), dataset, gpus, priority, name)
    try:
        if do == "check":
            read_recipe(draft.recipe, access.service.settings, access.project)
            return _form(access, draft, good=True)
        return RedirectResponse(f"/jobs/{_submit(access, draft, do)}", 303)
    except (ProblemError, CooldownError) as error:
        problem = as_problem(error)
        return _form(access, draft, problem=problem, status=problem.kind.status)


def _submit(access: Access, draft: Draft, do: str) -> str:
    """The id of the job that was made."""
    make = _maker(access, draft, do)
    with access.write() as session:
        made = make(session)
    return made.job if isinstance(made, wire.Dataset) else made.id


def _maker(access: Access, draft: Draft, do: str) -> Callable[[Session], wire.Job | wire.Dataset]:
    if do == "dataset":
        named = {"name": draft.name, "recipe": draft.recipe, "priority": draft.priority}
        return dataset_maker(access, _read(wire.DatasetCreate, **named))
    asked = {
        "recipe": draft.recipe,
        "dataset": draft.dataset or None,
        "gpus": int(draft.gpus) if draft.gpus.isdecimal() else draft.gpus,
        "priority": draft.priority,
    }
    if do == "plan":
        return plan_maker(access, _read(wire.PlanCreate, **asked))
    return job_maker(access, _read(wire.JobCreate, **asked))


def _read(model: Any, **fields: Any) -> Any:
    """As the REST route reads its body. Raises :class:`ProblemError` ``validation``."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = str(first["loc"][0])
        raise ProblemError("validation", f"{where}: {first['msg']}", where=where) from None


def _form(
    access: Access,
    draft: Draft,
    *,
    problem: ProblemError | None = None,
    good: bool = False,
    status: int = 200,
) -> Response:
    found = findings(problem) if problem else []
    return page(
        access,
        "new_job.html.j2",
        status=status,
        draft=draft,
        problem=problem,
        findings=found,
        wrong={finding.line for finding in found if finding.line},
        good=good,
        datasets=_ready(access),
    )


def findings(problem: ProblemError) -> list[Finding]:
    """Each thing that is wrong with a recipe: one a line where there are several."""
    several = [text.strip() for text in problem.detail.split("\n")[1:] if text.strip()]
    if not several:
        where = f"{problem.where}: " if problem.where and problem.where != "recipe" else ""
        remedy = f"; {problem.remedy}" if problem.remedy else ""
        several = [f"{where}{problem.detail}{remedy}"]
    return [Finding(text, int(match[1]) if (match := _LINE.search(text)) else None) for text in several]


def _ready(access: Access) -> list[str]:
    """References of the versions that can be used."""
    query = (
        select(Dataset)
        .join(Job, Job.id == Dataset.job_id)
        .where(Job.state == State.SUCCEEDED.value, Dataset.deleted_at.is_(None))
        .order_by(Dataset.id.desc())
        .limit(_MOST_DATASETS)
    )
    with access.read() as session:
        return [row.reference for row in session.scalars(query)]


def _like(access: Access, id: str) -> Draft:
    with access.read() as session:
        job = load_job(session, id)
        dataset = session.get(Dataset, job.dataset_id) if job.dataset_id else None
        reference = dataset.reference if dataset else ""
    recipe = {key: value for key, value in job.recipe.items() if key != "dataset"}
    text = yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True, width=100)
    return Draft(text, reference, str(job.gpus), job.priority)


def _starter() -> str:
    text = starter_recipe(
        name="my-first-cooldown",
        model="HuggingFaceTB/SmolLM2-135M",
        repositories=["https://git.example.com/team/service.git"],
    )
    return text.replace("env:GITHUB_TOKEN", "secret:github")  # a service's own environment is nobody's
