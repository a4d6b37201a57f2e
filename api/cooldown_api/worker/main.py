"""A worker as a process: settings in, signals, logging, and the loop."""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import Any

from cooldown_api.artefacts import ArtefactStore
from cooldown_api.database.engine import Database
from cooldown_api.database.migrate import prepare_database
from cooldown_api.observe.logs import configure_logs
from cooldown_api.retention.sweeper import Sweeper
from cooldown_api.settings import Settings
from cooldown_api.webhooks.dispatcher import Dispatcher
from cooldown_api.worker.supervisor import Supervisor


def work(settings: Settings, *, drain: bool = False, once: bool = False) -> int:
    """Work until SIGTERM or SIGINT; returns the exit status.

    Args:
        drain: stop the children first, and give their jobs back; a second signal leaves at once.
        once: end when the queue holds nothing more for this worker.
    """
    configure_logs(settings.log_format)
    database = Database(settings.url)
    prepare_database(database, settings)
    supervisor = Supervisor(settings, database, ArtefactStore(settings.artefacts_url), drain=drain)

    def stop(number: int, frame: Any) -> None:
        del number, frame
        supervisor.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if once:
        supervisor.stop_when_idle()
    # beside those of API processes: none sends or removes what another has claimed
    beside = (Dispatcher(database, settings), Sweeper(database, settings))
    for thread in beside:
        thread.start()
    supervisor.run()
    for thread in beside:
        thread.stop()
    database.close()
    # not by the usual way: a thread that still copies a result may take minutes, and the next worker does it again
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
