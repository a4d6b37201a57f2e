"""Tokens that ``gh`` and ``glab`` keep in their configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from cooldown_connectors.credentials.private_files import read_private
from cooldown_connectors.credentials.token import Token
from cooldown_kit.errors import InputError


@dataclass(frozen=True)
class _Program:
    folder_variable: str
    folder: str
    file: str
    host: str
    login: str
    show: str
    variable: str


_PROGRAMS: Final[Mapping[str, _Program]] = {
    "gh": _Program(
        "GH_CONFIG_DIR",
        "gh",
        "hosts.yml",
        "github.com",
        "gh auth login",
        "gh auth token --hostname",
        "GITHUB_TOKEN",
    ),
    "glab": _Program(
        "GLAB_CONFIG_DIR",
        "glab-cli",
        "config.yml",
        "gitlab.com",
        "glab auth login",
        "glab config get token --host",
        "GITLAB_TOKEN",
    ),
}


def configured_token(reference: str, host: str) -> Token:
    """The token that ``gh`` or ``glab`` has for a host; ``gh:HOST`` names another one. Raises :class:`InputError`."""
    name, _, named = reference.partition(":")
    program = _PROGRAMS[name]
    host = named or host or program.host
    path = _file(program)
    where = f"token: {reference}"
    if path is None:
        raise InputError(
            f"{name} has no configuration on this machine",
            where=where,
            remedy=f"run `{program.login}`, or put a token into an environment variable and say `token: env:{program.variable}`",
        )
    known = _hosts(read_private(path, reference), name, where, path)
    if host not in known:
        raise InputError(
            f"{name} has no login for {host}",
            where=where,
            remedy=f"run `{program.login} --hostname {host}`"
            + (f", or say `{name}:{min(known)}`" if known else ""),
        )
    if not known[host]:
        raise InputError(
            f"{name} keeps its token for {host} in the system's keyring, not in its configuration",
            where=where,
            remedy=f"export {program.variable}=$({program.show} {host}), and say `token: env:{program.variable}`",
        )
    return Token(reference, known[host])


def _file(program: _Program) -> Path | None:
    return next((path for folder in _folders(program) if (path := folder / program.file).exists()), None)


def _folders(program: _Program) -> Iterator[Path]:
    """Where the program looks, the first one first."""
    if folder := os.environ.get(program.folder_variable):
        yield Path(folder)
        return
    if folder := os.environ.get("XDG_CONFIG_HOME"):
        yield Path(folder) / program.folder
    yield Path.home() / ".config" / program.folder
    if sys.platform == "darwin":
        yield Path.home() / "Library" / "Application Support" / program.folder


def _hosts(text: str, name: str, where: str, path: Path) -> dict[str, str]:
    """Host → token; an empty one where the configuration knows the host and holds no token."""
    try:
        # nodes, not values: glab tags its tokens `!!null`, which a loader would turn into nothing
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise InputError(  # the parser's message would show the line
            f"{path} is no YAML",
            where=where,
            remedy=f"see what `{name} auth status` says",
        ) from None
    hosts = _mapping(root).get("hosts") if name == "glab" else root
    return {host: _token(_mapping(node)) for host, node in _mapping(hosts).items()}


def _token(entry: Mapping[str, yaml.Node]) -> str:
    for key in ("oauth_token", "token"):
        if value := _scalar(entry.get(key)):
            return value
    # several accounts of gh: the active one is named beside them
    users = _mapping(entry.get("users"))
    return _scalar(_mapping(users.get(_scalar(entry.get("user")))).get("oauth_token"))


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _scalar(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
