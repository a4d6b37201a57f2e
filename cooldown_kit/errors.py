"""Errors for the person who can act: what is wrong, where, and what to do about it."""

from __future__ import annotations


class CooldownError(Exception):
    """Something that the person who runs the kit can put right.

    ``what`` says what is wrong, ``where`` names the place (a recipe line, a repository, a file) and
    ``remedy`` says what to do. The CLI prints the three and ends with :attr:`exit_code`; nothing else
    about the run is lost, and a later run continues from the last finished stage.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.remedy:
            parts.append(f"To put it right: {self.remedy}")
        return "\n".join(parts)


class RecipeError(CooldownError):
    """The recipe (or a flag, or an SDK argument that becomes part of it) is wrong."""

    exit_code = 2


class InputError(CooldownError):
    """A source, a model or a path that the recipe names is missing or not what it should be."""

    exit_code = 2


class StorageError(CooldownError):
    """The workspace cannot be written: disk full, no permission, locked by another run."""

    exit_code = 4


class OutOfMemory(CooldownError):
    """Memory ran out, of the machine or of its GPU: the remedy names what to lower."""


class LossNotFinite(CooldownError):
    """The loss, or the norm of the gradients, became a number that is none."""


class Stopped(CooldownError):
    """The run was asked to stop (SIGTERM) and did so cleanly; running it again continues it.

    The status is ``EX_TEMPFAIL`` of sysexits.h, so that a scheduler can tell "come back later"
    from a failure.
    """

    exit_code = 75
