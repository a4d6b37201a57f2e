"""The report's plots, as plotly figures in JSON. Colours are names of CSS variables, so that light and dark both work."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from cooldown_kit.evaluate.evidence import Evidence
from cooldown_kit.report import wording
from cooldown_kit.report.contents import MixtureShare, ReportContents, Step
from cooldown_kit.report.prefix import PrefixShares

Figure = dict[str, Any]

_POINTS = 1500
"""Steps drawn at most: more cannot be told apart on a screen, and the file stays small."""

_SERIES = 6
_VERDICT_COLOURS = {"improved": "var(--good)", "worse": "var(--bad)"}


def figures(contents: ReportContents) -> dict[str, Figure]:
    """Name → figure, for all that there is something to draw of."""
    made: dict[str, Figure] = {}
    if contents.evidence and any(row.low is not None for row in contents.evidence.rows):
        made["evidence"] = forest(contents.evidence)
    if contents.mixture:
        made["shares"] = shares(contents.mixture)
    if contents.prefix and contents.prefix.rows:
        made["prefix"] = prefix(contents.prefix)
    if contents.history:
        steps = thinned(contents.history)
        made["loss"] = curve(steps, "loss", "training loss (nats per token)", "var(--series-1)")
        made["learning_rate"] = curve(steps, "learning_rate", "learning rate", "var(--series-2)")
        if any(step.grad_norm is not None for step in steps):
            made["grad_norm"] = curve(steps, "grad_norm", "gradient norm", "var(--series-3)")
        if any(step.tokens_per_second is not None for step in steps):
            made["tokens_per_second"] = curve(
                steps, "tokens_per_second", "tokens per second", "var(--series-4)"
            )
    return made


def thinned(steps: Sequence[Step], points: int = _POINTS) -> list[Step]:
    """At most ``points`` steps, evenly spaced, the first and the last among them."""
    if len(steps) <= points:
        return list(steps)
    return [steps[round(index * (len(steps) - 1) / (points - 1))] for index in range(points)]


def curve(steps: Sequence[Step], field: str, label: str, colour: str) -> Figure:
    """One number by step."""
    trace = {
        "type": "scatter",
        "mode": "lines" if len(steps) > 1 else "markers",
        "x": [step.step for step in steps],
        "y": [getattr(step, field) for step in steps],
        "line": {"color": colour, "width": 2},
        "hovertemplate": "step %{x}<br>%{y:.4g}<extra></extra>",
    }
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": "step"}},
        "yaxis": {"title": {"text": label}},
        "showlegend": False,
    }
    if field in ("learning_rate", "tokens_per_second"):
        layout["yaxis"] |= {"rangemode": "tozero"}
    if field == "learning_rate":
        layout["yaxis"] |= {"exponentformat": "e"}
    return _figure([trace], layout, 260)


def forest(evidence: Evidence) -> Figure:
    """Differences with their intervals, one line per kind, zero marked (a forest plot)."""
    rows = [row for row in evidence.rows if row.low is not None and row.high is not None][::-1]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [row.difference for row in rows],
        "y": [escape(wording.kind(row.kind)) for row in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [(row.high or 0) - row.difference for row in rows],
            "arrayminus": [row.difference - (row.low or 0) for row in rows],
            "thickness": 2,
            "width": 6,
            "color": "var(--soft)",
        },
        "marker": {"size": 12, "color": [_VERDICT_COLOURS.get(row.verdict, "var(--soft)") for row in rows]},
        "text": [f"{wording.signed(row.difference)} ({wording.ends(row)})" for row in rows],
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    zero = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1}
    layout = {
        "xaxis": {
            "title": {"text": "difference in bits per byte (left of zero: better than before)"},
            "zeroline": False,
        },
        "yaxis": {"type": "category", "range": [-0.6, len(rows) - 0.4]},
        "shapes": [zero | {"line": {"color": "var(--ink)", "width": 1, "dash": "dot"}}],
        "showlegend": False,
    }
    return _figure([trace], layout, 120 + 46 * len(rows))


def shares(mixture: Sequence[MixtureShare]) -> Figure:
    """Shares asked and attained, side by side."""
    rows = list(mixture)[::-1]
    names = [_label(row.name) for row in rows]

    def bars(label: str, values: list[float], colour: str) -> dict[str, Any]:
        return {
            "type": "bar",
            "orientation": "h",
            "name": label,
            "x": values,
            "y": names,
            "marker": {"color": colour},
            "hovertemplate": "%{y}: %{x:.2%}<extra>" + label + "</extra>",
        }

    traces = [
        bars("attained", [row.attained for row in rows], "var(--series-1)"),
        bars("asked", [row.asked for row in rows], "var(--line-strong)"),
    ]
    layout = {
        "barmode": "group",
        "bargap": 0.35,
        "xaxis": {"tickformat": ".0%", "title": {"text": "share of tokens"}, "rangemode": "tozero"},
        "yaxis": {"type": "category"},
        "legend": {"traceorder": "reversed"},
    }
    return _figure(traces, layout, 130 + 44 * len(rows))


def prefix(attained: PrefixShares) -> Figure:
    """The share of each source among all that was read so far, along the training order; dotted where it was asked to be."""
    traces: list[dict[str, Any]] = []
    for index, (name, values) in enumerate(attained.attained.items()):
        colour = f"var(--series-{index % _SERIES + 1})"
        line = {"type": "scatter", "mode": "lines", "name": _label(name), "legendgroup": str(index)}
        traces.append(
            line
            | {
                "x": attained.rows,
                "y": values,
                "line": {"color": colour, "width": 2},
                "hovertemplate": "after %{x} sequences: %{y:.2%}<extra>" + _label(name) + "</extra>",
            }
        )
        traces.append(
            line
            | {
                "x": [attained.rows[0], attained.rows[-1]],
                "y": [attained.asked[name]] * 2,
                "line": {"color": colour, "width": 1, "dash": "dot"},
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
    layout = {
        "xaxis": {"title": {"text": "sequences read"}, "type": "log", "dtick": 1},
        "yaxis": {"title": {"text": "share so far"}, "tickformat": ".0%", "rangemode": "tozero"},
    }
    return _figure(traces, layout, 320)


def _label(name: str) -> str:
    """A name as plotly shows it literally: it reads labels as a small dialect of HTML."""
    return escape(wording.visible(name))


def _figure(traces: list[dict[str, Any]], layout: dict[str, Any], height: int) -> Figure:
    common = {
        "height": height,
        "margin": {"l": 10, "r": 16, "t": 12, "b": 10},
        "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "var(--ink)"},
        "hoverlabel": {"bgcolor": "var(--card)", "font": {"color": "var(--ink)"}},
    }
    axis = {
        "automargin": True,
        "gridcolor": "var(--line)",
        "linecolor": "var(--line)",
        "zerolinecolor": "var(--line)",
    }
    axes = {name: axis | layout.get(name, {}) for name in ("xaxis", "yaxis")}
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0} | layout.get("legend", {})
    return {"data": traces, "layout": common | layout | axes | {"legend": legend}}
