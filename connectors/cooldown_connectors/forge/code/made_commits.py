"""Commits of our own making, to be compared with others: an existing one with some files changed. All of a batch from one process.

They are written to a repository beside the one that is read, which borrows its objects and is thrown away afterwards.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.locate import Located
from cooldown_connectors.git.store import linked

_REFERENCE: Final = b"refs/heads/made"


@dataclass(frozen=True)
class Put:
    """A file of a made commit: the ``blob`` of that id, or this ``content``."""

    mode: bytes
    blob: bytes = b""
    content: bytes | None = None


@dataclass
class Made:
    """``parent`` with some paths put in or taken away."""

    parent: str
    put: dict[bytes, Put] = field(default_factory=dict)
    gone: set[bytes] = field(default_factory=set)


@contextmanager
def scratch(git: Git, beside: Path, id_length: int) -> Iterator[Git]:
    """A git that works in an empty repository below ``beside``, reads the objects of ``git``'s, and leaves nothing behind."""
    assert git.directory is not None
    beside.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(dir=beside, prefix="scratch-"))
    try:
        made = linked(git, folder, Located(git.directory, git.directory), id_length)
        # As packs: a file for each object would have to be taken away again one by one.
        yield replace(made, memory=git.memory, secrets={"fastimport.unpackLimit": "1"})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_commits(git: Git, commits: Sequence[Made]) -> list[str]:
    """Write them; returns their ids. Raises ``GitFailed``: blobs and parents must be there."""
    if not commits:
        return []
    with tempfile.TemporaryFile() as stream:
        for number, commit in enumerate(commits, 1):
            stream.write(b"commit %s\nmark :%d\n" % (_REFERENCE, number))
            stream.write(b"committer nobody <> 0 +0000\ndata 0\nfrom %s\n" % commit.parent.encode())
            for path in sorted(path for path in commit.gone if possible(path)):
                stream.write(b"D %s\n" % _quoted(path))
            for path, one in sorted(commit.put.items()):
                if not possible(path):
                    continue
                if one.content is None:
                    stream.write(b"M %s %s %s\n" % (one.mode, one.blob, _quoted(path)))
                else:
                    stream.write(b"M %s inline %s\ndata %d\n" % (one.mode, _quoted(path), len(one.content)))
                    stream.write(one.content + b"\n")
            stream.write(b"get-mark :%d\n" % number)
        stream.write(b"done\n")
        reply = git.run("fast-import", "--quiet", "--force", "--done", stdin=stream)
    ids = reply.decode("ascii").split()
    assert len(ids) == len(commits), "one id for each commit"
    return ids


def possible(path: bytes) -> bool:
    """Whether a commit may be made with that path: trees of strangers hold names that git refuses to write."""
    return not any(part.lower() in (b"", b".", b"..", b".git") for part in path.split(b"/"))


def _quoted(path: bytes) -> bytes:
    """C-style, each byte that is no plain letter as an octal number."""
    return (
        b'"' + b"".join(b"%c" % c if 32 < c < 127 and c not in b'"\\' else b"\\%03o" % c for c in path) + b'"'
    )
