"""Where a request comes from: by which name the service was called, and whether a page of another site sent it."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from cooldown_api.settings import Settings

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


def host_name(host: str) -> str:
    """The name in a ``Host`` header, without its port and in lower case; empty where it is none."""
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").rstrip(".").lower() if found else ""


def is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_own_host(host: str, settings: Settings) -> bool:
    """Whether the service may be called by this name.

    Without authentication only names of loopback are (and those that the operator lists): a page whose name was bound to
    127.0.0.1 must not reach it. With authentication and no list every name is.
    """
    name = host_name(host)
    if not name:
        return False
    listed = settings.allowed_hosts
    if name in (entry.lower() for entry in listed) or is_loopback(name):
        return True
    if settings.public_url and name == urlsplit(settings.public_url).hostname:
        return True
    if any(entry.startswith("*.") and name.endswith(entry[1:].lower()) for entry in listed):
        return True
    return settings.auth == "required" and (not listed or "*" in listed)


def from_own_pages(headers: Headers, settings: Settings, *, unsaid: bool) -> bool:
    """Whether a request came from a page of ours, or from no page at all.

    Args:
        unsaid: the answer where the request says nothing of it. Browsers always do, for what changes something.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    if origin is None:
        return site is not None or unsaid
    sender = _host(origin)
    return sender != "" and sender in (headers.get("host", "").lower(), _host(settings.public_url))


def _host(url: str) -> str:
    """Host and port; empty for what names none, as the origin `null` of a page in a sandbox."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
