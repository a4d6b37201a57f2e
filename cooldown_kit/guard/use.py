"""What connectors ask at the moment of reaching out. Without a policy for this process nothing is refused."""

from __future__ import annotations

import threading
from pathlib import Path

from cooldown_kit.errors import InputError
from cooldown_kit.guard import addresses, models, paths, references
from cooldown_kit.guard.addresses import Address
from cooldown_kit.guard.in_force import ASK, NoSuchHost, NotAllowed, active
from cooldown_kit.guard.policy import Policy
from cooldown_kit.guard.urls import Target, literal, target_of

_approved: set[tuple[Address, int]] = set()
_lock = threading.Lock()


def url_refusal(url: str, policy: Policy) -> str | None:
    """Why an address may not be reached, as far as it says itself; ``None`` where it may."""
    try:
        target = target_of(url)
    except ValueError as error:
        return str(error)
    return target_refusal(target, policy)


def target_refusal(target: Target, policy: Policy) -> str | None:
    """The same for an address in its parts."""
    address = literal(target.host)
    if address is not None:
        why = addresses.refusal(address, policy, target.host)
        if why is not None:
            return f"its host {why}"
    elif addresses.local_name(target.host) and not policy.may_be_private(target.host):
        return "its host's name stands for this machine, its cloud, or whatever is called so nearby"
    return None if policy.allows(target) else "it is not among the addresses that recipes may reach"


def allow_url(url: str, where: str) -> None:
    """Raises :class:`NotAllowed` unless the policy lets that address be reached. The message does not repeat it."""
    policy = active()
    if policy is not None and (why := url_refusal(url, policy)) is not None:
        raise NotAllowed(f"this address is refused: {why}", where=where, remedy=ASK)


def allow_path(path: Path, where: str) -> None:
    """Raises :class:`NotAllowed` unless the path leads, after all links, below a root of the policy."""
    policy = active()
    if policy is not None and (why := paths.outside(path, policy)) is not None:
        raise NotAllowed(f"the path {why}", where=where, remedy=ASK)


def allow_model(path: Path, where: str) -> None:
    """As :func:`allow_path`, for a model's or a tokenizer's folder: nothing in it may lead out either."""
    allow_path(path, where)
    policy = active()
    if policy is not None and (why := models.refusal(path, policy)) is not None:
        raise NotAllowed(f"the folder {why}", where=where, remedy=ASK)


def allow_reference(reference: str, folder: Path) -> None:
    """Raises :class:`NotAllowed` unless the policy lets recipes use that reference to a credential."""
    policy = active()
    if policy is not None and (why := references.refusal(reference, folder, policy)) is not None:
        raise NotAllowed(
            f"the reference {why}", where=f"token: {reference}", remedy="say `token: secret:NAME`; or " + ASK
        )


def secret_text(name: str) -> str:
    """What ``secret:NAME`` holds. Raises ``InputError``."""
    policy = active()
    if policy is None or policy.secrets_dir is None:
        raise InputError(
            "there is no folder of secrets here: a service has one",
            where=f"token: secret:{name}",
            remedy="say `env:NAME` or `file:PATH`",
        )
    try:
        return references.read_secret(name, policy.secrets_dir)
    except ValueError as error:
        raise InputError(
            f"the secret {error}",
            where=f"token: secret:{name}",
            remedy="correct its name, or ask who runs this service to add it",
        ) from None


def reachable(host: str, port: int, where: str = "network") -> tuple[str, ...]:
    """The addresses to connect to in place of the host's name; none where this process has no policy.

    The name is looked up once, here: whoever connects to what this returns cannot be led elsewhere by a second answer. Raises
    :class:`NotAllowed` where any of its addresses is refused, and ``NoSuchHost`` where it has none.
    """
    policy = active()
    if policy is None:
        return ()
    host = host.lower()
    try:
        found = addresses.resolved(host, port)
    except (OSError, UnicodeError):
        found = []
    if not found:  # none would read as "no policy"
        raise NoSuchHost(
            f"the host {host} cannot be found", where=where, remedy="check the address and the network"
        )
    for address in found:
        if (why := addresses.refusal(address, policy, host)) is not None:
            raise NotAllowed(f"the host {host} is refused: it {why}", where=where, remedy=ASK)
    with _lock:
        _approved.update((address, port) for address in found)
    return tuple(map(str, found))


def admit(host: str, port: int) -> None:
    """Let this process itself connect to a host that the operator's own settings name, a collector of traces, say.

    Recipes may still not name it: that is decided by the policy. Raises ``OSError`` where the host has no address.
    """
    found = addresses.resolved(host.lower(), port)
    with _lock:
        _approved.update((address, port) for address in found)


def approved(address: Address, port: int) -> bool:
    """Whether :func:`reachable` gave that address for a host that the policy lets be private."""
    return (address, port) in _approved


def proxy_of_environment() -> bool:
    """Whether the environment's proxy may be used."""
    policy = active()
    return policy is None or policy.environment_proxy
