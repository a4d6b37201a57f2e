"""Forms are taken from our own pages only."""

from __future__ import annotations

from fastapi import Request

from cooldown_api.auth.origin import from_own_pages
from cooldown_api.problems import ProblemError


def same_origin(request: Request) -> None:
    """Refuse a form that another site made a browser send, also where nobody has signed in yet.

    Browsers name the origin of every form, and no page can change what they say; what names none is no browser with a form.
    """
    if not from_own_pages(request.headers, request.app.state.settings, unsaid=False):
        raise ProblemError(
            "refused",
            "This form was not sent by a page of this service",
            remedy="open the page again, and send it from there",
        )
