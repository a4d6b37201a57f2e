"""How a connection is made: TLS, certificates, proxy; nothing is taken from the environment unless the options say so."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from cooldown_connectors.http.addresses import is_loopback, origin
from cooldown_connectors.http.transport import Transport
from cooldown_kit.errors import InputError
from cooldown_kit.guard.use import allow_path, allow_url, proxy_of_environment


@dataclass(frozen=True)
class Connecting:
    """What the options say of connections."""

    timeout_seconds: float = 60.0
    max_response_size: int = 64 << 20
    """Bytes, decoded."""
    proxy: str | None = None
    """``http://host:port``, ``environment``, or none."""
    ca_bundle: Path | None = None
    connections: int = 4
    """Open at once."""


def opened(address: str, connecting: Connecting) -> Transport:
    """Connections to that address; none is made yet. Raises :class:`InputError` for a bad proxy or bundle.

    There is no client of httpx's above them: it would keep cookies and read redirects by itself.
    """
    # even for http on this machine the file is read: what is wrong with it should be said at once
    secure = origin(address).scheme == "https" or connecting.ca_bundle is not None
    context = _context(connecting.ca_bundle) if secure else None
    return Transport(context, _proxy(address, connecting.proxy), connecting.connections)


def _context(bundle: Path | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()  # where companies install their own authority
    if bundle is not None:
        allow_path(bundle, "ca_bundle")
        try:
            context.load_verify_locations(cafile=bundle)
        except (OSError, ssl.SSLError):
            raise InputError(
                "this is no readable file of certificates",
                where=f"ca_bundle: {bundle}",
                remedy="give a PEM file with the authority's certificates, relative to the recipe",
            ) from None
    return context


def _proxy(address: str, asked: str | None) -> httpcore.Proxy | None:
    target = origin(address)
    if asked is None or is_loopback(target.host):
        return None
    url = asked
    if asked != "environment":
        allow_url(asked if "://" in asked else f"http://{asked}", "proxy")
    else:
        if not proxy_of_environment() or proxy_bypass(target.host):
            return None
        known = getproxies()
        url = known.get(target.scheme) or known.get("all") or ""
        if not url:
            return None
    try:
        # its user and password, if any, go to the proxy alone; messages name no part of it
        proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
    except Exception:  # noqa: BLE001 - httpx raises several kinds, whose messages repeat the URL
        raise InputError(
            "the proxy's address cannot be read",
            where="proxy",
            remedy="write `http://host:port`, here or in HTTPS_PROXY",
        ) from None
    return httpcore.Proxy(
        url=httpcore.URL(
            scheme=proxy.url.raw_scheme,
            host=proxy.url.raw_host,
            port=proxy.url.port,
            target=proxy.url.raw_path,
        ),
        auth=proxy.raw_auth,
        ssl_context=_context(None) if proxy.url.scheme == "https" else None,
    )
