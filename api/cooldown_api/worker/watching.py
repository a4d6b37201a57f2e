"""One look at one attempt: read what is new, make so what people want, and see to the end of a child that has ended."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from cooldown_api.artefacts import ArtefactStore
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Job
from cooldown_api.jobs.ending import end_attempt
from cooldown_api.jobs.events import append_event
from cooldown_api.jobs.leases import hold
from cooldown_api.jobs.transition import change
from cooldown_api.settings import Settings
from cooldown_api.worker import ingest
from cooldown_api.worker.held import Held, Seen
from cooldown_api.worker.results import finish_dataset, store_artefacts, with_cost
from cooldown_kit.client.states import Reason, State
from cooldown_kit.engine import local, process
from cooldown_kit.engine.ending import Ending, failed
from cooldown_kit.errors import StorageError

_log = logging.getLogger("cooldown_api.worker")
_BATCHES = 20
"""Of what a child wrote, in one look: others wait for theirs."""
_MOST_DRIVERS = 5
_STACKS_SECONDS = 2.0


class Lost(Exception):
    """Another worker holds the attempt now."""


class Watching:
    """Looks at attempts, one after another. Raises :class:`Lost` where one is not this worker's any more."""

    def __init__(
        self, database: Database, artefacts: ArtefactStore, settings: Settings, command: local.Command
    ) -> None:
        self._database = database
        self._artefacts = artefacts
        self._settings = settings
        self._command = command
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="artefacts")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self, held: Held, seen: Seen, now: datetime, *, drain: bool) -> bool:
        """One look; true where the attempt has ended."""
        if held.storing is not None:
            return self._look_at_storing(held, now)
        self._announce(held, now)
        alive = held.is_alive()
        self._read(held, now, to_end=not alive)
        if not alive:
            return self._ended(held)
        self._wishes(held, seen, now, drain)
        self._see_to_stop(held, now)
        return False

    def ask_to_stop(self, held: Held, reason: Reason, now: datetime) -> None:
        """Note why an attempt is to end, then tell its child."""
        with self._database.write(ALL_PROJECTS) as session:
            _, attempt = _hold(session, held)
            attempt.state, attempt.stop_for, attempt.stop_at = "stopping", reason.value, now
        held.state, held.stop_for, held.stop_at = "stopping", reason, now

    # ------------------------------------------------------------ what it does

    def _announce(self, held: Held, now: datetime) -> None:
        """A child that has said who it is runs."""
        if held.state != "starting" or (child := held.folder.child()) is None:
            return
        with self._database.write(ALL_PROJECTS) as session:
            job, attempt = _hold(session, held)
            attempt.state, attempt.running_at = "running", now
            attempt.reason = Reason.STARTED.value
            attempt.child = msgspec.to_builtins(child) if held.here else attempt.child
            if job.state == State.STARTING.value:
                change(session, job, State.RUNNING, Reason.STARTED, now=now)
        held.state = "running"
        held.child = child if held.here else held.child

    def _read(self, held: Held, now: datetime, *, to_end: bool) -> None:
        for _ in range(_BATCHES if not to_end else 1_000_000):
            news = held.reader.read(ended=to_end)
            if not news:
                return
            if self._store(held, news, now):
                stages = [event.get("stage") for event in ingest.parse(news.events.lines)]
                if stages:
                    held.liveness.event(stages[-1], now)

    def _store(self, held: Held, news: ingest.News, now: datetime) -> bool:
        """Bring it into the database, and go on after it; false where it was there already."""
        reader = held.reader
        try:
            with self._database.write(ALL_PROJECTS) as session:
                job, attempt = _hold(session, held)
                there = (attempt.events_offset, attempt.logs_offset)
                if there != (reader.events_offset, reader.logs_offset):
                    # a commit that succeeded, though the connection broke before we heard so
                    reader.events_offset, reader.logs_offset = there
                    return False
                ingest.store(session, job, attempt, news, reader.speed, now=now)
        except (DataError, StatementError) as error:
            if not isinstance(error, DataError) and isinstance(error, DBAPIError):
                raise  # the connection's trouble, not the data's
            _log.exception("events of %s cannot be stored", held.job_id)
            self._leave_out(held, news, now)
        reader.move(news)
        return True

    def _leave_out(self, held: Held, news: ingest.News, now: datetime) -> None:
        """Say that something could not be stored: one odd line must not keep a job from its end."""
        with self._database.write(ALL_PROJECTS) as session:
            job, attempt = _hold(session, held)
            text = f"{len(news.events.lines)} events and {len(news.logs.lines)} lines could not be stored; they stand in the attempt's folder"
            data = {"stage": "attempt", "level": "warning", "text": text}
            append_event(session, job, "message", data, time=now, attempt=held.number)
            attempt.events_offset, attempt.logs_offset = news.events.offset, news.logs.offset

    # ------------------------------------------------------------ wishes and limits

    def _wishes(self, held: Held, seen: Seen, now: datetime, drain: bool) -> None:
        if held.stop_for is not None:
            return
        if seen.job_state is State.CANCELLING:
            self.ask_to_stop(held, Reason.CANCELLED_BY_USER, now)
        elif seen.job_state is State.PAUSING:
            self.ask_to_stop(held, Reason.PAUSED_BY_USER, now)
        elif now >= held.ends_at:
            self.ask_to_stop(held, Reason.MAX_DURATION, now)
        elif drain:
            self.ask_to_stop(held, Reason.WORKER_STOPPED, now)
        elif self._is_silent(held, now):
            self.ask_to_stop(held, Reason.SILENT, now)

    def _is_silent(self, held: Held, now: datetime) -> bool:
        limits = self._settings.worker
        every = timedelta(seconds=min(limits.beat_seconds, limits.silence_seconds / 4))
        # the process here only follows a Ray job: what it uses says nothing of the work
        if (
            held.executor == "local"
            and held.child
            and (held.looked_at is None or now - held.looked_at >= every)
        ):
            held.liveness.look(process.vitals(held.child), now)
            held.looked_at = now
        return held.liveness.silent_for(now) > limits.silence_seconds

    def _see_to_stop(self, held: Held, now: datetime) -> None:
        if held.stop_for is None or held.stop_at is None or held.child is None:
            return
        if not held.asked:
            held.folder.ask_to_stop()
            if held.stop_for is Reason.SILENT and held.executor == "local":
                process.show_stacks(held.child)  # into its log, for who wants to know why
            else:
                process.ask_to_end(held.child)
            held.asked = True
        if now - held.stop_at > timedelta(seconds=self._grace(held)) and held.killed_at is None:
            _log.warning("kills attempt %s of %s (%s)", held.number, held.job_id, held.stop_for)
            held.killed_at = now
        if held.killed_at is not None:
            process.kill_group(held.child)

    def _grace(self, held: Held) -> float:
        grace = self._settings.worker.grace_seconds
        if held.executor == "ray":
            return 2 * grace + 30  # the driver gives the grace itself, and then stops the Ray job
        return min(grace, _STACKS_SECONDS) if held.stop_for is Reason.SILENT else grace

    # ------------------------------------------------------------ the end

    def _ended(self, held: Held) -> bool:
        if held.child is not None:
            process.kill_group(held.child)  # what it started, and left behind
        ending = held.folder.ending()
        if ending is None and held.executor == "ray" and held.here and held.restarts < _MOST_DRIVERS:
            held.restarts += 1
            self.start_child(held)
            return False
        if ending is not None and ending.status == "succeeded":
            held.storing = self._pool.submit(
                store_artefacts,
                self._database,
                self._artefacts,
                held.project,
                held.job_id,
                ending.artefacts,
                self._settings.project_dir(held.project),
            )
            return False
        cause, detail = _cause(held)
        self.finish(held, ending, cause, detail)
        return True

    def _look_at_storing(self, held: Held, now: datetime) -> bool:
        del now
        assert held.storing is not None
        if not held.storing.done():
            return False
        error = held.storing.exception()
        ending = held.folder.ending()
        if isinstance(error, StorageError):
            ending = failed(error)
        elif isinstance(error, SQLAlchemyError):  # it was away: once more
            held.storing = None
            raise error
        elif error is not None:
            _log.error("results of %s cannot be stored", held.job_id, exc_info=error)
            ending = failed(error)
        self.finish(held, ending, Reason.CHILD_DIED, "")
        return True

    def finish(self, held: Held, ending: Ending | None, cause: Reason, detail: str) -> None:
        """End the attempt; its child is dead, and all that it wrote was read."""
        with self._database.write(ALL_PROJECTS) as session:
            job, attempt = _hold(session, held)
            now = self._database.now(session)
            result = None
            if ending is not None and ending.status == "succeeded":
                result = finish_dataset(session, job, with_cost(ending.result, job.gpus, self._settings.cost))
            ingest.mark_removed_checkpoints(session, job.id, now=now)
            verdict = end_attempt(
                session,
                job,
                attempt,
                ending=ending,
                cause=cause,
                cause_detail=detail,
                exit_status=held.exit_status,
                result=None if result is None else ingest.clean(result),
                retry_seconds=self._settings.worker.retry_seconds,
                now=now,
            )
        _log.info(
            "attempt %s of %s has ended: %s (%s)", held.number, held.job_id, verdict.state, verdict.reason
        )

    def start_child(self, held: Held) -> None:
        """Start the child and write down who it is. Where it cannot be started, the attempt ends."""
        everything = self._settings.sources.references == "any"
        try:
            held.process = local.start(
                held.folder,
                "ray" if held.executor == "ray" else "local",
                gpus=held.gpus,
                everything=everything,
                command=self._command,
            )
            held.child = process.Identity.of(held.process.pid)
        except OSError as error:
            if held.process is None:
                raise StartFailed(str(error.strerror or type(error).__name__)) from error
            return  # it has ended already: the next look sees how
        with self._database.write(ALL_PROJECTS) as session:
            _, attempt_row = _hold(session, held)
            attempt_row.child = msgspec.to_builtins(held.child)


class StartFailed(Exception):
    """The operating system did not start the child."""


def _hold(session: Session, held: Held) -> tuple[Job, Attempt]:
    found = hold(session, held.attempt_id, held.token)
    if found is None:
        raise Lost(held.attempt_id)
    return found


def _cause(held: Held) -> tuple[Reason, str]:
    """What is known of a child that said nothing."""
    if not held.here or held.child is None:
        return Reason.WORKER_LOST, "its worker was lost, and with it what it worked on"
    status = held.exit_status
    if status is not None and status < 0:
        hint = " (the kernel does so where memory runs out)" if status == -9 and not held.killed_at else ""
        return Reason.CHILD_DIED, f"its process was ended by signal {-status}{hint}"
    return Reason.CHILD_DIED, "its process ended without saying how" + (
        f": status {status}" if status else ""
    )
