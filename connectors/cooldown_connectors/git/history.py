"""First pass over history: what each commit says and which paths it changes, at some ten thousand commits a second.

No blob is read: renames are found by equal ids only. One ``git log --raw -z`` walks from the tip, newest first, so git's memory
does not grow with the history's text; whoever wants the oldest first turns the stored result around.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import msgspec

from cooldown_connectors.git.hardened import Git, Stream
from cooldown_connectors.git.raw_rows import RawRow, read_row

_FIELDS = "%H %P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B"


class CommitEntry(msgspec.Struct, frozen=True, array_like=True):
    """A commit's metadata, as bytes where they come from people. Times are seconds since the epoch, as git wrote them."""

    revision: str
    parents: list[str]
    author: tuple[bytes, bytes]
    authored: bytes
    committer: tuple[bytes, bytes]
    committed: bytes
    message: bytes
    """One byte more than the limit where the message is longer: the rest was not kept."""
    rows: list[RawRow]
    """Against the first parent; at most one more than the limit."""
    row_count: int


def read_history(
    git: Git,
    tip: str,
    *,
    merge_rows: bool,
    max_message: int,
    max_rows: int,
    on_row: Callable[[CommitEntry, RawRow], None] | None = None,
) -> Iterator[CommitEntry]:
    """Every commit that ``tip`` reaches, newest first by committer time (git's own order). Raises ``GitFailed``.

    Rows of merges are those against the first parent, if ``merge_rows``. ``on_row`` sees every row, also those beyond
    ``max_rows``; its entry has no rows yet.
    """
    nonce = f"commit-{secrets.token_hex(16)}"
    arguments = [
        "log",
        "--raw",
        "-z",
        "--no-abbrev",
        "--find-renames=100%",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
    ]
    arguments += [
        f"--diff-merges={'first-parent' if merge_rows else 'off'}",
        f"--format=tformat:{nonce} {_FIELDS}",
        "--no-notes",
        "--end-of-options",
        tip,
    ]
    with git.stream(*arguments) as stream:
        yield from _entries(_tokens(stream, max_message), nonce.encode() + b" ", max_rows, on_row)
        stream.finish()


def _entries(
    tokens: Iterator[bytes],
    start: bytes,
    max_rows: int,
    on_row: Callable[[CommitEntry, RawRow], None] | None,
) -> Iterator[CommitEntry]:
    token = next(tokens, b"")
    while token:
        assert token.startswith(start), "a commit starts where rows end"
        revision, *parents = token[len(start) :].decode("ascii").split()
        author = (next(tokens), next(tokens))
        authored = next(tokens)
        committer = (next(tokens), next(tokens))
        committed = next(tokens)
        message = next(tokens)
        rows: list[RawRow] = []
        entry = CommitEntry(revision, parents, author, authored, committer, committed, message, rows, 0)
        count = 0
        token = next(tokens, b"")
        if token.startswith(b"\n"):  # git sets rows apart from the message by a newline
            token = token[1:]
        while token.startswith(b":"):
            row = read_row(token, tokens)
            count += 1
            if on_row is not None:
                on_row(entry, row)
            if count <= max_rows + 1:
                rows.append(row)
            token = next(tokens, b"")
        yield msgspec.structs.replace(entry, row_count=count)


def _tokens(stream: Stream, longest: int) -> Iterator[bytes]:
    """What stands between NULs; of a longer token than ``longest`` only ``longest + 1`` bytes are kept."""
    rest = b""
    longest = max(longest, 1 << 16)  # paths and names are never cut: the kernel's longest path is 4 KiB
    while chunk := stream.read():
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
        if len(rest) > longest:
            head = rest[: longest + 1]
            while (chunk := stream.read()) and b"\0" not in chunk:
                pass
            yield head
            rest = chunk.partition(b"\0")[2]
            *whole, rest = rest.split(b"\0")
            yield from whole
    if rest:
        yield rest
