"""The part of a changelog that speaks of one version.

Headings are found as Markdown, reStructuredText and plain text write them; a version is compared by its parts, so that ``1.2.0`` is
``v1.2.0`` and ``1.2`` (as PEP 440 has it) but neither ``11.2.0`` nor ``1.2.0rc1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_NAME: Final = re.compile(
    r"(?:(?P<changelog>change[-_ ]?logs?)|(?P<changes>changes)|(?P<history>history)|(?P<news>news)"
    r"|(?P<releases>(?:\d+-)?release(?:s|[-_ ]?notes|[-_ ]?history)))(?P<ending>\.md|\.markdown|\.rst|\.txt)?",
    re.IGNORECASE,
)
_KINDS: Final = ("changelog", "changes", "history", "news", "releases")

_TOKEN: Final = re.compile(
    r"(?<![\w./])v?(\d+(?:\.\d+)*)([-._+]?[A-Za-z][0-9A-Za-z.+-]*)?(?![\w/])", re.IGNORECASE
)
_DATE: Final = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_LINK: Final = re.compile(r"\]\([^)]*\)|<?https?://\S+")
_SAME: Final = (
    ("alpha", "a"),
    ("beta", "b"),
    ("preview", "rc"),
    ("pre", "rc"),
    ("final", ""),
    ("ga", ""),
    ("release", ""),
)

_BETWEEN: Final = re.compile(r"\b(?:between|from)\b", re.IGNORECASE)
_FIRST_YEAR: Final = 1970

_ATX: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_RULER: Final = re.compile(r"([=\-`:.'\"~^_*+#])\1{2,}[ \t]*")
_BOLD: Final = re.compile(r"(\*\*|__)(.+)\1[ \t]*(\(.*\))?[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
_VERSION_HEADING: Final = re.compile(
    r"\W*(?:(?:version|release) *)?v?\d+(?:\.\d+)+(?:[-._]?(?:a|b|c|rc|alpha|beta|pre|dev|post|canary|next)[-._]?\d*)?(?![\w.])",
    re.IGNORECASE,
)
"""A heading of a version ends the section of another, whatever its level: some tools set patch releases a level deeper."""
_VERSION_LINE: Final = re.compile(
    r"(?:[*#=-]+ *)?(?:[A-Za-z][\w.-]* +){0,4}v?\d+(?:\.\d+)+(?![\w.]*\w/)[^.!?]*\.?", re.IGNORECASE
)
_BELOW_ALL: Final = 100


class Version(NamedTuple):
    """``(1, 2, 0)`` and what follows, in one spelling: ``rc1``."""

    release: tuple[int, ...]
    suffix: str

    @property
    def shortest(self) -> Version:
        """Without zeros at the end: 1.2.0 is 1.2."""
        release = self.release
        while len(release) > 1 and not release[-1]:
            release = release[:-1]
        return Version(release, self.suffix)


class _Heading(NamedTuple):
    text: str
    level: int
    start: int
    """Its first line."""
    end: int
    """The line after it."""


def changelog_rank(name: str) -> int | None:
    """How likely a file of that name is the changelog, 0 first; ``None`` where it is none."""
    match = _NAME.fullmatch(name)
    return None if match is None else next(rank for rank, kind in enumerate(_KINDS) if match[kind])


def version_of(tag: str) -> Version | None:
    """The version in a tag's name: ``v1.2.0``, ``payments-1.2.0``, ``rel_1_2_0``, ``lib/v1.2.0``, ``go1.21``, ``2024-01-31``."""
    name = tag.rpartition("/")[2]
    name = re.sub(r"(?<=\d)_(?=\d)", ".", name).replace("_", " ")
    name = re.sub(r"^([A-Za-z]+)(?=\d)", r"\1 ", name)
    if "." not in name:
        name = re.sub(r"(?<=\d)-(?=\d)", ".", name)
    return max(_versions(name), key=lambda version: len(version.release), default=None)


def section(text: str, version: Version, name: str) -> str | None:
    """What the changelog file of that name says of the version, without the heading; ``None`` where it says nothing."""
    lines = text.replace("\r\n", "\n").split("\n")
    headings: list[_Heading] = []
    opened: _Heading | None = None
    for heading in _headings(
        lines, name.lower()
    ):  # most often the version stands at the top: read no further
        if opened is not None and _ends(heading, opened):
            if body := _body(lines, opened, heading.start):
                return body
            opened = None
        headings.append(heading)
        if opened is None and _named(heading.text) == version:
            opened = heading
    for heading in _matching(headings, version):
        end = next((h.start for h in headings if _ends(h, heading)), len(lines))
        if body := _body(lines, heading, end):
            return body
    return None


