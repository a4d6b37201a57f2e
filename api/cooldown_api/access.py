"""What a route may ask for: the service, the caller with a role, and short sessions of the caller's project.

A route never opens a session itself without a scope, and a stream never holds one: ``access.read()`` and ``access.write()`` are
blocks of milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from cooldown_api.audit import record
from cooldown_api.auth.authenticate import authenticate
from cooldown_api.auth.principal import Principal
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.http.known_query import check_query
from cooldown_api.jobs.standing import Standing, find_standing
from cooldown_api.problems import ProblemError
from cooldown_api.service import Service
from cooldown_kit.client.wire import Role


@dataclass(frozen=True)
class Access:
    """One request's caller, and the doors that are open to them."""

    service: Service
    principal: Principal
    request: Request

    @property
    def project(self) -> str:
        return self.principal.project

    @property
    def request_id(self) -> str | None:
        """As in the `x-request-id` header."""
        return getattr(self.request.state, "request_id", None)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.service.database.read(self.project) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Committed at the end of the block. Whatever it changed of jobs is told to those who wait."""
        with self.service.database.write(self.project) as session:
            yield session
        self.service.hub.wake()

    @contextmanager
    def write_all(self) -> Iterator[Session]:
        """For what concerns all projects; the route must have asked for a platform administrator."""
        assert self.principal.platform
        with self.service.database.write(ALL_PROJECTS) as session:
            yield session

    @contextmanager
    def read_all(self) -> Iterator[Session]:
        assert self.principal.platform
        with self.service.database.read(ALL_PROJECTS) as session:
            yield session

    def now(self, session: Session) -> datetime:
        """By the database's clock, the same throughout one session: a request is one moment, and asks once."""
        known: datetime | None = session.info.get("now")
        if known is None:
            known = session.info["now"] = self.service.database.now(session)
        return known

    def standing(self, session: Session) -> Standing:
        """What has to be known of the caller's project before a job is submitted; the moment counts as :meth:`now`."""
        found = find_standing(self.service.database, session, self.project)
        session.info["now"] = found.now
        return found

    def audit(
        self, session: Session, action: str, target: str, *, of_project: str | None = None, **detail: Any
    ) -> None:
        """Add a line to the audit log, in the transaction of what it tells of; ``of_project``: where another one is changed."""
        client = self.request.client
        record(
            session,
            project=of_project or self.project,
            actor=self.principal.actor,
            action=action,
            target=target,
            ip=client.host if client else None,
            request_id=self.request_id,
            detail=detail,
            now=self.now(session),
        )


def _requires(role: Role, *, platform: bool = False) -> Callable[[Request], Access]:
    def dependency(request: Request) -> Access:
        principal = authenticate(request)
        if not principal.may(role) or (platform and not principal.platform):
            needed = "a platform administrator" if platform else f"the role `{role}`"
            raise ProblemError(
                "not-allowed",
                f"{principal.actor} has the role `{principal.role}` in {principal.project}; this needs {needed}",
                remedy="use another key, or ask an administrator of the project",
            )
        check_query(request)
        request.state.principal = principal
        return Access(request.app.state.service, principal, request)

    return dependency


# `scope="function"`: what a dependency holds is given back before a stream begins
Viewer = Annotated[Access, Depends(_requires("viewer"), scope="function")]
Editor = Annotated[Access, Depends(_requires("editor"), scope="function")]
Admin = Annotated[Access, Depends(_requires("admin"), scope="function")]
Platform = Annotated[Access, Depends(_requires("admin", platform=True), scope="function")]
