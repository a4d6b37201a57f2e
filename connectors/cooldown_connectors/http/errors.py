"""What can go wrong between us and a forge, as far as callers tell it apart."""

from __future__ import annotations

from cooldown_kit.errors import CooldownError, InputError


class Answered(InputError):
    """The forge answered, but not with what was asked for. ``status`` is the answer's."""

    def __init__(
        self, what: str, *, where: str | None = None, remedy: str | None = None, status: int = 0
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.status = status


class NotFound(Answered):
    """404 or 410: it is not there, or not for this token. A forge's file may catch it where that means something."""


class Refused(Answered):
    """401 or 403 that is no limit. A forge's file may catch it where that means something."""


class TooHeavy(InputError):
    """The answer is too much for the forge or for us: ask for less at once. Raised only where the question allows it."""


class OutOfCalls(CooldownError):
    """``max_calls`` are used up: this harvest ends here, and the next one goes on from the cursor."""


class ArchiveEnds(CooldownError):
    """The archived harvest holds no answer to this question: here it was ended, and the next one in the archive goes on."""
