"""Several processes that convert texts, with the answers in the order of the questions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from cooldown_connectors.threads.convert_worker import Converted, Texts, convert
from cooldown_kit.worker_process import WorkerProcess

T = TypeVar("T")


class Converters:
    """A context manager. Without workers the texts are converted in this process; so are those of a worker that is lost."""

    def __init__(self, workers: int) -> None:
        self._workers = [
            WorkerProcess("cooldown_connectors.threads.convert_worker", Converted) for _ in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def convert(self, batches: Iterable[tuple[T, list[str]]]) -> Iterator[tuple[T, Converted]]:
        """Each batch with its texts converted, in order. As many are under way as there are workers."""
        waiting: deque[tuple[T, list[str], bool]] = deque()
        number = 0
        for thing, texts in batches:
            if not self._workers:
                yield thing, convert(texts)
                continue
            if len(waiting) == len(self._workers):
                yield self._answer(waiting, number)
            # A worker has one batch at a time, so neither side ever waits for a pipe that the other does not read.
            worker = self._workers[number % len(self._workers)]
            waiting.append((thing, texts, worker.ask(Texts(texts))))
            number += 1
        while waiting:
            yield self._answer(waiting, number)

    def _answer(self, waiting: deque[tuple[T, list[str], bool]], number: int) -> tuple[T, Converted]:
        worker = self._workers[(number - len(waiting)) % len(self._workers)]
        thing, texts, asked = waiting.popleft()
        converted = worker.answer() if asked else None
        return thing, convert(texts) if converted is None else converted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.close()
