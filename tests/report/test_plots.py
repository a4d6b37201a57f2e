"""Plots: figures that plotly accepts, with every number where it belongs."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from cooldown_kit.report.contents import ReportContents, Step
from cooldown_kit.report.html import TEMPLATES
from cooldown_kit.report.plots import figures, forest, thinned


def without_variables(value: Any) -> Any:
    """Colours named by CSS variables become a colour, as the page's script does it."""
    if isinstance(value, str):
        return "#123456" if value.startswith("var(") else value
    if isinstance(value, dict):
        return {key: without_variables(item) for key, item in value.items()}
    return [without_variables(item) for item in value] if isinstance(value, list) else value


def test_plotly_accepts_every_figure(contents: ReportContents) -> None:
    from plotly.graph_objects import Figure

    for figure in figures(contents).values():
        Figure(without_variables(figure))  # raises ValueError on an unknown property or a wrong value


def test_every_colour_variable_is_defined_for_light_and_dark(contents: ReportContents) -> None:
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    text = json.dumps(figures(contents))
    used = {part.split(")")[0] for part in text.split("var(")[1:]}
    assert len(used) > 5
    assert all(style.count(f"{name}:") == 2 for name in used)


def test_forest_plot_draws_the_intervals_of_the_table(contents: ReportContents) -> None:
    (trace,) = forest(contents.evidence)["data"]
    drawn = {
        kind: (x - minus, x + plus)
        for kind, x, minus, plus in zip(
            trace["y"], trace["x"], trace["error_x"]["arrayminus"], trace["error_x"]["array"], strict=True
        )
    }
    assert list(drawn) == [
        "all kinds",
        "text",
        "commits",
        "code",
    ]  # the first row of the table is drawn on top
    assert [round(end, 9) for end in drawn["text"]] == [-0.0091, 0.0037]
    assert trace["marker"]["color"] == ["var(--good)", "var(--soft)", "var(--good)", "var(--good)"]


def test_curves_that_were_not_recorded_are_not_drawn(contents: ReportContents) -> None:
    bare = dataclasses.replace(contents, history=[Step(step=1, loss=2.0, learning_rate=1e-4)], prefix=None)
    assert set(figures(bare)) == {"evidence", "shares", "loss", "learning_rate"}


def test_long_histories_keep_their_ends_and_stay_small() -> None:
    steps = [Step(step=n, loss=1.0, learning_rate=0.0) for n in range(1, 100_001)]
    kept = thinned(steps)
    assert (len(kept), kept[0].step, kept[-1].step) == (1500, 1, 100_000)
    assert thinned(steps[:7]) == steps[:7]
