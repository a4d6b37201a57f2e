"""What is new in a mail of a thread: the earlier mails that it repeats, its signature and the list's footer stand elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

from cooldown_kit.render.talk import without_quoted_mail

_QUOTED = 3
"""Lines of a quote that stay above an answer: enough to see what it answers."""
_SIGNATURE_LINES = 15
_FOOTER_LINES = 8
_RULER = re.compile(r"_{20,}")
_WROTE = re.compile(
    r"(?:on|am|le|el|il|op|den)\s.{5,200}:|.{1,120}(?:wrote|schrieb|writes|a écrit):", re.IGNORECASE
)


def new_in_mail(text: str) -> str:
    """A mail without the mail that it answers, but for the last lines of each quote that has an answer below it."""
    lines = text.replace("\r\n", "\n").rstrip().split("\n")
    lines = _without_end(lines, lambda line: _RULER.fullmatch(line.strip()) is not None, _FOOTER_LINES)
    lines = _without_end(lines, lambda line: line.rstrip() == "--", _SIGNATURE_LINES)
    lines = without_quoted_mail("\n".join(lines)).split("\n")
    kept: list[str] = []
    quote: list[str] = []
    for line in [*lines, ""]:
        if line.startswith(">"):
            quote.append(line)
            continue
        if quote:
            del kept[_introduced_at(kept) :]
            kept += _shortened(quote)
            quote = []
        kept.append(line)
    return "\n".join(kept).strip("\n")


def _without_end(lines: list[str], begins: Callable[[str], bool], most: int) -> list[str]:
    """Without what stands at the end from a line on that begins it, where that is short."""
    for number in range(len(lines) - 1, max(0, len(lines) - 1 - most), -1):
        if begins(lines[number]):
            return lines[:number]
    return lines


def _introduced_at(lines: list[str]) -> int:
    """Where ``On …, Jo Weber wrote:`` begins right above a quote; the end where nothing introduces it."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for count in (1, 2):
        introduction = " ".join(line.strip() for line in lines[max(0, end - count) : end])
        if end >= count and _WROTE.fullmatch(introduction[-400:]):
            return end - count
    return len(lines)


def _shortened(quote: list[str]) -> list[str]:
    hidden = len(quote) - _QUOTED
    if hidden <= 1:
        return quote
    return [f"> [{hidden} lines not shown]", *quote[-_QUOTED:]]
