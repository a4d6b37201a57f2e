"""Connections on which an answer has a deadline as a whole, from the first byte of the connection to the last of the body.

httpx bounds each single read. A server that sends one byte of a header a minute would hold a harvest for weeks; here every
operation on the socket gets no more than what is left of the question's time.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import httpcore
import httpx

from cooldown_kit.guard.in_force import NoSuchHost
from cooldown_kit.guard.use import reachable

_CONNECT_SECONDS: Final = 15.0
_local = threading.local()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything that this thread does on a :class:`Transport` must be done within that time."""
    _local.ends = time.monotonic() + seconds
    try:
        yield
    finally:
        del _local.ends


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    ends: float | None = getattr(_local, "ends", None)
    if ends is None:
        return timeout
    left = ends - time.monotonic()
    if left <= 0:
        raise error("the answer took too long")
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        # under a policy the name is looked up once, by the one who judges what it stands for
        try:
            *others, last = reachable(host, port) or (host,)
        except NoSuchHost as error:  # a name server may be down for a moment: whoever asks tries again
            raise httpcore.ConnectError(error.what) from error
        for address in others:
            with suppress(httpcore.ConnectError):
                return self._connected(address, port, timeout, local_address, socket_options)
        return self._connected(last, port, timeout, local_address, socket_options)

    def _connected(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        left = _left(min(timeout or _CONNECT_SECONDS, _CONNECT_SECONDS), httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(address, port, left, local_address, socket_options))


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: httpcore.Response) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        yield from self._inner.iter_stream()

    def close(self) -> None:
        self._inner.close()


class Transport(httpx.BaseTransport):
    """Raises httpcore's exceptions, which name what happened on the wire."""

    def __init__(
        self, context: ssl.SSLContext | None, proxy: httpcore.Proxy | None, connections: int
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            proxy=proxy,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            network_backend=_Network(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        assert isinstance(request.stream, httpx.SyncByteStream)
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
