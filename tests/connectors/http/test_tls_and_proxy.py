"""Over TLS, with certificates made for the test, and through a proxy that sees what a proxy sees."""

import datetime
import socket
import ssl
import threading

import pytest
from cooldown_connectors.credentials.token import Token
from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.connection import Connecting
from cooldown_connectors.http.questions import Question
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cooldown_kit.errors import InputError

from .conftest import SECRET

HOST = "forge.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder


@pytest.fixture
def forge(server, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


class Proxy:
    """Takes CONNECT, and leads everything to one port of this machine."""

    def __init__(self, port):
        self.port = port
        self.seen = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            while b"\r\n\r\n" not in self.seen:
                self.seen += client.recv(4096)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            there = socket.create_connection(("127.0.0.1", self.port))
            for one, other, keep in ((client, there, True), (there, client, False)):
                threading.Thread(target=self._pass_on, args=(one, other, keep), daemon=True).start()

    def _pass_on(self, one, other, keep):
        try:
            while data := one.recv(65536):
                if keep:
                    self.seen += data
                other.sendall(data)
        except OSError:
            pass

    def close(self):
        self._listening.close()


@pytest.fixture
def proxy(forge):
    running = Proxy(forge.server_port)
    yield running
    running.close()


def asking(connecting):
    asked = Asked(api=f"https://{HOST}", connecting=connecting)
    with Client(asked, [Token("env:T", SECRET)]) as client:
        return client.ask(Question("GET", f"https://{HOST}/repos")).data


def test_a_proxy_sees_the_host_and_nothing_else(forge, proxy, certificate):
    bundle = certificate / "certificate.pem"
    assert asking(Connecting(proxy=proxy.url, ca_bundle=bundle, timeout_seconds=20)) == []
    assert proxy.seen.startswith(f"CONNECT {HOST}:443".encode())
    assert SECRET.encode() not in proxy.seen and b"/repos" not in proxy.seen
    assert forge.asked[0].token == f"Bearer {SECRET}"


def test_the_proxy_of_the_environment_is_taken_where_the_options_say_so(proxy, certificate, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:pr0xy-passw0rd@"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    bundle = certificate / "certificate.pem"
    assert asking(Connecting(proxy="environment", ca_bundle=bundle, timeout_seconds=20)) == []
    assert b"authorization: basic" in proxy.seen.lower()


def test_a_certificate_of_an_unknown_authority_is_refused_with_the_remedy(forge, proxy):
    with pytest.raises(InputError, match="not trusted") as caught:
        asking(Connecting(proxy=proxy.url, timeout_seconds=20))
    assert "ca_bundle" in caught.value.remedy
    assert forge.asked == []


def test_a_bad_bundle_or_proxy_is_said_before_anything_is_asked(tmp_path, monkeypatch):
    (tmp_path / "empty.pem").write_text("nothing")
    for bundle in (tmp_path / "empty.pem", tmp_path / "nowhere.pem"):
        with pytest.raises(InputError, match="certificates"):
            asking(Connecting(ca_bundle=bundle))
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pr0xy-passw0rd@[bad")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(InputError, match="proxy") as caught:
        asking(Connecting(proxy="environment"))
    assert "pr0xy-passw0rd" not in str(caught.value)
