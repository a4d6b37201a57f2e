"""Shards over processes: as many at once as there are workers, each started when it is first needed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import msgspec

from cooldown_connectors.git.hardened import GitFailed
from cooldown_connectors.git.shard import Job, Shard, run_shard
from cooldown_connectors.git.worker import Answer, Order
from cooldown_kit.errors import CooldownError
from cooldown_kit.pipe_messages import receive, send
from cooldown_kit.worker_process import start


class WorkerLost(CooldownError):
    """A worker process was ended by somebody else: the system where memory ran out, or a person."""


class Pool:
    """A context manager. ``workers`` processes at most (0: one for each processor); with one, the work is done in this process."""

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or _processors()
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="git-shard")
        self._own = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._closed = self._warmed = False
        self._lock = threading.Lock()

    def submit(self, job: Job, shard: Shard) -> Future[int]:
        """The number of commits done, or ``GitFailed``, ``OSError``, :class:`WorkerLost`."""
        if self.workers == 1:
            return self._threads.submit(run_shard, job, shard)
        return self._threads.submit(self._ask, Order(job, shard))

    def warm(self) -> None:
        """Start all workers now: there will be work, and starting takes a while."""
        if self.workers > 1 and not self._warmed:
            self._warmed = True
            together = threading.Barrier(self.workers)  # each thread of the pool starts its own
            for _ in range(self.workers):
                self._threads.submit(lambda: (together.wait(10), self._process()))

    def _ask(self, order: Order) -> int:
        # A worker that is lost may have been in the way when memory ran out for all: one more try, then a person must know.
        data = self._answer(order)
        if data is None and not self._closed:
            data = self._answer(order)
        if data is None:
            raise WorkerLost(
                "a process that reads diffs was ended from outside, twice",
                where=order.job.directory,
                remedy="memory may have run out: lower `max_memory`, `max_commit_size` or the number of processes; "
                "then run again, it goes on where it stopped",
            )
        answer = msgspec.msgpack.decode(data, type=Answer)
        if answer.failed is not None:
            raise GitFailed(*answer.failed)
        if answer.errno is not None:
            raise OSError(answer.errno, answer.error)
        if answer.error:
            raise RuntimeError(answer.error)
        return answer.commits

    def _answer(self, order: Order) -> bytes | None:
        """What this thread's worker answers; ``None`` where it is lost."""
        process = self._process()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, order)
            data = receive(process.stdout)
        except (BrokenPipeError, ValueError):
            data = None
        if data is None:
            process.wait()
        return data

    def _process(self) -> subprocess.Popen[bytes]:
        """This thread's worker."""
        process: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if process is None or process.poll() is not None:
            process = start("cooldown_connectors.git.worker")
            self._own.process = process
            with self._lock:
                self._processes.append(process)
                if self._closed:
                    process.kill()
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """At a clean end workers leave by themselves; else they are ended at once: half a shard counts for nothing."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True
            processes = list(self._processes)
        for process in processes:
            if error[0] is not None:
                process.terminate()
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
        for process in processes:
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        self._threads.shutdown(wait=True)


def _processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
