"""Parts of files: `Range`, `If-Range` and `If-None-Match` of RFC 9110, for one range."""

from __future__ import annotations

import re

from cooldown_api.problems import ProblemError

_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


def etag_of(sha256: str) -> str:
    return f'"{sha256}"'


def not_modified(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has it already."""
    if if_none_match is None:
        return False
    given = {item.strip().removeprefix("W/") for item in if_none_match.split(",")}
    return "*" in given or etag in given


def range_of(header: str | None, if_range: str | None, etag: str, size: int) -> tuple[int, int] | None:
    """First byte, and one past the last, of the range that is asked for; ``None`` for the whole.

    What is no range of bytes, or names several, is answered with the whole, as the RFC lets a server do; so is a range of
    another version of the file. Raises :class:`ProblemError` ``range-not-satisfiable`` for a range that lies outside.
    """
    if header is None or (if_range is not None and if_range.strip() != etag):
        return None
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start = int(match[1])
        end = min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < start:
            return None
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= size or start >= end:
        raise ProblemError(
            "range-not-satisfiable",
            f"the file has {size:,} bytes",
            where="Range",
            remedy=f"ask for bytes from 0 to {size - 1}" if size else "ask without a range",
            headers={"content-range": f"bytes */{size}", "accept-ranges": "bytes"},
        )
    return start, end
