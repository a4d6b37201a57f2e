"""Brings the store of one repository up to date: streams from their cursors on, then details, then what has vanished.

What was stored is never asked for again, and what was not is asked for by the next harvest: it does not matter where one was stopped.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from cooldown_connectors.forge.protocol import Census, Counted, Details, Forge, Page, Session, Stream, Todo
from cooldown_connectors.forge.store import Position, Store
from cooldown_connectors.http.errors import Answered, NotFound, Refused
from cooldown_kit.errors import CooldownError
from cooldown_kit.events import Emit, Message, Progress

STAGE: Final = "harvest"
_NO_LONGER_GOOD: Final = 401
"""Status for a token that has run out: nothing more can be read with it."""


class AskingSession(Session, Protocol):
    """A session that can be told which stream it works for, and to bring its archive to the disk."""

    stream: str
    counted: Counted

    def sync(self) -> None: ...
    def interrupt(self) -> None: ...


@dataclass
class Synchronised:
    """What a synchronisation found."""

    changed: int = 0
    """Parts that are new, different or gone."""
    gone: int = 0
    read: dict[str, int] = field(default_factory=dict)
    """Stream → pages or things that were read."""


class Synchroniser:
    """One repository of a forge, its session and its store."""

    def __init__(
        self,
        forge: Forge,
        session: AskingSession,
        store: Store,
        emit: Emit,
        *,
        source: str,
        concurrency: int = 1,
        expected: int | None = None,
    ) -> None:
        """``expected`` is how many calls the whole will take, where a plan says so."""
        self._forge, self._session, self._store = forge, session, store
        self._emit, self._source = emit, source
        self._concurrency, self._expected = concurrency, expected
        self._takes = frozenset(session.takes)
        self._refused: dict[str, tuple[str, str]] = {}
        self._refusals = Counter[str]()
        self.found = Synchronised()

    def run(self) -> Synchronised:
        """Read all streams and details of the takes. Raises what the session raises; all that was stored by then stays."""
        for stream in self._forge.streams(self._session):
            if not stream.takes & self._takes:
                continue
            self._session.stream = stream.name
            if isinstance(stream, Stream):
                self._read(stream)
            else:
                self._look_into(stream)
        for census in self._forge.census(self._session):
            if census.takes & self._takes:
                self._session.stream = f"census of {census.kind}s"
                self._count(census)
        self._warn_of_refusals()
        return self.found

    def _read(self, stream: Stream) -> None:
        takes = stream.takes & self._takes
        since = self._session.since
        before = self._store.position(stream.name)
        cursor = before.cursor if before is not None and _covers(before, takes, since) else None
        for page in stream.pages(self._session, cursor):
            self._keep(
                page, lambda page: self._store.keep(stream.name, page, takes=takes, since=_text(since))
            )
            self._tell(stream.name)

    def _look_into(self, details: Details) -> None:
        """Ask for each thing on the list; several questions are under way at once, their answers are stored in order."""
        todos = self._store.todos(details.name)
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="forge-details") as threads:
            waiting: deque[tuple[Todo, Future[Page]]] = deque()
            upcoming = iter(todos)
            try:
                while True:
                    while len(waiting) < self._concurrency and (todo := next(upcoming, None)) is not None:
                        waiting.append((todo, threads.submit(details.fetch, self._session, todo.key)))
                    if not waiting:
                        return
                    todo, future = waiting.popleft()
                    self._keep_details(todo, future)
                    self._tell(details.name)
            except (KeyboardInterrupt, CooldownError) as error:
                if not isinstance(
                    error, Answered
                ):  # the harvest ends: no other thread shall wait for a limit first
                    self._session.interrupt()
                raise
            finally:
                for _, future in waiting:
                    future.cancel()

    def _keep_details(self, todo: Todo, future: Future[Page]) -> None:
        try:
            page = future.result()
        except NotFound:  # it went while we read
            page = Page([])
        except Refused as error:  # closed to this token: the rest goes on, and the next harvest asks again
            if error.status == _NO_LONGER_GOOD:
                raise
            self._refused.setdefault(todo.details, (todo.key, error.what))
            self._refusals[todo.details] += 1
            return
        self._keep(page, lambda page: self._store.keep_details(todo, page))

    def _warn_of_refusals(self) -> None:
        for name, (key, what) in self._refused.items():
            self._warn(f"{name} of {self._refusals[name]:,} things cannot be read, {key} among them: {what}")

    def _count(self, census: Census) -> None:
        """Find out what has vanished, where the forge has another number of things than the store."""
        kind, store = census.kind, self._store
        if census.count(self._session) == store.count(kind):
            return
        there = {key for keys in census.keys(self._session) for key in keys}
        here = store.keys(kind)
        for key in sorted(here - there, key=_natural):
            became = census.became(self._session, key)
            if became is not None:
                self._keep_beside(Page([], gone=[became]))
        if census.fetch is not None and self._session.since is None:
            for key in sorted(there - here, key=_natural):
                try:
                    self._keep_beside(census.fetch(self._session, key))
                except NotFound:  # it went between the list and this question
                    continue

    def _keep_beside(self, page: Page) -> None:
        """Store a page that moves no stream on."""
        self._keep(page, self._store.keep_beside)

    def _keep(self, page: Page, store: Callable[[Page], int]) -> None:
        self._session.sync()  # a cursor never stands behind what the archive may yet lose
        self.found.changed += store(page)
        self.found.gone += len(page.gone)

    def _tell(self, stream: str) -> None:
        self.found.read[stream] = self.found.read.get(stream, 0) + 1
        done = sum(self._session.counted.calls.values())
        total = None if self._expected is None else max(self._expected, done)
        self._emit(
            Progress(stage=STAGE, detail=self._source, done=done, total=total, unit=f"calls ({stream})")
        )

    def _warn(self, text: str) -> None:
        self._emit(Message(stage=STAGE, level="warning", text=f"{self._source}: {text}"))


def _covers(before: Position, takes: frozenset[str], since: datetime | None) -> bool:
    """Whether what was read under earlier options holds everything that these ask for, so that the cursor can be gone on from."""
    earlier = None if before.since is None else datetime.fromisoformat(before.since)
    return takes <= before.takes and (earlier is None or (since is not None and earlier <= since))


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _natural(key: str) -> tuple[int, str]:
    return len(key), key
