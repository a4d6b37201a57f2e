"""Azure DevOps: pull requests of a repository with their threads, and the work items of its project as issues."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from cooldown_connectors.azure_devops import requests, work_items
from cooldown_connectors.azure_devops.planning import plan
from cooldown_connectors.azure_devops.questions import (
    full_name,
    quoted,
    repository,
    version,
    web,
)
from cooldown_connectors.forge.fields import flag, objects, text
from cooldown_connectors.forge.protocol import (
    Access,
    Census,
    Details,
    Facts,
    Json,
    Limits,
    Planned,
    Session,
    Stream,
    TakeName,
)

_REQUEST_TAKES: Final = frozenset[str]({"pull_requests", "reviews"})
_ISSUE_TAKES: Final = frozenset[str]({"issues"})
_JWT = re.compile(r"ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def _headers(token: str) -> Mapping[str, str]:
    """A personal access token is the password of nobody; one of Microsoft Entra ID is a bearer token."""
    if _JWT.fullmatch(token):
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": "Basic " + base64.b64encode(f":{token}".encode()).decode("ascii")}


class AzureDevOps:
    """Azure DevOps Services, and Azure DevOps Server from 2020 on."""

    name = "azure_devops"
    takes: tuple[TakeName, ...] = ("pull_requests", "reviews", "issues")
    hosted: str | None = "https://dev.azure.com"
    access = Access(
        _headers,
        "a personal access token with the scopes Code (read) and Work items (read); an expired one is answered with a sign-in page",
        git_username="token",
    )
    limits = Limits()
    accept = "application/json"
    request_refs: str | None = "refs/pull/{number}/merge"

    def api(self, url: str) -> str:
        """Organisation (on a server: collection) and project stand before ``_apis``: paths name them."""
        return url

    def split(self, repository: str) -> tuple[str, str]:
        """Organisation and project, and the repository: ``("acme/Payments", "ledger")``."""
        parts = repository.strip("/").split("/")
        if len(parts) != 3 or not all(part.strip() for part in parts):
            raise ValueError(
                "a repository of Azure DevOps is written `organisation/project/repository` (on a server: `collection/project/repository`)"
            )
        return f"{quoted(parts[0])}/{quoted(parts[1])}", quoted(parts[2])

    def facts(self, session: Session) -> Facts:
        found = session.get(repository(session), {"api-version": version(session)}).data
        organisation = session.owner.partition("/")[0]
        where, name = text(found, "project", "name"), text(found, "name")
        visibility = text(found, "project", "visibility")
        return Facts(
            name=f"{quoted(organisation)}/{quoted(where)}/{quoted(name)}"
            if where and name
            else full_name(session),
            clone_url=_without_user(text(found, "remoteUrl")) or web(session),
            default_branch=text(found, "defaultBranch").removeprefix("refs/heads/") or None,
            web_url=text(found, "webUrl") or web(session),
            private=visibility != "public" if visibility else None,
        )

    def repositories(self, session: Session) -> Iterator[str]:
        """Of a project, or of all projects of the organisation where the pattern leaves the project open."""
        whole = [quoted(part) for part in session.owner.split("/") if "*" not in unquote(part)]
        path = "/" + "/".join(whole) + "/_apis/git/repositories"
        for item in objects(session.get(path, {"api-version": version(session)}).data, "value"):
            where, name = text(item, "project", "name"), text(item, "name")
            if where and name and not flag(item, "isDisabled"):
                yield f"{unquote(whole[0])}/{where}/{name}"

    def streams(self, session: Session) -> Sequence[Stream | Details]:
        del session
        return (
            Stream("requests", _REQUEST_TAKES, requests.request_pages),
            Details(requests.DETAILS, _REQUEST_TAKES, requests.request_details),
            Stream("issues", _ISSUE_TAKES, work_items.issue_pages),
            Details(work_items.DETAILS, _ISSUE_TAKES, work_items.issue_details),
        )

    def census(self, session: Session) -> Sequence[Census]:
        """Requests cannot be deleted."""
        del session
        return (Census("issue", _ISSUE_TAKES, _not_counted, work_items.issue_keys, work_items.issue_became),)

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        return plan(session, cursors)


def _not_counted(session: Session) -> None:
    """Counting would cost the same question as the numbers themselves: one for 10,000."""
    del session


def _without_user(url: str) -> str:
    """``https://acme@dev.azure.com/…`` is what Azure DevOps itself says."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if url else ""
