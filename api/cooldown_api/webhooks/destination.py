"""Where webhooks may go: https to public addresses; to private ones, and by http, only where the operator named the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cooldown_api.problems import ProblemError
from cooldown_api.settings import Settings
from cooldown_kit.guard.addresses import local_name, refusal, resolved
from cooldown_kit.guard.policy import Policy
from cooldown_kit.guard.urls import literal, target_of

_ASK: Final = "ask who runs this service to add the host to COOLDOWN_SOURCES__PRIVATE_HOSTS, or use another"


@dataclass(frozen=True)
class Destination:
    """A URL that was read once, into parts."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as they are sent."""

    @property
    def authority(self) -> str:
        """The ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def destination_of(url: str, settings: Settings) -> Destination:
    """What a URL says by itself; its addresses are looked up and judged when something is sent.

    Raises :class:`ProblemError`: ``validation`` where it is no address, ``refused`` where the policy refuses it.
    """
    base, sign, query = url.partition("?")
    try:
        target = target_of(base)
        if target.scheme == "ssh":
            raise ValueError("only https:// (and, where it is allowed, http://) can be sent to")
        if not (query.isascii() and query.isprintable() and " " not in query and "#" not in query):
            raise ValueError("its query holds what must be escaped")
    except ValueError as error:
        raise ProblemError("validation", f"this is no address for a webhook: {error}", where="url") from None
    policy = _policy(settings)
    address = literal(target.host)
    named = policy.may_be_private(target.host) or (
        address is not None and any(address in network for network in policy.networks)
    )
    why: str | None = None
    if address is not None:
        why = refusal(address, policy, target.host)
    elif local_name(target.host) and not named:
        why = "stands for this machine, its cloud, or whatever is called so nearby"
    if why is None and target.scheme == "http" and not named:
        why = "would be reached without encryption"
    if why is not None:
        raise ProblemError("refused", f"the host of this webhook {why}", where="url", remedy=_ASK)
    path = "/" + base.partition("://")[2].partition("/")[2]
    return Destination(target.scheme, target.host, target.port, path + sign + query)


def address_of(destination: Destination, settings: Settings) -> str:
    """The address to connect to, looked up now. Raises ``OSError`` where there is none, ``PermissionError`` for one that is refused.

    All addresses of the name must be allowed: which one a connection takes is chance.
    """
    policy = _policy(settings)
    found = resolved(destination.host, destination.port)
    for address in found:
        if refusal(address, policy, destination.host) is not None:
            # not told which: whoever may make webhooks must not learn the names of a private network
            raise PermissionError("webhooks may not reach the address of this host")
    if not found:
        raise OSError("the host has no address")
    return str(found[0])


def _policy(settings: Settings) -> Policy:
    return Policy(private_hosts=tuple(settings.sources.private_hosts))
