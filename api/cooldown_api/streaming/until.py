"""Waiting for a job to end, without a connection or a thread held meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from cooldown_api.access import Access
from cooldown_api.database.tables import Job
from cooldown_api.reading.views import ended

Answer = TypeVar("Answer", bound=BaseModel)


async def when_ended(
    access: Access,
    id: str,
    seconds: float,
    load: Callable[[Session], Job],
    view: Callable[[Session, Job], Answer],
) -> Answer:
    """What ``view`` says of the job once it has ended, or after ``seconds``, or when the server stops.

    Raises what ``load`` raises, at once.
    """

    def look() -> tuple[bool, Answer]:
        with access.read() as session:
            job = load(session)
            return ended(job), view(session, job)

    hub = access.service.hub
    end = time.monotonic() + seconds
    async with hub.watch(id) as watch:
        done, answer = await run_in_threadpool(look)
        while not done and not hub.closing and (left := end - time.monotonic()) > 0:
            if await watch.wait(left):
                done, answer = await run_in_threadpool(look)
    return answer
