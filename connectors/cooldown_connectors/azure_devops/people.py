"""Identities of Azure DevOps as people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from cooldown_connectors.forge.fields import at, text
from cooldown_connectors.forge.protocol import Json
from cooldown_kit.records import Person

_MACHINES: Final = ("svc.", "aadsp.", "s2s.")
"""How descriptors of services, service principals and applications start."""
_ITSELF: Final = "00000002-0000-8888-8000-000000000000"
"""Azure DevOps when it writes something by itself."""
_BUILD_SERVICE = re.compile(r".* Build Service \(.*\)")
_NAME_AND_ADDRESS = re.compile(r"([^<>]*)<([^<>]*)>")
_MENTION = re.compile(r"@<([0-9A-Fa-f-]{36})>")


def person(identity: Json) -> Person | None:
    """An identity; ``None`` for nobody. Older servers write ``Ann Ames <ACME\\ann>`` in fields of work items."""
    if isinstance(identity, str) and (match := _NAME_AND_ADDRESS.fullmatch(identity.strip())):
        identity = {"displayName": match[1].strip(), "uniqueName": match[2].strip()}
    name, login = text(identity, "displayName"), text(identity, "uniqueName")
    if not name and not login:
        return None
    return Person(
        name=name,
        email=login if "@" in login else "",
        login=login,
        bot=True if _is_machine(identity, name, login) else None,
    )


def _is_machine(identity: Json, name: str, login: str) -> bool:
    return (
        text(identity, "descriptor").startswith(_MACHINES)
        or text(identity, "id").lower() == _ITSELF
        or login.startswith("Build\\")
        or _BUILD_SERVICE.fullmatch(name[:200]) is not None
    )


def is_group(identity: Json) -> bool:
    """Whether it is a team or a group: their votes are those of their members."""
    return at(identity, "isContainer") is True


def known(identities: Iterable[Json]) -> dict[str, str]:
    """Id → the name by which texts should mention somebody."""
    found = {text(one, "id").lower(): text(one, "uniqueName") for one in identities}
    return {id: name for id, name in found.items() if id and name}


def with_names(body: str, names: Mapping[str, str]) -> str:
    """Mentions by name where the name is known: Azure DevOps writes ``@<id>``.

    >>> with_names("@<6F1E0F14-9D1C-4A0B-8E39-0F0D2E7A5B11> look", {"6f1e0f14-9d1c-4a0b-8e39-0f0d2e7a5b11": "ann@acme.example"})
    '@ann@acme.example look'
    """
    return _MENTION.sub(lambda match: f"@{names.get(match[1].lower(), f'<{match[1]}>')}", body)
