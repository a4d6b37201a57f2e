"""The text of a file that stands beside others: it is there whole, or not at all."""

from __future__ import annotations


def content_text(content: bytes) -> str | None:
    """``None`` where it is binary (there is a NUL) or no UTF-8."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
