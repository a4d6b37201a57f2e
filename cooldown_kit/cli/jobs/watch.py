"""`cooldown jobs watch`: a job live. Ctrl-C detaches, and never cancels."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from cooldown_kit.cli.jobs import text
from cooldown_kit.cli.jobs.service import Detached, JobId, Service, on_service
from cooldown_kit.errors import CooldownError

if TYPE_CHECKING:
    from cooldown_kit.cli.jobs.view import LiveView, TextView
    from cooldown_kit.client.job import Job
    from cooldown_kit.client.wire import Event

Timeout = Annotated[
    str | None,
    typer.Option("--timeout", metavar="2h", help="Go away after so long, with status 8; the job goes on."),
]


@on_service
def command(service: Service, job: JobId, timeout: Timeout = None) -> None:
    """Watch a job until it has ended; the exit status says how. Ctrl-C detaches: the job goes on."""
    from cooldown_kit.client.durations import seconds_of

    watch(service, service.job(job), None if timeout is None else seconds_of(timeout))


def watch(service: Service, job: Job, timeout: float | None) -> None:
    """Raises :class:`JobFailed`, :class:`JobCancelled`, :class:`WaitTimeout`, or :class:`Detached` for Ctrl-C."""
    try:
        with _view(service, job) as view:
            _say_what_it_waits_for(view, job)
            if (removed := text.removed(job)) is not None:
                view.say(removed)
            job.wait(timeout, on_event=view.take)
    except KeyboardInterrupt:
        again = f"cooldown jobs watch {job.id}" + (" --local" if service.local else "")
        raise Detached("detached; the job goes on", remedy=f"watch it again with `{again}`") from None
    finally:
        if service.as_json and job.ended:
            service.print(job)
    if not service.as_json:
        typer.echo(f"{job.id} {job.state}")
        for line in text.evidence(job):
            typer.echo(line)


class _JsonView:
    """Every event as a line of JSON; the last line is the job."""

    def take(self, event: Event) -> None:
        typer.echo(event.model_dump_json())
        sys.stdout.flush()

    def say(self, line: str) -> None:
        """Nothing: a program reads."""

    def __enter__(self) -> _JsonView:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def _view(service: Service, job: Job) -> AbstractContextManager[_JsonView | TextView | LiveView]:
    if service.as_json:
        return _JsonView()
    from cooldown_kit.cli.jobs.view import LiveView, TextView

    return LiveView(job) if sys.stderr.isatty() else TextView(job)


def _say_what_it_waits_for(view: _JsonView | TextView | LiveView, job: Job) -> None:
    if job.state != "queued" or isinstance(view, _JsonView):
        return
    with suppress(CooldownError):  # it is only said where it is known
        for wait in job.queue().waits_for:
            view.say(f"waits for {wait.kind.replace('_', ' ')}: {text.plain(wait.detail)}")
