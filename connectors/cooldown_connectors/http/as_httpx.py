"""Our transport for a client of httpx's: the same connections, with httpx's own exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpcore
import httpx

from cooldown_connectors.http.connection import Connecting, opened

_SAME: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
    (httpcore.NetworkError, httpx.ReadError),
)
"""The first that fits counts."""


class HttpxTransport(httpx.BaseTransport):
    """Looks names up by the rules of a policy, as all our transports do; one for each scheme and host that is asked."""

    def __init__(self, connecting: Connecting) -> None:
        """Opens no connection yet."""
        self._connecting = connecting
        self._opened: dict[tuple[str, str], httpx.BaseTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask. Raises httpx's exceptions, and ``InputError`` where a policy refuses the address."""
        key = (request.url.scheme, request.url.host)
        if key not in self._opened:
            self._opened[key] = opened(str(request.url), self._connecting)
        with _as_httpx():
            answer = self._opened[key].handle_request(request)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Body(answer.stream))

    def close(self) -> None:
        """Close every connection."""
        for transport in self._opened.values():
            transport.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._inner

    def close(self) -> None:
        self._inner.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for theirs, ours in _SAME:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise
