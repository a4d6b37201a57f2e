"""Network addresses: which may be connected to, and what a host's name stands for at this moment."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from cooldown_kit.guard.policy import Policy
from cooldown_kit.guard.urls import literal

Address = IPv4Address | IPv6Address

_METADATA: Final = frozenset(
    map(
        ip_address,
        (
            *("169.254.169.254", "fd00:ec2::254", "fd20:ce::254"),  # AWS and most others, AWS, Google
            *("169.254.170.2", "169.254.170.23", "fd00:ec2::23"),  # credentials of ECS tasks and EKS pods
            *("100.100.100.200", "192.0.0.192", "168.63.129.16"),  # Alibaba, Oracle, Azure (a public one)
        ),
    )
)
"""Where clouds give a machine's credentials to whoever asks from it."""
_LOCAL_NAMES: Final = (
    *("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "broadcasthost"),
    *("metadata.google.internal", "metadata.goog", "instance-data.ec2.internal", "metadata.azure.internal"),
    *(
        "metadata.oraclecloud.com",
        "host.docker.internal",
        "gateway.docker.internal",
        "kubernetes.default.svc",
    ),
)
_GLOBAL_V6: Final = ip_network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_NOT_FOR_ALL: Final = tuple(
    map(
        ip_network,
        (
            *(
                "192.88.99.0/24",
                "2001::/23",
                "2001:db8::/32",
                "3fff::/20",
            ),  # 6to4's relays, Teredo and others, examples
            "2002::/16",  # 6to4: an IPv4 address inside, of any kind
        ),
    )
)


def refusal(address: Address, policy: Policy, host: str | None = None) -> str | None:
    """Why that address may not be connected to, as the end of "it …"; ``None`` where it may.

    Args:
        host: the name that stands for it, if one does: it may be private where the policy names the host.
    """
    own = led_to(address)
    exact = any(net.num_addresses == 1 and net.network_address in (address, own) for net in policy.networks)
    if exact:
        return None
    if own in _METADATA or own.is_link_local:
        return f"is {address}, where clouds give out a machine's credentials, or link-local"
    if own.is_unspecified or own.is_multicast or own == IPv4Address("255.255.255.255"):
        return f"is {address}, which is no single machine"
    if _is_global(own):
        return None
    if host is not None and policy.may_be_private(host):
        return None
    # a range never covers loopback by the way: 0.0.0.0/0 is no wish for it
    if not own.is_loopback and any(own in net for net in policy.networks):
        return None
    return f"is {address}, which is not on the public internet"


def local_name(host: str) -> bool:
    """Whether a name stands for a machine's own or its cloud's services, or depends on where it is looked up."""
    if literal(host) is not None:
        return False
    return host in _LOCAL_NAMES or host.endswith(".localhost") or "." not in host


def resolved(host: str, port: int) -> list[Address]:
    """All addresses of a host now, in the system's order. Raises ``OSError`` where it has none."""
    known = literal(host)
    if known is not None:
        return [known]
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers))


def _is_global(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return False  # Python calls whole ranges global that nobody has been given
    return address.is_global and not address.is_reserved and not any(address in net for net in _NOT_FOR_ALL)


def led_to(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to; itself, where it leads to none."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
