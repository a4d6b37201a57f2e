"""Where a text names people: e-mail addresses, ``Name <address>`` pairs, @mentions, and what only looks like one.

All patterns stay within a line, and see the start of a line as they see a space: a line of a file and the same line in
a patch give the same matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cooldown_kit.render.words import NOBODY, NOT_MENTIONS, NOT_NAMES, PARTICLES, TOP_LEVEL

_WORD = r"[^\W\d_][\w.'’-]{0,40}"
_AT = r"[A-Za-z0-9](?:[\w.+%-]{0,62}[\w+%-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,18}(?![\w@-])(?!\.[A-Za-z0-9])"
# What may be repeated has bounds: no line, however long and odd, costs more than a multiple of its length.
# A word may begin behind an escape, ``"\\nann@bank.com"``; the letter of the escape is none of its letters.
START = r"(?:(?<![\w.+%\\-])|(?<=\\[nrt])|(?<=\\u[0-9a-fA-F]{4})|(?<=\\f[BIPR]))"
ADDRESS = re.compile(START + _AT)
PAIR = re.compile(rf"{START}({_WORD}(?: {_WORD}){{0,3}}) {{1,2}}[<(\[]({_AT})")
KEYED = re.compile(
    rf"""name["']?[ ]?[:=][ ]?["']([^"'\n]{{2,60}})["'],[ ]{{0,2}}["']?e?mail["']?[ ]?[:=][ ]?["']({_AT})["']"""
)
MENTION = re.compile(r"(?<![\w@/.`$+-])@([A-Za-z0-9](?:-?[A-Za-z0-9]){0,38})(?![\w/(@`])(?!-\w)(?![.:]\w)")
TRAILER = re.compile(
    r"^[ \t]*[A-Za-z][A-Za-z-]{0,40}:[ \t]+([^<>@:\n]{1,80}?)[ \t]*<([^<>\s]+@[^<>\s]+)>", re.MULTILINE
)
_SCALE = re.compile(r"\d+x", re.IGNORECASE)
_RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org|edu)|example|test|invalid|localhost|local)$")
_NUMBERED = re.compile(r"v?\d+(?:x\.|\.\d)")


def is_person(address: str, text: str, start: int, end: int) -> bool:
    """Whether an address that stands at ``start`` to ``end`` of ``text`` is one that a person may have.

    No: robots and places that nobody reads, names kept for examples, ``git@host:path`` and the like of URLs, pictures at a scale
    (``user@2x.png``), versions of packages (``pkg@1.2.3-rc.io``), attributes (``q@k.to(…)``).
    """
    domain = address.lower().rpartition("@")[2]
    last = domain.rpartition(".")[2]
    return not (
        is_nobody(address)
        or _RESERVED.search(domain)
        or _NUMBERED.match(domain)
        or (len(last) > 2 and last not in TOP_LEVEL)
        or _in_place(text, start, end)
    )


def known_address(address: str) -> str:
    """A pattern for one address wherever it stands as a whole."""
    return rf"{START}{re.escape(address)}(?![\w-])"


def known_name(name: str) -> str:
    """A pattern for one name wherever it stands as whole words."""
    return rf"(?:(?<![\w\\])|(?<=\\[nrt])){re.escape(name)}(?!\w)"


def known_mention(logins: Iterable[str]) -> str:
    """A pattern for the mention of any of some logins; its first group is the login."""
    return rf"(?<![\w@/.`$+-])@({'|'.join(map(re.escape, logins))})(?![\w-]|[.:]\w)"


def is_nobody(address: str) -> bool:
    """Whether an address is a robot's, or one that nobody reads, whatever its domain."""
    local = address.lower().rpartition("@")[0]
    return local in NOBODY or local.endswith("[bot]")


def _in_place(text: str, start: int, end: int) -> bool:
    """Whether what looks like an address is part of a URL, of ``host:path``, or of code."""
    following = text[end : end + 2]
    if following[:1] in ("(", "[", "/") or (following[:1] == ":" and following[1:].strip()):
        return True
    before = text[max(0, start - 80) : start]
    return "://" in before[max(before.rfind(sign) for sign in (" ", "\n", "\t", '"', "'", "<", "(")) + 1 :]


def name_before(words: str, text: str, start: int) -> str:
    """The name at the end of up to four words that stand before an address: capitalised words and particles, or one word, a
    nickname, that no other word leads to. Empty where there is none (``write to <ann@bank.com>``)."""
    found: list[str] = []
    for word in reversed(words.split(" ")):
        if word.lower().strip(".") in NOT_NAMES or not (word[0].isupper() or (found and word in PARTICLES)):
            break
        found.insert(0, word)
    while found and found[0] in PARTICLES:
        found.pop(0)
    if found or " " in words or words.lower() in NOT_NAMES:
        return " ".join(found)
    before = text[max(0, start - 40) : start].rpartition("\n")[2].rstrip(" ")
    return "" if before[-1:].isalnum() else words


def mentions(text: str) -> Iterator[tuple[int, int, str]]:
    """Where logins of people are mentioned, and the login: none in code spans, fences and indented code, none that is a word of code."""
    offset, fenced = 0, False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("    ", "\t")):
            ticks = at = 0
            for match in MENTION.finditer(line):
                ticks, at = ticks + line.count("`", at, match.start()), match.start()
                word = match[1].lower()
                if ticks % 2 == 0 and word not in NOT_MENTIONS and not _SCALE.fullmatch(word):
                    yield offset + match.start(1), offset + match.end(1), word
        offset += len(line) + 1
