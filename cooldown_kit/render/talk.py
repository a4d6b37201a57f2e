"""Cleans what people wrote in a conversation from what no reader needs: comments of templates, quoted mails, badges, endless logs.

Everything works line by line and leaves code fences alone, but for logs in them that are too long. Nothing is cut without a line
that says how much is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cooldown_kit.render.message import without_trailers


class Limits(NamedTuple):
    """The longest turn of a conversation: what is longer loses its middle."""

    lines: int
    characters: int


NO_LIMITS = Limits(1 << 40, 1 << 40)

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULER = re.compile(r"_{20,}")
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\](?:\([^()\n]{0,2000}\)|\[[^\[\]\n]{0,200}\])")
_LINKED_ALT = re.compile(r"\[\x00([^\[\]\n\x00]{0,300})\x00\]\([^()\n]{0,2000}\)")
_IMAGE_TAG = re.compile(r"<img\b[^<>]{0,2000}>", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s{0,3}=\s{0,3}(?:"([^"]{0,300})"|'([^']{0,300})')""", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+\S|[ \t]*$)")
_BOX = re.compile(r"\s*[-*+][ \t]+\[([ xX])\][ \t]*(.*)")
_NO_RESPONSE = re.compile(r"_no response_", re.IGNORECASE)
_WROTE = re.compile(
    r"(?:on|am|le|el|il|op|den)\s[^\n]{5,200}(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev)\b[^\n]{0,40}:",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"-{2,}\s?(?:original message|forwarded message|ursprüngliche nachricht)\s?-{2,}", re.IGNORECASE
)
_BY_MAIL = re.compile(
    r"(?:reply to this email directly|you are receiving this because|sent from my (?:iphone|ipad|phone|android|mobile))",
    re.IGNORECASE,
)


def clean_talk(text: str, limits: Limits = NO_LIMITS, *, template: bool = False) -> str:
    """What somebody wrote, without HTML comments, quoted mail at its end, headings and boxes that nobody filled in, rulers, pictures
    (their alternative text stays) and trailers that name people; too long, it loses its middle.

    ``template``: the text may have begun as a template to fill in, so that a list of boxes of which none is ticked says nothing.
    """
    text = _without_html_comments(text.replace("\r\n", "\n"))
    text = without_trailers(without_quoted_mail(text)).text
    lines = _without_empty_boxes(_marked(text.split("\n")), template=template)
    lines = [line if line.fence else _Line(_without_pictures(line.text)) for line in lines]
    lines = [line for line in lines if line.fence or not _RULER.fullmatch(line.text.strip())]
    lines = _without_empty_headings(lines)
    return shortened(_squeezed(lines), limits)


class _Line(NamedTuple):
    text: str
    fence: str = ""
    """The marks that open the code fence that it is part of, its first and its last line too; empty outside of fences."""
    closes: bool = False


def _marked(lines: Sequence[str]) -> list[_Line]:
    """Each line with the code fence that it is part of; a fence that nobody closed goes on to the end."""
    marked, fence = [], ""
    for line in lines:
        match = _FENCE.match(line)
        closes = bool(fence and match and match[1].startswith(fence) and not line.strip().strip(fence[0]))
        fence = fence or (match[1] if match else "")
        marked.append(_Line(line, fence, closes))
        if closes:
            fence = ""
    return marked


def _without_html_comments(text: str) -> str:
    """``<!-- … -->`` outside of fences; one that nobody closed is left as it is."""
    if "<!--" not in text:
        return text
    starts = [at for at, fenced in _comment_starts(text) if not fenced]
    parts, position = [], 0
    for start in starts:
        if start < position:
            continue
        end = text.find("-->", start + 4)
        if end < 0:
            break
        parts.append(text[position:start])
        position = end + 3
    return "".join([*parts, text[position:]])


def _comment_starts(text: str) -> list[tuple[int, bool]]:
    found, offset = [], 0
    for line in _marked(text.split("\n")):
        at = line.text.find("<!--")
        while at >= 0:
            found.append((offset + at, bool(line.fence)))
            at = line.text.find("<!--", at + 4)
        offset += len(line.text) + 1
    return found


