"""One request and its answer, with bounds on time and size."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import httpcore
import httpx

from cooldown_connectors.http.transport import Transport, deadline
from cooldown_kit import __version__

USER_AGENT: Final = f"cooldown-kit/{__version__}"
_PIECE: Final = 64 << 10
_GZIP_OR_ZLIB: Final = 47


@dataclass(frozen=True)
class Exchange:
    """An answer as it came: whole, decoded, within the bounds."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Unanswered(Exception):
    """There is no whole answer. ``kind`` says whether asking for less may help, or asking again."""

    def __init__(
        self, kind: Literal["time", "cut", "connection", "certificate", "proxy"], reason: str
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class AnswerTooLarge(Exception):
    """More bytes than are read."""


def exchange(
    transport: Transport,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    most: int,
) -> Exchange:
    """Ask once. Raises :class:`Unanswered` and :class:`AnswerTooLarge`.

    Args:
        seconds: until the last byte of the answer has to be here.
        most: bytes that the body may have, after decoding.
    """
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    try:
        request = httpx.Request(
            method,
            url,
            headers={"user-agent": USER_AGENT, "accept-encoding": "gzip", **headers},
            content=body,
            extensions={"timeout": timeouts},
        )
    except httpx.InvalidURL:
        raise Unanswered("connection", "its address cannot be read") from None
    try:
        with deadline(seconds):
            answer = transport.handle_request(request)
            try:
                content = b"".join(_bounded(answer, most))
            finally:
                answer.close()
    except httpcore.TimeoutException:
        raise Unanswered("time", f"no whole answer within {seconds:g} seconds") from None
    except (httpcore.ConnectError, ssl.SSLError) as error:
        text = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in text:
            raise Unanswered("certificate", "its certificate is not trusted") from None
        raise Unanswered("connection", "no connection") from None
    except httpcore.ProxyError:
        raise Unanswered("proxy", "the proxy refuses") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
        raise Unanswered("cut", "the connection was cut") from None
    return Exchange(
        answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, content
    )


def _bounded(answer: httpx.Response, most: int) -> Iterator[bytes]:
    """Decoded pieces of the body. A few bytes that decode to gigabytes are never decoded further than the bound."""
    size = 0
    for piece in _decoded(answer):
        size += len(piece)
        if size > most:
            raise AnswerTooLarge
        yield piece


def _decoded(answer: httpx.Response) -> Iterator[bytes]:
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    raw = answer.iter_raw()
    if encoding in ("", "identity"):
        yield from raw
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unanswered("cut", "it is encoded in a way that was not asked for")
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    empty = True
    try:
        for chunk in raw:
            empty = empty and not chunk
            waiting = chunk
            while waiting:
                yield decoder.decompress(waiting, _PIECE)
                if decoder.eof:  # a gzip file may have several members
                    waiting = decoder.unused_data
                    if waiting:
                        decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
                else:
                    waiting = decoder.unconsumed_tail
    except zlib.error:
        raise Unanswered("cut", "its compression is damaged") from None
    if not empty:
        while piece := decoder.decompress(decoder.unconsumed_tail, _PIECE):
            yield piece
        if not decoder.eof:
            raise Unanswered("cut", "its compression ends too early")
