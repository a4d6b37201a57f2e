"""Tokens of an identity provider, signed by a real library, its keys fetched from a real server on loopback."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cooldown_api.app import create_app
from cooldown_api.auth.jwks import KeySource
from cooldown_api.auth.oidc import OidcVerifier
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Project
from cooldown_api.problems import ProblemError
from cooldown_api.service import Service
from cooldown_api.settings import OidcSettings, Settings
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api_keys import bearer
from cooldown_kit.errors import InputError
from loopback_server import Asked, FakeClock, Said, Server, serving

GRANTS = {"ml": "alpha:editor", "ops": "*:admin"}
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})


@pytest.fixture
def provider() -> Iterator[Server]:
    with serving() as server:
        publish(server, RSA)
        yield server


def publish(server: Server, *keys: Any, **more: Any) -> None:
    """Serve a discovery document and these public keys."""
    listed = [{**key.as_dict(private=False), **more} for key in keys]

    def answer(asked: Asked) -> Said:
        if asked.path == "/.well-known/openid-configuration":
            return Said({"issuer": server.url, "jwks_uri": f"{server.url}/keys"})
        return Said({"keys": listed})

    server.answer = answer


def claims_of(server: Server, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": server.url,
        "aud": "cooldown",
        "sub": "ada@example.org",
        "iat": now,
        "exp": now + 300,
        "groups": ["ml"],
        **more,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(
    server: Server, key: Any = RSA, algorithm: str = "RS256", header: Any = None, **claims: Any
) -> str:
    fields = {"alg": algorithm, "kid": key.kid, **(header or {})}
    return jwt.encode(
        {name: value for name, value in fields.items() if value is not None},
        claims_of(server, **claims),
        key,
        algorithms=[algorithm],
    )


def verifier(server: Server, clock: FakeClock | None = None, **more: Any) -> OidcVerifier:
    settings = OidcSettings(issuer=server.url, audience="cooldown", grants=GRANTS, **more)
    keys = KeySource(server.url, settings.jwks_url, clock=clock.monotonic) if clock else None
    return OidcVerifier(settings, keys)


def test_groups_become_grants(provider: Server) -> None:
    found = verifier(provider).verify(signed(provider, groups=["ml", "other", 7]))
    assert (found.actor, dict(found.grants)) == ("user:ada@example.org", {"alpha": "editor"})
    assert found.expires_at is not None
    assert found.expires_at > datetime.now(UTC)
    assert verifier(provider).verify(signed(provider, groups="ops")).grants == {"*": "admin"}
    assert verifier(provider).verify(signed(provider, groups=None)).grants == {}


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSA, "RS512"),
        (RSA, "PS256"),
        (ECKey.generate_key("P-256", {"kid": "a"}), "ES256"),
        (ECKey.generate_key("P-384", {"kid": "a"}), "ES384"),
        (ECKey.generate_key("P-521", {"kid": "a"}), "ES512"),
        (OKPKey.generate_key("Ed25519", {"kid": "a"}), "EdDSA"),
        (OKPKey.generate_key("Ed25519", {"kid": "a"}), "Ed25519"),
    ],
)
def test_every_algorithm_of_public_keys_is_read(provider: Server, key: Any, algorithm: str) -> None:
    publish(provider, RSA, key) if key is not RSA else publish(provider, RSA)
    assert verifier(provider).verify(signed(provider, key, algorithm)).actor == "user:ada@example.org"


def test_a_key_without_an_id_is_used_where_it_is_the_only_one_that_fits(provider: Server) -> None:
    elliptic = ECKey.generate_key("P-256", {"kid": "b"})
    publish(provider, RSA, elliptic)
    assert verifier(provider).verify(signed(provider, header={"kid": None}))
    publish(provider, RSA, RSAKey.generate_key(2048, {"kid": "other"}))
    refused(verifier(provider), signed(provider, header={"kid": None}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": None},
        {"exp": None},
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a\nb"},
    ],
)
def test_a_claim_that_is_wrong_refuses_the_token(provider: Server, claims: dict[str, Any]) -> None:
    refused(verifier(provider), signed(provider, **claims))


def test_clocks_may_differ_by_a_minute_and_no_more(provider: Server) -> None:
    now = int(time.time())
    asked = verifier(provider)
    assert asked.verify(signed(provider, exp=now - 50))
    assert asked.verify(signed(provider, nbf=now + 50, iat=now + 50))
    refused(asked, signed(provider, exp=now - 70))
    refused(asked, signed(provider, nbf=now + 70))


def test_one_of_several_audiences_is_enough(provider: Server) -> None:
    assert verifier(provider).verify(signed(provider, aud=["another", "cooldown"]))


def test_no_signature_and_no_shared_secret_counts(provider: Server) -> None:
    asked = verifier(provider)
    claims = claims_of(provider)
    encode = lambda part: base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()  # noqa: E731
    for algorithm in ("none", "None", "NONE", ""):
        refused(asked, f"{encode({'alg': algorithm, 'kid': 'rsa'})}.{encode(claims)}.")
    public = RSA.as_pem(private=False)
    for secret in (public, public.strip(), json.dumps(RSA.as_dict(private=False)).encode()):
        content = f"{encode({'alg': 'HS256', 'kid': 'rsa'})}.{encode(claims)}"
        signature = base64.urlsafe_b64encode(hmac.digest(secret, content.encode(), "sha256"))
        refused(asked, f"{content}.{signature.rstrip(b'=').decode()}")


def test_a_token_brings_no_key_of_its_own(provider: Server) -> None:
    own = RSAKey.generate_key(2048, {"kid": "own"})
    for header in ({"jwk": own.as_dict(private=False)}, {"jku": f"{provider.url}/mine"}):
        refused(verifier(provider), signed(provider, own, header=header))
        refused(verifier(provider), signed(provider, own, header={**header, "kid": "rsa"}))
    assert all(asked.path != "/mine" for asked in provider.asked)


def test_keys_that_are_not_for_this_are_passed_over(provider: Server) -> None:
    publish(provider, RSA, use="enc")
    refused(verifier(provider), signed(provider))
    publish(provider, RSA, alg="RS512")
    refused(verifier(provider), signed(provider))
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    publish(provider, weak)
    refused(verifier(provider), signed(provider, weak))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c", "e30.e30.e30", "é.é.é", "W10.e30.x", "." * 50, "x" * 20_000 + ".b.c"],
)
def test_what_is_no_token_is_refused(provider: Server, token: str) -> None:
    refused(verifier(provider), token)


def test_a_new_key_is_fetched_when_its_first_token_comes_but_at_most_once_a_minute(provider: Server) -> None:
    clock = FakeClock()
    asked = verifier(provider, clock, jwks_url=f"{provider.url}/keys")
    assert asked.verify(signed(provider))
    second = RSAKey.generate_key(2048, {"kid": "second"})
    publish(provider, RSA, second)
    refused(asked, signed(provider, second))  # less than a minute since the last question
    clock.passed += 61
    assert asked.verify(signed(provider, second))
    before = len(provider.asked)
    unknown = RSAKey.generate_key(2048, {"kid": "unknown"})
    for _ in range(20):
        refused(asked, signed(provider, unknown))
    assert len(provider.asked) == before
    clock.passed += 61
    for _ in range(20):
        refused(asked, signed(provider, unknown))
    assert len(provider.asked) == before + 1


def test_a_withdrawn_key_ends_after_ten_minutes(provider: Server) -> None:
    clock = FakeClock()
    asked = verifier(provider, clock)
    assert asked.verify(signed(provider))
    publish(provider, RSAKey.generate_key(2048, {"kid": "second"}))
    clock.passed += 601
    refused(asked, signed(provider))


def test_known_keys_are_believed_for_a_day_while_the_provider_is_away(provider: Server) -> None:
    clock = FakeClock()
    asked = verifier(provider, clock)
    assert asked.verify(signed(provider))
    provider.script(Said({}, status=503))
    clock.passed += 23 * 3600
    assert asked.verify(signed(provider))
    clock.passed += 2 * 3600
    with pytest.raises(ProblemError) as caught:
        asked.verify(signed(provider))
    assert caught.value.kind.status == 503
    publish(provider, RSA)
    clock.passed += 61
    assert asked.verify(signed(provider))


@pytest.mark.parametrize(
    "said",
    [
        Said({}, status=500),
        Said({}, status=302, headers={"location": "/elsewhere"}),
        Said(b"not json"),
        Said([]),
        Said({"keys": "none"}),
        Said(b" " * (1 << 21)),
        Said({"keys": []}, cut=3),
    ],
)
def test_keys_that_cannot_be_had_are_a_service_that_is_away_not_a_wrong_token(
    provider: Server, said: Said
) -> None:
    provider.script(said)
    with pytest.raises(ProblemError) as caught:
        verifier(provider, jwks_url=f"{provider.url}/keys").verify(signed(provider))
    assert caught.value.kind.status == 503
    assert len(provider.asked) == 1


def test_a_discovery_document_of_another_issuer_is_not_believed(provider: Server) -> None:
    provider.script(Said({"issuer": "https://other.example", "jwks_uri": f"{provider.url}/keys"}))
    with pytest.raises(ProblemError) as caught:
        verifier(provider).verify(signed(provider))
    assert caught.value.kind.status == 503


def test_keys_that_would_come_over_an_open_network_are_not_fetched(provider: Server) -> None:
    with pytest.raises(InputError, match="https"):
        OidcVerifier(OidcSettings(issuer="http://id.example", audience="cooldown"))
    provider.script(Said({"issuer": provider.url, "jwks_uri": "http://192.0.2.1/keys"}))
    with pytest.raises(ProblemError) as caught:
        verifier(provider).verify(signed(provider))
    assert caught.value.kind.status == 503


@pytest.fixture
def asking(provider: Server, make_settings: Callable[..., Settings]) -> Iterator[TestClient]:
    oidc = OidcSettings(issuer=provider.url, audience="cooldown", grants={**GRANTS, "both": "beta:viewer"})
    service = Service.open(make_settings(auth="required", oidc=oidc))
    with service.database.write(ALL_PROJECTS) as session:
        for name in ("alpha", "beta"):
            session.add(Project(id=name, name=name, weight=1.0, created_at=datetime.now(UTC)))
    with TestClient(create_app(service.settings, service), raise_server_exceptions=False) as client:
        yield client
    service.close()


def test_people_work_in_the_projects_of_their_groups(provider: Server, asking: TestClient) -> None:
    one = bearer(signed(provider))
    assert asking.get("/v1/me", headers=one).json() == {
        "actor": "user:ada@example.org",
        "project": "alpha",
        "role": "editor",
        "platform": False,
    }
    several = bearer(signed(provider, groups=["ml", "both"]))
    assert asking.get("/v1/me", headers=several).status_code == 400
    chosen = asking.get("/v1/me", headers={**several, "X-Cooldown-Project": "beta"}).json()
    assert chosen["role"] == "viewer"
    everywhere = bearer(signed(provider, groups=["ops"]))
    assert asking.get("/v1/projects", headers=everywhere).status_code == 200
    assert asking.get("/v1/me", headers=bearer(signed(provider, groups=[]))).status_code == 403
    assert asking.get("/v1/me", headers=bearer(signed(provider, exp=1))).status_code == 401
    assert len(provider.asked) == 2  # its discovery document and its keys, once


def refused(verifier: OidcVerifier, token: str) -> None:
    with pytest.raises(ProblemError) as caught:
        verifier.verify(token)
    assert caught.value.kind.status == 401
