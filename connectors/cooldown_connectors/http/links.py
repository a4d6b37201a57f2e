"""``Link`` headers (RFC 8288), as forges use them to name the next page."""

from __future__ import annotations

import re
from typing import Final

_MOST: Final = 64 << 10
"""Longer headers hold no links of ours; the pattern stays cheap on whatever a stranger sends."""
_LINK = re.compile(r"<([^<>]*)>((?:[^,<\"]|\"[^\"]*\")*)")
_RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


def link(header: str, relation: str) -> str | None:
    """The URL that the header gives for that relation (``next``, ``last``), or ``None``. It may be relative."""
    for target, parameters in _LINK.findall(header[:_MOST]):
        if match := _RELATION.search(parameters):
            names = (match[1] or match[2] or "").lower().split()
            if relation.lower() in names:
                return str(target).strip()
    return None
