"""Second pass: the diffs of many commits from one ``git diff-tree --stdin``, cut apart safely and within a byte budget.

``diff-tree`` repeats every line of its input that is no object id. So a random line (128 bits, chosen after every byte of the
history was) goes before each commit and comes back between their diffs: whatever a patch holds, it cannot fake one.
"""

from __future__ import annotations

import math
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cooldown_connectors.git.hardened import Git, GitFailed, Stream

_PATHS_BYTES = 1 << 20
"""Paths that one command line may name: the kernel allows 2 MiB for arguments and environment."""

_USAGE = 129
"""Status of a git that does not understand its arguments: no commit is to blame."""


@dataclass(frozen=True)
class DiffRequest:
    """A commit to be compared with a parent (``None``: with nothing), but for some paths."""

    revision: str
    parent: str | None
    without: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class DiffText:
    """``text``: rows of ``--raw -z`` and patches, or ``None`` with the ``problem`` (``too_large``, ``too_slow``,
    ``too_much_memory``, ``unreadable``) and what git said."""

    text: bytes | None
    problem: str = ""
    detail: str = ""


def read_diffs(
    git: Git,
    requests: Sequence[DiffRequest],
    *,
    context_lines: int,
    max_size: int,
    max_seconds: float = math.inf,
) -> Iterator[DiffText]:
    """One :class:`DiffText` for each request, in order. Memory: ``max_size`` and one pipe's worth.

    Where git fails on a commit (an object is missing or damaged), that commit is ``unreadable`` and the rest goes on;
    likewise where it takes longer than ``max_seconds`` for one.
    """
    limits = _Limits(context_lines, max_size, max_seconds)
    position = 0
    while position < len(requests):
        if requests[position].without:
            yield from _one_by_one(git, requests[position], limits)
            position += 1
            continue
        end = position
        while end < len(requests) and not requests[end].without:
            end += 1
        while position < end:
            for diff in _run(git, requests[position:end], (), limits):
                position += 1
                yield diff


class _Limits(NamedTuple):
    context_lines: int
    size: int
    seconds: float

    @property
    def deadline(self) -> float | None:
        return None if self.seconds == math.inf else time.monotonic() + self.seconds


def _one_by_one(git: Git, request: DiffRequest, limits: _Limits) -> Iterator[DiffText]:
    pathspecs = [_all_but(path) for path in request.without]
    if sum(map(len, pathspecs)) > _PATHS_BYTES:
        yield DiffText(None, "too_large", "too many large files to set apart")
        return
    yield from _run(git, [request], pathspecs, limits)


def _all_but(path: bytes) -> bytes:
    """A pathspec that leaves out this file alone.

    A literal one would leave out everything below a folder of that name too: what took the file's place. A glob does not; with
    a backslash before each byte it means these bytes and nothing else, and ``..`` is a name like any other.
    """
    return b":(top,exclude,glob)" + b"".join(b"\\%c" % byte for byte in path)


def _run(
    git: Git, requests: Sequence[DiffRequest], pathspecs: Sequence[bytes], limits: _Limits
) -> Iterator[DiffText]:
    """Diffs up to the first that git fails on, that one included."""
    marker = f"diff-{secrets.token_hex(16)}\n".encode()
    arguments = [
        "diff-tree",
        "--stdin",
        "--no-commit-id",
        "-r",
        "--root",
        "--patch",
        "--raw",
        "-z",
        "--find-renames",
    ]
    arguments += [
        "--full-index",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        f"--unified={limits.context_lines}",
        "--",
    ]
    with tempfile.TemporaryFile() as asked:
        for request in requests:
            parent = f" {request.parent}" if request.parent else ""
            asked.write(marker + f"{request.revision}{parent}\n".encode())
        asked.write(marker)
        done = 0
        with git.stream(*arguments, *pathspecs, stdin=asked) as stream:
            try:
                for text in _between(stream, marker, limits):
                    done += 1
                    yield DiffText(text) if text is not None else DiffText(None, "too_large", "diff")
                stream.finish()
            except GitFailed as error:
                if done == len(requests) or error.status == _USAGE:
                    raise
                yield DiffText(None, _problem(error), error.reason)
            else:
                assert done == len(requests), "git answered every request"


def _problem(error: GitFailed) -> str:
    if error.status is None:
        return "too_slow"
    return "too_much_memory" if error.out_of_memory else "unreadable"


def _between(stream: Stream, marker: bytes, limits: _Limits) -> Iterator[bytes | None]:
    """What stands between one marker and the next; ``None`` where that is longer than allowed. Text before the
    first marker is none of ours, text after the last was cut short: neither is given."""
    max_size = limits.size
    rest = b""
    inside = dropped = False
    stream.deadline = limits.deadline
    while chunk := stream.read():
        searched = max(0, len(rest) - len(marker))
        rest += chunk
        start = 0
        while (at := rest.find(marker, max(start, searched))) >= 0:
            if inside:
                yield None if dropped or at - start > max_size else rest[start:at]
                stream.deadline = limits.deadline  # the next one's; what we did meanwhile is not git's
            inside, dropped = True, False
            start = at + len(marker)
        rest = rest[start:]
        if len(rest) > max_size + len(marker):
            dropped = True
            rest = rest[-len(marker) :]
