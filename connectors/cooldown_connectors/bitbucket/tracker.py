"""Keys of an issue tracker beside the forge (Jira: ``PAY-412``), as titles and branches name them."""

from __future__ import annotations

import re
from typing import Final

from cooldown_connectors.forge.parts import LinkPart
from cooldown_kit.records import Link

_KEY = re.compile(r"(?<![A-Za-z0-9_-])([A-Z][A-Z0-9_]{1,9})-([1-9][0-9]{0,8})(?![A-Za-z0-9_]|-[0-9])")
_STANDARDS: Final = frozenset(
    {
        "AES",
        "BCP",
        "CVE",
        "CWE",
        "ECMA",
        "FIPS",
        "HTTP",
        "IEEE",
        "ISO",
        "MD",
        "PEP",
        "RFC",
        "RSA",
        "SHA",
        "TLS",
        "UTF",
    }
)
"""What looks like a project and is a standard: ``UTF-8``, ``SHA-256``."""


def tracker_links(of: str, *texts: str) -> list[LinkPart]:
    """The issues that texts name, in their order."""
    keys = (
        f"{found[1]}-{found[2]}"
        for text in texts
        for found in _KEY.finditer(text)
        if found[1] not in _STANDARDS
    )
    return [
        LinkPart(of=of, link=Link(key=key, relation="mentions", kind="issue")) for key in dict.fromkeys(keys)
    ]
