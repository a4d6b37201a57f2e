"""Processes that outlive who started them: who one is, whether it lives, how it is ended with all that it started.

A process number alone says nothing: numbers are used again. Its start time, the boot of the machine and the pid namespace belong to it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
import psutil

_DEAD = frozenset("ZXx")
"""States in ``/proc``: a zombie has ended, and only its parent has not looked yet."""


@cache
def boot_id() -> str:
    """Changes with every boot of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # not Linux
        return f"boot-{int(psutil.boot_time())}"


@cache
def pid_namespace() -> str:
    """Two containers of one machine have two: each has its own numbers of processes."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "0"


def host_id() -> str:
    """Where a process number means something: one boot of one machine, one pid namespace."""
    return f"{boot_id()}:{pid_namespace()}"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A process that can be recognised later, by another process of the same host."""

    pid: int
    started: float
    """Ticks since the boot, as the kernel counts them: the wall clock may be set, and dates of starts then move with it."""
    host: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """Raises ``ProcessLookupError`` where there is no such process."""
        found = _look(pid)
        if found is None:
            raise ProcessLookupError(f"there is no process {pid}")
        return cls(pid=pid, started=found[0], host=host_id())

    @classmethod
    def of_self(cls) -> Self:
        return cls.of(os.getpid())


def alive(identity: Identity) -> bool:
    """Whether that very process runs, any thread of it. A zombie does not: it has ended, and only its parent has not looked yet.

    Raises ``ValueError`` for a process of another host: nothing can be said of it here.
    """
    if identity.host != host_id():
        raise ValueError(f"process {identity.pid} is of another host")
    found = _look(identity.pid)
    return found is not None and found[0] == identity.started and not found[1]


def _look(pid: int) -> tuple[float, bool] | None:
    """When a process started, and whether it has ended already; ``None`` where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        # where the first thread has ended before the others, what it holds (memory, a GPU) is not free before they have
        return float(fields[19]), fields[0] in _DEAD and int(fields[17]) <= 1
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return None
    try:  # not Linux
        process = psutil.Process(pid)
        return process.create_time(), process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None


def start(
    command: Sequence[str], *, output: Path, environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own. It writes to a file, so it does not notice when who started it ends.

    Raises ``OSError`` where it cannot be started.
    """
    with output.open("ab") as file:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
            cwd=folder,
            env=dict(environment),
        )


def ask_to_end(identity: Identity) -> None:
    """SIGTERM to the process itself, not to those it started: it ends them in its own order, once it has saved what it has."""
    _send(identity, signal.SIGTERM)


def show_stacks(identity: Identity) -> None:
    """Let a child write where its threads are to its output (the runner listens to SIGUSR1)."""
    _send(identity, signal.SIGUSR1)


def _send(identity: Identity, number: signal.Signals) -> None:
    if identity.host == host_id() and alive(identity):
        with suppress(ProcessLookupError):
            os.kill(identity.pid, number)


def kill_group(identity: Identity) -> None:
    """SIGKILL to the process and to everything that it started and that stayed in its group; also where it ended before them.

    The kernel gives a number to no new process while a group has it: where another process has it now, the group is gone.
    """
    if identity.host != host_id() or identity.pid <= 1 or identity.pid == os.getpgrp():
        return
    found = _look(identity.pid)
    if found is not None and found[0] != identity.started:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(identity.pid, signal.SIGKILL)


class Vitals(NamedTuple):
    """What a process and all below it have used so far."""

    cpu_seconds: float
    io_bytes: int
    """Read and written, from caches too."""


def vitals(identity: Identity) -> Vitals | None:
    """``None`` where the process has ended."""
    if not alive(identity):
        return None
    cpu, io = 0.0, 0
    try:
        process = psutil.Process(identity.pid)
        members = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return None
    for member in members:
        with suppress(psutil.Error):
            times = member.cpu_times()
            cpu += times.user + times.system
            counters = member.io_counters()
            io += counters.read_chars + counters.write_chars
    return Vitals(cpu, io)
