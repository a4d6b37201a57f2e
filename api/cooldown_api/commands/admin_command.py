"""`cooldown db`, `cooldown keys` and `cooldown config`: what an operator does beside the running service."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cooldown_api.service import Service

db = typer.Typer(help="The service's database.", no_args_is_help=True, rich_markup_mode=None)
keys = typer.Typer(help="API keys of the service.", no_args_is_help=True, rich_markup_mode=None)
config = typer.Typer(help="Settings of the service.", no_args_is_help=True, rich_markup_mode=None)


_LONGEST_AGE = 100 * 365 * 86400
"""Seconds: no job is older."""


class RoleName(StrEnum):
    """What a key may do in its project."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


@db.command("upgrade")
def upgrade_database() -> None:
    """Bring the schema up to date. Make a backup first."""
    from cooldown_api.commands.load_settings import load_settings
    from cooldown_api.database.engine import Database
    from cooldown_api.database.migrate import newest, prepare_database

    settings = load_settings()
    database = Database(settings.url)
    try:
        prepare_database(database, settings.model_copy(update={"migrate": True}))
    finally:
        database.close()
    typer.echo(newest())


@db.command("current")
def current_schema() -> None:
    """Print the database's schema, and which one this version needs."""
    from sqlalchemy.exc import SQLAlchemyError

    from cooldown_api.commands.load_settings import load_settings
    from cooldown_api.database.engine import Database
    from cooldown_api.database.migrate import current, newest
    from cooldown_kit.errors import StorageError

    database = Database(load_settings().url)
    try:
        found = current(database)
    except SQLAlchemyError as error:
        raise StorageError(
            f"the database does not answer: {type(error).__name__}",
            where=database.url.render_as_string(hide_password=True),
            remedy="start it, or set DATABASE_URL to where it is",
        ) from None
    finally:
        database.close()
    typer.echo(f"{found or 'nothing'} (needed: {newest()})")


@db.command("prune")
def prune_details(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="90d", help="Of jobs that ended longer ago.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be removed.")] = False,
) -> None:
    """Remove events, metrics and log lines of jobs that ended long ago, as COOLDOWN_RETENTION__DETAILS_DAYS does every hour.

    Prints how many rows went, by table, and of how many jobs. The service may run meanwhile.
    """
    from cooldown_api.retention.sweep import prune, would_prune

    age = _age(older_than)
    service = _open()
    try:
        if dry_run:
            removed = would_prune(service.database, age)
        else:
            removed = prune(service.database, age, actor="local", user=_user())
    finally:
        service.close()
    for name in ("jobs", "events", "metrics", "log_chunks"):
        typer.echo(f"{name}\t{removed[name]}")


@keys.command("create")
def create(
    name: Annotated[str, typer.Option(help="What it is for.")] = "made by `cooldown keys create`",
    project: Annotated[str | None, typer.Option(help="By default the service's default project.")] = None,
    role: Annotated[RoleName, typer.Option(help="What it may do there.")] = RoleName.ADMIN,
    platform: Annotated[
        bool, typer.Option("--platform", help="For all projects; with the role `admin`: to administer them.")
    ] = False,
    days: Annotated[
        int | None, typer.Option(min=1, max=36500, help="Valid for so long; else for ever.")
    ] = None,
) -> None:
    """Make a key, and print it: it is shown this once."""
    from cooldown_api.auth.keys import create_key

    service = _open()
    try:
        with service.database.write(project := _project(service, project)) as session:
            now = service.database.now(session)
            made = create_key(
                session,
                project=project,
                name=name,
                role=role.value,
                platform=platform,
                expires_at=now + timedelta(days=days) if days else None,
                created_by="local",
                now=now,
            )
            _audit(session, project, "key.create", made.row.id, now)
    finally:
        service.close()
    typer.echo(made.secret)


@keys.command("list")
def list_keys(
    project: Annotated[str | None, typer.Option(help="By default the service's default project.")] = None,
) -> None:
    """Print the keys of a project: id, beginning, role, name, and whether it is still valid."""
    from sqlalchemy import select

    from cooldown_api.auth.keys import is_valid
    from cooldown_api.database.tables import ApiKey

    service = _open()
    try:
        with service.database.read(_project(service, project)) as session:
            now = service.database.now(session)
            for row in session.scalars(select(ApiKey).order_by(ApiKey.id)):
                role = f"{row.role}{' (platform)' if row.platform else ''}"
                state = "valid" if is_valid(row, now) else "not valid"
                typer.echo(f"{row.id}\tck_{row.prefix}…\t{role}\t{state}\t{row.name}")
    finally:
        service.close()


@keys.command("revoke")
def revoke(id: Annotated[str, typer.Argument(help="Its id: `key_…`.")]) -> None:
    """Make a key invalid for ever. The running service refuses it within seconds."""
    from cooldown_api.database.scoping import ALL_PROJECTS
    from cooldown_api.database.tables import ApiKey
    from cooldown_kit.errors import InputError

    service = _open()
    try:
        with service.database.write(ALL_PROJECTS) as session:
            row = session.get(ApiKey, id)
            if row is None:
                raise InputError("there is no such key", where=id, remedy="see `cooldown keys list`")
            now = service.database.now(session)
            if row.revoked_at is None:
                row.revoked_at = now
                _audit(session, row.project_id, "key.revoke", id, now)
    finally:
        service.close()


@config.command("show")
def show() -> None:
    """Print every setting with its value, as the service would see it here. Secrets are masked."""
    from cooldown_api.commands.load_settings import load_settings
    from cooldown_api.commands.shown_settings import shown_settings

    for name, value in shown_settings(load_settings()):
        typer.echo(f"{name}={value}")


def _open() -> Service:
    from cooldown_api.commands.load_settings import load_settings
    from cooldown_api.service import Service

    return Service.open(load_settings())


def _project(service: Service, asked: str | None) -> str:
    from cooldown_api.database.scoping import ALL_PROJECTS
    from cooldown_api.database.tables import Project
    from cooldown_kit.errors import InputError

    name = asked or service.settings.default_project
    with service.database.read(ALL_PROJECTS) as session:
        if session.get(Project, name) is None:
            raise InputError(
                "there is no such project",
                where=f"--project {name}",
                remedy="make it with `POST /v1/projects`",
            )
    return name


def _age(written: str) -> timedelta:
    """Of ``90d`` or ``36h``; a number alone could be meant as days or as seconds, and what is removed does not come back."""
    from cooldown_kit.client.durations import seconds_of
    from cooldown_kit.errors import InputError, RecipeError

    try:
        if written.strip()[-1:].isdigit():
            raise RecipeError("no unit")
        return timedelta(seconds=min(seconds_of(written), _LONGEST_AGE))
    except RecipeError:
        raise InputError(
            f"{written!r} is no duration with a unit",
            where="--older-than",
            remedy="write for example 90d or 36h",
        ) from None


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"


def _audit(session: Session, project: str, action: str, target: str, now: datetime) -> None:
    from cooldown_api.audit import record

    about = {"user": _user()}
    record(session, project=project, actor="local", action=action, target=target, now=now, detail=about)
