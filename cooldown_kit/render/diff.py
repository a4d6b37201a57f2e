"""Changes of files as a unified diff, under the header lines that git writes.

It is plain text that a person can read and, but for renames, ``git apply`` can apply. Two lines of git's output are left out because they
cost tokens and teach nothing: ``diff --git a/x b/x`` repeats the paths, ``index 1f2e…`` names blobs. A change whose
hunks the record does not hold (binary, too large, …) is one sentence, so that the diff does not look complete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cooldown_kit.records import FileChange
from cooldown_kit.render.languages import language_of
from cooldown_kit.render.origin import quote_path

_DONE = {"type_changed": "changed type"}
_LEFT_OUT = {
    "binary": "Binary file {path} {done}",
    "not_utf8": "File {path} {done}, not in UTF-8",
    "too_large": "File {path} {done}, diff too large to show",
    "submodule": "Submodule {path} {done}",
    "lfs_pointer": "Large file {path} {done}, kept outside of the repository",
    "excluded": "File {path} {done}, diff not shown",
}


def render_change(change: FileChange) -> str:
    """One file's part of the diff, ending with a newline; a change without a patch is named with the reason."""
    if change.patch:
        return _lines(_extended_header(change)) + _file_header(change) + _whole_lines(change.patch)
    moved = _lines(_extended_header(change)) if change.status in ("renamed", "copied") else ""
    if moved and change.left_out in (None, "empty"):
        return moved
    return moved + sentence(change) + "\n"


def sentence(change: FileChange) -> str:
    """What happened to a file whose hunks cannot be shown, in words, without a newline."""
    path, done = quote_path(change.path), _DONE.get(change.status, change.status)
    if change.left_out in _LEFT_OUT:
        return _LEFT_OUT[change.left_out].format(path=path, done=done)
    if change.left_out not in (None, "empty"):
        return f"File {path} {done}, diff left out: {change.left_out}"
    if change.status == "modified" and change.old_mode != change.new_mode:
        return f"Mode of {path} changed from {change.old_mode} to {change.new_mode}"
    return f"Empty file {path} {done}" if change.status in ("added", "deleted") else f"File {path} {done}"


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


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def content_of(change: FileChange) -> str:
    """What makes two changes the same, whatever the path; where there is no patch, all that is shown."""
    return _whole_lines(change.patch) if change.patch else render_change(change)


def changed_lines(changes: Iterable[FileChange]) -> tuple[int, int]:
    """Lines added and deleted: hunks start with ``@@`` and hold no file headers, so the first character decides."""
    patches = [change.patch for change in changes if change.patch]
    return sum(patch.count("\n+") for patch in patches), sum(patch.count("\n-") for patch in patches)


def dominant_language(changes: Iterable[FileChange]) -> str | None:
    """The language with the most changed lines; the first in order where two have as many."""
    weights: Counter[str] = Counter()
    for change in changes:
        if language := language_of(change.path):
            weights[language] += 1 + sum(changed_lines([change]))
    return weights.most_common(1)[0][0] if weights else None
