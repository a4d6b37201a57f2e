"""Commit messages without the trailers that hold names, e-mail addresses and identifiers.

Only the end of a message is looked at, line by line, from the last line upwards: a pattern that spans lines (as in several
published scripts) deletes whatever stands between two signatures. Nothing inside the text is touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]?:[ \t]+(\S.*)")
_PERSONAL = re.compile(
    r"""[a-z-]+-by | cc | (?:co-|original-)?author | committer | thanks-to | on-behalf-of
    | change-id | git-svn-id | reviewed-on | gerrit-change-id | pull-request-id | patch-id | auto-submit | commit-queue
    | piperorigin-revid | differential-revision | phabricator-diff | tested-on | cr-commit-position | bors""",
    re.VERBOSE | re.IGNORECASE,
)
_PICKED = re.compile(r"\(cherry[ -]picked from commit [0-9a-f]{7,64}\)", re.IGNORECASE)
_RULER = re.compile(r"-{3,}")
# The look-behind lets a match start only where a word does, which keeps the search linear on any line.
_ADDRESS = re.compile(r"(?<![A-Za-z0-9._%+-])<?[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*>?")
_CO_AUTHOR = re.compile(r"co-author(?:ed-by)?", re.IGNORECASE)


_SIGNATURE = re.compile(r"^-----BEGIN (?:PGP|SSH) SIGNATURE-----$.*", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class CleanMessage:
    """A message without its personal trailers, and the e-mail addresses of the co-authors that they named."""

    text: str
    co_authors: tuple[str, ...]
    removed: int
    """How many lines of trailers were taken out."""


def without_trailers(message: str) -> CleanMessage:
    """Take the trailing trailers that name people or hold identifiers out of a commit message.

    Other trailers (``Fixes: #12``) stay; an e-mail address in one of them, in the last paragraph, becomes ``<email>``.
    Lines indented under a trailer belong to it. The subject is never taken for a trailer, except for a personal one.
    """
    lines = message.replace("\r\n", "\n").rstrip().split("\n")
    kept: list[str] = []
    co_authors: list[str] = []
    in_last_paragraph = True
    end = len(lines)
    while end > 0:
        start = _start_of_trailer(lines, end)
        line = lines[start]
        match = _TRAILER.fullmatch(line.rstrip())
        if _PICKED.fullmatch(line.strip()):
            pass
        elif match and _PERSONAL.fullmatch(match[1]):
            if _CO_AUTHOR.fullmatch(match[1]) and (address := _ADDRESS.search(match[2])):
                co_authors.append(address[0].strip("<>"))
        elif _is_space(line):
            in_last_paragraph = in_last_paragraph and all(map(_is_space, kept))
            kept[:0] = lines[start:end]
        elif match and start > 0:
            block = lines[start:end]
            kept[:0] = [_ADDRESS.sub("<email>", text) for text in block] if in_last_paragraph else block
        else:
            break
        end = start
    removed = len(lines) - end - len(kept)
    while removed and kept and _is_space(kept[-1]):
        kept.pop()  # what separated the text from trailers that are gone
    text = "\n".join([*lines[:end], *kept]).strip("\n").rstrip()
    return CleanMessage(text, tuple(reversed(co_authors)), removed)


def _is_space(line: str) -> bool:
    """Whether a line only sets paragraphs apart."""
    return not line.strip() or _RULER.fullmatch(line.strip()) is not None


def _start_of_trailer(lines: list[str], end: int) -> int:
    """Where the trailer that ends before ``end`` starts: further up where indented lines continue it."""
    start = end - 1
    while start > 0 and lines[start][:1] in (" ", "\t") and lines[start].strip():
        start -= 1
    return start if _TRAILER.fullmatch(lines[start].rstrip()) else end - 1


def without_signature(message: str) -> str:
    """The message of a tag without the signature that stands at its end."""
    return _SIGNATURE.sub("", message)


def without_address(text: str, address: str) -> str:
    """Replace one known e-mail address wherever it stands as a whole (a commit's own author in its message)."""
    if "@" not in address.strip("@"):
        return text
    return re.sub(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", "<email>", text, flags=re.IGNORECASE)
