"""Our scripts and styles, and plotly.js out of the installed package: with a digest in the address, kept by browsers for a year."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response

from cooldown_api.problems import ProblemError

STATIC: Final = Path(__file__).with_name("static")
PLOTLY: Final = "plotly.min.js"

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_SMALL = 1024
"""Below so many bytes compression saves nothing."""

router = APIRouter()


@dataclass(frozen=True)
class Asset:
    """One file, ready to be sent."""

    body: bytes
    packed: bytes | None
    """Gzipped, where it is worth it."""
    media_type: str
    digest: str


@cache
def asset(name: str) -> Asset:
    """Raises ``FileNotFoundError`` for anything that is not one of ours by its plain name."""
    path = _path(name)
    body = path.read_bytes()
    packed = gzip.compress(body, 6, mtime=0) if len(body) >= _SMALL else None
    return Asset(body, packed, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:20])


def address(name: str) -> str:
    """Where a page finds a file: its address changes with its content."""
    return f"/static/{name}?v={asset(name).digest}"


def _path(name: str) -> Path:
    if name == PLOTLY:
        spec = find_spec("plotly")  # found, not imported: that takes a second
        assert spec is not None and spec.origin is not None
        return Path(spec.origin).parent / "package_data" / PLOTLY
    for path in STATIC.iterdir():
        if path.name == name and path.suffix in _TYPES:
            return path
    raise FileNotFoundError(name)


@router.get("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """A script, a style sheet, the icon. Anybody may read them: they hold nothing of anybody."""
    try:
        found = asset(name)
    except FileNotFoundError:
        raise ProblemError("not-found", f"there is no file {name!r} here") from None
    pinned = request.query_params.get("v") == found.digest
    headers = {
        "ETag": f'"{found.digest}"',
        "Cache-Control": "public, max-age=31536000, immutable" if pinned else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if f'"{found.digest}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, 200, {**headers, "Content-Encoding": "gzip"}, found.media_type)
    return Response(found.body, 200, headers, found.media_type)
