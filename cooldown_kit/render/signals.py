"""Numbers about documents, for the stages that choose among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cooldown_kit.documents import Segment
from cooldown_kit.records import HistorySignals
from cooldown_kit.render.origin import count_lines

_REVIEWS = ("pull_request", "reviewed", "merged", "pushed")


def text_signals(segments: Sequence[Segment], header_characters: int = 0) -> dict[str, float]:
    """Size of a document: ``characters`` without its header, ``header_characters``, ``lines`` without the header,
    and, where it has some, ``prompt_characters`` that are read but not trained on."""
    text = "".join(segment.text for segment in segments)
    prompt = sum(len(segment.text) for segment in segments if not segment.trained)
    signals = {
        "characters": float(len(text) - header_characters),
        "header_characters": float(header_characters),
        "lines": float(count_lines(text[header_characters:])),
    }
    return signals | ({"prompt_characters": float(prompt)} if prompt else {})


def history_signals(signals: HistorySignals | None) -> Mapping[str, float]:
    """What the history says of a commit, as numbers; what is not known is left out, never 0.

    ``review_pull_request``, ``review_reviewed``, ``review_merged`` or ``review_pushed`` is 1; ``surviving_share`` is the share
    of the added lines that still stand; ``author_standing`` the author's share of the earlier commits there.
    """
    if signals is None:
        return {}
    known: dict[str, float | None] = {
        **{f"review_{name}": 1.0 if signals.review == name else None for name in _REVIEWS},
        "pull_request": signals.pull_request,
        "revert": _if_known(signals.reverts),
        "reverted": _if_known(signals.reverted_by),
        "reverted_after_days": signals.reverted_after_days,
        "fixed": _if_known(signals.fixed_by),
        "fixed_after_days": signals.fixed_after_days,
        "code_lines_added": signals.lines_added,
        "lines_surviving": signals.lines_surviving,
        "surviving_share": _share(signals.lines_surviving, signals.lines_added),
        "survival_days": signals.survival_days,
        "tests_touched": signals.tests_touched,
        "bot": signals.bot,
        "author_commits_before": signals.author_commits_before,
        "author_path_commits_before": signals.author_path_commits_before,
        "path_commits_before": signals.path_commits_before,
        "author_standing": _share(signals.author_path_commits_before, signals.path_commits_before),
    }
    return {name: float(value) for name, value in known.items() if value is not None}


def _if_known(revision: str | None) -> float | None:
    """1 where there is such a commit; nothing where none is known, for nobody has seen the commits to come."""
    return None if revision is None else 1.0


def _share(part: int | None, whole: int) -> float | None:
    return part / whole if part is not None and whole else None
