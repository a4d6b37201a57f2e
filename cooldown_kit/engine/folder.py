"""The folder of an attempt: the only thing that a child and who watches it share. It may lie on a file system of several machines."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from cooldown_kit.engine.ending import Ending
from cooldown_kit.engine.process import Identity
from cooldown_kit.engine.spec import Spec
from cooldown_kit.errors import StorageError
from cooldown_kit.workspace import write_whole


class AttemptFolder:
    """Paths and files of one attempt. What is read is whole or not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = path / "events.jsonl"
        """One event a line, as the pipeline made it."""
        self.output = path / "output.log"
        """What the child wrote to stdout and stderr."""
        self.supervised = path / "supervised"
        """Touched by who watches, each time its lease was renewed."""
        self.stop_file = path / "stop"
        """Its being there asks the child to stop."""
        self.alive = path / "alive"
        """Locked by the child for as long as it lives."""

    def write_spec(self, spec: Spec) -> None:
        """Make the folder ready for a child."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.touch()
        write_whole(self.path / "spec.json", msgspec.json.encode(spec), 0o600)

    def spec(self) -> Spec:
        """Raises :class:`StorageError` where it is not there."""
        try:
            return msgspec.json.decode((self.path / "spec.json").read_bytes(), type=Spec)
        except (OSError, msgspec.DecodeError) as error:
            raise StorageError(
                f"the attempt cannot be read: {error}",
                where=str(self.path),
                remedy="start attempts through a worker, which writes `spec.json`",
            ) from error

    def touch(self) -> None:
        """Tell the child that it is watched."""
        self.supervised.touch()

    def ask_to_stop(self) -> None:
        """Ask the child to save what it has and end. Asking twice changes nothing: the first time counts for its grace."""
        with suppress(FileExistsError):
            self.stop_file.touch(exist_ok=False)

    def child(self) -> Identity | None:
        """Who the child is, once it has said so."""
        try:
            return msgspec.json.decode((self.path / "child.json").read_bytes(), type=Identity)
        except FileNotFoundError:
            return None

    def write_ending(self, ending: Ending) -> None:
        """The last thing that a child does."""
        write_whole(self.path / "exit.json", msgspec.json.encode(ending))

    def ending(self) -> Ending | None:
        """How the child ended, if it said so."""
        try:
            return msgspec.json.decode((self.path / "exit.json").read_bytes(), type=Ending)
        except FileNotFoundError:
            return None

    @contextmanager
    def announced(self) -> Iterator[bool]:
        """Say who this process is, and hold the lock of the attempt: false where another process holds it.

        The process looks for ``stop`` after this, and who gives an attempt up writes ``stop`` before it looks for ``child.json``:
        a child that comes too late sees that it is not wanted.
        """
        handle = os.open(self.alive, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            write_whole(self.path / "child.json", msgspec.json.encode(Identity.of_self()))
            yield True
        finally:
            os.close(handle)

    def is_held(self) -> bool:
        """Whether a process holds the lock of the attempt. Holds for processes of this machine, whatever container they are in."""
        try:
            handle = os.open(self.alive, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False
