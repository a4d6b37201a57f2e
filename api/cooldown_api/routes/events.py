"""What happened to a job, as a list and as a live stream; its log likewise."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from cooldown_api.access import Access, Viewer
from cooldown_api.database.tables import Event
from cooldown_api.jobs.events import select_events
from cooldown_api.jobs.load import load_job
from cooldown_api.jobs.logs import last_lines, lines_after
from cooldown_api.pages import page_of
from cooldown_api.parameters import Id
from cooldown_api.problems import ProblemError
from cooldown_api.reading.views import view_event
from cooldown_api.routes.answers import may_answer
from cooldown_api.streaming.streams import Wanted, stream
from cooldown_kit.client import wire

router = APIRouter(tags=["jobs"])

Types = Annotated[
    list[Annotated[str, Query(max_length=400, pattern=r"^[a-z_]+(,[a-z_]+)*$")]],
    Query(
        max_length=16,
        description="Types of events, with commas or given more than once. None is all of them.",
    ),
]
Number = Annotated[int, Query(ge=0, le=2**53)]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=40,
        pattern=r"^\d{1,18}(\.\d{1,18})?$",
        description="Where a stream was cut off: it goes on after that event.",
    ),
]
Include = Annotated[
    str,
    Query(
        max_length=32,
        pattern=r"^((logs|metrics)(,(logs|metrics))*)?$",
        description="`logs`, `metrics` or both with a comma: send these too.",
    ),
]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: each has its type as `event`, the thing as JSON in `data`, and an `id` to go on from. The last ones are `event: end` and `data: [DONE]`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/jobs/{id}/events",
    operation_id="list_events",
    summary="List a job's events",
    response_model=wire.Page[wire.Event],
    responses={
        **may_answer("not-found"),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    },
)
async def list_events(
    access: Viewer,
    request: Request,
    id: Id,
    after: Annotated[Number, Query(description="Number of the last event that was seen.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    types: Types = [],  # noqa: B006
    last_event_id: LastEventId = None,
) -> Any:
    """Oldest first. With `Accept: text/event-stream` it is the live stream, as `/v1/jobs/{id}/events/stream`."""
    if "text/event-stream" in request.headers.get("accept", ""):
        wanted = Wanted(types=_split(types))
        return await stream(access, id, wanted, last_event_id or str(after))
    return await run_in_threadpool(_events, access, id, after, limit, _split(types))


def _split(types: list[str]) -> tuple[str, ...]:
    return tuple(type for item in types for type in item.split(","))


def _events(access: Access, id: str, after: int, limit: int, types: tuple[str, ...]) -> wire.Page[wire.Event]:
    with access.read() as session:
        load_job(session, id)
        statement = select_events(id, types=types).where(Event.seq > after)
        rows = session.scalars(statement.order_by(Event.seq).limit(limit + 1)).all()
        return page_of([view_event(row) for row in rows[:limit]], len(rows) > limit)


@router.get(
    "/jobs/{id}/events/stream",
    operation_id="stream_events",
    summary="A job's events, live",
    response_class=Response,
    responses={**may_answer("not-found"), **_STREAM},
)
async def stream_events(
    access: Viewer,
    id: Id,
    after: Annotated[
        str,
        Query(
            max_length=40,
            pattern=r"^\d{1,18}(\.\d{1,18})?$",
            description="As `Last-Event-ID`, for a first connection; the header goes before.",
        ),
    ] = "0",
    types: Types = [],  # noqa: B006
    include: Include = "",
    last_event_id: LastEventId = None,
) -> EventSourceResponse:
    """Everything that happened and happens, until the job has ended; then `event: end`.

    Events of type `metric` come with `include=metrics` (or where `types` names them), log lines with `include=logs`, as `event: log`.
    """
    included = include.split(",")
    wanted = Wanted(
        logs="logs" in included,
        types=_split(types),
        without=() if types or "metrics" in included else ("metric",),
    )
    return await stream(access, id, wanted, last_event_id or after)


@router.get(
    "/jobs/{id}/logs",
    operation_id="list_logs",
    summary="Lines of a job's log",
    responses=may_answer("not-found"),
)
def list_logs(
    access: Viewer,
    id: Id,
    lines: Annotated[int, Query(ge=1, le=5000, description="Lines at most.")] = 1000,
    after: Annotated[Number | None, Query(description="Number of the last line that was seen.")] = None,
    tail: Annotated[bool, Query(description="The last lines; without `after`.")] = False,
    attempt: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> wire.Page[wire.LogLine]:
    """What the job's processes wrote, oldest first; with `tail` the last of it."""
    if tail and after is not None:
        raise ProblemError(
            "validation", "`tail` and `after` say different beginnings", where="tail", remedy="leave one out"
        )
    with access.read() as session:
        job = load_job(session, id)
        if tail:
            return page_of(last_lines(session, job, lines, attempt=attempt), False)
        found = lines_after(session, id, after or 0, lines + 1, attempt=attempt)
        return page_of(found[:lines], len(found) > lines)


@router.get(
    "/jobs/{id}/logs/stream",
    operation_id="stream_logs",
    summary="A job's log, live",
    response_class=Response,
    responses={**may_answer("not-found"), **_STREAM},
)
async def stream_logs(
    access: Viewer,
    id: Id,
    after: Annotated[Number, Query(description="As `Last-Event-ID`, for a first connection.")] = 0,
    attempt: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    last_event_id: LastEventId = None,
) -> EventSourceResponse:
    """Every line as `event: log`, until the job has ended."""
    wanted = Wanted(events=False, logs=True, attempt=attempt)
    return await stream(access, id, wanted, last_event_id or str(after))
