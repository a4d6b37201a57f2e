"""Which addresses may be connected to, and what a host's name stands for when it is connected to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from cooldown_kit.errors import InputError
from cooldown_kit.guard import NotAllowed, Policy, reachable
from cooldown_kit.guard.addresses import refusal

METADATA = [
    "169.254.169.254",
    "fd00:ec2::254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fd20:ce::254",
]
WIDE = Policy(private_hosts=("0.0.0.0/0", "::/0", "*.acme.internal"))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1", "64:ff9b::808:808", "2a00::1"])
def test_the_public_internet_is_allowed(address: str) -> None:
    assert refusal(ip_address(address), Policy()) is None


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "127.255.255.254", "100.64.0.1", "192.168.0.1", "172.31.0.1", "0.0.0.0", "0.1.2.3", "::1", "::", "fe80::1",
     "fc00::1", "::ffff:10.0.0.1", "::10.0.0.1", "2002:a00:1::", "2001::1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "fec0::1", "ff02::1",
     "198.19.0.1", "203.0.113.1", "255.255.255.255", "239.1.1.1", "4000::1", "3fff::1", *METADATA],
)  # fmt: skip
def test_nothing_else_is(address: str) -> None:
    assert refusal(ip_address(address), Policy()) is not None


def test_a_network_a_name_and_an_address_can_be_allowed() -> None:
    policy = Policy(
        private_hosts=("10.2.0.0/16", "git.acme.internal", "*.lan.example", "127.0.0.1", "fd12::/16")
    )
    for address in ("10.2.3.4", "127.0.0.1", "fd12::5", "::ffff:10.2.3.4"):
        assert refusal(ip_address(address), policy) is None
    for address in ("10.3.0.1", "127.0.0.2", "fd13::1"):
        assert refusal(ip_address(address), policy) is not None
    assert refusal(ip_address("192.168.0.9"), policy, "git.acme.internal") is None
    assert refusal(ip_address("192.168.0.9"), policy, "a.lan.example") is None
    assert refusal(ip_address("192.168.0.9"), policy, "lan.example") is not None
    assert refusal(ip_address("192.168.0.9"), policy, "evil-git.acme.internal") is not None


@pytest.mark.parametrize("address", [*METADATA, "169.254.7.7", "fe80::7"])
def test_metadata_and_link_local_are_allowed_by_their_own_address_only(address: str) -> None:
    assert refusal(ip_address(address), WIDE, "x.acme.internal") is not None
    assert refusal(ip_address(address), Policy(private_hosts=(address,))) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "::ffff:127.0.0.1"])
def test_a_range_never_covers_this_machine_by_the_way(address: str) -> None:
    assert refusal(ip_address(address), WIDE) is not None


def test_without_a_policy_names_are_left_to_whoever_connects(names) -> None:
    assert reachable("nowhere.example", 443) == ()


def test_every_address_of_a_name_must_be_allowed(held, names) -> None:
    held()
    names["good.example"] = [["8.8.8.8", "2606:4700::1"]]
    names["mixed.example"] = [["8.8.8.8", "10.0.0.1"]]
    names["meta.example"] = [["169.254.169.254"]]
    assert reachable("GOOD.example", 443) == ("8.8.8.8", "2606:4700::1")
    for host in ("mixed.example", "meta.example"):
        with pytest.raises(NotAllowed, match="refused"):
            reachable(host, 443)
    with pytest.raises(InputError, match="cannot be found"):
        reachable("nowhere.example", 443)


def test_a_private_host_is_reached_by_its_name_and_never_by_anothers(held, names) -> None:
    held(private_hosts=("git.acme.internal",))
    names["git.acme.internal"] = [["10.0.0.5"]]
    names["rebound.example"] = [["10.0.0.5"]]
    assert reachable("git.acme.internal", 443) == ("10.0.0.5",)
    with pytest.raises(NotAllowed):
        reachable("rebound.example", 443)
