"""The service within a program: behind ``Client.local()``, found through the entry point group ``cooldown_kit.local``.

Whoever opens a folder first runs its service, in a thread, on a UNIX socket that only the user may use, with a worker beside it. All
others, also of other processes, use that socket. When the one that runs it ends, in whatever way, the next that asks takes its place.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401 - before this module, see its end
import os
import threading
import time
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from cooldown_api.local.host import Host
from cooldown_api.local.place import Lock, answering
from cooldown_api.settings import Settings
from cooldown_kit.errors import InputError, StorageError

_PATIENCE: Final = 60.0
_LOOK: Final = 0.05


def open_local(path: Path, *, stop: bool, settings: dict[str, Any]) -> LocalHold:
    """A hold on the service of a folder, which answers when this returns.

    Raises :class:`InputError` for settings that cannot be, :class:`StorageError` where the folder cannot be used.
    """
    folder = path.expanduser().absolute()
    made = local_settings(folder, settings)
    with _registry_lock:
        shared = _registry.setdefault(folder, _Shared(folder))
        shared.holds += 1
    hold = LocalHold(shared, made.default_project)
    try:
        shared.ensure(made, drain=stop)
    except BaseException:
        hold.close()
        raise
    return hold


def local_settings(folder: Path, given: dict[str, Any]) -> Settings:
    """Settings of a service for one person: what their recipes may reach is what they may reach."""
    sources = {
        "urls": ["https://*", "http://*", "ssh://*"],
        "private_hosts": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
        "roots": [Path("/")],
        "references": "any",
        **given.get("sources", {}),
    }
    fixed = {"data_dir", "auth"} & given.keys()
    if fixed:
        raise InputError(
            f"`{min(fixed)}` cannot be chosen for a local service",
            remedy="give the folder as `path`; whoever runs it is its only user",
        )
    url = given.get("database_url") or f"sqlite:///{folder / 'cooldown.db'}"
    try:
        return _OfArguments.model_validate(
            {**given, "data_dir": folder, "auth": "none", "database_url": url, "sources": sources}
        )
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(f"settings are wrong: {wrong}", remedy="docs/operators.md explains each") from None


class _OfArguments(Settings):
    """Settings of arguments alone: the environment is that of some other program, perhaps with a server's settings in it."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: Any,
        **named: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, others, named
        return (init_settings,)


class _Shared:
    """The service of one folder, for all clients of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.holds = 0
        self.socket = ""
        self._host: Host | None = None
        self._settings: tuple[Settings, bool] | None = None
        self._lock = threading.Lock()

    def ensure(self, settings: Settings | None = None, *, drain: bool = False) -> None:
        """Have the service answer: it is run here unless another process does."""
        with self._lock:
            if self._settings is None and settings is not None:
                self._settings = settings, drain
            until = time.monotonic() + _PATIENCE
            while self._host is None or not self._host.alive:
                self._let_go()
                if self._take():
                    return
                if (found := answering(self.folder)) is not None:
                    self.socket = found
                    return
                if time.monotonic() > until:
                    raise StorageError(
                        "another process has this folder, and its service does not answer",
                        where=str(self.folder),
                        remedy="end that process, or use another folder",
                    )
                time.sleep(_LOOK)

    def close(self) -> None:
        """Stop what runs here, unless a new client came in the meantime."""
        with self._lock:
            if self.holds == 0:
                self._settings = None
                self._let_go()

    def forget(self) -> None:
        """After a fork: the threads are the parent's."""
        self._host = None
        self._lock = threading.Lock()

    def _take(self) -> bool:
        lock = Lock.take(self.folder)
        if lock is None:
            return False
        assert self._settings is not None
        settings, drain = self._settings
        self._host = Host(settings, lock, drain=drain)
        try:
            self.socket = self._host.start()
        except BaseException:
            self._let_go()
            raise
        return True

    def _let_go(self) -> None:
        if self._host is not None:
            host, self._host = self._host, None
            host.stop()


_registry: dict[Path, _Shared] = {}
"""Nothing is ever taken out: locks of files do not tell threads of one process from each other, the one of ``_Shared`` does."""
_registry_lock = threading.Lock()


class LocalHold:
    """One client's hold. The last one that is closed stops a service that runs here."""

    def __init__(self, shared: _Shared, project: str) -> None:
        self._shared = shared
        self.project: str | None = project
        self._open = True

    @property
    def socket(self) -> str:
        return self._shared.socket

    def transport(self) -> httpx.BaseTransport:
        return _Transport(self._shared)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        return _AsyncTransport(self._shared)

    def close(self) -> None:
        with _registry_lock:
            if not self._open:
                return
            self._open = False
            self._shared.holds -= 1
        self._shared.close()


class _Transport(httpx.BaseTransport):
    """Reaches the service wherever it runs now."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._socket = ""
        self._inner: httpx.HTTPTransport | None = None
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._now().handle_request(request)
        except httpx.ConnectError:
            self._shared.ensure()
            return self._now().handle_request(request)

    def _now(self) -> httpx.HTTPTransport:
        with self._lock:
            if self._inner is None or self._socket != self._shared.socket:
                self._socket = self._shared.socket
                self._inner = httpx.HTTPTransport(uds=self._socket)
            return self._inner

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()


class _AsyncTransport(httpx.AsyncBaseTransport):
    """The same in an event loop, which does not wait while a service is started."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._socket = ""
        self._inner: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._now().handle_async_request(request)
        except httpx.ConnectError:
            await asyncio.to_thread(self._shared.ensure)
            return await self._now().handle_async_request(request)

    def _now(self) -> httpx.AsyncHTTPTransport:
        if self._inner is None or self._socket != self._shared.socket:
            self._socket = self._shared.socket
            self._inner = httpx.AsyncHTTPTransport(uds=self._socket)
        return self._inner

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()


def _close_all() -> None:
    for shared in list(_registry.values()):
        shared.holds = 0
        shared.close()


def _after_fork() -> None:
    global _registry_lock
    _registry_lock = threading.Lock()
    for shared in _registry.values():
        shared.forget()
    _registry.clear()


os.register_at_fork(after_in_child=_after_fork)
# `atexit` comes too late: the pools of threads that the service works with are shut before. Theirs is registered when the module
# is loaded; what is registered last is called first.
threading._register_atexit(_close_all)  # type: ignore[attr-defined]
