"""How Azure DevOps is asked: paths, versions of the API, and times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote, urlencode, urlsplit

from cooldown_connectors.forge.protocol import Session

PAGE: Final = 100
"""Pull requests of one answer."""
_SERVICES: Final = ("dev.azure.com", "visualstudio.com")


def quoted(part: str) -> str:
    """A part of a path, encoded once, whether it comes encoded or not: names of projects may hold spaces."""
    return quote(unquote(part), safe="")


def project(session: Session) -> str:
    """Path of the project: organisation (on a server: collection) and project."""
    return "/" + "/".join(quoted(part) for part in session.owner.split("/"))


def repository(session: Session) -> str:
    """Path of the repository's API."""
    return f"{project(session)}/_apis/git/repositories/{quoted(session.name)}"


def web(session: Session) -> str:
    """Address of the repository for people."""
    return f"{session.url}{project(session)}/_git/{quoted(session.name)}"


def full_name(session: Session) -> str:
    """Organisation, project and repository as references write them: encoded, so that they hold no spaces."""
    return "/".join(quoted(part) for part in (*session.owner.split("/"), session.name))


def version(session: Session, preview: str = "") -> str:
    """The version of the API: 7.1 of the service, 6.0 of servers, which those from 2020 on understand."""
    host = urlsplit(session.url).hostname or ""
    hosted = any(host == name or host.endswith(f".{name}") for name in _SERVICES)
    return ("7.1" if hosted else "6.0") + preview


def with_query(path: str, **params: str | int) -> str:
    """``path`` with a query: for POSTs, which take none beside. ``_`` at the start of a name stands for ``$``, within it for ``-``."""
    names = {name: f"${name[1:]}" if name.startswith("_") else name.replace("_", "-") for name in params}
    return f"{path}?{urlencode({names[name]: value for name, value in params.items()})}"


def written(time: datetime) -> str:
    """A time as all cursors write it, so that they compare as text; cut off to milliseconds, never later than it was."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"
