"""``Client`` and ``AsyncClient``: the REST API from Python."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import httpx

from cooldown_kit.client import administration, groups, wire
from cooldown_kit.client.actions import Flow
from cooldown_kit.client.awaiting import AwaitingDriver
from cooldown_kit.client.blocking import BlockingDriver
from cooldown_kit.client.call import CallOptions
from cooldown_kit.client.configuration import Place, configured
from cooldown_kit.client.endpoint import endpoint
from cooldown_kit.client.job_group import AsyncJobs, AsyncPlans, Jobs, Plans
from cooldown_kit.client.local import LocalService, open_local
from cooldown_kit.client.resource import AwaitingCalls, BlockingCalls, Calls, Link

Timeout = float | httpx.Timeout


class BearerKey(httpx.Auth):
    """Adds the key when a request is sent, so that nothing above holds it."""

    def __init__(self, key: str) -> None:
        self.__key = key

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["authorization"] = f"Bearer {self.__key}"
        yield request

    def __repr__(self) -> str:
        return "BearerKey(…)"


class _Service(Calls):
    """What the service says of itself and of the caller."""

    @endpoint
    def me(self) -> Flow[wire.Me]:
        """Who the caller is, and what they may."""
        return self._ask("GET", "/v1/me", wire.Me)

    @endpoint
    def health(self) -> Flow[wire.Health]:
        """Whether the service answers. Needs no key."""
        return self._ask("GET", "/v1/health", wire.Health)

    @endpoint
    def ready(self) -> Flow[wire.Readiness]:
        """Whether it can do its work. Raises :class:`ServerError` where it cannot."""
        return self._ask("GET", "/v1/ready", wire.Readiness)

    @endpoint
    def usage(self, *, month: str | None = None) -> Flow[wire.UsageReport]:
        """What the project has used in a month (``2026-11``; UTC), and what its jobs may still take."""
        return self._ask("GET", "/v1/usage", wire.UsageReport, month=month)


class _Client(_Service):
    """What both clients are made of."""

    _place: Place
    _local: LocalService | None = None

    def _options(
        self, timeout: Timeout, max_retries: int, headers: Mapping[str, str] | None, project: str | None
    ) -> CallOptions:
        found = dict(headers or {})
        if any(name.lower() == "authorization" for name in found):
            raise ValueError("give the key as `api_key`: headers may be shown in logs")
        if project is not None:
            found["x-cooldown-project"] = project
        return CallOptions(headers=found).changed(timeout=timeout, max_retries=max_retries)

    @property
    def base_url(self) -> str:
        """The service's address."""
        return f"unix://{self._place.socket}" if self._place.socket else self._place.url

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"

    def with_options(
        self, *, timeout: Timeout | None = None, max_retries: int | None = None, project: str | None = None
    ) -> Self:
        """The same client, over the same connections, with other options for its calls. Closing it closes nothing."""
        other = copy.copy(self)
        for name in _GROUPS:
            other.__dict__.pop(name, None)
        options = self._link.options.changed(timeout=timeout, max_retries=max_retries)
        if project is not None:
            options = options.with_header("x-cooldown-project", project)
        other._link = Link(self._link.driver, options)
        other._owns = False
        return other

    _owns = True


