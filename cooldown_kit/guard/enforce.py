"""Holds this process to a policy: from now on connectors ask it, and every connection made in Python is looked at."""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import IPv4Address, ip_address
from typing import Any, Final

from cooldown_kit.guard import addresses
from cooldown_kit.guard.in_force import ASK, NotAllowed, active, set_active
from cooldown_kit.guard.policy import VARIABLE, Policy
from cooldown_kit.guard.use import approved

_CONNECTS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
"""``connect_ex`` and ``create_connection`` report as ``socket.connect``."""


class _Hook:
    installed = False


def enforce(policy: Policy) -> None:
    """Hold this process to the policy until it ends; the processes that it starts find it in their environment.

    Call it before anything is read of a recipe. A second policy is refused: raises ``RuntimeError``.
    """
    if active() not in (None, policy):
        raise RuntimeError("this process is held to another policy already")
    os.environ[VARIABLE] = policy.model_dump_json()
    set_active(policy)
    if not _Hook.installed:
        _Hook.installed = True
        sys.addaudithook(audit)


def inherit() -> None:
    """Be held to the policy of the process that started this one, if that was held to one."""
    if text := os.environ.get(VARIABLE):
        enforce(Policy.model_validate_json(text))


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook (PEP 578). It sees the address that is connected to, after names and redirects.

    The second line: transports of ours connect to addresses that were checked before. What this one cannot see is code that is not
    Python's: git and ssh are told their addresses, and libraries in C or Rust speak to nobody that a recipe names.
    """
    if event not in _CONNECTS:
        return
    policy = active()
    if policy is None:
        return
    connection, place = arguments[0], arguments[1]
    if place is None:  # on a socket that is connected already
        return
    family = getattr(connection, "family", None)
    if family not in (socket.AF_INET, socket.AF_INET6):
        _look_at_family(family)
        return
    why = _refusal(place, policy)
    if why is not None:
        raise NotAllowed(f"a connection is refused: its address {why}", where="network", remedy=ASK)


def _refusal(place: Any, policy: Policy) -> str | None:
    host, port = str(place[0]), int(place[1])
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        # the name would be looked up after this, and nobody would see what it led to
        if host == "localhost" and policy.local_ports:
            return None
        return "is a name that nobody has checked"
    own = addresses.led_to(address)
    if policy.local_ports and (own.is_loopback or own == IPv4Address("0.0.0.0")):  # noqa: S104 - nothing is bound
        return None
    why = addresses.refusal(address, policy)
    return None if why is None or approved(address, port) else why


def _look_at_family(family: Any) -> None:
    """Sockets of this machine alone are no network; of others (vsock leads to the host of a virtual machine) there are none."""
    local = {getattr(socket, name, None) for name in ("AF_UNIX", "AF_NETLINK")}
    if family not in local:
        raise NotAllowed(
            "a connection is refused: it is neither IP nor of this machine", where="network", remedy=ASK
        )
