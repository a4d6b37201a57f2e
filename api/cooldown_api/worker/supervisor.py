"""The loop of a worker: says that it lives, takes over, looks at its attempts, takes new jobs.

Everything it must know later stands in the database or in the folders of the attempts, so it may be killed at any moment. Its children
do not notice: the next worker of the host finds them alive.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cooldown_api.artefacts import ArtefactStore
from cooldown_api.database.engine import Database
from cooldown_api.database.ids import new_id
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Dataset, Job
from cooldown_api.jobs import leases
from cooldown_api.jobs.claim import Claimant, claim
from cooldown_api.settings import Settings
from cooldown_api.worker.adoption import adopt
from cooldown_api.worker.held import Held, Seen
from cooldown_api.worker.inventory import Device, devices
from cooldown_api.worker.places import attempt_folder, spec_of
from cooldown_api.worker.registration import register
from cooldown_api.worker.watching import Lost, StartFailed, Watching
from cooldown_kit.client.states import Reason, State
from cooldown_kit.engine import local
from cooldown_kit.engine.process import host_id

_log = logging.getLogger("cooldown_api.worker")
_LONGEST_BACKOFF = 10.0


class Supervisor:
    """One worker. :meth:`run` returns after :meth:`stop`."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        artefacts: ArtefactStore,
        *,
        command: local.Command = local.command,
        drain: bool = False,
    ) -> None:
        """``command`` makes a child's command of an attempt's folder; ``drain``: when stopped, stop the children first."""
        self.id = new_id("worker")
        self._settings = settings
        self._database = database
        self._drain = drain
        self._watching = Watching(database, artefacts, settings, command)
        self._gpus: list[Device] = devices(settings.worker.gpus)
        self._held: dict[str, Held] = {}
        self._stopping = threading.Event()
        self._leaving = threading.Event()
        self._until_idle = False
        self._beat_at = -math.inf

    def stop(self) -> None:
        """Take nothing more, and end: at once, or with ``drain`` when all children have stopped; asked again, at once."""
        if self._stopping.is_set() or not self._drain:
            self._leaving.set()
        self._stopping.set()

    def stop_when_idle(self) -> None:
        """End once nothing is held and nothing can be taken."""
        self._until_idle = True

    @property
    def busy(self) -> int:
        """Attempts that it holds."""
        return len(self._held)

    def run(self) -> None:
        """Work until it is stopped. A database that is away is waited for; the children go on meanwhile."""
        backoff = 0.0
        while not self._leaving.is_set():
            try:
                self.turn()
                backoff = 0.0
                if (self._stopping.is_set() or self._until_idle) and not self._held:
                    break
            except SQLAlchemyError as error:
                backoff = min(_LONGEST_BACKOFF, max(0.2, backoff * 2))
                _log.warning("the database does not answer (%s): tries again", _short(error))
            pause = max(self._settings.worker.poll_seconds, backoff) * random.uniform(0.9, 1.1)  # noqa: S311
            self._leaving.wait(pause)
        self._leave()

    def turn(self) -> None:
        """One round. Raises what the database raises; the next round goes on where this one was."""
        if time.monotonic() - self._beat_at >= self._settings.worker.beat_seconds:
            self._beat()
        for held in adopt(self._database, self.id, self._settings.worker, except_for=set(self._held)):
            self._held[held.attempt_id] = held
            held.folder.touch()
        self._look_at_all()
        while not self._stopping.is_set() and self._take():
            pass

    def _beat(self) -> None:
        """Renew all leases, and only then tell the children that they are watched."""
        worker = self._settings.worker
        with self._database.write(ALL_PROJECTS) as session:
            now = self._database.now(session)
            register(session, self.id, worker, self._gpus, draining=self._stopping.is_set(), now=now)
            held = {id: one.token for id, one in self._held.items()}
            kept = leases.renew(session, held, until=now + timedelta(seconds=worker.lease_seconds))
        self._beat_at = time.monotonic()
        for id in set(held) - kept:
            self._lose(id)
        for id in kept:
            try:
                self._held[id].folder.touch()
            except OSError as error:
                _log.warning("the folder of %s cannot be reached: %s", id, error)

    def _look_at_all(self) -> None:
        if not self._held:
            return
        with self._database.read(ALL_PROJECTS) as session:
            now = self._database.now(session)
            rows = session.execute(
                select(Attempt.id, Attempt.token, Job.state, Job.wanted, Job.priority)
                .join(Job, Job.id == Attempt.job_id)
                .where(Attempt.id.in_(list(self._held)), Attempt.state != "ended")
            )
            seen = {
                id: Seen(token, State(state), wanted, priority) for id, token, state, wanted, priority in rows
            }
        for id, held in list(self._held.items()):
            view = seen.get(id)
            if view is None or view.token != held.token:
                self._lose(id)
            else:
                self._look(held, view, now)

    def _look(self, held: Held, view: Seen, now: datetime) -> None:
        try:
            drain = self._drain and self._stopping.is_set()
            if self._watching.look(held, view, now, drain=drain):
                del self._held[held.attempt_id]
        except Lost:
            self._lose(held.attempt_id)
        except StartFailed as error:
            self._watching.finish(held, None, Reason.START_FAILED, str(error))
            del self._held[held.attempt_id]
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001 - one attempt's trouble is not the others': it is looked at again
            _log.exception("attempt %s of %s could not be looked at", held.number, held.job_id)

    def _take(self) -> bool:
        """Claim a job and start its child; false where there is none."""
        worker = self._settings.worker
        claimant = Claimant(
            worker_id=self.id,
            host_id=host_id(),
            slots=worker.slots,
            executors=tuple(worker.executors),
            gpus=tuple(device.uuid for device in self._gpus),
            lease_seconds=worker.lease_seconds,
        )
        with self._database.write(ALL_PROJECTS) as session:
            taken = claim(
                session,
                self._database,
                claimant,
                lambda job, number: attempt_folder(self._settings, job, number),
                now=self._database.now(session),
            )
            if taken is None:
                return False
            job, attempt = taken
            dataset = session.scalars(select(Dataset).where(Dataset.job_id == job.id)).first()
            session.flush()
            held, spec = Held.of(job, attempt), spec_of(self._settings, job, attempt, dataset)
        self._held[held.attempt_id] = held
        try:
            held.folder.write_spec(spec)
            self._watching.start_child(held)
            _log.info("attempt %s of %s begins", held.number, held.job_id)
        except Lost:
            self._lose(held.attempt_id)
        except (StartFailed, OSError) as error:
            _log.warning("attempt %s of %s cannot be started: %s", held.number, held.job_id, error)
            self._watching.finish(
                held, None, Reason.START_FAILED, f"its process could not be started: {error}"
            )
            del self._held[held.attempt_id]
        return True

    def _lose(self, attempt_id: str) -> None:
        """Another worker has it: its child is not touched any more."""
        held = self._held.pop(attempt_id)
        _log.warning("attempt %s of %s is another worker's now", held.number, held.job_id)

    def _leave(self) -> None:
        """Give the leases back. Children that live go on until the next worker finds them, or for `orphan_seconds`."""
        self._watching.close()
        try:
            with self._database.write(ALL_PROJECTS) as session:
                now = self._database.now(session)
                leases.let_go(session, {id: one.token for id, one in self._held.items()}, now=now)
                register(session, self.id, self._settings.worker, (), draining=True, now=now)
        except SQLAlchemyError as error:
            _log.warning("the leases could not be given back (%s): they run out", type(error).__name__)


def _short(error: SQLAlchemyError) -> str:
    """Without the statement and its parameters."""
    return f"{type(error).__name__}: {str(getattr(error, 'orig', '') or '').strip()}"[:300]
