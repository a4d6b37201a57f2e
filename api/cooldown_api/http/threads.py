"""Two kinds of threads: few that answer requests, in turn, and others that read files for those who download."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Final

import anyio
import anyio.to_thread

_DOWNLOADS: Final = 32


def limit_request_threads(most: int) -> None:
    """Called in the loop of the server. Requests wait in its queue, which is fair, rather than for the interpreter's lock, which is not."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = most


async def in_download_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces. A slow store holds up other downloads at most, never the requests."""
    while (piece := await anyio.to_thread.run_sync(next, pieces, None, limiter=_limiter())) is not None:
        yield piece


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(_DOWNLOADS)
