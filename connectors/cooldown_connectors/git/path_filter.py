"""Which paths a source takes: ``include`` and ``exclude`` globs, in the way of .gitignore.

``*`` and ``?`` stay within a folder's name, ``**`` stands for any number of folders, ``[…]`` for one of some signs. A glob without
a slash matches a name at any depth; one with a slash starts at the repository's root. A glob that matches a folder takes all below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def path_filter(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    """A function that says whether a path is taken: matched by some ``include`` (if there are any) and by no ``exclude``."""
    wanted, unwanted = _any_of(include), _any_of(exclude)

    def taken(path: str) -> bool:
        return (wanted is None or wanted.match(path) is not None) and (
            unwanted is None or unwanted.match(path) is None
        )

    return taken


def _any_of(globs: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(_regex, globs)), re.DOTALL) if globs else None


def _regex(glob: str) -> str:
    pattern = glob.strip("/")
    anchored = "/" in glob.rstrip("/")
    folders = "" if anchored else "(?:.*/)?"
    return f"(?:{folders}{_translated(pattern)}(?:/.*)?)\\Z"


_PART = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


def _translated(pattern: str) -> str:
    return "".join(_part(part) for part in _PART.findall(pattern))


def _part(part: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part)
    if fixed is not None:
        return fixed
    if len(part) > 1:  # [abc], [!a-z]
        negated = part[1] == "!"
        inside = part[2 if negated else 1 : -1].replace("\\", "\\\\").replace("[", "\\[")
        inside = inside.replace("]", "\\]").replace("^", "\\^")
        return f"(?!/)[{'^' if negated else ''}{inside}]"
    return re.escape(part)
