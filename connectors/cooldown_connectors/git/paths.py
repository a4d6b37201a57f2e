r"""Paths of git are bytes; records are Unicode. A reversible way from one to the other.

A path that is UTF-8 stays as it is. A byte that is not becomes ``\xNN``, as Python and C write it. Where that could be
misread (a path that holds ``\\`` or ``\xNN`` literally, such as systemd's ``dev-sda\x2droot.swap``, or one with
other bytes) its backslashes are doubled. So :func:`path_bytes` undoes :func:`path_text` for every path, and no two paths get the same text.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def path_text(path: bytes) -> str:
    """A path of git as valid Unicode."""
    try:
        text = path.decode("utf-8")
        if b"\\" not in path or path_bytes(text) == path:
            return text
    except UnicodeDecodeError:
        pass
    return path.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def path_bytes(text: str) -> bytes:
    """The path that :func:`path_text` made this text of."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]) if match[1] else b"\\", text.encode("utf-8"))
