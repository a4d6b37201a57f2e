"""Pages of jobs: the list, one job, its numbers for the charts, its log as text, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from sqlalchemy.orm import Session

from cooldown_api.access import Access, Editor, Viewer
from cooldown_api.jobs.load import load_job
from cooldown_api.jobs.logs import last_lines, lines_after
from cooldown_api.operations import jobs
from cooldown_api.pages import ID_PATTERN
from cooldown_api.parameters import Id
from cooldown_api.reading.lineage import lineage_of
from cooldown_api.reading.views import view_job
from cooldown_api.ui.charts import chart_data, number_table
from cooldown_api.ui.evidence import evidence_lines
from cooldown_api.ui.formats import log_line
from cooldown_api.ui.job_lines import KINDS, STATES, Wanted, list_jobs
from cooldown_api.ui.job_page import LOG_LINES, actions, describe, read_job_page
from cooldown_api.ui.lineage_graph import lineage_graph
from cooldown_api.ui.origin import same_origin
from cooldown_api.ui.page import HEADERS, page
from cooldown_api.ui.page_route import PageRoute
from cooldown_kit.client import wire
from cooldown_kit.client.states import State

router = APIRouter(route_class=PageRoute)
Choice = Annotated[str, Query(max_length=24, pattern=r"^[a-z]*$")]
Own = Depends(same_origin)
_LINES_AT_ONCE: Final = 2000


@router.get("/")
def home() -> Response:
    return RedirectResponse("/jobs", 307)


@router.get("/jobs")
def jobs_page(
    access: Viewer,
    state: Choice = "",
    kind: Choice = "",
    text: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=64, pattern=rf"{ID_PATTERN}|^$")] = "",
    part: Choice = "",
) -> Response:
    """The list; with ``part=rows`` its rows alone, which the script asks for every few seconds."""
    wanted = Wanted(state if state in STATES else "", kind if kind in KINDS else "", text, after)
    with access.read() as session:
        listed = list_jobs(session, wanted)
    return page(
        access,
        "jobs_rows.html.j2" if part == "rows" else "jobs.html.j2",
        listed=listed,
        wanted=wanted,
        states=STATES.items(),
        kinds=KINDS.items(),
    )


@router.get("/jobs/{id}")
def job_page(access: Viewer, id: Id, part: Choice = "") -> Response:
    """One job; with ``part=live`` what may change of it, without charts, log and recipe."""
    live = part == "live"
    with access.read() as session:
        job = load_job(session, id)
        shown = read_job_page(session, job)
        lineage = lineage_of(session, job)
        heavy: dict[str, Any] = {}
        if not live:
            heavy = {
                "log": last_lines(session, job, LOG_LINES),
                "numbers": number_table(session, job),
            }
    queue = jobs.place_in_queue(access, id) if shown.line.state is State.QUEUED else None
    return page(
        access,
        "job_live.html.j2" if live else "job.html.j2",
        job=shown,
        can=actions(shown, access.principal.may("editor")),
        queue=queue,
        lineage=lineage_graph(lineage),
        evidence=evidence_lines(shown.result.evidence) if shown.result else [],
        describe=describe,
        **heavy,
    )


@router.get("/jobs/{id}/charts")
def job_charts(access: Viewer, id: Id) -> Response:
    """The numbers that the script draws."""
    with access.read() as session:
        return JSONResponse(chart_data(session, load_job(session, id)), headers=HEADERS)


@router.get("/jobs/{id}/log.txt")
def job_log(access: Viewer, id: Id) -> Response:
    """The whole log as text, without a terminal's commands. No session is held while it is sent."""
    with access.read() as session:
        load_job(session, id)

    def text() -> Iterator[bytes]:
        after = 0
        while True:
            with access.read() as session:
                lines = lines_after(session, id, after, _LINES_AT_ONCE)
            if not lines:
                return
            after = lines[-1].id
            yield "".join(f"{log_line(line.text)}\n" for line in lines).encode("utf-8", "replace")

    return StreamingResponse(text(), 200, HEADERS, "text/plain; charset=utf-8")


@router.post("/jobs/{id}/cancel", dependencies=[Own])
def cancel(access: Editor, id: Id) -> Response:
    return _change(access, id, "cancel")


@router.post("/jobs/{id}/pause", dependencies=[Own])
def pause(access: Editor, id: Id) -> Response:
    return _change(access, id, "pause")


@router.post("/jobs/{id}/resume", dependencies=[Own])
def resume(access: Editor, id: Id) -> Response:
    return _change(access, id, "resume")


@router.post("/jobs/{id}/rerun", dependencies=[Own])
def rerun(access: Editor, id: Id) -> Response:
    return _make(access, jobs.rerun_maker(access, id, wire.JobRerun()))


@router.post("/jobs/{id}/run", dependencies=[Own])
def run_plan(access: Editor, id: Id) -> Response:
    """Run what a plan showed."""
    return _make(access, jobs.job_maker(access, wire.JobCreate(plan=id)))


def _change(access: Access, id: str, action: jobs.Action) -> Response:
    return _to(jobs.change_job(access, id, action, view_job))


def _make(access: Access, make: Callable[[Session], wire.Job]) -> Response:
    with access.write() as session:
        made = make(session)
    return _to(made)


def _to(job: wire.Job) -> Response:
    return RedirectResponse(f"/jobs/{job.id}", 303)
