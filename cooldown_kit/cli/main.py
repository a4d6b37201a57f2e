"""`cooldown`: thin; every command calls one function that the SDK also exposes.

Exit status: 0 done, 1 failed, 2 the recipe or an input is wrong, 4 the workspace cannot be written, 75 stopped on request
(run again to continue), 130 interrupted. `cooldown jobs` adds: 3 not found, 5 the service refused a value, 6 the job failed,
7 it was cancelled, 8 the time to wait is over, 9 conflict or quota, 77 not signed in or not allowed. A number means one thing only.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from types import FrameType
from typing import Annotated

import typer

from cooldown_kit import __version__
from cooldown_kit.cli import jobs
from cooldown_kit.cli.jobs.service import DETACHED
from cooldown_kit.cli.jobs.text import plain

app = typer.Typer(
    name="cooldown",
    help="Cool a language model down on your own code, commits and text, and prove what changed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_COMMANDS = ("init", "harvest", "plan", "run", "inspect", "trace", "connectors", "options", "clean")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cooldown-kit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    del version


for _name in _COMMANDS:
    _module = import_module(f"cooldown_kit.cli.{_name}_command")
    app.command(_name)(_module.command)
app.add_typer(jobs.app, name="jobs")
for _point in sorted(entry_points(group="cooldown_kit.commands"), key=lambda point: point.name):
    _loaded = _point.load()
    if isinstance(_loaded, typer.Typer):
        app.add_typer(_loaded, name=_point.name)
    else:
        app.command(_point.name)(_loaded)


def main(arguments: list[str] | None = None) -> None:
    """Run the CLI and end the process with its exit status."""
    status = call(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: an interrupt now could only spoil the status
    # An interrupt inside exec("…") (dataclasses are made so) leaves a mark in CPython that ends the process by the signal, although
    # the interrupt was handled; running any text takes the mark away.
    exec("")  # noqa: S102
    sys.exit(status)


def call(arguments: list[str] | None = None) -> int:
    """Run the CLI; returns the exit status."""
    with _interrupts() as interrupted:
        try:
            status = _call(arguments)
        except BaseException:
            if not interrupted.is_set():
                raise
            status = 130
    if status == DETACHED:
        return 130
    if status == 130 or (status and interrupted.is_set()):
        typer.echo(
            "interrupted: nothing half-written was kept; run the same command again to continue", err=True
        )
        return 130
    return status


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Remembers a Ctrl-C: libraries turn a KeyboardInterrupt into errors of their own, for example in the middle of an import."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return

    def remember(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _call(arguments: list[str] | None) -> int:
    from typer.exceptions import TyperException

    from cooldown_kit.errors import CooldownError

    try:
        return int(app(arguments, standalone_mode=False) or 0)
    except CooldownError as error:
        text = "\n".join(
            map(plain, str(error).split("\n"))
        )  # it may repeat what a repository or a service says
        typer.echo(text if error.exit_code in (75, DETACHED) else f"error: {text}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except TyperException as error:  # an unknown command, flag or value
        error.show()  # type: ignore[attr-defined]
        return int(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader (`| head`) went away: nobody is left to tell
        return 0
