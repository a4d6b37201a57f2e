"""The public keys of an identity provider: fetched within bounds, kept while it is away, asked for again when one is unknown."""

from __future__ import annotations

import ipaddress
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

PublicKey = RSAKey | ECKey | OKPKey
_log = logging.getLogger("cooldown.oidc")

_BYTES: Final = 1 << 20
_SECONDS: Final = 10.0
_FRESH: Final = 600.0
"""After so long the keys are asked for again, to notice those that were withdrawn."""
_STALE: Final = 86_400.0
"""So long they are believed while the provider does not answer."""
_AGAIN: Final = 60.0
"""Between two questions because of an unknown key: tokens that anybody can make up must not become a stream of requests."""
_RETRY: Final = 5.0
"""Between two questions while there are no keys at all."""
_KEYS: Final = 100


class ProviderAway(Exception):
    """The provider does not answer, and nothing is known of its keys."""


class KeySource:
    """Keys by their ids. Safe for threads: one asks, the others go on with what is known."""

    def __init__(
        self, issuer: str, jwks_url: str | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[PublicKey, ...] = ()
        self._fetched: float | None = None
        self._asked: float | None = None

    def find(self, kid: str | None, fits: Callable[[PublicKey], bool]) -> PublicKey | None:
        """The key with that id that fits; without an id the only one that fits. Raises :class:`ProviderAway`."""
        if self._age() > _FRESH:
            nothing = self._age() > _STALE
            self._ask(_RETRY if nothing else _AGAIN, wait=nothing)
        found = self._known(kid, fits)
        if found is None and self._ask(_AGAIN, wait=True):
            found = self._known(kid, fits)
        if found is None and self._age() > _STALE:
            raise ProviderAway
        return found

    def _known(self, kid: str | None, fits: Callable[[PublicKey], bool]) -> PublicKey | None:
        if self._age() > _STALE:
            return None
        fitting = [key for key in self._keys if fits(key) and kid in (None, key.kid)]
        return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self._clock() - self._fetched

    def _ask(self, pause: float, *, wait: bool) -> bool:
        """Fetch the keys, unless that was tried less than ``pause`` seconds ago. Whether new ones may be there.

        ``wait``: whether this thread needs the answer of another that asks already.
        """
        before = self._fetched
        if not self._lock.acquire(blocking=wait):
            return False
        try:
            if self._fetched != before:
                return True
            if self._asked is not None and self._clock() - self._asked < pause:
                return False
            self._asked = self._clock()
            try:
                keys = self._fetch()
            except (httpx.HTTPError, OSError, ValueError) as error:
                _log.warning("the keys of %s could not be fetched: %s", self._issuer, error)
                return False
            self._keys, self._fetched = keys, self._clock()
            return True
        finally:
            self._lock.release()

    def _fetch(self) -> tuple[PublicKey, ...]:
        end = time.monotonic() + _SECONDS
        with httpx.Client(timeout=5, follow_redirects=False, trust_env=True) as client:
            url = self._jwks_url or self._discovered(client, end)
            document = _get(client, url, end)
        listed = document.get("keys")
        if not isinstance(listed, list):
            raise ValueError(f"{url} holds no list of keys")
        return tuple(key for item in listed[:_KEYS] if (key := _imported(item)) is not None)

    def _discovered(self, client: httpx.Client, end: float) -> str:
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = _get(client, url, end)
        if document.get("issuer") != self._issuer:
            raise ValueError(f"{url} is of another issuer: {document.get('issuer')!r}")
        found = document.get("jwks_uri")
        if not isinstance(found, str):
            raise ValueError(f"{url} names no jwks_uri")
        return found


def is_safe_url(url: str) -> bool:
    """https, or plain http on loopback: keys that came over an open network prove nothing."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return True
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def _get(client: httpx.Client, url: str, end: float) -> dict[str, Any]:
    if not is_safe_url(url):
        raise ValueError(f"{url} is not https")
    body = b""
    with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        if response.status_code != 200:
            raise ValueError(f"{url} answered {response.status_code}")
        for piece in response.iter_bytes():
            body += piece
            if len(body) > _BYTES:
                raise ValueError(f"{url} is larger than {_BYTES} bytes")
            if time.monotonic() > end:
                raise ValueError(f"{url} took longer than {_SECONDS:g} s")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError(f"{url} is no JSON object")
    return document


def _imported(item: object) -> PublicKey | None:
    """A public key for signatures; anything else that is published beside them is passed over."""
    if not isinstance(item, dict) or item.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(item)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None
