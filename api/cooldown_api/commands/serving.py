"""What `cooldown serve` does: settings for where it listens, a socket, the server, and what runs beside it."""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import stat
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

import uvicorn

from cooldown_api.app import create_app
from cooldown_api.auth.origin import is_loopback
from cooldown_api.commands.load_settings import load_settings
from cooldown_api.commands.way_in import has_way_in
from cooldown_api.observe.logs import configure_logs
from cooldown_api.retention.sweeper import Sweeper
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from cooldown_api.webhooks.dispatcher import Dispatcher
from cooldown_api.worker.embedded import EmbeddedWorker
from cooldown_kit.errors import InputError

_log = logging.getLogger("cooldown.serve")
_BACKLOG: Final = 2048
_FIRST_KEY: Final = "cooldown keys create --role admin --platform"


def serve(
    *, host: str, port: int, uds: Path | None, auth: str | None, data_dir: Path | None, worker: bool
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises :class:`InputError` for what must not or cannot be served, :class:`StorageError` where the database cannot be had.
    """
    settings = serve_settings(host=host, uds=uds, auth=auth, data_dir=data_dir)
    interactive = sys.stderr.isatty() and "log_format" not in settings.model_fields_set
    configure_logs("text" if interactive else settings.log_format)
    with ExitStack() as stack:
        listener, address = stack.enter_context(listening(host, port, uds))
        service = Service.open(settings)
        stack.callback(service.close)
        if worker and settings.worker.slots:
            embedded = EmbeddedWorker(settings)
            embedded.start()
            stack.callback(embedded.stop)
        dispatcher = Dispatcher(service.database, settings)
        dispatcher.start()
        stack.callback(dispatcher.stop)
        sweeper = Sweeper(service.database, settings)
        sweeper.start()
        stack.callback(sweeper.stop)
        server = _Server(_config(settings, service), service, lambda: _announce(service, address))
        server.run(sockets=[listener])
        if not server.started:
            raise InputError("the server could not start", remedy="its log says why")


def serve_settings(
    *,
    host: str,
    uds: Path | None = None,
    auth: str | None = None,
    data_dir: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings for where it listens. On loopback without authentication recipes may name what is below the current folder, models
    of installed packages, and the environment: whoever can ask can read these anyway.

    Raises :class:`InputError` where everybody on a network would be the administrator.
    """
    environment = os.environ if environment is None else environment
    private = uds is not None or is_loopback(host)
    settings = load_settings(environment, auth=auth, data_dir=data_dir)
    if private and "auth" not in settings.model_fields_set:
        settings = settings.model_copy(update={"auth": "none"})
    if settings.auth == "required":
        return settings
    if not private:
        raise InputError(
            f"refuses to bind beyond loopback without auth: whoever reaches {host} would be the administrator",
            where=f"--host {host}",
            remedy=f"leave out `--auth none` (COOLDOWN_AUTH), and make a key: {_FIRST_KEY}",
        )
    given = settings.sources.model_fields_set
    open_sources: dict[str, Any] = {}
    if "roots" not in given:
        # models that packages carry lie there (`package:NAME/FILE.gguf`)
        open_sources["roots"] = [Path.cwd(), Path(sysconfig.get_path("purelib"))]
    if "references" not in given:
        open_sources["references"] = "any"
    return settings.model_copy(update={"sources": settings.sources.model_copy(update=open_sources)})


class _Server(uvicorn.Server):
    """Ends event streams at the first signal: otherwise uvicorn waits for them, and they for events."""

    def __init__(self, config: uvicorn.Config, service: Service, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._service = service
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._service.hub.close()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was obeyed is not raised again afterwards: the process ends with status 0."""
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _config(settings: Settings, service: Service) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings, service),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
    )


@contextmanager
def listening(host: str, port: int, uds: Path | None) -> Iterator[tuple[socket.socket, str]]:
    """A socket and the address to tell people."""
    if uds is not None:
        listener = _unix_socket(uds)
        try:
            yield listener, f"unix:{uds}"
        finally:
            listener.close()
            uds.unlink(missing_ok=True)
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InputError(
            f"cannot listen: {error.strerror}",
            where=f"{host}:{port}",
            remedy="choose another --port, or stop what listens there",
        ) from None
    # asyncio does so only for sockets that it opens itself; else an answer in two pieces waits 40 ms for the peer's acknowledgement
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    shown = f"[{host}]" if ":" in host else host
    with listener:
        yield listener, f"http://{shown}:{listener.getsockname()[1]}"


def _unix_socket(path: Path) -> socket.socket:
    """A socket that only its owner may connect to, from its first moment on."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise InputError(
                "there is a file in the socket's place", where=str(path), remedy="choose another --uds"
            )
        _remove_dead(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise InputError(
            f"cannot listen: {error.strerror or error}", where=str(path), remedy="choose another --uds"
        ) from None
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    return listener


def _remove_dead(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise InputError(
        "a server listens there already", where=str(path), remedy="stop it, or choose another --uds"
    )


def _announce(service: Service, address: str) -> None:
    settings = service.settings
    extra = {"address": address, "auth": settings.auth, "data_dir": str(settings.data_dir.absolute())}
    if settings.auth == "none":
        _log.info(
            "serving on %s without authentication: whoever can connect is the administrator",
            address,
            extra=extra,
        )
    else:
        _log.info("serving on %s, for callers with a key or token", address, extra=extra)
        if not has_way_in(service):
            _log.warning("nobody can sign in yet; make the first key: %s", _FIRST_KEY)
    if address.startswith("http"):
        _log.info("the dashboard is at %s/", address)
