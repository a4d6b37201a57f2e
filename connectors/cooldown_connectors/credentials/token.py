"""A token that no log, message or traceback can show by accident."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from cooldown_kit.errors import InputError

_TEXT = re.compile(r"[\x21-\x7e]+")
_LONGEST: Final = 16 << 10


class Token:
    """Holds a token's value; ``repr`` and ``str`` show its reference only, and it is never pickled."""

    __slots__ = ("__value", "reference")

    def __init__(self, reference: str, value: str) -> None:
        """Raises :class:`InputError` where the value cannot stand in a header."""
        self.reference = reference
        self.__value = checked_value(value, reference)

    def value(self) -> str:
        """The token itself: for the header of a request and nothing else."""
        return self.__value

    def renew(self) -> bool:
        """Get a new value where the forge refuses this one; ``False`` where there is no way to."""
        return False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.reference!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is never written anywhere")


def checked_value(value: str, reference: str) -> str:
    """The value without white space around it. Raises :class:`InputError`, which does not repeat it."""
    value = value.strip()
    if not value:
        raise InputError(
            "there is no token in it",
            where=f"token: {reference}",
            remedy="put the token there, and nothing else",
        )
    if len(value) > _LONGEST or not _TEXT.fullmatch(value):
        raise InputError(
            "what is there is no token: it holds white space or signs that no token has",
            where=f"token: {reference}",
            remedy="put the token there alone, on one line",
        )
    return value
