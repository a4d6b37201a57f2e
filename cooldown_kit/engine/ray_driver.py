"""The child of an attempt that a Ray cluster runs: ``python -P -m cooldown_kit.engine.ray_driver FOLDER``.

It owns one Ray job, whose name it knows from the attempt: a driver that is started again finds the job, and submits none.
The Ray job is the runner, on the same folder, which both machines share; it sees ``stop`` and ``supervised`` there by itself.
"""

from __future__ import annotations

import logging
import os
import shlex
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cooldown_kit.client.states import Reason
from cooldown_kit.engine.ending import EXIT_STATUS, Ending, Failure
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.log import log_as_json
from cooldown_kit.engine.runner import INNER, end
from cooldown_kit.engine.spec import RaySpec, Spec
from cooldown_kit.engine.stopping import Stopping, clock

_EVERY = 1.0
_SENT = ("HF_*", "OMP_*", "MKL_*", "TORCH_*", "PYTORCH_*", "NCCL_*", "OTEL_*", "TZ", "TOKENIZERS_PARALLELISM")
"""What of its environment the driver hands on: paths of this machine mean nothing on another."""
_TWICE = 73
_log = logging.getLogger("cooldown_kit.engine")


def main(arguments: list[str]) -> int:
    """Follow one attempt on the cluster to its end; returns the exit status."""
    folder = AttemptFolder(Path(arguments[0]))
    spec = folder.spec()
    log_as_json(spec)
    with folder.announced() as alone:
        if not alone:
            _log.error("another driver follows this attempt")
            return _TWICE
        stopping = Stopping(folder, spec, end=lambda: None)  # what must end by force is the Ray job
        stopping.start()
        Driver(folder, spec, stopping).follow()
        stopping.finish()
        ending = folder.ending()
        assert ending is not None
        return EXIT_STATUS[ending.status]


class ClusterLost(Exception):
    """The cluster did not answer for too long."""


class Driver:
    """One Ray job, from its submission to the attempt's ending."""

    def __init__(self, folder: AttemptFolder, spec: Spec, stopping: Stopping) -> None:
        assert spec.ray is not None
        self._folder = folder
        self._spec = spec
        self._ray: RaySpec = spec.ray
        self._stopping = stopping
        self._client: Any = None
        self.submission = f"{spec.job}-{spec.attempt}"
        self._marker = folder.path / "ray-submitted"
        """There once the cluster has taken the job: one that is gone later was lost, and is not submitted again."""

    def follow(self) -> None:
        """Submit the job, or find it; let it end, or stop it; see to it that ``exit.json`` is there."""
        try:
            status = self._until_end()
        except ClusterLost as lost:
            # the runner, if it lives, sees the file and ends: by itself after its grace
            self._folder.ask_to_stop()
            time.sleep(self._spec.grace_seconds + 10)
            self._say_end(Reason.WORKER_LOST, f"the Ray cluster does not answer: {lost}")
            return
        if self._folder.ending() is None:
            self._say_end_of(status)

    def _until_end(self) -> str:
        asked_at: float | None = None
        while True:
            status = self._status()
            if status is None:
                if self._marker.exists():
                    return "LOST"
                if self._stopping.should_stop():
                    return "STOPPED"
                self._submit()
                continue
            self._marker.touch()
            if status in ("SUCCEEDED", "FAILED", "STOPPED"):
                return status
            if self._stopping.should_stop():
                self._folder.ask_to_stop()
                asked_at = asked_at or self._asked_at()
                if status == "PENDING" or clock() - asked_at > self._spec.grace_seconds:
                    self._call(lambda client: client.stop_job(self.submission))
            time.sleep(_EVERY)

    def _asked_at(self) -> float:
        """Also of a driver before this one: a grace is given once."""
        age = time.time() - self._folder.stop_file.stat().st_mtime
        return clock() - max(0.0, age)

    def _status(self) -> str | None:
        """``None`` where the cluster knows no such job."""

        def ask(client: Any) -> str | None:
            # asking for the one job raises the same error for "unknown" and for "broken"
            known = {details.submission_id: details.status for details in client.list_jobs()}
            found = known.get(self.submission)
            return None if found is None else str(getattr(found, "value", found))

        answer: str | None = self._call(ask)
        return answer

    def _submit(self) -> None:
        _log.info("submits %s to the cluster", self.submission)
        command = [*self._ray.command, str(self._folder.path), INNER]
        variables = {
            name: value
            for name, value in os.environ.items()
            if any(fnmatchcase(name, pattern) for pattern in _SENT)
        }

        def submit(client: Any) -> None:
            try:
                client.submit_job(
                    entrypoint="exec " + shlex.join(command),
                    submission_id=self.submission,
                    entrypoint_num_cpus=self._ray.cpus,
                    entrypoint_num_gpus=self._spec.gpus or None,
                    runtime_env={"env_vars": variables},
                    metadata={"cooldown_job": self._spec.job},
                )
            except RuntimeError as error:
                # the answer to a repeated name is an internal error; a request whose answer was lost looks the same
                if self.submission not in str(error):
                    raise
                _log.warning("the cluster has %s already", self.submission)

        self._call(submit)

    def _call(self, ask: Any) -> Any:
        """Ask the cluster, again and again while it is away. Raises :class:`ClusterLost` after ``orphan_seconds``."""
        since = clock()
        while True:
            try:
                if self._client is None:
                    self._client = _connect(self._ray)
                return ask(self._client)
            except Exception as error:  # its client raises errors of several libraries
                self._client = None
                _log.warning("the cluster does not answer: %s", f"{type(error).__name__}: {error}"[:300])
                if clock() - since > self._spec.orphan_seconds:
                    raise ClusterLost(f"{type(error).__name__}: {error}"[:500]) from error
                time.sleep(_EVERY)

    def _say_end_of(self, status: str) -> None:
        if status == "STOPPED":
            reason = self._stopping.reason
            self._folder.write_ending(
                Ending(status="stopped", reason=reason.value, detail="the Ray job was stopped")
            )
        elif status == "LOST":
            self._say_end(Reason.CHILD_DIED, "the Ray cluster lost the job: it was started again, perhaps")
        else:
            info = self._call(lambda client: client.get_job_info(self.submission))
            message = str(getattr(info, "message", "") or "")[:500]
            self._say_end(Reason.CHILD_DIED, f"the Ray job ended without saying how ({status}): {message}")

    def _say_end(self, reason: Reason, message: str) -> None:
        if self._folder.ending() is None:
            failure = Failure(
                code=reason.value, message=message, remedy="look at the cluster's dashboard and logs"
            )
            self._folder.write_ending(
                Ending(status="failed", reason=reason.value, detail=message, error=failure)
            )


def _connect(ray: RaySpec) -> Any:
    given = any(os.environ.get(name) for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    if given or Path("~/.ray/auth_token").expanduser().exists():
        # a cluster asks for its token unless told otherwise, and a client sends the one it has only when told to
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    from ray.job_submission import JobSubmissionClient

    address = ray.address or os.environ.get("RAY_API_SERVER_ADDRESS") or os.environ.get("RAY_ADDRESS")
    if ray.address:  # the environment would win over the argument
        for name in ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS"):
            os.environ.pop(name, None)
    return JobSubmissionClient(address)


if __name__ == "__main__":
    end(main(sys.argv[1:]))
