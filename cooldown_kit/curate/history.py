"""What became of a commit later, as its history says: taken back, soon rewritten, or written by a machine."""

from __future__ import annotations

from collections.abc import Mapping

from cooldown_kit.curate.options import HistoryOptions

_HALF = 0.5


def history_reason(signals: Mapping[str, float], options: HistoryOptions) -> str | None:
    """``reverted``, ``bot`` or ``short_lived`` where the signals say so, else ``None``; what is not known drops nothing.

    A commit of yesterday has lived for a day. So days count only where the median line is gone: where fewer than half of the
    added lines still stand.
    """
    if options.reverted == "drop" and signals.get("reverted"):
        return "reverted"
    if options.bots == "drop" and signals.get("bot"):
        return "bot"
    days = signals.get("survival_days")
    gone = signals.get("surviving_share", 0.0) < _HALF
    return "short_lived" if days is not None and gone and days < options.min_survival_days else None
