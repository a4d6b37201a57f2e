"""Signing in with a key, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from cooldown_api.auth.session import COOKIE, clear_cookie, set_cookie, sign_in, sign_out
from cooldown_api.problems import ProblemError
from cooldown_api.ui.origin import same_origin
from cooldown_api.ui.page import page_for_anybody
from cooldown_api.ui.page_route import PageRoute

router = APIRouter(route_class=PageRoute)
_HOME = "/jobs"


@router.get("/sign-in")
def sign_in_page(request: Request, next: Annotated[str, Query(max_length=2000)] = _HOME) -> Response:
    if request.app.state.settings.auth == "none":
        return RedirectResponse(_HOME, 303)
    return page_for_anybody(request, "sign_in.html.j2", next=_inside(next), problem=None)


@router.post("/sign-in", dependencies=[Depends(same_origin)])
def take_key(
    request: Request,
    key: Annotated[str, Form(max_length=400)],
    next: Annotated[str, Form(max_length=2000)] = _HOME,
) -> Response:
    service = request.app.state.service
    try:
        value, _ = sign_in(service, key, request.client.host if request.client else "")
    except ProblemError as problem:
        return page_for_anybody(
            request, "sign_in.html.j2", status=problem.kind.status, next=_inside(next), problem=problem.detail
        )
    answer = RedirectResponse(_inside(next), 303)
    set_cookie(answer, value, secure=request.url.scheme == "https")
    return answer


@router.post("/sign-out", dependencies=[Depends(same_origin)])
def leave(request: Request) -> Response:
    value = request.cookies.get(COOKIE)
    if value:
        sign_out(request.app.state.service, value)
    answer = RedirectResponse("/sign-in", 303)
    clear_cookie(answer, secure=request.url.scheme == "https")
    return answer


def _inside(path: str) -> str:
    """Only paths of our own: no address of another site, in whatever spelling browsers read as one."""
    inside = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if inside else _HOME
