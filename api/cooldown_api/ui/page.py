"""From a template and its values to a page: one environment, one policy, one frame for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cooldown_api.access import Access
from cooldown_api.auth.principal import Principal
from cooldown_api.ui import formats, wording
from cooldown_api.ui.assets import address
from cooldown_kit import __version__

TEMPLATES: Final = Path(__file__).with_name("templates")

CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # plotly.js sets styles on what it draws
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No script but our files: neither in a page, nor in an attribute, nor made from text."""

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Place:
    """An entry of the navigation."""

    path: str
    title: str


_PLACES = (
    Place("/jobs", "Jobs"),
    Place("/new", "New job"),
    Place("/datasets", "Datasets"),
    Place("/studies", "Studies"),
)
_ADMIN = (
    Place("/usage", "Usage"),
    Place("/keys", "Keys"),
    Place("/webhooks", "Webhooks"),
    Place("/audit", "Audit"),
)
_PLATFORM = (Place("/machines", "Machines"),)


def page(access: Access, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for somebody who is signed in."""
    return _answer(access.request, template, status, me=access.principal, **values)


def page_for_anybody(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page that needs no sign-in, or says that one is needed."""
    me = getattr(request.state, "principal", None)
    return _answer(request, template, status, me=me, **values)


def _answer(
    request: Request, template: str, status: int, *, me: Principal | None, **values: Any
) -> HTMLResponse:
    html = (
        environment()
        .get_template(template)
        .render(
            now=datetime.now(UTC),
            me=me,
            signed_in=me is not None and request.app.state.settings.auth != "none",
            here=request.url.path,
            places=_places(me),
            version=__version__,
            **values,
        )
    )
    # a lone surrogate in somebody's file name must not fail the page
    return HTMLResponse(html.encode("utf-8", "replace"), status, HEADERS)


def _places(me: Principal | None) -> list[Place]:
    if me is None:
        return []
    places = [place for place in _PLACES if place.path != "/new" or me.may("editor")]
    return [*places, *(_PLATFORM if me.platform else ()), *(_ADMIN if me.may("admin") else ())]


@cache
def environment() -> Environment:
    """Everything is escaped, whatever a template is called, and a name that is not there is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(formats.FILTERS)
    made.filters["ago"] = formats.ago
    made.globals["w"] = wording
    made.globals["moment"] = _moment
    made.globals["asset"] = address
    return made


def _moment(time: datetime | None, now: datetime) -> Markup:
    """``<time>``: relative to read, exact in its title."""
    if time is None:
        return Markup("–")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        time.isoformat(timespec="seconds"), formats.exact(time), formats.ago(time, now)
    )
