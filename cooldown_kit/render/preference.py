"""Preference pairs from reviews: lines as they were criticised, and the same lines as they were merged.

The prompt is the title, what was said of the lines, and the file around them with a mark in their place. So neither answer stands
in the prompt: a model that is trained on pairs learns which lines to write, not to copy or to avoid copying.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from cooldown_kit.preferences import Preference
from cooldown_kit.records import CodeReview
from cooldown_kit.render import related
from cooldown_kit.render.languages import language_of
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markdown import fenced, language_tag
from cooldown_kit.render.origin import NotRendered, Origin, quote_path
from cooldown_kit.render.pseudonymise import pseudonymise
from cooldown_kit.render.review import before_answer, review_time, said_by
from cooldown_kit.render.talk_signals import authors, taking_part
from cooldown_kit.render.tidy import tidy
from cooldown_kit.render.window import Span, fit, lines_of

_MOST_LINES = 4000
"""Lines between the first and the last change that are compared: comparing costs more than their number."""


def preference(record: CodeReview, origin: Origin, layouts: Layouts) -> Preference | NotRendered:
    """The pair of a thread, or why there is none: ``no_comment``; ``no_lines`` (it speaks of the whole file or request);
    ``old_side`` (of lines that the request removes); ``not_merged``; ``no_versions`` (they were not harvested); ``out_of_file``;
    ``unchanged`` (merged as they were); ``removed`` (nothing stands there any more); ``too_large``."""
    tidied, _ = tidy(record, layouts.options)
    assert isinstance(tidied, CodeReview)
    shown = pseudonymise(tidied) if layouts.options.pseudonyms else tidied
    anchor, asked = shown.thread.anchor, before_answer(shown)
    if not asked:
        return NotRendered("no_comment")
    if anchor is None or anchor.line is None:
        return NotRendered("no_lines")
    if anchor.side == "old":
        return NotRendered("old_side")
    if not record.merged:
        return NotRendered("not_merged")
    if shown.criticised is None or shown.accepted is None:
        return NotRendered("no_versions")
    found = _region(shown, (anchor.start_line or anchor.line) - 1, anchor.line)
    if isinstance(found, NotRendered):
        return found
    prompt = _prompt(shown, found, layouts)
    answers = len(found.rejected) + len(found.chosen)
    if prompt is None or answers > layouts.options.prompt_characters:
        return NotRendered("too_large")
    return Preference(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        repository=record.repository,
        number=record.number,
        path=anchor.path,
        prompt=prompt,
        chosen=found.chosen,
        rejected=found.rejected,
        time=review_time(record),
        url=record.url,
        language=language_of(anchor.path),
        related=[related.request(record.repository, record.number)],
        signals={
            **taking_part(None, authors(shown.thread.comments)),
            "answered": float(record.thread.answer is not None),
            "lines_rejected": float(found.rejected.count("\n")),
            "lines_chosen": float(found.chosen.count("\n")),
        },
    )


class _Region(NamedTuple):
    """Lines of the criticised file, widened to whole changes, and what stands in their place in the merged one."""

    lines: list[str]
    span: Span
    rejected: str
    chosen: str


def _region(record: CodeReview, start: int, end: int) -> _Region | NotRendered:
    before, after = lines_of(record.criticised or ""), lines_of(record.accepted or "")
    if not 0 <= start < end <= len(before):
        return NotRendered("out_of_file")
    changes = _changes(before, after)
    if changes is None:
        return NotRendered("too_large")
    grown = _grown(changes, start, end)
    if grown is None:
        return NotRendered("unchanged")
    (start, end), (new_start, new_end) = grown
    chosen = "".join(after[new_start:new_end])
    if not chosen.strip():
        return NotRendered("removed")
    return _Region(before, (start, end), "".join(before[start:end]), chosen)


def _changes(before: Sequence[str], after: Sequence[str]) -> list[tuple[Span, Span]] | None:
    """Runs of lines that differ, as spans of both; ``None`` where there is too much between them to compare."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(old), len(new)) > _MOST_LINES:
        return None
    return [
        ((head + a, head + b), (head + c, head + d))
        for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes()
        if tag != "equal"
    ]


def _grown(changes: Sequence[tuple[Span, Span]], start: int, end: int) -> tuple[Span, Span] | None:
    """The lines together with all changes that touch them, on both sides; ``None`` where none does."""
    touching = [(old, new) for old, new in changes if old[0] <= end and old[1] >= start]
    if not touching:
        return None
    (first_old, first_new), (last_old, last_new) = touching[0], touching[-1]
    before_first, behind_last = max(0, first_old[0] - start), max(0, end - last_old[1])
    return (
        (min(start, first_old[0]), max(end, last_old[1])),
        (first_new[0] - before_first, last_new[1] + behind_last),
    )


def _prompt(record: CodeReview, region: _Region, layouts: Layouts) -> str | None:
    """``None`` where the file has no room around the place."""
    path = record.thread.anchor.path if record.thread.anchor else ""
    start, end = region.span
    where = f"line {start + 1}" if end - start == 1 else f"lines {start + 1}-{end}"
    mark = f"[{where} to be written]\n"
    lines = [*region.lines[:start], mark, *region.lines[end:]]
    excerpt = fit(lines, [(start, start + 1)], layouts.options.prompt_characters)
    if excerpt is None:
        return None
    said = "\n\n".join(said_by(before_answer(record), layouts.options.conversation_characters))
    code = fenced(excerpt, language_tag(path, "".join(region.lines[:1])))
    title = " ".join(record.title.split())
    return f"# {title}\n\n## Review\n\n{said}\n\n## File\n\n### {quote_path(path)}\n\n{code}\n## Lines\n\n"
