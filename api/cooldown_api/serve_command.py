"""`cooldown serve`, found by the CLI through the entry point group ``cooldown_kit.commands``."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import typer


def command(
    host: Annotated[str, typer.Option(help="Loopback address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8017,
) -> None:
    """Serve the REST API: check recipes and list options over HTTP. Listens on loopback only: it has no authentication."""
    from cooldown_kit.errors import InputError

    if not _is_loopback(host):
        raise InputError(
            f"{host} is not a loopback address, and the API has no authentication",
            where="--host",
            remedy="use 127.0.0.1, and put a proxy that authenticates in front of it",
        )
    try:
        import uvicorn
    except ImportError as error:
        raise InputError("the server is not installed", remedy="pip install 'cooldown-kit[serve]'") from error

    from cooldown_api.app import create_app

    uvicorn.run(create_app(), host=host, port=port, log_level="info")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