def _ends(later: _Heading, heading: _Heading) -> bool:
    """Whether a later heading ends the section of one."""
    return later.start >= heading.end and (
        later.level <= heading.level or _VERSION_HEADING.match(later.text) is not None
    )


def _body(lines: list[str], heading: _Heading, end: int) -> str:
    return "\n".join(lines[heading.end : end]).strip("\n").rstrip()


def _matching(headings: list[_Heading], version: Version) -> Iterator[_Heading]:
    """Headings of the version: those that write it in the same way first."""
    named = [(heading, _named(heading.text)) for heading in headings]
    for heading, other in named:
        if other == version:
            yield heading
    for heading, other in named:
        if other is not None and other != version and other.shortest == version.shortest:
            yield heading


def _named(heading: str) -> Version | None:
    """The version that a heading is about: the first that is no date; of "changes between 1.1 and 1.2" the newest."""
    found = list(_versions(heading))
    versions = [version for version in found if not _is_date(version)] or found
    if not versions:
        return None
    return max(versions) if _BETWEEN.search(heading) else versions[0]


def _is_date(version: Version) -> bool:
    """Or a part of one: a day, a year."""
    return len(version.release) == 1 or (len(version.release) == 3 and version.release[0] >= _FIRST_YEAR)


def _versions(text: str) -> Iterator[Version]:
    """All versions that a line names, dates among them."""
    plain = _DATE.sub(r"\1.\2.\3", _LINK.sub("] ", text))
    for match in _TOKEN.finditer(plain):
        suffix = re.sub(r"[-._+]", "", (match[2] or "").lower())
        for word, same in _SAME:
            suffix = suffix.replace(word, same)
        if len(match[1]) <= 100:
            yield Version(tuple(int(part) for part in match[1].split(".")), suffix)


def _headings(lines: list[str], name: str) -> Iterator[_Heading]:
    markdown = name.endswith((".md", ".markdown"))
    plain = not markdown and not name.endswith(".rst")
    styles: dict[tuple[str, bool], int] = {}
    fence = ""
    at = 0
    while at < len(lines):
        if not name.endswith(".rst") and (match := _FENCE.match(lines[at])):
            fence = "" if fence == match[1] else fence or match[1]
        heading = _heading(lines, at, markdown, plain, styles) if lines[at].strip() and not fence else None
        if heading is not None:
            yield heading
        at = at + 1 if heading is None else heading.end


def _heading(
    lines: list[str], at: int, markdown: bool, plain: bool, styles: dict[tuple[str, bool], int]
) -> _Heading | None:
    """The heading that starts in that line, if one does. ``styles`` learns the rulers in the order they are met."""
    line = lines[at]
    if (markdown or plain) and (match := _ATX.fullmatch(line)):
        return _Heading(match[2], len(match[1]), at, at + 1)
    below = lines[at + 1] if at + 1 < len(lines) else ""
    ruler = _RULER.fullmatch(line)
    if ruler and below.strip() and at + 2 < len(lines) and lines[at + 2].rstrip() == line.rstrip():
        level = styles.setdefault((ruler[1], True), len(styles) + 1)
        return _Heading(below.strip(), level, at, at + 3)
    title = line.strip()
    if (
        title
        and not ruler
        and (under := _RULER.fullmatch(below))
        and not line.startswith(("- ", "* ", "|", " "))
    ):
        if markdown:
            level = {"=": 1, "-": 2}.get(under[1], 0)
        else:
            level = styles.setdefault((under[1], False), len(styles) + 1)
        return _Heading(title, level, at, at + 2) if level else None
    if markdown and (bold := _BOLD.fullmatch(line)):
        return _Heading(f"{bold[2]} {bold[3] or ''}", _BELOW_ALL, at, at + 1)
    if (
        plain
        and len(line) <= 100
        and (at == 0 or not lines[at - 1].strip())
        and _VERSION_LINE.fullmatch(line)
    ):
        return _Heading(line, _BELOW_ALL, at, at + 1)
    return None
