"""Whether what the git connector gives is what git has: every commit, by object ids and by git's own counts.

    python benchmarks/agrees_with_git.py REPOSITORY [--pydriller COMMITS]

Each file's content before a change must hash to the blob that git names, and our patch applied to it must give a content that hashes
to the blob after it: a wrong, lost or misplaced line cannot pass. Commits, parents, people, times, messages, paths, modes, renames and
counts of lines are compared with what ``git log`` says, read by other code than ours. With ``--pydriller`` the newest commits are compared
with PyDriller's where both speak. Ends with status 1 where anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cooldown_connectors.git import GitConnector
from cooldown_connectors.git.paths import path_bytes

from cooldown_kit import patches
from cooldown_kit.connector import HarvestContext
from cooldown_kit.events import ignore
from cooldown_kit.records import Commit, FileChange

_CLEAN = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
_LETTERS = {
    "added": "A", "modified": "M", "deleted": "D", "renamed": "R", "copied": "C", "type_changed": "T",
}  # fmt: skip
_NO_LIMIT = 1 << 40


def git_says(repository: Path, revision: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each commit but merges, from two runs of ``git log``: metadata with raw rows, and counts of lines."""
    common = [
        "git",
        "-c",
        "core.quotePath=false",
        "log",
        "--no-merges",
        "-M",
        "-z",
        "--no-ext-diff",
        "--no-textconv",
    ]
    fields = "--format=%x01%H%x02%P%x02%an%x02%ae%x02%at%x02%cn%x02%ce%x02%ct%x02%B%x01"
    raw = subprocess.Popen(
        [*common, "--raw", "--no-abbrev", fields, revision],
        cwd=repository,
        env=_CLEAN,
        stdout=subprocess.PIPE,
    )
    count = subprocess.Popen(
        [*common, "--numstat", "--format=%x01%H%x01", revision],
        cwd=repository,
        env=_CLEAN,
        stdout=subprocess.PIPE,
    )
    assert raw.stdout is not None
    assert count.stdout is not None
    for (head, rows), (revision_of_counts, counts) in zip(
        _blocks(raw.stdout), _blocks(count.stdout), strict=True
    ):
        fields_of = head.split(b"\x02")
        said = {
            "parents": fields_of[1].decode().split(),
            "people": [part.decode("utf-8", "replace") for part in (*fields_of[2:4], *fields_of[5:7])],
            "times": [int(fields_of[4]), int(fields_of[7])],
            "message": fields_of[8].decode("utf-8", "replace").rstrip("\n"),
            "rows": _rows(rows),
            "counts": _counts(counts),
        }
        assert revision_of_counts == fields_of[0]
        yield fields_of[0].decode(), said
    assert raw.wait() == 0
    assert count.wait() == 0


def _blocks(stream: Any) -> Iterator[tuple[bytes, bytes]]:
    """Head and body of each commit: heads stand between two bytes 1, which no message here may hold."""
    rest = b""
    parts: list[bytes] = []
    while chunk := stream.read(1 << 20):
        *whole, rest = (rest + chunk).split(b"\x01")
        parts += whole
        while len(parts) >= 4:
            yield parts[1], parts[2]
            parts = [b"", *parts[3:]] if not parts[2:3] else [parts[2], *parts[3:]]
    parts.append(rest)
    while len(parts) >= 3:
        yield parts[1], parts[2]
        parts = parts[2:]


def _rows(body: bytes) -> list[tuple[str, ...]]:
    tokens = [token for token in body.strip(b"\n\0").split(b"\0") if token]
    rows, at = [], 0
    while at < len(tokens):
        old_mode, new_mode, old, new, status = tokens[at].lstrip(b"\n").lstrip(b":").decode().split()
        names = 2 if status[0] in "RC" else 1
        paths = tokens[at + 1 : at + 1 + names]
        rows.append((status[0], old_mode, new_mode, old, new, *(os.fsdecode(path) for path in paths)))
        at += 1 + names
    return rows


