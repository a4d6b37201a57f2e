"""Over https the certificate must be the name's, although the connection is made to an address."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cooldown_api.settings import Settings, SourceSettings
from cooldown_api.webhooks import destination, send
from cooldown_api.webhooks.signing import new_secret
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loopback_server import Server, serving


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Has a certificate for `hooks.example.com`; every name stands for its address."""
    certificate = tmp_path / "own.pem"
    _certify("hooks.example.com", certificate)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    client_side = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(send, "_tls", lambda: client_side)
    monkeypatch.setattr(destination, "resolved", lambda host, port: [ipaddress.ip_address("127.0.0.1")])
    with serving() as server:
        server.socket = server_side.wrap_socket(server.socket, server_side=True)
        yield server


@pytest.mark.parametrize(("host", "delivered"), [("hooks.example.com", True), ("other.example.com", False)])
def test_only_the_named_receiver_gets_it(
    receiver: Server, tmp_path: Path, host: str, delivered: bool
) -> None:
    settings = Settings(data_dir=tmp_path, sources=SourceSettings(private_hosts=["127.0.0.1"]))
    url = f"https://{host}:{receiver.server_port}/x"
    outcome = asyncio.run(send.send(settings, url, "evt_1", {"type": "webhook.test"}, [new_secret()]))
    assert outcome.delivered is delivered
    assert len(receiver.asked) == delivered
    if delivered:
        assert receiver.asked[0].headers["host"] == f"{host}:{receiver.server_port}"
    else:
        assert outcome.error == "no connection"


def _certify(name: str, path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(pem))
