"""Where webhooks may go: to https on public addresses, and elsewhere only where the operator named the host."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

import pytest
from cooldown_api.problems import ProblemError
from cooldown_api.settings import Settings, SourceSettings
from cooldown_api.webhooks import destination as module
from cooldown_api.webhooks.destination import address_of, destination_of


def settings(*private: str) -> Settings:
    return Settings(data_dir=Path("unused"), sources=SourceSettings(private_hosts=list(private)))


REFUSED = [
    "http://hooks.example.com/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.5/x",
    "https://192.168.1.1/x",
    "https://0.0.0.0/x",
    "https://localhost/x",
    "https://intranet/x",
    "https://metadata.google.internal/x",
    "https://a.localhost/x",
]
NONE = [
    "",
    "hooks.example.com/x",
    "ftp://hooks.example.com/x",
    "ssh://git@hooks.example.com/x",
    "https://user:password@hooks.example.com/x",
    "https://token@hooks.example.com/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://hooks.example.com/x#part",
    "https://hooks.example.com/a/../b",
    "https://hooks.example.com/x?a=b c",
    "https://hooks.example.com/x?a=\r\nHost: x",
    "https://hooks.example.com\\@127.0.0.1/",
    "https:///x",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_not_public_or_not_encrypted_is_refused(url: str) -> None:
    with pytest.raises(ProblemError) as caught:
        destination_of(url, settings())
    assert caught.value.kind.code == "refused"


@pytest.mark.parametrize("url", NONE)
def test_what_two_programs_could_read_in_two_ways_is_no_address(url: str) -> None:
    with pytest.raises(ProblemError) as caught:
        destination_of(url, settings())
    assert caught.value.kind.status in (403, 422)


def test_an_address_is_read_into_what_is_sent() -> None:
    found = destination_of("https://Hooks.Example.com:8443/services/T0/B0?sig=a%2Fb&x=1", settings())
    assert (found.scheme, found.host, found.port) == ("https", "hooks.example.com", 8443)
    assert (found.authority, found.target) == ("hooks.example.com:8443", "/services/T0/B0?sig=a%2Fb&x=1")
    assert destination_of("https://hooks.example.com", settings()).target == "/"


@pytest.mark.parametrize(
    ("private", "url"),
    [
        ("hooks.acme.internal", "http://hooks.acme.internal/x"),
        ("*.acme.internal", "https://hooks.acme.internal/x"),
        ("10.2.0.0/16", "http://10.2.3.4/x"),
        ("127.0.0.1", "http://127.0.0.1:8080/x"),
        ("gateway", "http://gateway/x"),
    ],
)
def test_the_operator_may_name_private_hosts(private: str, url: str) -> None:
    assert destination_of(url, settings(private)).scheme == url.partition(":")[0]


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["127.0.0.1"], ["203.0.113.9", "8.8.8.8"], ["8.8.8.8", "169.254.169.254"]]
)
def test_a_public_name_that_stands_for_a_private_address_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    monkeypatch.setattr(module, "resolved", _answering(addresses))
    found = destination_of("https://hooks.example.com/x", settings())
    with pytest.raises(PermissionError) as caught:
        address_of(found, settings())
    assert not any(address in str(caught.value) for address in addresses)


def test_the_connection_is_made_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "resolved", _answering(["8.8.8.8", "1.1.1.1"]))
    assert address_of(destination_of("https://hooks.example.com/x", settings()), settings()) == "8.8.8.8"


def _answering(addresses: list[str]) -> Callable[[str, int], list[object]]:
    return lambda host, port: [ipaddress.ip_address(address) for address in addresses]
