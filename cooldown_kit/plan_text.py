"""A plan as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cooldown_kit.preflight import Plan

_WIDTH = 90
"""Characters of the longest column."""


def plan_text(plan: Plan) -> str:
    """What will happen, as aligned tables: streams, mixture, training, cost, and what is wrong."""
    train = plan.train
    adapter = "" if train["method"] == "full" else f", rank {train['lora']['rank']}"
    blocks = [
        f"{plan.name}: cool {plan.model} ({plan.parameters / 1e6:,.0f}M parameters, context {plan.context_length:,}) down for {plan.goal}",
        _streams(plan),
        *_layouts(plan),
        _table(
            ("mixture", "group", "share", "tokens", "unique", "epochs"),
            [
                (s.name, s.group, f"{s.share:.2%}", s.tokens, s.unique_tokens, f"{s.epochs:.2f}")
                for s in plan.shares
            ],
        ),
        _table(
            ("run", ""),
            [
                ("tokens", f"{plan.tokens:,} in {plan.sequences:,} sequences of {plan.sequence_length:,}"),
                ("steps", f"{plan.steps:,} of {plan.batch_sequences} sequences"),
                (
                    "method",
                    f"{train['method']}{adapter}, {train['schedule']} to {train['final_learning_rate']:g}",
                ),
                ("learning rate", f"{train['learning_rate']:g}"),
                ("device", f"{plan.device}, {train['precision']}, micro-batch {train['micro_batch']}"),
                (
                    "memory",
                    f"{_size(plan.memory_bytes['total'])} of {_size(plan.memory_available)} ({_parts(plan)})",
                ),
                ("disk", f"{_size(plan.disk_bytes)} of {_size(plan.disk_free)}"),
                (
                    "time",
                    f"{_span(plan.seconds)}: training {_span(plan.train_seconds)}, evidence {_span(plan.evaluate_seconds)}",
                ),
                *(("", line) for line in wrap(plan.time_basis, _WIDTH)),
            ],
        ),
    ]
    if plan.reasons:
        blocks.append(_table(("chosen", "because"), sorted(plan.reasons.items())))
    blocks += [
        f"{finding.level}: {finding.text}" + (f"\n  {finding.remedy}" if finding.remedy else "")
        for finding in plan.findings
    ]
    return "\n\n".join(blocks)


def _streams(plan: Plan) -> str:
    prompts = any(s.untrained_tokens for s in plan.streams)
    header = ("stream", "documents", "dropped", "held out", "train", "tokens")
    return _table(
        (*header, *(("of prompts",) if prompts else ())),
        [
            (s.stream, s.documents, s.dropped, s.heldout, s.train, s.tokens)
            + ((s.untrained_tokens,) if prompts else ())
            for s in plan.streams
        ],
    )


def _layouts(plan: Plan) -> Iterator[str]:
    """How documents are laid out, where there is more to say than one plain layout for each stream."""
    marked = any(of.special_tokens for of in plan.layouts)
    if any(of.layout != "plain" for of in plan.layouts):
        header = ("layout", "stream", "documents", *(("with special tokens",) if marked else ()))
        rows = [
            (of.layout, of.stream, of.documents, *((of.special_tokens,) if marked else ()))
            for of in plan.layouts
        ]
        yield _table(header, rows)
    if plan.fallbacks:
        yield _table(
            ("fell back", "source", "records", "because"),
            [
                (layout, source, count, reason.replace("_", " "))
                for source, layouts in plan.fallbacks.items()
                for layout, reasons in layouts.items()
                for reason, count in reasons.items()
            ],
        )


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns of text; numbers stand right."""
    cells = [[f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(header), *cells]) for i in range(len(header))]
    right = [
        all(isinstance(row[i], int) or str(row[i]).rstrip("%").replace(".", "").isdigit() for row in rows)
        for i in range(len(header))
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if flag else cell.ljust(width)
            for cell, width, flag in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [list(header), *cells]
    ]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def _parts(plan: Plan) -> str:
    parts = sorted(((v, k) for k, v in plan.memory_bytes.items() if k != "total" and v), reverse=True)
    return ", ".join(f"{name} {_size(value)}" for value, name in parts[:4])


def _size(value: float) -> str:
    return f"{value / 1e9:.1f} GB" if value >= 1e8 else f"{value / 1e6:.1f} MB"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
