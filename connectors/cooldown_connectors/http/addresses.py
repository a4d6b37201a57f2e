"""Addresses that may be asked: https, or http on this machine, without credentials.

No message repeats the address: what is refused may hold a password.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

NO_CREDENTIALS: Final = "the URL holds credentials: take them out, put the token into an environment variable and say `token: env:NAME`"
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:.]+\]")
_LONGEST: Final = 60_000
_PORTS: Final = {"https": 443, "http": 80}


class Origin(NamedTuple):
    """Who is spoken to: a token for one origin goes to no other."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if _PORTS.get(self.scheme) == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def origin(url: str) -> Origin:
    """Scheme, host and port of an http or https URL. Raises ``ValueError`` where it has none."""
    parts = split(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("the URL names no host that is asked over https")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the URL names no port that can be") from None
    return Origin(parts.scheme, parts.hostname.lower(), port or _PORTS[parts.scheme])


def is_loopback(host: str) -> bool:
    """Whether that host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def split(url: str) -> SplitResult:
    """Parts of a URL without white space in it. Raises ``ValueError``."""
    if len(url) > _LONGEST:
        raise ValueError("the URL is too long")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise ValueError("the URL holds white space, backslashes or control characters")
    try:
        return urlsplit(url)
    except ValueError:  # its message may repeat what stands before the @
        raise ValueError("the URL names no host") from None


def check_host(parts: SplitResult) -> None:
    """Raises ``ValueError`` unless there is a host, and it is this machine where http is spoken."""
    host = parts.netloc.rpartition("@")[2]
    if not _HOST.fullmatch(re.sub(r":[0-9]+$", "", host)):
        raise ValueError("the URL names no host")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("http:// sends code and token in the clear: use https://")


def checked_address(url: str) -> str:
    """A forge's own address, if it may be asked. Raises ``ValueError`` that says why not."""
    parts = split(url)
    if parts.scheme not in _PORTS:
        raise ValueError("a forge's address starts with https://")
    if "@" in parts.netloc:
        raise ValueError(NO_CREDENTIALS)
    if "?" in url or "#" in url:
        raise ValueError("a forge's address has no `?` or `#`")
    check_host(parts)
    origin(url)
    return url
