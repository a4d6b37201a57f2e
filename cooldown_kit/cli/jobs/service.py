"""The options that say which service is asked, declared once for all commands, and what becomes of errors."""

from __future__ import annotations

import functools
import inspect
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, Final, ParamSpec, get_type_hints

import typer

from cooldown_kit.errors import CooldownError, InputError

if TYPE_CHECKING:
    from cooldown_kit.client.client import Client
    from cooldown_kit.client.job import Job

P = ParamSpec("P")

Url = Annotated[
    str | None,
    typer.Option("--url", help="Address of the service; else COOLDOWN_URL, then the usual context."),
]
KeyVariable = Annotated[
    str | None,
    typer.Option(
        "--api-key-env", metavar="NAME", help="Environment variable with the API key; else COOLDOWN_API_KEY."
    ),
]
Context = Annotated[
    str | None, typer.Option("--context", help="A context of ~/.config/cooldown-kit/config.toml.")
]
Project = Annotated[str | None, typer.Option("--project", help="Project to act in; else that of the key.")]
Local = Annotated[
    bool, typer.Option("--local", help="No server: run the service in this process, in .cooldown/service.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs; errors as JSON too.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Id of the job, or `latest`.")]

DETACHED: Final = -130
"""Exit status 130 of a command that has said itself what an interrupt meant."""


@dataclass(frozen=True)
class Service:
    """What a command gets in place of the options."""

    client: Client
    as_json: bool
    local: bool

    def job(self, id: str) -> Job:
        """The job that an argument means. Raises :class:`NotFound`."""
        if id in ("", ".", ".."):
            raise InputError(f"{id!r} is no id of a job", remedy="give an id, or `latest`")
        if id != "latest":
            return self.client.jobs.get(id)
        from cooldown_kit.client.errors import NotFound

        for newest in self.client.jobs.list(limit=1):
            return newest.refresh()
        raise NotFound(
            404, "there is no job in this project yet", code="not-found", remedy="cooldown jobs submit RECIPE"
        )

    def print(self, thing: Any) -> None:
        """A model as one line of JSON."""
        typer.echo(thing.model_dump_json())


class Detached(CooldownError):
    """The watcher went away; the job did not notice."""

    exit_code = DETACHED


def on_service(command: Callable[Concatenate[Service, P], None]) -> Callable[..., None]:
    """Gives a command the options of :func:`_options`, and calls it with the service that they name."""

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        common = {name: given.pop(name) for name in _COMMON}
        with told(as_json=common["as_json"]), opened(**common) as service:
            command(service, **given)  # type: ignore[call-arg]

    hints = get_type_hints(command, include_extras=True)
    own = [
        p.replace(annotation=hints[p.name]) for p in list(inspect.signature(command).parameters.values())[1:]
    ]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *_COMMON.values())]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapped


def _options(
    url: Url = None,
    key_variable: KeyVariable = None,
    context: Context = None,
    project: Project = None,
    local: Local = False,
    as_json: AsJson = False,
) -> None:
    """Declares them."""


_COMMON: Final = {
    name: parameter.replace(annotation=hint)
    for (name, parameter), hint in zip(
        inspect.signature(_options).parameters.items(),
        get_type_hints(_options, include_extras=True).values(),
        strict=False,
    )
}


@contextmanager
def opened(
    url: str | None,
    key_variable: str | None,
    context: str | None,
    project: str | None,
    local: bool,
    as_json: bool,
) -> Iterator[Service]:
    """The service. Raises :class:`InputError` for options that contradict each other."""
    from cooldown_kit.client.client import Client

    if local and (url or context or key_variable):
        raise InputError(
            "`--local` needs no address and no key", remedy="leave out --url, --context and --api-key-env"
        )
    key = None
    if key_variable is not None:
        key = os.environ.get(key_variable)
        if not key:
            raise InputError(
                f"the environment variable {key_variable} is not set",
                where="--api-key-env",
                remedy="set it to the API key",
            )
    client = Client.local() if local else Client(url, key, project=project, context=context)
    with client:
        yield Service(client, as_json, local)


@contextmanager
def told(*, as_json: bool) -> Iterator[None]:
    """With ``--json`` an error is one JSON object on standard error; the status is the same."""
    try:
        yield
    except CooldownError as error:
        if not as_json:
            raise
        typer.echo(json.dumps({"error": _as_json(error)}), err=True)
        raise typer.Exit(error.exit_code) from None


def _as_json(error: CooldownError) -> dict[str, Any]:
    from cooldown_kit.client.errors import ApiError

    if isinstance(error, ApiError):
        return error.to_json()
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__)
    return {"code": name.strip("_"), "message": error.what, "where": error.where, "remedy": error.remedy}
