"""What an operator allows. Small JSON, so that it can be handed to another process."""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import field_validator, model_validator

from cooldown_kit.guard.urls import Pattern, Target, host_of, pattern_of
from cooldown_kit.options import Options

VARIABLE: Final = "COOLDOWN_GUARD"
"""Where processes that a guarded process starts find its policy, as JSON."""


class Policy(Options):
    """Everything that is not named is refused."""

    urls: tuple[str, ...] = ()
    """Addresses that sources, models and proxies may have: `https://github.com/acme/*`, `ssh://git@git.acme.example`, `https://*`. http only where it is written."""
    private_hosts: tuple[str, ...] = ()
    """Host names (`git.acme.internal`, `*.acme.internal`), addresses and networks (`10.2.0.0/16`) that may be private. Addresses of a machine itself and of cloud metadata only one by one."""
    roots: tuple[Path, ...] = ()
    """Folders below which local paths may lead, after all links."""
    secrets_dir: Path | None = None
    """Folder of secrets, one file each: recipes say `secret:NAME`."""
    references: Literal["any", "secrets"] = "secrets"
    """`any` also lets recipes name environment variables, files below `roots` and the logins of `gh` and `glab`."""
    environment_proxy: bool = False
    """Go through the proxy that the environment names. It resolves names itself: the proxy then has to refuse private addresses."""
    local_ports: bool = False
    """Let the process connect to loopback where neither a recipe nor a forge has said so: engines that speak to their own workers need it."""

    @field_validator("urls")
    @classmethod
    def _urls_are_patterns(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            pattern_of(url)
        return urls

    @field_validator("private_hosts")
    @classmethod
    def _hosts_are_names_or_networks(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if _network(host) is None:
                host_of(host.removeprefix("*."))
        return tuple(host.lower() for host in hosts)

    @field_validator("roots")
    @classmethod
    def _roots_are_absolute(cls, roots: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(root.expanduser().absolute() for root in roots)

    @model_validator(mode="after")
    def _secrets_are_no_data(self) -> Self:
        if self.secrets_dir is None:
            return self
        secrets = self.secrets_dir.resolve()
        for root in (root.resolve() for root in self.roots):
            if secrets.is_relative_to(root) or root.is_relative_to(secrets):
                raise ValueError("`secrets_dir` and `roots` overlap: sources could read the secrets")
        return self

    @cached_property
    def _patterns(self) -> tuple[Pattern, ...]:
        return tuple(map(pattern_of, self.urls))

    @cached_property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks among ``private_hosts``; a single address is one of its own."""
        return tuple(found for host in self.private_hosts if (found := _network(host)) is not None)

    def allows(self, target: Target) -> bool:
        """Whether an address matches one of ``urls``."""
        return any(pattern.matches(target) for pattern in self._patterns)

    def may_be_private(self, host: str) -> bool:
        """Whether that host was named among ``private_hosts``."""
        return any(
            host == known or (known.startswith("*.") and host.endswith(known[1:]))
            for known in self.private_hosts
        )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
