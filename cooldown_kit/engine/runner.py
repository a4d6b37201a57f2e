"""The child: ``python -P -m cooldown_kit.engine.runner FOLDER`` does what the folder's ``spec.json`` says, and says how it ended."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from cooldown_kit.client.states import Reason
from cooldown_kit.engine import tracing
from cooldown_kit.engine.ending import EXIT_STATUS, Ending, failed
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.journal import Journal
from cooldown_kit.engine.log import log_as_json
from cooldown_kit.engine.spec import Spec
from cooldown_kit.engine.stopping import Stopping
from cooldown_kit.engine.works import WORKS, Refused, Work
from cooldown_kit.errors import CooldownError, Stopped
from cooldown_kit.events import Message

INNER = "--inner"
"""On a Ray cluster: the driver beside the worker is the child that the worker knows, this process does the work."""
_TWICE = 73
_log = logging.getLogger("cooldown_kit.engine")


def main(arguments: list[str], works: Mapping[str, Work] = WORKS) -> int:
    """Do one attempt; returns the exit status. ``works`` are the kinds of jobs that are known."""
    folder = AttemptFolder(Path(arguments[0]))
    spec = folder.spec()
    if INNER in arguments:
        _write_to(folder.output)
        log_as_json(spec)
        return _work(folder, spec, works)
    log_as_json(spec)
    with folder.announced() as alone:
        if not alone:
            _log.error("another process works on this attempt")
            return _TWICE
        return _work(folder, spec, works)


def _work(folder: AttemptFolder, spec: Spec, works: Mapping[str, Work]) -> int:
    if (before := folder.ending()) is not None:
        return EXIT_STATUS[before.status]
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, all_threads=True)
    stopping = Stopping(folder, spec)
    stopping.start()
    journal = Journal(folder.events)
    try:
        ending = _ending(folder, spec, works, journal, stopping)
    finally:
        journal.close()
    stopping.finish()
    folder.write_ending(ending)
    return EXIT_STATUS[ending.status]


def _ending(
    folder: AttemptFolder, spec: Spec, works: Mapping[str, Work], journal: Journal, stopping: Stopping
) -> Ending:
    try:
        if stopping.should_stop():
            raise Stopped("it was to stop before it began", where=spec.job)
        journal.emit(Message(stage="attempt", text=f"attempt {spec.attempt} begins"))
        with tracing.span(spec):
            if spec.policy is not None:
                _enforce(spec)
            outcome = works[spec.kind](spec, folder.path, journal.emit, stopping.should_stop)
        return Ending(
            status="succeeded",
            reason=Reason.FINISHED.value,
            result=outcome.result,
            artefacts=outcome.artefacts,
        )
    except Stopped as stopped:
        return Ending(status="stopped", reason=stopping.reason.value, detail=stopped.what)
    except Refused as refused:
        return failed(refused, Reason.REFUSED)
    except CooldownError as error:
        _log.error("%s", error)
        return failed(error)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the attempt ends and says so; the log has the traceback
        _log.exception("the attempt failed")
        return failed(error)


def _enforce(spec: Spec) -> None:
    from cooldown_kit.guard import Policy, enforce

    enforce(Policy.model_validate(spec.policy))


def _write_to(output: Path) -> None:
    """Let stdout and stderr of this process go to the attempt's output, wherever the process was started."""
    handle = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def end(status: int) -> None:
    """End this process now: threads that libraries left behind have nothing more to say."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    end(main(sys.argv[1:]))
