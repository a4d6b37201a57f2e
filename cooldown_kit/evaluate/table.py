"""The evidence as aligned plain text, for terminals and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cooldown_kit.evaluate.paired import FEWEST

if TYPE_CHECKING:
    from cooldown_kit.evaluate.evidence import Evidence


def table_of(evidence: Evidence) -> str:
    """One line per row; says so where there is none."""
    if not evidence.rows:
        return "No held-out document was scored, so nothing can be said about what changed."
    level = f"{evidence.confidence * 100:.4g}% interval"
    header = [
        "kind",
        "documents",
        "tokens",
        "before",
        "after",
        "difference",
        level,
        "relative",
        "better on",
        "verdict",
    ]
    lines = [header]
    for row in evidence.rows:
        ends = f"{row.low:+.4f} to {row.high:+.4f}" if row.low is not None and row.high is not None else "-"
        lines.append(
            [
                row.kind.replace("_", " "),
                f"{row.documents:,}",
                f"{row.tokens:,}",
                f"{row.before:.4f}",
                f"{row.after:.4f}",
                f"{row.difference:+.4f}",
                ends,
                f"{row.relative:+.1%}",
                f"{row.improved_share:.0%}",
                row.verdict,
            ]
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    left = {0, len(header) - 1}
    text = [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(
        [
            "Bits per byte of held-out documents (lower is better; difference = after - before)",
            "",
            *text,
            "",
            f"Intervals: paired bootstrap over documents, {evidence.resamples:,} resamples; none below {FEWEST} documents of a kind.",
        ]
    )
