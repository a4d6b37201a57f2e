"""A job, bound to the client that knows it: its fields are those of the REST API, its methods ask the service."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, PrivateAttr

from cooldown_kit.client import wire
from cooldown_kit.client.actions import Flow
from cooldown_kit.client.awaiting import AwaitingDriver
from cooldown_kit.client.blocking import BlockingDriver
from cooldown_kit.client.durations import seconds_of
from cooldown_kit.client.endpoint import (
    Awaiting,
    Blocking,
    Listing,
    endpoint,
    job_endpoint,
    listing,
)
from cooldown_kit.client.following import follow
from cooldown_kit.client.job_calls import (
    ask_job,
    ask_part,
    download_artefacts,
    lines_of,
    list_part,
    metrics_of,
    report_of,
)
from cooldown_kit.client.metrics import MetricSeries
from cooldown_kit.client.resource import Link
from cooldown_kit.client.states import State
from cooldown_kit.client.waiting import judged, wait_for
from cooldown_kit.client.wire.words import LATER_WORDS


class _JobHandle(wire.Job):
    """What both kinds of handles share."""

    model_config = ConfigDict(ignored_types=(endpoint, listing, job_endpoint))

    recipe: dict[str, Any] | None = None
    """With every option; lists of jobs leave it out, ``refresh()`` fetches it."""
    attempts: list[wire.Attempt] | None = None
    """Its tries; as ``recipe``."""
    _link: Link = PrivateAttr()

    @classmethod
    def bind(cls, link: Link, job: wire.Job) -> Self:
        handle = cls.model_validate(job.model_dump(warnings=False), context=LATER_WORDS)
        handle._link = link
        return handle

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.name!r} {self.state}>"

    __str__ = __repr__

    @property
    def succeeded(self) -> bool:
        return self.state == State.SUCCEEDED

    def _take(self, job: wire.Job) -> Self:
        """Become what the service says now."""
        newer = type(self).bind(self._link, job)
        self.__dict__.update(newer.__dict__)
        self.__pydantic_extra__ = newer.__pydantic_extra__
        self.__pydantic_fields_set__.update(newer.__pydantic_fields_set__)
        return self

    @job_endpoint
    def refresh(self) -> Flow[Any]:
        """Ask how it stands now; changes this object and returns it."""
        return self._take((yield from ask_job(self._link.options, self.id)))

    @job_endpoint
    def wait(
        self,
        timeout: float | None = None,
        *,
        poll: float | None = None,
        on_event: Callable[[wire.Event], Any] | None = None,
    ) -> Flow[Any]:
        """Wait until it has succeeded; restarts of the service are waited through.

        Args:
            timeout: seconds; without, however long it takes.
            poll: seconds between two questions; without, half a second, growing to ten.
            on_event: called with every event since the job began, as it happens; then nothing is polled.

        Returns this object. Raises :class:`JobFailed`, :class:`JobCancelled`, or :class:`WaitTimeout` while the job goes on.
        """
        found = yield from wait_for(
            self.id, self._link.options, timeout=timeout, poll=poll, on_event=on_event
        )
        self._take(found)
        judged(self)
        return self

    @listing
    def stream(self, types: Collection[str] | None = None, *, after: int = 0) -> Listing[wire.Event]:
        """Events as they happen, each once, until the job has ended; broken connections are taken up again.

        Args:
            types: of :attr:`Event.type`, such as ``{"state", "metric"}``; without, all.
            after: number of the last event that you have seen; 0 begins with the first.
        """
        return Listing(follow(self.id, self._link.options, types=types, after=after))

    @endpoint
    def queue(self) -> Flow[wire.QueuePlace]:
        """What it waits for, and who holds that."""
        return ask_part(self._link.options, self.id, "queue", wire.QueuePlace)

    @endpoint
    def lineage(self) -> Flow[wire.Lineage]:
        """From repositories at their revisions to the model."""
        return ask_part(self._link.options, self.id, "lineage", wire.Lineage)

    @endpoint
    def metrics(
        self, *, resolution: int | None = None, step_from: int | None = None, step_to: int | None = None
    ) -> Flow[MetricSeries]:
        """Its metrics, as a list of points.

        Args:
            resolution: the most points; steps are averaged where there are more.
            step_from, step_to: of training, both included.
        """
        return metrics_of(self._link.options, self.id, resolution, step_from, step_to)

    @listing
    def events(
        self, *, types: Collection[str] | None = None, limit: int | None = None
    ) -> Listing[wire.Event]:
        """Events so far, oldest first; :meth:`stream` goes on with those that come."""
        query = {"types": sorted(types)} if types is not None else {}
        return list_part(self._link.options, self.id, "events", wire.Event, query, limit)

    @listing
    def logs(
        self, *, follow: bool = False, tail: int | None = None, attempt: int | None = None
    ) -> Listing[wire.LogLine]:
        """Lines of its log, oldest first.

        Args:
            follow: go on with new ones until the job has ended.
            tail: begin with the last so many lines.
            attempt: of this try only.
        """
        return lines_of(self._link.options, self.id, follow=follow, tail=tail, attempt=attempt)

    @listing
    def checkpoints(self) -> Listing[wire.Checkpoint]:
        """Newest first."""
        return list_part(self._link.options, self.id, "checkpoints", wire.Checkpoint)

    @listing
    def artefacts(self) -> Listing[wire.Artefact]:
        """The files that came out."""
        return list_part(self._link.options, self.id, "artefacts", wire.Artefact)

    @endpoint
    def report(self, path: str | Path | None = None) -> Flow[str]:
        """The report, one HTML page; also written to ``path``, where one is given."""
        return report_of(self._link.options, self.id, path)

    @endpoint
    def download(self, path: str | Path, *, names: Iterable[str] | None = None) -> Flow[list[Path]]:
        """Its artefacts into the folder ``path``; returns the files.

        Each is checked against its digest before it gets its name. What is there whole is not fetched again, what was cut is continued.

        Args:
            names: only these; ``adapter/*`` means all of a folder.
        """
        return download_artefacts(self._link.options, self.id, Path(path), names)

    @job_endpoint
    def cancel(self) -> Flow[Any]:
        """Ask for its end; a checkpoint is saved. ``wait()`` tells when it is so."""
        return self._take((yield from ask_job(self._link.options, self.id, "cancel")))

    @job_endpoint
    def pause(self) -> Flow[Any]:
        """Ask it to save a checkpoint and to give its GPU back."""
        return self._take((yield from ask_job(self._link.options, self.id, "pause")))

    @job_endpoint
    def resume(self) -> Flow[Any]:
        """Queue it again; it goes on from its checkpoint."""
        return self._take((yield from ask_job(self._link.options, self.id, "resume")))

    @job_endpoint
    def rerun(
        self,
        *,
        priority: int | None = None,
        gpus: int | None = None,
        max_duration: float | timedelta | str | None = None,
    ) -> Flow[Any]:
        """The same once more, as a new job, which is returned; what is given differs. It goes on from what is done."""
        seconds = None if max_duration is None else seconds_of(max_duration)
        changes = {"priority": priority, "gpus": gpus, "max_duration_seconds": seconds}
        body = {name: value for name, value in changes.items() if value is not None}
        found = yield from ask_job(self._link.options, self.id, "rerun", body)
        return type(self).bind(self._link, found)


class Job(_JobHandle, Blocking):
    """A job of the blocking client."""

    @property
    def _driver(self) -> BlockingDriver:
        assert isinstance(self._link.driver, BlockingDriver)
        return self._link.driver


class AsyncJob(_JobHandle, Awaiting):
    """A job of the awaiting client: its methods are awaited, its iterators iterated with ``async for``."""

    @property
    def _driver(self) -> AwaitingDriver:
        assert isinstance(self._link.driver, AwaitingDriver)
        return self._link.driver
