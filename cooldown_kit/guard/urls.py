"""Remote addresses, read once into their parts and compared by these, never as text.

Whoever checks an address and whoever connects to it may read it differently, and attacks live from that. So what two programs could
read in two ways is no address here: user names before an ``@`` (but ssh's), escapes and foreign letters in a host, numbers that
are not plain IPv4, dots at the end, ``..`` or an escaped slash in a path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import unquote

PORTS: Final = {"https": 443, "http": 80, "ssh": 22}
_LONGEST: Final = 4096
_SCP = re.compile(r"(?:([^@:/]*)@)?([^@:/]+):(?!/)(.+)", re.DOTALL)
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")
_PATTERN_HOST = re.compile(r"(\*\.|\*(?=:|$))?(\[[^\[\]]*\]|[^:\[\]*]*)(?::([0-9]{1,5}))?")
_ESCAPED = re.compile(r"%(?:2f|5c|2e|25|[01][0-9a-f]|7f)", re.IGNORECASE)
_SUFFIXES: Final = (".wiki.git", ".git")


@dataclass(frozen=True)
class Target:
    """An address in its parts; two that mean the same are equal."""

    scheme: str
    user: str | None
    host: str
    """Lower case; an IPv6 address in its shortest form, without brackets."""
    port: int
    path: str
    """Without escapes and without a slash at its end; empty for the root."""


def target_of(url: str) -> Target:
    """The parts of ``https://…``, ``http://…``, ``ssh://…`` or ``user@host:path``. Raises ``ValueError`` that says why not.

    The message does not repeat the address: it may hold a password.
    """
    if len(url) > _LONGEST:
        raise ValueError("the address is too long")
    if re.search(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]", url):
        raise ValueError("the address holds white space, backslashes or control characters")
    if "://" not in url:
        match = _SCP.fullmatch(url)
        if match is None or ":" in match[3].partition("/")[0] or "@" in match[3]:
            raise ValueError("this is neither a URL nor `user@host:path`")
        return Target("ssh", _user(match[1], "ssh"), host_of(match[2]), 22, _path("/" + match[3]))
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in PORTS:
        raise ValueError("only https://, ssh:// and, where it is allowed, http:// are read")
    if "?" in rest or "#" in rest:
        raise ValueError("the address has a `?` or a `#`")
    authority, slash, path = rest.partition("/")
    user, at, place = authority.rpartition("@")
    host, port = _host_and_port(place, scheme)
    return Target(scheme, _user(user if at else None, scheme), host, port, _path(slash + path))


def _host_and_port(place: str, scheme: str) -> tuple[str, int]:
    match = _HOST_AND_PORT.fullmatch(place)
    if match is None:
        raise ValueError("the address names no host")
    port = int(match[2] or PORTS[scheme])
    if not 0 < port < 1 << 16:
        raise ValueError("the address names no port that can be")
    return host_of(match[1]), port


def _user(user: str | None, scheme: str) -> str | None:
    if user is None:
        return None
    if scheme != "ssh" or not _USER.fullmatch(user):
        raise ValueError("the address holds credentials or an `@` before its host")
    return user


def host_of(host: str) -> str:
    if host.startswith("["):
        try:
            return str(IPv6Address(host[1:-1] if "%" not in host else ""))
        except ValueError:
            raise ValueError("the address names no IPv6 address that can be") from None
    if not host.isascii():
        raise ValueError("its host has letters beyond ASCII: write it in Punycode (`xn--…`)")
    host = host.lower()
    if host.endswith("."):
        raise ValueError("its host ends with a dot: leave that out")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("the address names no host that can be")
    if _NUMBER.fullmatch(labels[-1]):  # what resolvers read as a number: only its plain form is one
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise ValueError("its host is a number that is no plain IPv4 address") from None
    return host


def _path(path: str) -> str:
    if _ESCAPED.search(path):
        raise ValueError("its path holds escaped slashes, dots or control characters")
    plain = unquote(path, errors="strict") if "%" in path else path
    if not plain.isprintable() or "\\" in plain:
        raise ValueError("its path holds control characters or backslashes")
    parts = plain.rstrip("/").split("/")[1:]
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError("its path holds empty parts, `.` or `..`")
    return "/" + "/".join(parts) if parts else ""


@dataclass(frozen=True)
class Pattern:
    """What an operator allows: ``https://github.com/acme/*``. A part that is ``None`` allows all."""

    scheme: str
    user: str | None
    host: str | None
    below: bool
    """Every host below ``host``, instead of itself."""
    port: int
    path: re.Pattern[str] | None

    def matches(self, target: Target) -> bool:
        """Whether the address is allowed. ``…/payments`` allows ``…/payments.git`` and its wiki too."""
        if (target.scheme, target.port) != (self.scheme, self.port) or self.user not in (None, target.user):
            return False
        if self.host is not None and not self._names(target.host):
            return False
        paths = [target.path, *(target.path.removesuffix(end) for end in _SUFFIXES)]
        return self.path is None or any(map(self.path.fullmatch, paths))

    def _names(self, host: str) -> bool:
        return host.endswith(f".{self.host}") if self.below else host == self.host


def pattern_of(text: str) -> Pattern:
    """``scheme://host[:port][/path]``. Raises ``ValueError``.

    The host is a name, ``*`` or ``*.name``; in the path ``*`` stands for any number of signs, slashes among them. Without a path, or with
    one that ends in a slash, everything below is allowed.
    """
    scheme, sign, rest = text.partition("://")
    if not sign or scheme not in PORTS:
        raise ValueError(f"{text!r} does not start with https://, ssh:// or http://")
    authority, _, path = rest.partition("/")
    user, at, place = authority.rpartition("@")
    match = _PATTERN_HOST.fullmatch(place)
    if match is None:
        raise ValueError(f"{text!r}: the host is a name, `*`, or `*.` and a name")
    try:
        host = None if match[1] == "*" else host_of(match[2])
        named = _user(user if at else None, scheme)
        _path("/" + path.replace("*", "x"))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None
    return Pattern(scheme, named, host, match[1] == "*.", int(match[3] or PORTS[scheme]), _path_pattern(path))


def _path_pattern(path: str) -> re.Pattern[str] | None:
    if not path:
        return None
    written = "/" + unquote(path)
    if written.endswith("/"):
        written += "*"
    return re.compile(".*".join(map(re.escape, written.split("*"))), re.DOTALL)


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, where it is no name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
