import base64
import json
import sys
from datetime import UTC, datetime

import pytest
from cooldown_connectors.credentials.tokens import token_of
from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.questions import Question
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cooldown_kit.errors import InputError

from ...support.loopback_server import FakeClock, Said, serving

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key, password=None):
    closed = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, closed
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "app.pem").write_bytes(pem(KEY))
    (tmp_path / "app.pem").chmod(0o600)
    return tmp_path


@pytest.fixture
def server():
    with serving() as running:
        yield running


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class App:
    """GitHub's side: gives tokens that are good for an hour to whoever signs rightly."""

    def __init__(self, server, clock):
        self.clock = clock
        self.given = []
        server.answer = self.answer

    def answer(self, asked):
        if asked.path != "/api/v3/app/installations/77/access_tokens":
            good = bool(self.given) and asked.token == f"Bearer {self.given[-1]}"
            return Said([1] if good else {"message": "Bad credentials"}, 200 if good else 401)
        head, claims, signature = asked.token.removeprefix("Bearer ").split(".")
        KEY.public_key().verify(
            decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        assert json.loads(decoded(head)) == {"alg": "RS256", "typ": "JWT"}
        says = json.loads(decoded(claims))
        assert says["iss"] == "123" and says["iat"] < self.clock.now() < says["exp"] <= says["iat"] + 600
        self.given.append(f"ghs_{len(self.given)}{'x' * 36}")
        ends = datetime.fromtimestamp(self.clock.now() + 3600, UTC)
        return Said({"token": self.given[-1], "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}, 201)


def made(server, folder, clock):
    return token_of("app:123:77:app.pem", folder=folder, address=server.url, clock=clock)


def test_an_apps_token_is_asked_for_when_needed_and_renewed_before_it_ends(server, folder):
    clock = FakeClock()
    app = App(server, clock)
    token = made(server, folder, clock)
    assert server.asked == []
    assert token.value() == token.value() == app.given[0]
    clock.passed += 3200
    assert token.value() == app.given[0]
    clock.passed += 200  # five minutes before its end
    assert token.value() == app.given[1]
    assert len(app.given) == 2
    assert all(value not in repr(token) for value in app.given)


def test_an_apps_token_that_is_refused_early_is_renewed_once(server, folder):
    clock = FakeClock()
    app = App(server, clock)
    with Client(Asked(api=server.url), [made(server, folder, clock)], clock=clock) as client:
        assert client.ask(Question("GET", f"{server.url}/repos")).data == [1]
        app.given.append("revoked")
        assert client.ask(Question("GET", f"{server.url}/repos")).data == [1]
    assert len(app.given) == 3


def test_a_refusal_says_what_to_check_and_shows_no_signature(server, folder):
    server.answer = lambda asked: Said({"message": f"bad {asked.token}"}, 404)
    with pytest.raises(InputError, match="status 404") as caught:
        made(server, folder, FakeClock()).value()
    assert server.asked[0].token.removeprefix("Bearer ") not in str(caught.value)
    assert "installation" in caught.value.remedy


def test_trouble_on_the_way_is_tried_again(server, folder):
    clock = FakeClock()
    app = App(server, clock)
    left = [Said("no", 503), Said(b'{"token": "x', status=201, cut=3)]
    server.answer = lambda asked: left.pop() if left else app.answer(asked)
    assert made(server, folder, clock).value() == app.given[0]
    assert clock.passed > 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"token": 1},
        [],
        {"token": "x y", "expires_at": "2026-01-01T00:00:00Z"},
        {"token": "good-t0ken", "expires_at": "soon"},
    ],
)
def test_an_answer_without_a_token_is_said(server, folder, body):
    server.answer = lambda asked: Said(body, 201)
    with pytest.raises(InputError):
        made(server, folder, FakeClock()).value()


@pytest.mark.parametrize(
    "content", [b"no key", pem(KEY, b"password"), pem(ec.generate_private_key(ec.SECP256R1()))]
)
def test_a_key_that_cannot_sign_is_said_before_anything_is_asked(server, folder, content):
    (folder / "app.pem").write_bytes(content)
    with pytest.raises(InputError, match="RSA key"):
        made(server, folder, FakeClock())
    assert server.asked == []


def test_a_key_that_others_can_read_is_refused(server, folder):
    (folder / "app.pem").chmod(0o644)
    with pytest.raises(InputError, match="others can read"):
        made(server, folder, FakeClock())


def test_without_the_package_the_extra_is_named(server, folder, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="cryptography") as caught:
        made(server, folder, FakeClock())
    assert "cooldown-kit[github-app]" in caught.value.remedy
