"""`cooldown worker`, found by the CLI through the entry point group ``cooldown_kit.commands``."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    slots: Annotated[
        int | None, typer.Option(min=0, max=1024, help="Jobs that may run at once on this machine.")
    ] = None,
    drain: Annotated[
        bool, typer.Option("--drain", help="When stopped, stop the children first and give their jobs back.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="End when the queue holds nothing more for this worker.")
    ] = False,
) -> None:
    """Take jobs from the service's database and run them. Settings come from the environment (`DATABASE_URL`, `COOLDOWN_…`)."""
    from cooldown_kit.errors import InputError

    try:
        from cooldown_api.commands.load_settings import load_settings
        from cooldown_api.worker.main import work
    except ModuleNotFoundError as error:
        raise InputError(
            f"the service is not installed ({error.name} is missing)",
            remedy="pip install 'cooldown-kit[serve]'",
        ) from error

    settings = load_settings()
    if slots is not None:
        worker = settings.worker.model_copy(update={"slots": slots})
        settings = settings.model_copy(update={"worker": worker})
    raise typer.Exit(work(settings, drain=drain, once=once))
