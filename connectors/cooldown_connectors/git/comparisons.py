"""What changed between two commits that need not be parent and child: raw rows of many such pairs from one ``git diff-tree``.

As in :mod:`~cooldown_connectors.git.diff_stream` a random line stands between the answers; no path can look like it.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cooldown_connectors.git.hardened import Git, GitFailed, Stream
from cooldown_connectors.git.raw_rows import RawRow, read_row

_USAGE = 129
"""Status of a git that does not understand its arguments: no commit is to blame."""


@dataclass
class Comparison:
    """Rows from ``base`` to ``head``: at most the limit of them, and how many there are. ``problem`` is what git said where it failed."""

    base: str
    head: str
    rows: list[RawRow] = field(default_factory=list)
    row_count: int = 0
    problem: str = ""


def compare(git: Git, pairs: Sequence[tuple[str, str]], max_rows: int) -> Iterator[Comparison]:
    """One :class:`Comparison` for each pair ``(base, head)``, in order. Renames are found by equal blobs only.

    Where git fails on a pair (an object is missing or damaged), that pair has a problem and the rest goes on.
    """
    position = 0
    while position < len(pairs):
        for comparison in _run(git, pairs[position:], max_rows):
            position += 1
            yield comparison


def _run(git: Git, pairs: Sequence[tuple[str, str]], max_rows: int) -> Iterator[Comparison]:
    """Comparisons up to the first that git fails on, that one included."""
    marker = f"compare-{secrets.token_hex(16)}\n"
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{marker}{head} {base}\n" for base, head in pairs).encode() + marker.encode())
        done = 0
        with git.stream(
            *("diff-tree", "--stdin", "--no-commit-id", "-r", "--raw", "-z", "--no-abbrev"),
            *("--find-renames=100%", "--no-color", "--no-ext-diff", "--no-textconv", "--"),
            stdin=asked,
        ) as stream:
            for comparison in _answers(stream, marker.encode(), pairs, max_rows):
                done += 1
                yield comparison
            try:
                stream.finish()
            except GitFailed as error:
                if done == len(pairs) or error.status == _USAGE:
                    raise
                base, head = pairs[done]
                yield Comparison(base, head, problem=error.reason)
            else:
                assert done == len(pairs), "git answered every pair"


def _answers(
    stream: Stream, marker: bytes, pairs: Sequence[tuple[str, str]], max_rows: int
) -> Iterator[Comparison]:
    """Those that are whole: a marker comes after them."""
    tokens = _tokens(stream)
    at = -1
    current = Comparison("", "")
    for token in tokens:
        while token.startswith(marker):
            if at >= 0:
                yield current
            at += 1
            if at < len(pairs):
                current = Comparison(*pairs[at])
            token = token[len(marker) :]
        if token:
            try:
                row = read_row(token, tokens)
            except (StopIteration, ValueError):  # git died while it wrote this row
                return
            current.row_count += 1
            if current.row_count <= max_rows:
                current.rows.append(row)


def _tokens(stream: Stream) -> Iterator[bytes]:
    """What stands between NULs, and what follows the last."""
    rest = b""
    while chunk := stream.read():
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
    yield rest
