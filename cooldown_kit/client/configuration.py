"""Where the service is, and with which key: from arguments, the environment, or a file of contexts, in that order.

``~/.config/cooldown-kit/config.toml`` holds no key, only where one is::

    context = "prod"                      # used where nothing else is said

    [contexts.prod]
    url = "https://cooldown.acme.example"
    key = "env:ACME_COOLDOWN_KEY"         # or "file:~/.secrets/cooldown"
    project = "payments"
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cooldown_kit.errors import InputError

DEFAULT_URL: Final = "http://127.0.0.1:8017"
URL: Final = "COOLDOWN_URL"
KEY: Final = "COOLDOWN_API_KEY"
PROJECT: Final = "COOLDOWN_PROJECT"
CONTEXT: Final = "COOLDOWN_CONTEXT"
FILE: Final = "COOLDOWN_CONFIG"


@dataclass(frozen=True)
class Place:
    """A service, and who asks it."""

    url: str
    """Without a path's end slash, and without ``/v1``."""
    key: str | None = field(default=None, repr=False)
    project: str | None = None
    socket: str | None = None
    """A UNIX socket that it listens on."""

    @property
    def proxied(self) -> bool:
        """Whether the environment's proxy stands in between: never on this machine."""
        return self.socket is None and urlsplit(self.url).hostname not in ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class _Said:
    """What one of the places to look says; a key only by where it is."""

    url: str | None = None
    key: str | None = field(default=None, repr=False)
    project: str | None = None
    reference: str | None = None
    where: str = ""


def configured(
    url: str | None = None,
    key: str | None = None,
    project: str | None = None,
    context: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Place:
    """The service to talk to. A context that is named beats the environment; the one that the file calls usual does not.

    The key of a context goes to the address of that context only.
    Raises :class:`InputError` for an address, a key or a file that cannot be used.
    """
    env = os.environ if environment is None else environment
    name = context or env.get(CONTEXT) or None
    of_env = _Said(env.get(URL) or None, env.get(KEY) or None, env.get(PROJECT) or None)
    of_file = _context(name, env)
    order: tuple[_Said, ...] = (of_file, of_env) if name else (of_env, of_file)
    address = url or next((said.url for said in order if said.url), DEFAULT_URL)
    if of_file.url != address:
        order = (of_env,)
    secret = key
    for said in order:
        secret = secret or said.key or (_referenced(said, env) if said.reference else None)
    return place(address, secret, project or next((said.project for said in order if said.project), None))


def place(url: str, key: str | None, project: str | None) -> Place:
    """Check an address and a key. Raises :class:`InputError`; its words never hold the key."""
    key = key or None
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise InputError(
            "the API key holds a space or a sign that no key has",
            where=KEY,
            remedy="copy it again, without the end of the line",
        )
    parts = urlsplit(url)
    if parts.scheme == "unix":
        socket = parts.netloc + parts.path
        if not socket.startswith("/"):
            raise InputError(
                f"{url!r} names no absolute path", where=URL, remedy="write unix:///run/cooldown/api.sock"
            )
        return Place("http://localhost", key, project, socket)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f"{_without_userinfo(url)!r} is not the address of a service",
            where=URL,
            remedy="write for example https://cooldown.acme.example, http://127.0.0.1:8017 or unix:///run/cooldown/api.sock",
        )
    if parts.username is not None or parts.password is not None:
        raise InputError(
            "the address holds a user name or a password", where=URL, remedy=f"give the key in {KEY} instead"
        )
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return Place(f"{parts.scheme}://{parts.netloc}{path}", key, project)


def _without_userinfo(url: str) -> str:
    head, sign, tail = url.rpartition("@")
    return f"…@{tail}" if sign and head else url


def _context(name: str | None, env: Mapping[str, str]) -> _Said:
    """The named context, or the usual one; nothing where no file is and none was named."""
    path = Path(
        env.get(FILE) or Path(env.get("XDG_CONFIG_HOME") or "~/.config") / "cooldown-kit/config.toml"
    ).expanduser()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if name is None and FILE not in env:
            return _Said()
        raise InputError(
            "there is no such file of contexts", where=str(path), remedy="write one; docs/client.md shows it"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"the file of contexts cannot be read: {error}", where=str(path)) from None
    contexts = found.get("contexts", {})
    name = name or found.get("context")
    if name is None:
        return _Said()
    if not isinstance(contexts, dict) or not isinstance(contexts.get(name), dict):
        known = ", ".join(sorted(contexts)) if isinstance(contexts, dict) and contexts else "none"
        raise InputError(f"there is no context {name!r}", where=str(path), remedy=f"known are: {known}")
    return _read_context(contexts[name], f"{path}, [contexts.{name}]")


def _read_context(context: dict[str, Any], where: str) -> _Said:
    unknown = sorted(context.keys() - {"url", "key", "project"})
    if unknown or not all(isinstance(value, str) for value in context.values()):
        raise InputError(
            f"{unknown[0]!r} means nothing there" if unknown else "every value is a text in quotes",
            where=where,
            remedy="a context has `url`, `key` and `project`",
        )
    if not context.get("url"):
        raise InputError("the context has no `url`", where=where, remedy='add `url = "https://…"`')
    reference = context.get("key")
    if reference is not None and not reference.startswith(("env:", "file:")):
        raise InputError(  # what stands there may be a key: it is not repeated
            "`key` is no reference",
            where=where,
            remedy='say where the key is: `key = "env:NAME"` or `key = "file:PATH"`',
        )
    return _Said(context["url"], None, context.get("project"), reference, where)


def _referenced(said: _Said, env: Mapping[str, str]) -> str:
    kind, _, name = (said.reference or "").partition(":")
    if kind == "env":
        if not env.get(name):
            raise InputError(
                f"the environment variable {name} is not set",
                where=said.where,
                remedy="set it to the API key",
            )
        return env[name]
    try:
        text = Path(name).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise InputError(f"the file of the key cannot be read: {error}", where=said.where) from None
    if not text:
        raise InputError(
            "the file of the key is empty", where=said.where, remedy=f"write the API key to {name}"
        )
    return text
