"""The policy of this process, if it has one, and the error of what it refuses."""

from __future__ import annotations

from typing import Final

from cooldown_kit.errors import InputError
from cooldown_kit.guard.policy import Policy

ASK: Final = "ask who runs this service to allow it (docs/guard.md tells how), or name something else"


class NotAllowed(InputError):
    """The policy refuses an address, a path or a reference.

    No ``OSError``: libraries would take it for a network that is down, and try again for minutes.
    """


class NoSuchHost(InputError):
    """A host's name has no address, now."""


class _State:
    policy: Policy | None = None


def active() -> Policy | None:
    """The policy that :func:`~cooldown_kit.guard.enforce` set for this process; ``None`` where nobody did."""
    return _State.policy


def set_active(policy: Policy | None) -> None:
    """Only for :func:`~cooldown_kit.guard.enforce`, and for tests."""
    _State.policy = policy
