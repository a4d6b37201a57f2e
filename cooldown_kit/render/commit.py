"""Commits: the message, a blank line, then the unified diff of each file under the header lines that git writes.

::

    Round half to even

    Banks settle in cents; rounding half up drifts.

    --- a/src/ledger/rounding.py
    +++ b/src/ledger/rounding.py
    @@ -3,5 +3,5 @@ from decimal import Decimal
    …
    Binary file docs/logo.png added

It is plain text that a person can read and, but for renames, ``git apply`` can apply. Two lines of git's output are left out because they
cost tokens and teach nothing: ``diff --git a/x b/x`` repeats the paths, ``index 1f2e…`` names blobs. A change whose
hunks the record does not hold (binary, too large, …) is one sentence, so that the diff does not look complete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Commit, FileChange
from cooldown_kit.render.languages import language_of
from cooldown_kit.render.message import CleanMessage, without_address, without_trailers
from cooldown_kit.render.origin import NotRendered, Origin, content_hash, count_lines, quote_path

_DONE = {"type_changed": "changed type"}
_LEFT_OUT = {
    "binary": "Binary file {path} {done}",
    "not_utf8": "File {path} {done}, not in UTF-8",
    "too_large": "File {path} {done}, diff too large to show",
    "submodule": "Submodule {path} {done}",
    "lfs_pointer": "Large file {path} {done}, kept outside of the repository",
    "excluded": "File {path} {done}, diff not shown",
}


def render_commit(record: Commit, origin: Origin) -> Document | NotRendered:
    """The document of a commit; one that changes no file (most merges) is not rendered (``empty_commit``)."""
    if not record.changes:
        return NotRendered("empty_commit")
    message = _message(record)
    added, deleted = _changed_lines(record.changes)
    text = "\n\n".join(filter(None, [message.text, "".join(map(render_change, record.changes))]))
    paths = {change.path for change in record.changes}
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="commit",
        segments=[Segment(text)],
        content_hash=content_hash([message.text, *map(_content, record.changes)]),
        connector=origin.connector,
        repository=record.repository,
        revision=record.revision,
        path=paths.pop() if len(paths) == 1 else None,
        title=message.text.partition("\n")[0] or None,
        authors=_authors(record, message, origin),
        time=record.committed_at,
        language=_dominant_language(record.changes),
        signals={
            "characters": float(len(text)),
            "header_characters": 0.0,
            "lines": float(count_lines(text)),
            "message_characters": float(len(message.text)),
            "files_changed": float(len({change.path for change in record.changes})),
            "lines_added": float(added),
            "lines_deleted": float(deleted),
            "patches_left_out": float(sum(change.patch is None for change in record.changes)),
            "parents": float(len(record.parents)),
        },
    )


def render_change(change: FileChange) -> str:
    """One file's part of the diff, ending with a newline; a change without a patch is named with the reason."""
    if change.patch:
        return _lines(_extended_header(change)) + _file_header(change) + _whole_lines(change.patch)
    moved = _lines(_extended_header(change)) if change.status in ("renamed", "copied") else ""
    if moved and change.left_out in (None, "empty"):
        return moved
    return moved + _sentence(change) + "\n"


def _sentence(change: FileChange) -> str:
    path, done = quote_path(change.path), _DONE.get(change.status, change.status)
    if change.left_out in _LEFT_OUT:
        return _LEFT_OUT[change.left_out].format(path=path, done=done)
    if change.left_out not in (None, "empty"):
        return f"File {path} {done}, diff left out: {change.left_out}"
    if change.status == "modified" and change.old_mode != change.new_mode:
        return f"Mode of {path} changed from {change.old_mode} to {change.new_mode}"
    return f"Empty file {path} {done}" if change.status in ("added", "deleted") else f"File {path} {done}"


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _message(record: Commit) -> CleanMessage:
    message = without_trailers(record.message)
    text = message.text
    for person in (record.author, record.committer):
        text = without_address(text, person.email)
    return CleanMessage(text, message.co_authors, message.removed)


def _authors(record: Commit, message: CleanMessage, origin: Origin) -> list[str]:
    """Keyed hashes of the author and the co-authors; the committer may be a forge's robot and is left out."""
    addresses = filter(None, [record.author.email, *message.co_authors])
    return list(dict.fromkeys(map(origin.hash_author, addresses)))


def _extended_header(change: FileChange) -> Iterator[str]:
    """The extended header lines of git's diff format that say what happened to the file as a whole."""
    if change.status == "added":
        yield f"new file mode {change.new_mode}"
    elif change.status == "deleted":
        yield f"deleted file mode {change.old_mode}"
    elif change.old_mode != change.new_mode:
        yield f"old mode {change.old_mode}"
        yield f"new mode {change.new_mode}"
    if change.status in ("renamed", "copied") and change.old_path is not None:
        word = "rename" if change.status == "renamed" else "copy"
        yield f"{word} from {quote_path(change.old_path)}"
        yield f"{word} to {quote_path(change.path)}"


def _file_header(change: FileChange) -> str:
    old = "/dev/null" if change.status == "added" else quote_path(f"a/{change.old_path or change.path}")
    new = "/dev/null" if change.status == "deleted" else quote_path(f"b/{change.path}")
    return f"--- {old}\n+++ {new}\n"


def _whole_lines(patch: str) -> str:
    return patch if patch.endswith("\n") else patch + "\n"


def _content(change: FileChange) -> str:
    """What makes two changes the same, whatever the path; where there is no patch, all that is shown."""
    return _whole_lines(change.patch) if change.patch else render_change(change)


def _changed_lines(changes: Iterable[FileChange]) -> tuple[int, int]:
    """Lines added and deleted: hunks start with ``@@`` and hold no file headers, so the first character decides."""
    patches = [change.patch for change in changes if change.patch]
    return sum(patch.count("\n+") for patch in patches), sum(patch.count("\n-") for patch in patches)


def _dominant_language(changes: Iterable[FileChange]) -> str | None:
    """The language with the most changed lines; the first in order where two have as many."""
    weights: Counter[str] = Counter()
    for change in changes:
        if language := language_of(change.path):
            weights[language] += 1 + sum(_changed_lines([change]))
    return weights.most_common(1)[0][0] if weights else None
