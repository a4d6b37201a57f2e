"""Whether a machine wrote a commit, by the author's name and address as git has them: bytes."""

from __future__ import annotations

from cooldown_kit import bots


def is_bot(name: bytes, email: bytes) -> bool:
    """Whether name or address are a machine's (:func:`cooldown_kit.bots.is_bot`)."""
    return bots.is_bot(name.decode("utf-8", "replace"), email.decode("utf-8", "replace"))
