"""Bearer tokens of an identity provider: signed JWTs, checked here, no call for each request."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from cooldown_api.auth.identity import Identity, grants_of
from cooldown_api.auth.jwks import KeySource, ProviderAway, PublicKey, is_safe_url
from cooldown_api.problems import ProblemError
from cooldown_api.settings import OidcSettings
from cooldown_kit.errors import InputError

_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_EDWARDS: Final = {"EdDSA": ("Ed25519", "Ed448"), "Ed25519": ("Ed25519",), "Ed448": ("Ed448",)}
ALGORITHMS: Final = (*_RSA, *_CURVES, *_EDWARDS)
"""Never `none`, and nothing with a shared secret: a public key would become one."""
_SKEW: Final = 60
_LONGEST: Final = 16_384
_RSA_BITS: Final = 2048


def looks_like_token(text: str) -> bool:
    return text.count(".") == 2


class OidcVerifier:
    """Of one provider. Safe for threads."""

    def __init__(
        self, settings: OidcSettings, keys: KeySource | None = None, *, now: Callable[[], int] | None = None
    ) -> None:
        for name, url in (("ISSUER", settings.issuer), ("JWKS_URL", settings.jwks_url)):
            if url is not None and not is_safe_url(url):
                raise InputError(
                    "the address of an identity provider must be https://",
                    where=f"COOLDOWN_OIDC__{name}",
                    remedy="keys that came over an open network prove nothing",
                )
        self._settings = settings
        self._keys = keys or KeySource(settings.issuer, settings.jwks_url)
        self._now = now or (lambda: int(datetime.now(UTC).timestamp()))

    def verify(self, token: str) -> Identity:
        """Who the token is of.

        Raises :class:`ProblemError` ``not-authenticated`` for one that is not valid, and ``unavailable`` where the provider's
        keys cannot be had.
        """
        try:
            claims = self._claims(token)
        except ProviderAway:
            raise ProblemError(
                "unavailable",
                "the identity provider does not answer, and its keys are not known yet",
                remedy="try again soon, or use an API key",
                headers={"Retry-After": "5"},
            ) from None
        except ExpiredTokenError:
            raise _invalid("has expired") from None
        except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise _invalid("is not valid") from None
        return self._identity(claims)

    def _claims(self, token: str) -> dict[str, Any]:
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or not (kid is None or isinstance(kid, str)):
            raise ValueError
        key = self._keys.find(kid, lambda key: _fits(key, algorithm))
        if key is None:
            raise ValueError
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        registry = JWTClaimsRegistry(
            now=self._now,
            leeway=_SKEW,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.audience},
            exp={"essential": True},
        )
        registry.validate(claims)
        return claims

    def _identity(self, claims: dict[str, Any]) -> Identity:
        subject = claims.get(self._settings.subject_claim)
        if not isinstance(subject, str) or not subject or len(subject) > 256 or not subject.isprintable():
            raise _invalid(f"has no usable claim {self._settings.subject_claim!r}")
        groups = claims.get(self._settings.groups_claim, [])
        if isinstance(groups, str):
            groups = [groups]
        if not isinstance(groups, list):
            groups = []
        named = [group for group in groups if isinstance(group, str)]
        expires = datetime.fromtimestamp(min(float(claims["exp"]) + _SKEW, 4e9), UTC)
        return Identity(f"user:{subject}", grants_of(named, self._settings.grants), expires_at=expires)


def _header(token: str) -> dict[str, Any]:
    if len(token) > _LONGEST or not token.isascii():
        raise ValueError
    first = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError from None
    if not isinstance(header, dict):
        raise ValueError
    return header


def _fits(key: PublicKey, algorithm: str) -> bool:
    """Whether that key is for that algorithm: neither the token nor chance may choose another."""
    declared = key.as_dict(private=False).get("alg")
    if declared not in (None, algorithm):
        return False
    if isinstance(key, RSAKey):
        return algorithm in _RSA and key.public_key.key_size >= _RSA_BITS
    if isinstance(key, ECKey):
        return _CURVES.get(algorithm) == key.curve_name
    assert isinstance(key, OKPKey)
    return key.curve_name in _EDWARDS.get(algorithm, ())


def _invalid(why: str) -> ProblemError:
    return ProblemError(
        "not-authenticated", f"the bearer token {why}", remedy="get a new one from your identity provider"
    )
