"""Tokens of a GitHub App's installation: asked for with the app's key, good for an hour, renewed before that.

An app has a quota of its own, which grows with the organisation, and sees no more than its owner allowed.
"""

from __future__ import annotations

import base64
import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cooldown_connectors.credentials.private_files import read_private
from cooldown_connectors.credentials.token import Token, checked_value
from cooldown_connectors.http.addresses import origin
from cooldown_connectors.http.clock import Clock
from cooldown_connectors.http.connection import Connecting, opened
from cooldown_connectors.http.exchange import AnswerTooLarge, Exchange, Unanswered, exchange
from cooldown_connectors.http.json_body import parsed
from cooldown_connectors.http.redaction import Redaction
from cooldown_connectors.http.said import said
from cooldown_connectors.http.transport import Transport
from cooldown_kit.errors import InputError
from cooldown_kit.guard.references import SECRET
from cooldown_kit.guard.use import secret_text

_AHEAD: Final = 300.0
"""Seconds before its end at which a token is renewed."""
_PAUSES: Final = (1.0, 4.0, 15.0)
_MOST: Final = 1 << 20


class AppToken(Token):
    """Gets its value when it is first needed. Safe for threads."""

    __slots__ = ("__current", "_app", "_clock", "_connecting", "_ends", "_key", "_lock", "_redaction", "_url")

    def __init__(
        self, reference: str, folder: Path, address: str, connecting: Connecting, clock: Clock
    ) -> None:
        """Reads the key; asks nobody. Raises :class:`InputError` where the key or the extra is missing."""
        _, self._app, installation, file = reference.split(":", 3)
        super().__init__(reference, "not-yet")
        self._key = _key(_text(file, folder, reference), reference)
        self._url = f"{_api(address)}/app/installations/{installation}/access_tokens"
        self._connecting = connecting
        self._clock = clock
        self._lock = threading.Lock()
        self._redaction = Redaction()
        self._ends = 0.0
        self.__current = ""

    def value(self) -> str:
        with self._lock:
            if self._clock.now() >= self._ends - _AHEAD:
                self._fetch()
            return self.__current

    def renew(self) -> bool:
        with self._lock:
            self._fetch()
        return True

    def _fetch(self) -> None:
        got = self._answer()
        if got.status != 201:
            raise self._refused(f"status {got.status}", self._redaction.text(said(got.body)))
        try:
            data = parsed(got.body)
            self.__current = checked_value(data["token"], self.reference)
            self._ends = datetime.fromisoformat(data["expires_at"]).timestamp()
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._refused("its answer holds none", "") from None

    def _answer(self) -> Exchange:
        with opened(self._url, self._connecting) as transport:
            for pause in (*_PAUSES, None):
                try:
                    got = self._once(transport)
                    if got.status < 500 or pause is None:
                        return got
                except (Unanswered, AnswerTooLarge) as error:
                    if pause is None or isinstance(error, AnswerTooLarge):
                        raise self._refused("no answer", str(error)) from None
                self._clock.sleep(pause)
        raise AssertionError

    def _once(self, transport: Transport) -> Exchange:
        signed = _signed(self._app, self._key, self._clock.now())
        self._redaction.know(signed)
        headers = {
            "authorization": f"Bearer {signed}",
            "accept": "application/vnd.github+json",
        }
        seconds = self._connecting.timeout_seconds
        return exchange(transport, "POST", self._url, headers=headers, body=b"", seconds=seconds, most=_MOST)

    def _refused(self, what: str, why: str) -> InputError:
        return InputError(
            f"{origin(self._url)} gives the app no token ({what}{': ' + why if why else ''})",
            where=f"token: {self.reference}",
            remedy="check the app's id, the installation's id and the key, and that the app is installed where the repositories are",
        )


def _api(address: str) -> str:
    """The API's root: GitHub's own, or that of an Enterprise Server."""
    forge = origin(address)
    return "https://api.github.com" if forge.host == "github.com" else f"{forge}/api/v3"


def _text(file: str, folder: Path, reference: str) -> str:
    """The key's text, from a file or from ``secret:NAME``."""
    if file.startswith(SECRET):
        return secret_text(file.removeprefix(SECRET))
    return read_private(folder / Path(file).expanduser(), reference)


def _key(text: str, reference: str) -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise InputError(
            "a GitHub App's key needs the package `cryptography`",
            where=f"token: {reference.partition(':')[0]}:…",
            remedy="pip install 'cooldown-kit[github-app]'",
        ) from None
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise InputError(
            "this is no RSA key in PEM, or it has a password",
            where=f"token: {reference}",
            remedy="give the .pem file that the app's settings page made",
        )
    return key


def _signed(app: str, key: Any, now: float) -> str:
    """A JSON Web Token (RFC 7519, RS256) that says who the app is, for nine minutes; GitHub takes no more than ten."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    claims = {"iat": int(now) - 60, "exp": int(now) + 480, "iss": app}
    text = ".".join(_coded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    return f"{text}.{_coded(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
