"""Finds the service that runs in process. The core knows it by an entry point only: it imports no server."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, Protocol, cast

import httpx

from cooldown_kit.errors import InputError

GROUP: Final = "cooldown_kit.local"


class LocalService(Protocol):
    """A client's hold on a service of this machine."""

    @property
    def socket(self) -> str: ...
    @property
    def project(self) -> str | None: ...
    def transport(self) -> httpx.BaseTransport:
        """Reaches the service, and starts it again here where the process that ran it has ended."""

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """The same for an event loop."""

    def close(self) -> None:
        """Let go; the last one stops the service."""


def open_local(path: Path, *, stop: bool, settings: dict[str, Any]) -> LocalService:
    """A hold on the service of that folder, which answers. Raises :class:`InputError` where none is installed."""
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    if not found:
        raise InputError("the service is not installed", remedy="pip install 'cooldown-kit[serve]'")
    try:
        opened = found[0].load()
    except ImportError as error:
        raise InputError(
            f"the service cannot be loaded: {error}", remedy="pip install 'cooldown-kit[serve]'"
        ) from error
    return cast(LocalService, opened(path, stop=stop, settings=settings))
