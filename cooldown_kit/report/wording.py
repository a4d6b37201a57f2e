"""What the report says in words: numbers formatted for people, the headline, and the caveats."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cooldown_kit.documents import Segment
from cooldown_kit.evaluate.evidence import ALL, Evidence, EvidenceRow

CAVEAT = (
    "There was no control arm in this run, so a gain may come from the annealing alone. In OLMo 2 (arXiv 2501.00656, "
    "table 11) letting the learning rate decay on the unchanged pre-training mix gave +4.4 of the +6.1 OLMES points that the "
    "full anneal gave. To say that this mixture made the difference, compare with a cooldown of the same length and "
    "schedule on a mixture without it."
)

LIMITS = (
    "The evidence is about predicting held-out documents of the same sources. It does not measure whether answers are correct, "
    "nor what happened to skills outside these sources.",
    "Intervals cover the choice of documents. They do not cover another seed or another order of the data, and documents of "
    "one repository are not independent of each other.",
    "A model can repeat what it was trained on. Known formats of credentials were replaced before training; no rule table finds all.",
)

KINDS = {
    "commit": "commits",
    "code": "code",
    "notebook": "notebooks",
    "pull_request": "pull requests",
    "review": "code reviews",
    "issue": "issues",
    "discussion": "discussions",
    "thread": "threads",
    "release": "releases",
    "text": "text",
    ALL: "all kinds",
}

_UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


def kind(name: str) -> str:
    """The plural by which people call a kind of document."""
    return KINDS.get(name) or visible(name)


def count(value: float) -> str:
    """``1234`` → ``1,234``."""
    return f"{value:,.0f}"


def short(value: float) -> str:
    """``20_400_000`` → ``20.4M``."""
    for unit, name in _UNITS:
        if value >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.0f}"


def percent(value: float, digits: int = 1) -> str:
    """``0.8`` → ``80.0%``."""
    return f"{value:.{digits}%}"


def signed(value: float, digits: int = 4) -> str:
    """``-0.05`` → ``−0.0500``, with a real minus sign; zero has none."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def change(value: float) -> str:
    """A relative change: ``-0.085`` → ``−8.5%``."""
    text = f"{value:+.1%}"
    return text[1:] if float(text[:-1]) == 0 else text.replace("-", "−")


def duration(seconds: float) -> str:
    """``200`` → ``3 min 20 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def rate(value: float) -> str:
    """A learning rate: ``0.0002`` → ``2e-4``, ``0`` → ``0``."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def reason(name: str) -> str:
    """``too_large`` → ``too large``."""
    return name.replace("_", " ")


def reasons(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """``(reason, count)`` for people, the most frequent first."""
    return [
        (reason(name), count(n))
        for name, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        if n
    ]


def ends(row: EvidenceRow, digits: int = 4) -> str | None:
    """The interval of a row: ``−0.0612 to −0.0388``."""
    if row.low is None or row.high is None:
        return None
    return f"{signed(row.low, digits)} to {signed(row.high, digits)}"


def level(evidence: Evidence) -> str:
    """``95%``."""
    return f"{evidence.confidence * 100:.4g}%"


def headline(evidence: Evidence | None) -> str:
    """One sentence that says what changed, in the words that the intervals allow."""
    if evidence is None or not evidence.rows:
        return "Nothing was held out, so nothing can be said about what changed."
    kinds: dict[str, list[str]] = {}
    for row in evidence.rows:
        if row.kind != ALL:
            kinds.setdefault(row.verdict, []).append(kind(row.kind))
    parts = []
    if better := kinds.get("improved"):
        parts.append(f"predicts held-out {_join(better)} better than before")
    if worse := kinds.get("worse"):
        parts.append(f"predicts held-out {_join(worse)} worse than before")
    if same := kinds.get("no difference shown"):
        parts.append(f"shows no difference on held-out {_join(same)}")
    if few := kinds.get("too few documents"):
        parts.append(f"was measured on too few held-out documents to judge {_join(few)}")
    return f"The model {_join(parts)}."


def _join(words: Sequence[str]) -> str:
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Text with control characters, direction overrides and lone surrogates written out as ``⟨U+202E⟩``.

    What a document holds must be seen: overrides can make code read differently from what it is (CVE-2021-42574).
    """
    return _CONTROLS.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text.replace("\r\n", "\n"))


def excerpt(text: str, characters: int = 4000) -> tuple[str, int]:
    """The start of a text, and how many characters were left out."""
    return visible(text[:characters]), max(len(text) - characters, 0)


def excerpt_of(parts: Sequence[Segment], characters: int = 4000) -> tuple[list[tuple[str, str]], int]:
    """The start of a document as ``(text, class)``, and how many characters were left out.

    The class is ``token`` for a special token, ``prompt`` for text that is read and not trained on, else empty.
    """
    shown, left = [], characters
    for part in parts:
        if text := part.text[:left]:
            shown.append((visible(text), "token" if part.token else "" if part.trained else "prompt"))
        left -= len(text)
    return shown, max(sum(len(part.text) for part in parts) - characters, 0)


def layout(name: str) -> str:
    """``before_after`` → ``before after``."""
    return visible(name.replace("_", " "))
