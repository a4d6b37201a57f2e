"""Glob patterns as regular expressions over relative paths, so that the walk, not the pattern, decides about links."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class GlobPattern:
    """A pattern split into the folder it starts from and the rest.

    ``*``, ``?`` and ``[…]`` match within one name and not a leading dot; ``**`` matches any number of folders, and at the
    end all files below them.
    """

    start: str
    """The part before the first name with a wildcard; empty for the current folder, ``/`` for the root of the disk."""
    regex: re.Pattern[str]
    max_depth: int | None
    hidden: bool
    """Whether the pattern asks for names that start with a dot."""

    def matches(self, name: str) -> bool:
        """Whether a path relative to :attr:`start` matches."""
        return self.regex.fullmatch(name) is not None


def is_glob(path: str) -> bool:
    """Whether a path has wildcards."""
    return _MAGIC.search(path) is not None


def parse_glob(pattern: str) -> GlobPattern:
    """Split and translate a pattern that has at least one wildcard."""
    names = pattern.split("/")
    first = next(index for index, name in enumerate(names) if is_glob(name))
    start = "/".join(names[:first]) or ("/" if first and pattern.startswith("/") else "")
    rest = [name for name in names[first:] if name not in ("", ".")]
    return GlobPattern(
        start=start,
        regex=re.compile("".join(_translate(rest)), re.DOTALL),
        max_depth=None if "**" in rest else len(rest),
        hidden=any(name.startswith(".") for name in rest),
    )


def _translate(names: list[str]) -> list[str]:
    parts = []
    for index, name in enumerate(names):
        last = index == len(names) - 1
        if name == "**" and last:
            parts.append(r"(?:(?!\.)[^/]+/)*(?!\.)[^/]+")
        elif name == "**":
            parts.append(r"(?:(?!\.)[^/]+/)*")
        else:
            parts.append(_one_name(name) + ("" if last else "/"))
    return parts


def _one_name(name: str) -> str:
    """One name of the pattern. ``fnmatch.translate`` will not do: its wildcards cross ``/``."""
    guard = "" if name.startswith(".") else r"(?!\.)"
    return guard + _TOKEN.sub(_one_token, name)


_TOKEN = re.compile(r"\*+|\?|\[(!?)(\]?[^\]]*)\]|.", re.DOTALL)


def _one_token(match: re.Match[str]) -> str:
    sign = match[0]
    if sign.startswith("*"):
        return "[^/]*"
    if sign == "?":
        return "[^/]"
    return _one_of(match[2], negated=bool(match[1])) if match[2] else re.escape(sign)


_MEMBER = re.compile(r"(.)-(.)|.", re.DOTALL)


def _one_of(members: str, *, negated: bool) -> str:
    """A class of characters; a range that runs backwards holds none."""
    parts = []
    for member in _MEMBER.finditer(members):
        if member[1] is None:
            parts.append(re.escape(member[0]))
        elif member[1] <= member[2]:
            parts.append(f"{re.escape(member[1])}-{re.escape(member[2])}")
    if not parts:
        return "[^/]" if negated else "(?!)"
    return f"(?!/)[{'^' if negated else ''}{''.join(parts)}]"
