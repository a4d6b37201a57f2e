"""Sweeps every hour, in a thread beside the API and the workers. Any number of them may run at once."""

from __future__ import annotations

import logging
import threading
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cooldown_api.database.engine import Database
from cooldown_api.retention.sweep import sweep
from cooldown_api.settings import Settings

_log = logging.getLogger("cooldown.retention")
_SWEEP_SECONDS: Final = 3600.0
_STOP_SECONDS: Final = 5.0


class Sweeper:
    """One thread; the first sweep is at its start."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name="retention", daemon=True)

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the transaction that is open, and leave the rest to the next sweep."""
        self._stop.set()
        self._thread.join(_STOP_SECONDS)

    def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._stop.is_set():
            try:
                sweep(self._database, self._settings, self._stop)
            except SQLAlchemyError as error:
                _log.warning("the database does not answer: %s", type(error).__name__)
            except Exception:  # noqa: BLE001 - what one sweep stumbles over must not keep the next from what is due by then
                _log.exception("the sweep broke off; the next one goes on with it")
            self._stop.wait(_SWEEP_SECONDS)
