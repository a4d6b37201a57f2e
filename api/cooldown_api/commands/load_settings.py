"""Settings from flags, the environment and a folder of secrets, in this order; a setting that does not exist is refused."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from cooldown_api.settings import Settings
from cooldown_kit.errors import InputError

_PREFIX: Final = "COOLDOWN_"
SECRETS_DIR: Final = "COOLDOWN_SECRETS_DIR"
"""Names a folder with one file a setting (`database_url`, `cooldown_secret_key`), as containers mount secrets."""
_OF_OTHERS: Final = frozenset(
    {
        SECRETS_DIR,
        "COOLDOWN_URL",
        "COOLDOWN_API_KEY",
        "COOLDOWN_PROJECT",
        "COOLDOWN_CONTEXT",
        "COOLDOWN_CONFIG",
        "COOLDOWN_TEST_CACHE",
    }
)
"""Variables of the client, and of tests, which may stand in the same environment."""


def load_settings(environment: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    """The settings of this process; ``flags`` that are None are taken as not given.

    Raises :class:`InputError` that names every wrong or unknown setting, never its value.
    """
    environment = os.environ if environment is None else environment
    known = set(names(Settings))
    for name in sorted(environment):
        if (
            name.startswith(_PREFIX)
            and name not in _OF_OTHERS
            and not name.startswith("COOLDOWN_CHILD_")
            and name not in known
        ):
            near = difflib.get_close_matches(name, known, n=1)
            raise InputError(
                "there is no such setting",
                where=name,
                remedy=f"did you mean {near[0]}?" if near else "see `cooldown config show` for all of them",
            )
    folder = environment.get(SECRETS_DIR)
    if folder and not Path(folder).is_dir():
        raise InputError(
            "there is no such folder", where=SECRETS_DIR, remedy="mount the secrets there, or unset it"
        )
    try:
        return Settings(
            _secrets_dir=folder or None, **{key: value for key, value in flags.items() if value is not None}
        )
    except ValidationError as error:
        problems = "; ".join(
            f"{_PREFIX}{'__'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        )
        raise InputError(
            f"settings are wrong: {problems}", remedy="docs/operators.md explains each"
        ) from None


def names(model: type[BaseModel], prefix: str = _PREFIX) -> Iterator[str]:
    """Every variable that sets something, nested ones too."""
    for name, field in model.model_fields.items():
        own = f"{prefix}{name}".upper()
        yield own
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from names(part, f"{own}__")
