"""A process of one's own that answers questions, started by the name of its module; what it does to itself harms nobody else."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import Generic, Self, TypeVar

import msgspec

from cooldown_kit.pipe_messages import receive, send

AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


def start(module: str) -> subprocess.Popen[bytes]:
    """Begin ``python -P -m MODULE``, to be asked on its stdin and heard on its stdout."""
    # -P: no module is looked for in the folder that somebody happens to stand in
    command = [sys.executable, "-P", "-m", module]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class WorkerProcess(Generic[AnswerT]):
    """A process that gives one ``answer_type`` for each question, in order. A context manager.

    It starts with the first question, or with :meth:`start`. One that is lost answers no more until :meth:`close`; the next question then starts another.
    """

    def __init__(self, module: str, answer_type: type[AnswerT]) -> None:
        self._module = module
        self._answer_type = answer_type
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """The process, started now where it is not yet."""
        if self._process is None:
            self._process = start(self._module)
        return self._process

    def ask(self, question: msgspec.Struct) -> bool:
        """Send a question; the process works while the caller does. False where it is lost."""
        pipe = self.start().stdin
        assert pipe is not None
        try:
            send(pipe, question)
        except BrokenPipeError:
            return False
        return True

    def answer(self) -> AnswerT | None:
        """The answer to the oldest question that has none yet; ``None`` where the process is lost."""
        assert self._process is not None
        assert self._process.stdout is not None
        data = receive(self._process.stdout)
        return None if data is None else msgspec.msgpack.decode(data, type=self._answer_type)

    def wait(self) -> int:
        """How a process that is lost ended: its status, or the negative number of the signal that ended it."""
        assert self._process is not None
        return self._process.wait()

    def kill(self) -> None:
        """End the process without waiting for it, where others are to be ended too; :meth:`close` comes after."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process. A later question starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it keeps nothing
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # what was not yet written to it
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
