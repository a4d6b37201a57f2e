"""Git under a policy: which remote it may speak to, at which addresses, and what a local repository may lead to.

Git and ssh are programs of their own, which no check inside this process sees. So the name of a host is looked up here, once, and they are told
the addresses: a second answer of a name server changes nothing.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cooldown_kit.errors import InputError
from cooldown_kit.guard import paths
from cooldown_kit.guard.in_force import ASK, NotAllowed, active
from cooldown_kit.guard.policy import Policy
from cooldown_kit.guard.urls import Target, literal, target_of
from cooldown_kit.guard.use import allow_path, allow_url, proxy_of_environment, reachable

MINIMUM_VERSION: Final = (2, 37)
"""``http.curloptResolve`` came with it, in June 2022."""
PROXIES: Final = frozenset(
    name for upper in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") for name in (upper, upper.lower())
)
_SSH: Final = (
    *("ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"),
    *("-o", "ProxyCommand=none", "-o", "ProxyJump=none", "-o", "CanonicalizeHostname=no"),
    *("-o", "ControlPath=none", "-o", "ClearAllForwardings=yes", "-o", "PermitLocalCommand=no"),
    *("-o", "StrictHostKeyChecking=yes", "-o", "VerifyHostKeyDNS=no", "-o", "CheckHostIP=no"),
)
_MOST_ALTERNATES: Final = 100
_NOT_READ: Final = frozenset({"hooks", "logs", "modules", "worktrees", "lfs", "rr-cache"})
"""Folders of a repository that nobody reads here."""


def network_flags(url: str, proxy: str | None, version: tuple[int, ...]) -> list[str]:
    """What git is told on its command line, so that it speaks to that URL at addresses which the policy allows; nothing without one.

    Raises ``NotAllowed`` where it does not allow them, and ``InputError`` where the host has no address.
    """
    if active() is None:
        return []
    if version < MINIMUM_VERSION:
        raise InputError(
            f"this git is {'.'.join(map(str, version))}: it cannot be told which addresses to use",
            where=url,
            remedy="install git 2.37 or newer",
        )
    allow_url(url, url)
    target = target_of(url)
    settings = [
        ("http.followRedirects", "false"),
        ("transfer.bundleURI", "false"),
        ("fetch.uriProtocols", ""),
    ]
    if proxy:
        allow_url(proxy, "proxy")
        settings += _resolving(target_of(proxy), proxy)
    elif target.scheme != "ssh" and not (
        proxy is None and proxy_of_environment() and PROXIES & set(os.environ)
    ):
        settings += _resolving(target, url)
    if target.scheme == "ssh":
        settings.append(("core.sshCommand", _ssh(target, url)))
    return [part for key, value in settings for part in ("-c", f"{key}={value}")]


def _resolving(target: Target, where: str) -> Iterator[tuple[str, str]]:
    found = reachable(target.host, target.port, where)
    if literal(target.host) is None:
        listed = ",".join(f"[{one}]" if ":" in one else one for one in found)
        yield "http.curloptResolve", f"{target.host}:{target.port}:{listed}"


def _ssh(target: Target, where: str) -> str:
    """Ssh, without anybody's configuration, at the first of the host's addresses, with the key that is known for its name."""
    address = reachable(target.host, target.port, where)[0]
    alias = target.host if target.port == 22 else f"[{target.host}]:{target.port}"
    return shlex.join([*_SSH, "-o", f"HostName={address}", "-o", f"HostKeyAlias={alias}"])


def allow_repository(git_dir: Path, common_dir: Path, where: str) -> None:
    """Raises ``NotAllowed`` unless everything that git reads of a local repository lies below the policy's roots.

    Its own folders, what links in them lead to, and the repositories whose objects it borrows (``objects/info/alternates``).
    """
    policy = active()
    if policy is None:
        return
    pending, seen = [git_dir, common_dir, common_dir / "objects"], set[Path]()
    while pending:
        folder = pending.pop()
        if folder in seen:
            continue
        seen.add(folder)
        allow_path(folder, where)
        _allow_links(folder, policy, where)
        pending += _alternates(folder, where)
        if len(seen) > _MOST_ALTERNATES:
            raise NotAllowed("it borrows from too many repositories", where=where, remedy=ASK)


def _allow_links(folder: Path, policy: Policy, where: str) -> None:
    for place, folders, files in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in _NOT_READ]
        for name in (*folders, *files):
            link = Path(place, name)
            if link.is_symlink() and paths.outside(link, policy) is not None:
                raise NotAllowed(
                    f"a link in the repository ({name}) leads out of the folders that recipes may read",
                    where=where,
                    remedy=ASK,
                )


def _alternates(objects: Path, where: str) -> list[Path]:
    """Folders of objects that this one borrows from."""
    try:
        lines = (objects / "info" / "alternates").read_bytes().splitlines()
    except OSError:
        return []
    if any(line.startswith(b'"') for line in lines):
        raise NotAllowed(
            "it names a repository that it borrows from in quotes, which are not read here",
            where=where,
            remedy="write `objects/info/alternates` without quotes, or clone it whole",
        )
    named = (os.fsdecode(line) for line in lines if line and not line.startswith(b"#"))
    return [objects / name for name in named]
