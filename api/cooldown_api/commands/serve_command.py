"""`cooldown serve`: API, dashboard and one worker, found by the CLI through the entry point group ``cooldown_kit.commands``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class AuthName(StrEnum):
    """Who may ask."""

    REQUIRED = "required"
    NONE = "none"


def command(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8017,
    uds: Annotated[
        Path | None, typer.Option(help="Listen on a UNIX socket instead, which only you may use.")
    ] = None,
    auth: Annotated[
        AuthName | None,
        typer.Option(
            help="`none` only on loopback or a UNIX socket, where it is the default; else `required`."
        ),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Workspaces, attempts, files and the SQLite database.")
    ] = None,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run jobs too, in a worker beside the API.")
    ] = True,
) -> None:
    """Serve the REST API and the dashboard, and run jobs. Everything else is set by environment variables: `cooldown config show`."""
    from cooldown_kit.errors import InputError

    try:
        from cooldown_api.commands.serving import serve
    except ModuleNotFoundError as error:
        raise InputError(
            f"the server is not installed ({error.name} is missing)",
            remedy="pip install 'cooldown-kit[serve]'",
        ) from error
    serve(
        host=host,
        port=port,
        uds=uds,
        auth=auth.value if auth else None,
        data_dir=data_dir,
        worker=worker,
    )