class Client(_Client, BlockingCalls):
    """The REST API, blocking. Safe for threads; close it, or use it in a ``with``.

    Args:
        base_url: ``https://…``, ``http://…`` or ``unix:///path.sock``. Without, ``COOLDOWN_URL``, then the usual context of
            ``~/.config/cooldown-kit/config.toml``, then ``http://127.0.0.1:8017``.
        api_key: without, ``COOLDOWN_API_KEY``, then where the context says it is. It is in no ``repr``, error or log.
        project: without, ``COOLDOWN_PROJECT``, then the context's, then that of the key.
        context: name of a context; goes before the environment.
        timeout: seconds of each wait for an answer.
        max_retries: how often a call is tried again after 408, 429, 5xx or a broken connection.
        transport: takes the place of httpx's own.
        headers: sent with every call.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        project: str | None = None,
        context: str | None = None,
        timeout: Timeout = 60.0,
        max_retries: int = 2,
        transport: httpx.BaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._place = configured(base_url, api_key, project, context)
        socket = self._place.socket
        if transport is None and socket is not None:
            transport = httpx.HTTPTransport(uds=socket)
        http = httpx.Client(
            base_url=self._place.url,
            auth=BearerKey(self._place.key) if self._place.key else None,
            transport=transport,
            trust_env=self._place.proxied,
        )
        options = self._options(timeout, max_retries, headers, self._place.project)
        super().__init__(Link(BlockingDriver(http), options))

    @classmethod
    def local(cls, path: str | Path = ".cooldown/service", *, stop: bool = False, **settings: Any) -> Client:
        """The same surface without a server of your own: the service runs in this process, its worker beside it.

        Args:
            path: where it keeps everything. Clients of one path share one service, also from several processes.
            stop: when the last client is closed, ask running jobs to save a checkpoint and to stop. Otherwise they go on, and the
                next local service (or ``cooldown serve``) on that path takes them over.
            settings: of the service, as ``cooldown_api.settings.Settings`` names them.

        Raises :class:`InputError` where the service is not installed.
        """
        service = open_local(Path(path), stop=stop, settings=settings)
        try:
            client = cls(f"unix://{service.socket}", transport=service.transport(), project=service.project)
        except BaseException:
            service.close()
            raise
        client._local = service
        return client

    def close(self) -> None:
        """Close its connections; a local service goes with its last client."""
        if self._owns:
            self._driver.close()
            if self._local is not None:
                self._local.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self._link)

    @cached_property
    def plans(self) -> Plans:
        return Plans(self._link)

    @cached_property
    def datasets(self) -> groups.Datasets:
        return groups.Datasets(self._link)

    @cached_property
    def studies(self) -> groups.Studies:
        return groups.Studies(self._link)

    @cached_property
    def keys(self) -> administration.Keys:
        return administration.Keys(self._link)

    @cached_property
    def webhooks(self) -> administration.Webhooks:
        return administration.Webhooks(self._link)

    @cached_property
    def audit(self) -> administration.Audit:
        return administration.Audit(self._link)

    @cached_property
    def projects(self) -> administration.Projects:
        return administration.Projects(self._link)

    @cached_property
    def workers(self) -> administration.Workers:
        return administration.Workers(self._link)


class AsyncClient(_Client, AwaitingCalls):
    """The REST API, awaited: the calls of :class:`Client` as coroutines and asynchronous iterators, for one event loop.

    Its arguments are those of :class:`Client`; ``transport`` is one of ``httpx.AsyncClient``.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        project: str | None = None,
        context: str | None = None,
        timeout: Timeout = 60.0,
        max_retries: int = 2,
        transport: httpx.AsyncBaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._place = configured(base_url, api_key, project, context)
        socket = self._place.socket
        if transport is None and socket is not None:
            transport = httpx.AsyncHTTPTransport(uds=socket)
        http = httpx.AsyncClient(
            base_url=self._place.url,
            auth=BearerKey(self._place.key) if self._place.key else None,
            transport=transport,
            trust_env=self._place.proxied,
        )
        options = self._options(timeout, max_retries, headers, self._place.project)
        super().__init__(Link(AwaitingDriver(http), options))

    @classmethod
    def local(
        cls, path: str | Path = ".cooldown/service", *, stop: bool = False, **settings: Any
    ) -> AsyncClient:
        """As :meth:`Client.local`. The service has a thread and a loop of its own; this one waits until it answers."""
        service = open_local(Path(path), stop=stop, settings=settings)
        try:
            client = cls(
                f"unix://{service.socket}", transport=service.async_transport(), project=service.project
            )
        except BaseException:
            service.close()
            raise
        client._local = service
        return client

    async def close(self) -> None:
        """Close its connections; a local service goes with its last client."""
        if self._owns:
            await self._driver.close()
            if self._local is not None:
                await asyncio.to_thread(self._local.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @cached_property
    def jobs(self) -> AsyncJobs:
        return AsyncJobs(self._link)

    @cached_property
    def plans(self) -> AsyncPlans:
        return AsyncPlans(self._link)

    @cached_property
    def datasets(self) -> groups.AsyncDatasets:
        return groups.AsyncDatasets(self._link)

    @cached_property
    def studies(self) -> groups.AsyncStudies:
        return groups.AsyncStudies(self._link)

    @cached_property
    def keys(self) -> administration.AsyncKeys:
        return administration.AsyncKeys(self._link)

    @cached_property
    def webhooks(self) -> administration.AsyncWebhooks:
        return administration.AsyncWebhooks(self._link)

    @cached_property
    def audit(self) -> administration.AsyncAudit:
        return administration.AsyncAudit(self._link)

    @cached_property
    def projects(self) -> administration.AsyncProjects:
        return administration.AsyncProjects(self._link)

    @cached_property
    def workers(self) -> administration.AsyncWorkers:
        return administration.AsyncWorkers(self._link)


_GROUPS = ("jobs", "plans", "datasets", "studies", "keys", "webhooks", "audit", "projects", "workers")
