"""A worker process: shards come in on stdin, answers go out on stdout, and it ends when its parent does.

``python -P -m cooldown_connectors.git.worker``. A process of its own, started by its name and not by ``multiprocessing``: that would run the
caller's script again, or fork a process that has threads.
"""

from __future__ import annotations

import signal
import sys

import msgspec

from cooldown_connectors.git.hardened import GitFailed
from cooldown_connectors.git.shard import Job, Shard, run_shard
from cooldown_kit.worker_loop import answer_all


class Order(msgspec.Struct, frozen=True):
    job: Job
    shard: Shard


class Answer(msgspec.Struct, frozen=True):
    """``commits`` that were done, or what went wrong: in git (``failed``) or on our side or the disk's (``error``)."""

    commits: int = 0
    failed: tuple[str, int | None, str] | None = None
    error: str = ""
    errno: int | None = None


def _answer(order: Order) -> Answer:
    try:
        return Answer(commits=run_shard(order.job, order.shard))
    except GitFailed as error:
        return Answer(failed=(error.command, error.status, error.stderr))
    except OSError as error:
        return Answer(error=f"{error.strerror or error}: {error.filename or ''}", errno=error.errno)
    except Exception as error:  # noqa: BLE001 - it must reach the one who asked
        return Answer(error=f"{type(error).__name__}: {error}")


def main() -> None:
    """Work until stdin ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that git is ended too
    answer_all(Order, _answer)


if __name__ == "__main__":
    main()
