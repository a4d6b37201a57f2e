"""Tokens that come back in an answer are taken out before anybody sees it."""

from __future__ import annotations

import json
import threading
from typing import Final
from urllib.parse import quote

PLACE: Final = "[token]"
_SHORTEST: Final = 8
"""Shorter ones would be found in ordinary words; no forge gives such tokens."""


class Redaction:
    """Knows the tokens of a harvest, and replaces them. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: frozenset[str] = frozenset()
        self._forms: tuple[bytes, ...] = ()

    def know(self, token: str) -> None:
        """Take that token out from now on, as it is and in the ways in which it may be written."""
        if token in self._known or len(token) < _SHORTEST:
            return
        written = {token, quote(token, safe=""), json.dumps(token)[1:-1], token.replace("/", "\\/")}
        with self._lock:
            self._known |= {token}
            forms = {*self._forms, *(text.encode() for text in written)}
            self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))

    def bytes(self, content: bytes) -> bytes:
        for form in self._forms:
            if form in content:
                content = content.replace(form, PLACE.encode())
        return content

    def text(self, content: str) -> str:
        return self.bytes(content.encode("utf-8", "replace")).decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"Redaction({len(self._known)} tokens)"
