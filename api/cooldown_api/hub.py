"""Tells streams that a job has news, with one query for all of them.

However many streams are open, one task of the process looks at the event numbers of the jobs that are watched, a few times a
second, or at once when this process changed something. No stream holds a connection of the database.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job

_SECONDS = 0.25
_WATCHED_AT_ONCE = 500


@dataclass(eq=False)
class Watch:
    """One stream's view of one job: ``wait`` returns when the numbers moved past what was seen."""

    job_id: str
    seen: tuple[int, int] = (0, 0)
    """Numbers of the newest event and log line that the hub told of."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> bool:
        """True when there is news (or the hub closes), False after so many seconds without."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        self._news.clear()
        return True

    def tell(self) -> None:
        self._news.set()


class Hub:
    """Lives in one event loop; :meth:`wake` may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watches: dict[str, set[Watch]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._poke: asyncio.Event | None = None
        self._closing = threading.Event()

    @property
    def closing(self) -> bool:
        """Whether the server stops: streams end."""
        return self._closing.is_set()

    async def start(self) -> None:
        """Begin to look. Called once, in the loop of the server."""
        self._loop = asyncio.get_running_loop()
        self._poke = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Look at once: something was changed here."""
        loop, poke = self._loop, self._poke
        if loop is not None and poke is not None and self._watches and not loop.is_closed():
            loop.call_soon_threadsafe(poke.set)

    def close(self) -> None:
        """End every stream. May be called from any thread or a signal handler; also where it was never started."""
        self._closing.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_all)

    async def stop(self) -> None:
        self.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @asynccontextmanager
    async def watch(self, job_id: str) -> AsyncIterator[Watch]:
        """Be told of news of a job; the caller has checked that it may see it."""
        watch = Watch(job_id)
        self._watches.setdefault(job_id, set()).add(watch)
        try:
            yield watch
        finally:
            watches = self._watches[job_id]
            watches.discard(watch)
            if not watches:
                del self._watches[job_id]

    async def _run(self) -> None:
        assert self._poke is not None
        while not self.closing:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), _SECONDS)
            self._poke.clear()
            ids = list(self._watches)
            if ids:
                await self._look(ids)

    async def _look(self, ids: list[str]) -> None:
        try:
            numbers = await run_in_threadpool(self._numbers, ids)
        except Exception:  # noqa: BLE001 - the database is away for a moment: streams wait, and the next look tries again
            await asyncio.sleep(1)
            return
        for job_id, seen in numbers.items():
            for watch in self._watches.get(job_id, ()):
                if watch.seen != seen:
                    watch.seen = seen
                    watch.tell()

    def _numbers(self, ids: list[str]) -> dict[str, tuple[int, int]]:
        found = {}
        with self._database.read(ALL_PROJECTS) as session:
            for start in range(0, len(ids), _WATCHED_AT_ONCE):
                part = ids[start : start + _WATCHED_AT_ONCE]
                rows = session.execute(select(Job.id, Job.event_seq, Job.log_seq).where(Job.id.in_(part)))
                found.update({id: (event, log) for id, event, log in rows})
        return found

    def _tell_all(self) -> None:
        for watches in self._watches.values():
            for watch in watches:
                watch.tell()
