"""Several processes that convert texts, with the answers in the order of the questions."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Self, TypeVar

import msgspec

from cooldown_connectors.threads.convert_worker import Converted, Texts, convert
from cooldown_kit.pipe_messages import receive, send

T = TypeVar("T")


class Converters:
    """A context manager. Without workers the texts are converted in this process; so are those of a worker that is lost."""

    def __init__(self, workers: int) -> None:
        # -P: no module is looked for in the folder that somebody happens to stand in
        command = [sys.executable, "-P", "-m", "cooldown_connectors.threads.convert_worker"]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(workers)
        ]

    def convert(self, batches: Iterable[tuple[T, list[str]]]) -> Iterator[tuple[T, Converted]]:
        """Each batch with its texts converted, in order. As many are under way as there are workers."""
        waiting: deque[tuple[T, list[str], bool]] = deque()
        number = 0
        for thing, texts in batches:
            if not self._processes:
                yield thing, convert(texts)
                continue
            if len(waiting) == len(self._processes):
                yield self._answer(waiting, number)
            # A worker has one batch at a time, so neither side ever waits for a pipe that the other does not read.
            process = self._processes[number % len(self._processes)]
            waiting.append((thing, texts, _ask(process, texts)))
            number += 1
        while waiting:
            yield self._answer(waiting, number)

    def _answer(self, waiting: deque[tuple[T, list[str], bool]], number: int) -> tuple[T, Converted]:
        process = self._processes[(number - len(waiting)) % len(self._processes)]
        thing, texts, asked = waiting.popleft()
        data = receive(_pipe(process.stdout)) if asked else None
        return thing, msgspec.msgpack.decode(data, type=Converted) if data is not None else convert(texts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                _close(_pipe(pipe))


def _ask(process: subprocess.Popen[bytes], texts: list[str]) -> bool:
    """False where the worker is gone."""
    try:
        send(_pipe(process.stdin), Texts(texts))
    except OSError:
        return False
    return True


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # what is left to write to a worker that is gone
        return


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
