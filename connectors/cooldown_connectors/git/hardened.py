"""The one place that starts git: on data of strangers, so that nothing of theirs is ever run.

A repository that came from elsewhere can hold configuration and hooks that run programs (``core.fsmonitor``, ``diff.external``,
``filter.*.smudge``, ``core.sshCommand`` and many more), and names that look like flags. Every process here therefore gets an
environment built from nothing, a generated configuration in place of the user's and the system's, the same settings
once more as ``-c`` flags, no terminal, no lazy fetching, and no protocol but the one it is for. It works in a bare repository
of ours, never in a found ``.git`` (git's own advice in gitsecurity(7) goes the same way).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import resource
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Self

from cooldown_connectors.git.configuration import SETTINGS
from cooldown_connectors.git.guarded import PROXIES, network_flags
from cooldown_kit.errors import InputError
from cooldown_kit.guard.use import proxy_of_environment

MINIMUM_VERSION = (2, 31)
"""Configuration by environment (the token's way) and ``--diff-merges`` came with 2.31, in March 2021."""

_NETWORK_VARIABLES = (
    *(
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ),
    *(
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "SSH_AUTH_SOCK",
        "USER",
        "LOGNAME",
    ),
)
"""What the person's own environment may say to processes that talk to a remote, and only to those."""

_STDERR_KEPT = 16 << 10
_PIPE_BYTES = 1 << 20
_REPLY_LIMIT = 256 << 20
OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class GitFailed(Exception):
    """A git process ended badly; callers turn it into an InputError that says what to do. ``stderr`` is bounded and free of control characters."""

    def __init__(self, command: str, status: int | None, stderr: str) -> None:
        self.command = command
        self.status = status
        self.stderr = stderr
        super().__init__(f"git {command} ended with {status}: {stderr}")

    @property
    def out_of_memory(self) -> bool:
        """Whether it needed more than it was allowed."""
        return "out of memory" in self.stderr.lower()

    @property
    def reason(self) -> str:
        """The line of stderr that says most: the last ``fatal:`` or ``error:``, else the last line."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
        line = (telling or lines or [f"git {self.command} ended with status {self.status}"])[-1]
        return line.removeprefix("fatal:").removeprefix("error:").strip()


@cache
def _version_of(program: str) -> tuple[int, ...]:
    reply = subprocess.run(
        [program, "version"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", reply.stdout)
    return tuple(int(part or 0) for part in match.groups()) if match else (0, 0, 0)


def find_git() -> str:
    """Absolute path of a git that is new enough. Raises :class:`InputError` where there is none."""
    program = shutil.which("git")
    if program is None:
        raise InputError(
            "git is not installed", where="PATH", remedy="install git (https://git-scm.com/downloads)"
        )
    version = _version_of(program)
    if version < MINIMUM_VERSION:
        found, needed = (".".join(map(str, v)) for v in (version, MINIMUM_VERSION))
        raise InputError(
            f"this git is {found}; {needed} or newer is needed", where=program, remedy="install a newer git"
        )
    return program


def version() -> str:
    """The version of the git that is used, ``2.39.5``."""
    return ".".join(map(str, _version_of(find_git())))


@dataclass(frozen=True)
class Git:
    """How git is to be started: with which HOME, on which bare repository of ours, with which protocols."""

    home: Path
    directory: Path | None = None
    """A bare repository of ours; ``None`` for commands that need none (``ls-remote``, ``init``)."""
    protocols: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Configuration that holds a secret: it goes by the environment, never by arguments."""
    remote: str | None = None
    """The URL that it may speak to, where ``protocols`` let it speak to any."""
    memory: int | None = None
    """Bytes that a process may allocate; where the system can hold it to that (Linux)."""

    def environment(self) -> dict[str, str]:
        """The whole environment of the process: nothing of the caller's but PATH, and network settings for remotes."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "none"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.home),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "SSH_ASKPASS_REQUIRE": "never",
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols),
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_PAGER": "cat",
            "GIT_EDITOR": "false",
            "LC_ALL": "C",
        }
        if self.directory is not None:
            environment["GIT_DIR"] = str(self.directory)
        if {"https", "http", "ssh"} & set(self.protocols):
            kept = set(_NETWORK_VARIABLES) - (set() if proxy_of_environment() else PROXIES)
            environment |= {name: os.environ[name] for name in kept if name in os.environ}
        if self.secrets:
            environment["GIT_CONFIG_COUNT"] = str(len(self.secrets))
            for number, (key, value) in enumerate(self.secrets.items()):
                environment[f"GIT_CONFIG_KEY_{number}"] = key
                environment[f"GIT_CONFIG_VALUE_{number}"] = value
        return environment

    def stream(self, *arguments: str | bytes, stdin: IO[bytes] | None = None) -> Stream:
        """Start git; its output is read bit by bit. ``stdin`` is a file, read from its start.

        Raises ``InputError`` where a policy of this process does not allow its remote.
        """
        program = find_git()
        flags = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        for protocol in self.protocols:
            flags += ["-c", f"protocol.{protocol}.allow=always"]
        if self.protocols and self.remote is not None:
            flags += network_flags(self.remote, self.secrets.get("http.proxy"), _version_of(program))
        if stdin is not None:
            stdin.flush()
            stdin.seek(0)
        command = [program, *flags, *arguments]
        return Stream(command, str(arguments[0]), self.environment(), self.home, stdin, self.memory)

    def run(
        self, *arguments: str | bytes, stdin: IO[bytes] | None = None, timeout: float | None = None
    ) -> bytes:
        """The whole output of a command that says little. Raises :class:`GitFailed`."""
        with self.stream(*arguments, stdin=stdin) as stream:
            stream.deadline = None if timeout is None else time.monotonic() + timeout
            reply = bytearray()
            while chunk := stream.read():
                reply += chunk
                if len(reply) > _REPLY_LIMIT:
                    raise GitFailed(str(arguments[0]), None, "fatal: the reply is too large")
            stream.finish()
        return bytes(reply)


class Stream:
    """A running git. Reads stdout in chunks and keeps the end of stderr, without threads.

    As a context manager it leaves no process behind: whatever happens, the process group is killed and reaped.
    """

    def __init__(
        self,
        command: list[str | bytes],
        name: str,
        environment: Mapping[str, str],
        folder: Path,
        stdin: IO[bytes] | None,
        memory: int | None = None,
    ) -> None:
        self.deadline: float | None = None
        self.stderr = b""
        self.on_stderr: Callable[[], None] | None = None
        self._name = name
        self._process = subprocess.Popen(
            command,
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd=folder,
            bufsize=0,
            start_new_session=True,  # a group of its own: can be killed whole, and Ctrl-C reaches us first
        )
        if memory is not None:
            with contextlib.suppress(AttributeError, OSError):
                resource.prlimit(self._process.pid, resource.RLIMIT_DATA, (memory, memory))
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._out, self._error = self._process.stdout.fileno(), self._process.stderr.fileno()
        with contextlib.suppress(OSError, AttributeError):  # fewer context switches; only Linux can
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._error, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self._selector.register(self._error, selectors.EVENT_READ)

    def read(self) -> bytes:
        """The next bytes of stdout, at most 1 MiB; empty at its end. Raises :class:`GitFailed` after the deadline."""
        while True:
            left = None if self.deadline is None else self.deadline - time.monotonic()
            if left is not None and left <= 0:
                self.close()
                raise GitFailed(self._name, None, "fatal: timed out")
            ready = {key.fd for key, _ in self._selector.select(left)}
            if self._error in ready:
                self._read_error()
            if self._out in ready:
                return os.read(self._out, _PIPE_BYTES)

    def _read_error(self) -> bool:
        """Keep what stderr says; False at its end."""
        try:
            said = os.read(self._error, 1 << 16)
        except BlockingIOError:
            return True
        if not said:
            self._selector.unregister(self._error)
            return False
        self.stderr = (self.stderr + said)[-_STDERR_KEPT:]
        if self.on_stderr is not None:
            self.on_stderr()
        return True

    def finish(self) -> None:
        """Wait for the end. Raises :class:`GitFailed` unless the status is zero."""
        self._selector.unregister(self._out)
        while self._selector.get_map() and self._process.poll() is None:
            # A helper that lives on (ssh's master) may hold stderr open, so its end alone is not waited for.
            if self._selector.select(0.05):
                self._read_error()
        status = self._process.wait()
        while self._selector.get_map() and self._selector.select(0) and self._read_error():
            pass
        if status != 0:
            raise GitFailed(self._name, status, printable(self.stderr))

    def close(self) -> None:
        """Kill the process group if it still runs, reap it, close the pipes."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def printable(text: bytes) -> str:
    """What a process or a server said, without control characters (it may try to paint on the terminal)."""
    lines = re.split(r"[\r\n]+", text.decode("utf-8", "replace"))
    return "\n".join("".join(c for c in line if c.isprintable()) for line in lines).strip()