def _counts(body: bytes) -> dict[str, tuple[str, str]]:
    tokens = body.strip(b"\n").split(b"\0")
    found, at = {}, 0
    while at < len(tokens):
        if b"\t" not in tokens[at]:
            at += 1
            continue
        added, deleted, path = tokens[at].lstrip(b"\n").decode("utf-8", "surrogateescape").split("\t", 2)
        if path:
            found[path] = (added, deleted)
            at += 1
        else:  # a rename: old and new path follow
            found[os.fsdecode(tokens[at + 2])] = (added, deleted)
            at += 3
    return found


def _blob(content: bytes, length: int) -> str:
    hasher = hashlib.sha256() if length == 64 else hashlib.sha1()
    hasher.update(b"blob %d\0" % len(content) + content)
    return hasher.hexdigest()


def differences(commit: Commit, said: dict[str, Any], seen: Counter[str]) -> Iterator[str]:
    """What is not equal; ``seen`` counts what was compared."""
    ours = {
        "parents": commit.parents,
        "people": [commit.author.name, commit.author.email, commit.committer.name, commit.committer.email],
        "times": [int(commit.authored_at.timestamp()), int(commit.committed_at.timestamp())],
        "message": commit.message,
        "rows": [_row(change) for change in commit.changes],
    }
    for name, value in ours.items():
        seen[name] += 1
        if value != said[name]:
            yield f"{commit.revision} {name}: {value!r} is not {said[name]!r}"
    for change in commit.changes:
        yield from _content(commit, change, said["counts"], seen)


def _row(change: FileChange) -> tuple[str, ...]:
    zero = "0" * len(change.new_blob or change.old_blob or "")
    paths = [os.fsdecode(path_bytes(path)) for path in (change.old_path, change.path) if path is not None]
    return (
        _LETTERS[change.status], change.old_mode, change.new_mode, change.old_blob or zero, change.new_blob or zero, *paths,
    )  # fmt: skip


def _content(
    commit: Commit, change: FileChange, counts: dict[str, tuple[str, str]], seen: Counter[str]
) -> Iterator[str]:
    place = f"{commit.revision}:{change.path}"
    if change.patch is None:
        seen[f"left out: {change.left_out}"] += 1
        return
    seen["hunks"] += sum(1 for _ in patches.hunks(change.patch))
    lines = [line for hunk in patches.hunks(change.patch) for line in hunk.lines]
    numbers = tuple(str(sum(line.startswith(sign) for line in lines)) for sign in "+-")
    if change.status != "type_changed" and numbers != counts[os.fsdecode(path_bytes(change.path))]:
        yield f"{place}: {numbers} lines, git counts {counts[os.fsdecode(path_bytes(change.path))]}"
    if change.status == "type_changed":
        return
    if change.before is not None:
        seen["contents before"] += 1
        if _blob(change.before.encode(), len(commit.revision)) != change.old_blob:
            yield f"{place}: the content before is not blob {change.old_blob}"
    after = patches.after(change)
    if after is not None:
        seen["contents after"] += 1
        if _blob(after.encode(), len(commit.revision)) != change.new_blob:
            yield f"{place}: the content after is not blob {change.new_blob}"
    elif change.status == "deleted":
        gone = "".join(hunk.side("-") for hunk in patches.hunks(change.patch))
        seen["contents deleted"] += 1
        if _blob(gone.encode(), len(commit.revision)) != change.old_blob:
            yield f"{place}: what was deleted is not blob {change.old_blob}"
    elif change.before is not None:
        yield f"{place}: the patch does not fit the content before"
    else:
        seen["contents not in UTF-8"] += 1


def harvest(repository: Path, store: Path, **values: Any) -> Iterator[Any]:
    """Everything the connector gives of commits, without any limit."""
    limits = dict.fromkeys(("max_file_size", "max_patch_size", "max_commit_size"), _NO_LIMIT)
    given = {
        "take": "commits",
        "max_commit_files": 250_000,
        "repeated_changes": True,
        "max_commit_seconds": 600,
    }
    options = GitConnector.Options(connector="git", path=str(repository), **limits, **(given | values))
    context = HarvestContext("check", store, store, ignore, frozenset({"before"}))
    return GitConnector().harvest(options, context)


