"""What the HTTP layer knows of a token: that it has a name, a value, and perhaps a next value."""

from __future__ import annotations

from typing import Protocol


class Token(Protocol):
    """Whoever asks in somebody's name. ``repr`` shows no value."""

    @property
    def reference(self) -> str:
        """Where it stands, for messages."""
        ...

    def value(self) -> str:
        """The token itself: for the header of a request and nothing else."""
        ...

    def renew(self) -> bool:
        """Get a new value where the forge refuses this one; ``False`` where there is no way to."""
        ...
