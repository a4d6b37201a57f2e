"""Files that hold tokens and keys: read only where nobody else can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cooldown_kit.errors import InputError

_LONGEST: Final = 1 << 20


def read_private(path: Path, reference: str) -> str:
    """The text of a file that only its owner may read. Raises :class:`InputError` with what to do.

    ``reference`` is what the recipe says; messages show it and the path, never what is in the file.
    """
    where = f"token: {reference}"
    try:
        # not blocking: a named pipe would wait for ever
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise InputError(
                    f"{path} is no file", where=where, remedy="name a file that holds the token alone"
                )
            if found.st_mode & 0o077:
                raise InputError(
                    f"others can read {path}",
                    where=where,
                    remedy=f"chmod 600 {path}",
                )
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror})",
            where=where,
            remedy="check the path; a relative one starts at the recipe's folder",
        ) from None
    if len(content) > _LONGEST:
        raise InputError(f"{path} is too large to hold a token", where=where, remedy="name the right file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path} holds no text", where=where, remedy="name the right file") from None
