"""Identifiers that sort by the time they were made (UUIDv7), so that a cursor is a range of an index."""

from __future__ import annotations

import os
import re
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_LENGTH = 26
BODY = re.compile(rf"[{_ALPHABET}]{{{_LENGTH}}}")


def new_id(prefix: str) -> str:
    """``prefix_`` and 26 characters: 48 bits of milliseconds, 80 of chance (RFC 9562, version 7, without its fixed bits)."""
    number = (int(time.time() * 1000) << 80) | int.from_bytes(os.urandom(10))
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
