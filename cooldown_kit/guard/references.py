"""References to credentials, and secrets of the operator's folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cooldown_kit.guard import paths
from cooldown_kit.guard.policy import Policy

SECRET: Final = "secret:"  # noqa: S105 - a kind of reference
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
"""No dot at the start: `..`, and `..data` of mounted Kubernetes secrets, are no secrets."""
_APP = re.compile(r"app:[^:]*:[^:]*:(.*)", re.DOTALL)
_LONGEST: Final = 1 << 20


def refusal(reference: str, folder: Path, policy: Policy) -> str | None:
    """Why a recipe may not use that reference; ``None`` where it may. Nothing is opened.

    ``app:ID:INSTALLATION:`` is followed by a file, or by ``secret:NAME`` that holds the app's key.
    """
    app = _APP.fullmatch(reference)
    inner = app[1] if app is not None else reference
    if inner.startswith(SECRET):
        if policy.secrets_dir is None:
            return "names a secret, and there is no folder of secrets"
        return None if _NAME.fullmatch(inner.removeprefix(SECRET)) else "is not the name of a secret"
    if policy.references == "secrets":
        return "takes a credential from the machine that runs the recipe"
    if app is not None or reference.startswith("file:"):
        return paths.refusal(inner.removeprefix("file:"), folder, policy)
    return None


def read_secret(name: str, folder: Path) -> str:
    """The text of a secret. Raises ``ValueError`` that says why there is none, without the folder's path.

    Links may lead to files of the same folder only, as those of mounted Kubernetes secrets do.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("is not the name of a secret")
    try:
        place = paths.real(folder / name)
        if not place.is_relative_to(paths.real(folder)) or not place.is_file():
            raise ValueError("is not there")
        with place.open("rb") as file:
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    if len(content) > _LONGEST:
        raise ValueError("is too large to be a token or a key")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("holds no text") from None