def compare(repository: Path, revision: str = "HEAD") -> tuple[Counter[str], list[str]]:
    """What was compared, and every difference."""
    said = dict(git_says(repository, revision))
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for item in harvest(repository, Path(folder), revision=revision):
            if isinstance(item, Commit):
                seen["commits"] += 1
                wrong += differences(item, said.pop(item.revision), seen)
            elif item.reason in ("merge", "no_changes"):
                seen[f"skipped: {item.reason}"] += 1
                said.pop(item.what, None)
            else:
                wrong.append(f"{item.what} is skipped: {item.reason} {item.detail}")
    wrong += [f"{missing} is missing" for missing in said]
    return seen, wrong


def _pydriller(repository: Path, listed: list[str]) -> Iterator[Any]:
    """Its commits, from a clone with a work tree's ``.git``: it does not open every bare repository."""
    from pydriller import Repository

    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / repository.resolve().name
        subprocess.run(
            ["git", "clone", "-q", "--shared", "--no-checkout", repository.resolve(), clone],
            env=_CLEAN,
            check=True,
        )
        yield from Repository(str(clone), only_commits=listed, order="reverse").traverse_commits()


_KINDS = {"ADD": "added", "MODIFY": "modified", "DELETE": "deleted", "RENAME": "renamed"}


def compare_with_pydriller(repository: Path, newest: int) -> tuple[Counter[str], list[str]]:
    """The newest commits against PyDriller's: paths, kinds, counts of lines and both contents."""
    listed = subprocess.run(
        ["git", "rev-list", "--no-merges", f"--max-count={newest}", "HEAD"],
        cwd=repository, env=_CLEAN, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        ours = {
            c.revision: c
            for c in harvest(repository, Path(folder))
            if isinstance(c, Commit) and c.revision in set(listed)
        }
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    for theirs in _pydriller(repository, listed):
        commit = ours.get(theirs.hash)
        if commit is None:
            seen["commits without changes"] += 1
            continue
        seen["commits"] += 1
        if commit.message.strip() != theirs.msg.strip():
            wrong.append(f"{theirs.hash}: message")
        by_path = {change.path: change for change in commit.changes}
        for file in theirs.modified_files:
            change = by_path.get(file.new_path or file.old_path)
            if change is None or change.patch is None or change.status == "type_changed":
                seen["not in both"] += 1
                continue
            seen["files"] += 1
            lines = [line for hunk in patches.hunks(change.patch) for line in hunk.lines]
            pairs = {
                "kind": (change.status, _KINDS.get(file.change_type.name, file.change_type.name)),
                "old path": (change.old_path or change.path, file.old_path or change.path),
                "added": (sum(line.startswith("+") for line in lines), file.added_lines),
                "deleted": (sum(line.startswith("-") for line in lines), file.deleted_lines),
            }
            if change.before is not None and file.source_code_before is not None:
                seen["contents before"] += 1
                pairs["before"] = (change.before, file.source_code_before)
            after = patches.after(change)
            if after is not None and file.source_code is not None:
                seen["contents after"] += 1
                pairs["after"] = (after, file.source_code)
            wrong += [f"{theirs.hash}:{change.path} {name}" for name, (a, b) in pairs.items() if a != b]
    return seen, wrong


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--pydriller", type=int, default=0, metavar="COMMITS")
    arguments = parser.parse_args()
    failed = False
    for name, work in (
        ("git", lambda: compare(arguments.repository)),
        ("PyDriller", lambda: compare_with_pydriller(arguments.repository, arguments.pydriller)),
    ):
        if name == "PyDriller" and not arguments.pydriller:
            continue
        start = time.monotonic()
        seen, wrong = work()
        print(
            f"{arguments.repository} against {name}: {len(wrong)} differences, {time.monotonic() - start:.0f} s"
        )
        for what, count in sorted(seen.items()):
            print(f"  {what:24} {count:>10,}")
        for text in wrong[:20]:
            print(f"  DIFFERS {text[:300]}")
        failed = failed or bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()
