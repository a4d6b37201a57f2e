"""First pass over history: what each commit says and which paths it changes, at some ten thousand commits a second.

No blob is read: renames are found by equal ids only. One ``git log --raw -z`` walks from the tips, newest first, so git's memory
does not grow with the history's text; whoever wants another order asks :class:`~cooldown_connectors.git.graph.Graph`.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Final

import msgspec

from cooldown_connectors.git.hardened import Git, GitFailed, Stream
from cooldown_connectors.git.raw_rows import RawRow, read_row

MESSAGE_KEPT: Final = 16 << 20
"""Bytes of a message that are kept, and one more where it is longer."""
ROWS_KEPT: Final = 250_000
"""Rows of a commit that are kept: no tree that people work in is larger, and memory stays bounded."""
_FIELDS = "%H %P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%s%x00%B"


class CommitEntry(msgspec.Struct, frozen=True, array_like=True):
    """A commit's metadata, as bytes where they come from people. Times are seconds since the epoch, as git wrote them."""

    revision: str
    parents: list[str]
    author: tuple[bytes, bytes]
    authored: bytes
    committer: tuple[bytes, bytes]
    committed: bytes
    message: bytes
    """One byte more than ``MESSAGE_KEPT`` where the message is longer: the rest was not kept."""
    rows: list[RawRow]
    """Against the first parent, of merges too; at most ``ROWS_KEPT``."""
    row_count: int


def read_history(git: Git, tips: Iterable[str], known: Iterable[str] = ()) -> Iterator[CommitEntry]:
    """Every commit that ``tips`` reach and ``known`` do not, newest first by committer time. Raises ``GitFailed``.

    Where clocks were wrong, git may also give some that ``known`` reach. A commit whose rows need more memory than git may have
    (a handful of trees can name ten billion files) has none, and counts as one with more than ``ROWS_KEPT``.
    """
    with tempfile.TemporaryFile() as asked:
        asked.write("".join([*(f"{tip}\n" for tip in tips), *(f"^{tip}\n" for tip in known)]).encode())
        done = 0
        while True:
            try:
                for entry in _walk(git, asked, "--raw", f"--skip={done}"):
                    done += 1
                    yield entry
                return
            except GitFailed as error:
                if not error.out_of_memory:
                    raise
            yield _alone(git, asked, done)
            done += 1


def _alone(git: Git, asked: IO[bytes], number: int) -> CommitEntry:
    """One commit of those asked for: with its rows if there is memory for them."""
    one = (f"--skip={number}", "--max-count=1")
    try:
        (entry,) = _walk(git, asked, "--raw", *one)
    except GitFailed as error:
        if not error.out_of_memory:
            raise
        (entry,) = _walk(git, asked, "--no-patch", *one)
        entry = msgspec.structs.replace(entry, row_count=ROWS_KEPT + 1)
    return entry


def _walk(git: Git, asked: IO[bytes], *flags: str) -> Iterator[CommitEntry]:
    nonce = f"commit-{secrets.token_hex(16)}"
    arguments = [
        *("log", "--stdin", "-z", "--no-abbrev", "--find-renames=100%"),
        *("--no-color", "--no-ext-diff", "--no-textconv", "--no-notes", "--diff-merges=first-parent"),
        *flags,
        f"--format=tformat:{nonce} {_FIELDS}",
    ]
    with git.stream(*arguments, stdin=asked) as stream:
        tokens = _tokens(stream, MESSAGE_KEPT)
        token = next(tokens, b"")
        held = None
        while token:
            try:
                entry, token = _entry(token, tokens, nonce.encode() + b" ")
            except (StopIteration, ValueError):
                stream.finish()
                raise AssertionError("git ended well, but within a commit") from None
            if held is not None:
                yield held
            held = entry
        stream.finish()
        if held is not None:  # only now is it known to be whole: git may have been killed after any byte
            yield held


def _entry(token: bytes, tokens: Iterator[bytes], start: bytes) -> tuple[CommitEntry, bytes]:
    """The commit that begins with ``token``, and the first token of the next. Raises ``StopIteration`` or ``ValueError`` where it is
    cut short."""
    if not token.startswith(start):
        raise ValueError("a commit starts where rows end")
    revision, *parents = token[len(start) :].decode("ascii").split()
    author = (next(tokens), next(tokens))
    authored = next(tokens)
    committer = (next(tokens), next(tokens))
    committed = next(tokens)
    subject, message = next(tokens), next(tokens)
    if not subject:
        # There is only white space, or no message at all, not even the empty line before one: git then reads
        # past the end of the commit, and what it finds there differs from run to run.
        message = b""
    rows: list[RawRow] = []
    count = 0
    token = next(tokens, b"")
    if token[:1] == b"\n":  # git sets rows apart from the message by a newline
        token = token[1:]
    while token[:1] == b":":
        row = read_row(token, tokens)
        count += 1
        if count <= ROWS_KEPT:
            rows.append(row)
        token = next(tokens, b"")
    entry = CommitEntry(revision, parents, author, authored, committer, committed, message, rows, count)
    return entry, token


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
