"""Sends one delivery: to the address that was checked, within ten seconds, no redirects, and nothing of the answer is kept but its status."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

import httpx

from cooldown_api.problems import ProblemError
from cooldown_api.settings import Settings
from cooldown_api.webhooks.destination import Destination, address_of, destination_of
from cooldown_api.webhooks.signing import body_of, signed_headers
from cooldown_kit import __version__

SECONDS: Final = 10.0
_LONGEST_WAIT: Final = 86_400


@dataclass(frozen=True)
class Outcome:
    """How a try ended."""

    delivered: bool
    status: int | None = None
    error: str = ""
    gone: bool = False
    """The receiver said that it wants no more, ever."""
    retry_after: int | None = None
    """Seconds that the receiver asked to be left alone."""


async def send(settings: Settings, url: str, id: str, payload: dict[str, Any], secrets: list[str]) -> Outcome:
    """Try once. Never raises for what a receiver, its name or its network does."""
    body = body_of(payload)
    headers = {
        "content-type": "application/json",
        "user-agent": f"cooldown-kit/{__version__}",
        **signed_headers(id, int(datetime.now(UTC).timestamp()), body, secrets),
    }
    try:
        async with asyncio.timeout(SECONDS):
            destination = destination_of(url, settings)
            address = await asyncio.to_thread(address_of, destination, settings)
            return await _post(destination, address, headers, body)
    except ProblemError as error:
        return Outcome(False, error=error.detail)
    except TimeoutError:
        return Outcome(False, error=f"no answer within {SECONDS:g} s")
    except PermissionError as error:
        return Outcome(False, error=f"refused: {error}")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ssl.SSLError) as error:
        return Outcome(False, error=_short(error))


async def _post(destination: Destination, address: str, headers: dict[str, str], body: bytes) -> Outcome:
    host = f"[{address}]" if ":" in address else address
    url = f"{destination.scheme}://{host}:{destination.port}{destination.target}"
    async with httpx.AsyncClient(
        verify=_tls(), timeout=SECONDS, follow_redirects=False, trust_env=False
    ) as client:
        request = client.build_request(
            "POST",
            url,
            content=body,
            headers={**headers, "host": destination.authority},
            # the certificate must be the name's, although the connection is to an address
            extensions={"sni_hostname": destination.host},
        )
        response = await client.send(request, stream=True)
        await response.aclose()  # unread: what it says is nobody's business
    status = response.status_code
    if 200 <= status < 300:
        return Outcome(True, status)
    return Outcome(
        False,
        status,
        f"answered {status}" + (" (redirects are not followed)" if 300 <= status < 400 else ""),
        gone=status == 410,
        retry_after=_retry_after(response.headers.get("retry-after")),
    )


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _retry_after(given: str | None) -> int | None:
    if given is None:
        return None
    if given.isascii() and given.isdigit():
        return min(int(given[:9]), _LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0, min(int(seconds), _LONGEST_WAIT))


def _short(error: Exception) -> str:
    """A name for what went wrong; never the URL, which may hold a secret."""
    if isinstance(error, httpx.ConnectError) or type(error) is OSError:
        return "no connection"
    if isinstance(error, OSError) and error.errno is not None:
        return f"no connection ({error.strerror})"
    return type(error).__name__
