"""Keeps the secrets of webhooks encrypted: they must be known to sign, so a digest would not do."""

from __future__ import annotations

import base64
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cooldown_api.settings import Settings
from cooldown_kit.errors import InputError, StorageError

_SHORTEST: Final = 32
_FILE: Final = "secret.key"


class WrongKey(Exception):
    """Something was encrypted with another key."""


class SecretBox:
    """Fernet (AES-128-CBC with HMAC-SHA256), with a key that is derived from the operator's."""

    def __init__(self, key: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cooldown-kit webhooks").derive(
            key.encode()
        )
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    @classmethod
    def open(cls, settings: Settings) -> SecretBox:
        """With ``secret_key``, or the key in a file of ``data_dir``, which is made at the first use.

        Raises :class:`InputError` for a key that is too short, :class:`StorageError` for a file that others may read.
        """
        given = settings.secret_key.get_secret_value()
        if given and len(given) < _SHORTEST:
            raise InputError(
                f"the key has {len(given)} characters, and {_SHORTEST} are needed",
                where="COOLDOWN_SECRET_KEY",
                remedy="use the output of `openssl rand -base64 32`",
            )
        return cls(given or _key_of_file(settings.data_dir.absolute() / _FILE))

    def close_in(self, secret: str) -> str:
        """Encrypt."""
        return self._fernet.encrypt(secret.encode()).decode()

    def take_out(self, closed: str) -> str:
        """Decrypt. Raises :class:`WrongKey`."""
        try:
            return self._fernet.decrypt(closed.encode()).decode()
        except InvalidToken:
            raise WrongKey from None


def _key_of_file(path: Path) -> str:
    """The key in the file; several processes that make it at once get the same one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(prefix=f".{_FILE}.", dir=path.parent)  # only its owner may read it
        try:
            with os.fdopen(number, "w") as file:
                file.write(secrets.token_urlsafe(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was first: its key counts
                os.link(beside, path)
        finally:
            Path(beside).unlink()
    if path.stat().st_mode & stat.S_IROTH:
        raise StorageError(
            "everybody on this machine may read the service's key",
            where=str(path),
            remedy=f"chmod 600 {path}, and rotate the secrets of webhooks",
        )
    return path.read_text().strip()
