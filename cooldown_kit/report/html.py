"""The report: one HTML file that holds everything, needs no network, and can be read without scripts."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from cooldown_kit.report import wording
from cooldown_kit.report.contents import ReportContents
from cooldown_kit.report.plots import figures
from cooldown_kit.workspace import write_whole

TEMPLATES = Path(__file__).with_name("templates")


def write_report(contents: ReportContents, path: Path) -> None:
    """Write the report to ``path``, whole or not at all; its folder must be there."""
    write_whole(path, render_report(contents).encode("utf-8", "backslashreplace").decode())


def render_report(contents: ReportContents) -> str:
    """The report as HTML.

    Whatever came out of a repository or a model is escaped by the template engine, JSON included. On top of that a content
    security policy allows just the two scripts written here, by hash, and no network at all.
    """
    plotly, draw = _plotly(), (TEMPLATES / "draw.js").read_text(encoding="utf-8")
    plots = figures(contents)
    scripts = [plotly, draw] if plots else []
    policy = "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src", *(map(_hash, scripts) if scripts else ["'none'"])]),
            "style-src 'unsafe-inline'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    html: str = (
        environment()
        .get_template("report.html.j2")
        .render(
            contents=contents,
            evidence=contents.evidence,
            plots=plots,
            policy=policy,
            style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
            scripts=scripts,
        )
    )
    return html


@cache
def environment() -> Any:
    """The Jinja environment of the HTML templates: everything is escaped unless a template says otherwise."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["w"] = wording
    return made


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    if "</script" in script.lower():  # would end the element early
        raise RuntimeError("this version of plotly.js cannot be written into a page: it holds </script")
    return script


def _hash(script: str) -> str:
    """The source expression that allows this script in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