def without_quoted_mail(text: str) -> str:
    """A text that came by e-mail without the mail that it answers: what stands below ``On … wrote:`` or ``--- Original Message ---``,
    and a block of quotes at the end. Quotes with an answer below them stay."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        stripped = line.strip()
        if _FORWARDED.fullmatch(stripped) and any(rest.strip() for rest in lines[:number]):
            lines = lines[:number]
            break
    answers = next((n for n, line in enumerate(lines) if _says(line)), len(lines))
    while lines:
        last = lines[-1].strip()
        introduced = _introduction(lines)
        if not last or (last.startswith(">") and answers < len(lines)):
            lines.pop()
        elif introduced:
            del lines[-introduced:]
        elif _BY_MAIL.match(last.lstrip("> ")) and len(lines) > 1:
            lines.pop()
        else:
            break
    return "\n".join(lines)


def _says(line: str) -> bool:
    """Whether a line is neither blank nor quoted."""
    return bool(line.strip()) and not line.lstrip().startswith(">")


def _introduction(lines: Sequence[str]) -> int:
    """How many lines at the end are ``On … wrote:``, which mail programs break in two; 0 where there is none."""
    for count in (1, 2):
        if len(lines) >= count and _WROTE.fullmatch(" ".join(line.strip() for line in lines[-count:])):
            return count
    return 0


def _without_pictures(line: str) -> str:
    if "![" in line:
        line = _IMAGE.sub(lambda match: f"\0{match[1]}\0", line.replace("\0", ""))
        line = _LINKED_ALT.sub(r"\1", line).replace("\0", "")
    if "<img" in line.lower():
        line = _IMAGE_TAG.sub(_alt_of, line)
    return line


def _alt_of(tag: re.Match[str]) -> str:
    match = _ALT.search(tag[0])
    return (match[1] or match[2] or "") if match else ""


def _without_empty_boxes(lines: Sequence[_Line], *, template: bool) -> list[_Line]:
    """Without boxes that have no text and, of a template, without lists in which no box is ticked."""
    kept: list[_Line] = []
    number = 0
    while number < len(lines):
        end = number
        while end < len(lines) and not lines[end].fence and _BOX.fullmatch(lines[end].text):
            end += 1
        boxes = [match for line in lines[number:end] if (match := _BOX.fullmatch(line.text))]
        unfilled = template and boxes and all(box[1] == " " for box in boxes)
        if not unfilled:
            kept += [_Line(box[0]) for box in boxes if box[2].strip()]
        if end == number:
            kept.append(lines[number])
        number = max(end, number + 1)
    return kept


def _without_empty_headings(lines: Sequence[_Line]) -> list[_Line]:
    """Without headings below which nothing stands before the next one of their level or a higher one."""
    kept: list[_Line] = []
    nearest = 0
    """Level of the heading that follows next below; 7 where text follows, 0 at the end."""
    for line in reversed(lines):
        match = None if line.fence else _HEADING.match(line.text)
        if match:
            if nearest <= len(match[1]):
                continue
            nearest = len(match[1])
        elif line.fence or (line.text.strip() and not _NO_RESPONSE.fullmatch(line.text.strip())):
            nearest = 7
        elif line.text.strip():
            continue
        kept.append(line)
    written = [line for line in lines if line.text.strip()]
    if len(written) == 1 and _HEADING.match(written[0].text):
        return written  # a heading alone is a way to shout
    return kept[::-1]


def _squeezed(lines: Sequence[_Line]) -> str:
    """The text without blank lines at its ends and without more than one in a row outside of fences."""
    kept: list[str] = []
    for line in lines:
        blank = not line.fence and not line.text.strip()
        if blank and (not kept or not kept[-1]):
            continue
        kept.append("" if blank else line.text if line.fence else line.text.rstrip())
    return "\n".join(kept).strip("\n")


def shortened(text: str, limits: Limits) -> str:
    """The text, its middle left out where it is too long: three quarters of the room for the beginning, the rest for the end.

    ::

        $ make test
        [214 lines not shown]
        2 failed, 900 passed
    """
    lines = text.split("\n")
    if len(text) <= limits.characters and len(lines) <= limits.lines:
        return text
    marked = _marked(lines)
    head = _taken(lines, limits.lines * 3 // 4, limits.characters * 3 // 4)
    tail = _taken(lines[head:][::-1], limits.lines - limits.lines * 3 // 4, limits.characters // 4)
    hidden = len(lines) - head - tail
    if not head or not hidden:  # a line alone is too long
        start, end = limits.characters * 3 // 4, len(text) - limits.characters // 4
        return f"{text[:start]}\n[{max(0, end - start):,} characters not shown]\n{text[max(start, end) :]}"
    above, below = marked[:head], marked[len(lines) - tail :]
    note = f"[{hidden:,} lines not shown]" if hidden > 1 else "[1 line not shown]"
    before, after = _open(above), _open(marked[: len(lines) - tail])
    between = [before, note] if before and not after else [note, after] if after and not before else [note]
    return "\n".join([*(line.text for line in above), *between, *(line.text for line in below)])


def _open(lines: Sequence[_Line]) -> str:
    """The marks of the fence that is open after these lines."""
    return lines[-1].fence if lines and not lines[-1].closes else ""


def _taken(lines: Sequence[str], count: int, characters: int) -> int:
    """How many of the first lines have room."""
    taken = 0
    for line in lines[:count]:
        characters -= len(line) + 1
        if characters < 0:
            break
        taken += 1
    return taken
