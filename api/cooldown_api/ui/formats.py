"""Numbers, times and texts as people read them. Templates have each function as a filter of its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

_SPACE: Final = "\N{NO-BREAK SPACE}"
_SI = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
"""What terminals take as commands: colours, cursors, titles (ECMA-48)."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BIDI = re.compile(r"[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Signs that cannot be seen and change the order in which a line is read."""


def count(value: float | None) -> str:
    """``12345`` → ``12,345``."""
    return "–" if value is None else f"{value:,.0f}"


def short(value: float | None) -> str:
    """``20_400_000`` → ``20.4M``."""
    if value is None:
        return "–"
    for unit, name in _SI:
        if abs(value) >= unit * 0.9995:
            return f"{value / unit:.3g}{name}"
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def size(value: float | None) -> str:
    """Bytes: ``1536`` → ``1.5 KiB``."""
    if value is None:
        return "–"
    number = float(value)
    for unit in _BINARY:
        if number < 1000 or unit == _BINARY[-1]:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.3g} {unit}"
        number /= 1024
    raise AssertionError


def percent(value: float | None, digits: int = 0) -> str:
    """``0.805`` → ``80%``."""
    return "–" if value is None else f"{value:.{digits}%}"


def signed(value: float | None, digits: int = 4) -> str:
    """With a real minus sign: ``-0.05`` → ``−0.0500``."""
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", "−")


def number(value: float | None) -> str:
    """Four significant digits: ``0.0002`` → ``2e-4``."""
    if value is None:
        return "–"
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def duration(seconds: float | None) -> str:
    """``200`` → ``3 min 20 s``; ``93600`` → ``1 d 2 h``. A line breaks between two of them, never before a unit."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        parts = [f"{days}{_SPACE}d"] + ([f"{hours}{_SPACE}h"] if hours else [])
    elif hours:
        parts = [f"{hours}{_SPACE}h", f"{minutes:02d}{_SPACE}min"]
    else:
        parts = [f"{minutes}{_SPACE}min", f"{rest:02d}{_SPACE}s"] if minutes else [f"{rest}{_SPACE}s"]
    return " ".join(parts)


def ago(moment: datetime, now: datetime) -> str:
    """``3 min ago``, ``in 2 h``: one unit, rounded down."""
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 5:
        return "now"
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if distance >= unit:
            text = f"{int(distance // unit)} {name}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    raise AssertionError


def exact(moment: datetime) -> str:
    """``2026-11-26 01:32:42 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def day(moment: datetime) -> str:
    """``2026-11-26``, of UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def clock(moment: datetime) -> str:
    """``01:32:42``, of UTC."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def visible(value: Any) -> str:
    """Text of somebody else in one line of ours: what cannot be seen, or turns the order of letters round, is shown as its code."""
    text = _ESCAPES.sub("", str(value))
    return _BIDI.sub(_code, _CONTROLS.sub(_code, text.replace("\n", " ")))


def log_line(text: str) -> str:
    """One line of a log: without a terminal's commands; of a progress bar that overwrote itself, what stood there last."""
    last = _ESCAPES.sub("", text).rstrip("\r\n").rpartition("\r")[2]
    return _BIDI.sub(_code, _CONTROLS.sub(_code, last.expandtabs(8)))


def block(text: str) -> str:
    """A document of somebody else, in its lines: what cannot be seen is shown as its code."""
    return "\n".join(_BIDI.sub(_code, _CONTROLS.sub(_code, line)) for line in str(text).split("\n"))


def words(name: str) -> str:
    """``code_review`` → ``code review``."""
    return visible(name).replace("_", " ")


def _code(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


FILTERS: Final[dict[str, Callable[..., str]]] = {
    function.__name__: function
    for function in (
        count,
        short,
        size,
        percent,
        signed,
        number,
        duration,
        exact,
        day,
        clock,
        visible,
        log_line,
        block,
        words,
    )
}
