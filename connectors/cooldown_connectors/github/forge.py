"""GitHub as a forge: which lists are read, in which order, and what they cost.

With a token: requests, issues and discussions by GraphQL, newest change first (their threads, reviews and timelines are in no REST list);
comments of all requests and issues by the two lists that REST has of a whole repository, 100 at a time, by time of change.
Without one there is no GraphQL: requests and issues come from REST, and threads, reviews and timelines are not to be had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from cooldown_connectors.forge.protocol import (
    Access,
    Census,
    Details,
    Facts,
    Gone,
    Json,
    Limits,
    Planned,
    Session,
    Stream,
    TakeName,
)
from cooldown_connectors.github import asking, lists, things, vanished
from cooldown_connectors.http.errors import NotFound

_OF_REQUESTS: Final = frozenset({"pull_requests", "reviews"})
_ISSUES: Final = frozenset({"issues"})
_TALK: Final = _OF_REQUESTS | _ISSUES


class GitHub:
    """github.com, GitHub Enterprise Cloud with data residency, GitHub Enterprise Server."""

    name = "github"
    takes: tuple[TakeName, ...] = ("pull_requests", "reviews", "issues", "discussions", "releases")
    hosted: str | None = "https://github.com"
    accept = "application/vnd.github+json"
    request_refs: str | None = "refs/pull/{number}/head"
    limits = Limits(calls_per_hour=5000, points_per_hour=5000)
    access = Access(
        headers=lambda token: {"Authorization": f"Bearer {token}"},
        token_help="a fine-grained token that may read contents, issues, pull requests and discussions of the "  # noqa: S106
        "repository, a classic one with `repo` (`public_repo` for public ones), or a GitHub App that may read the same",
    )

    def api(self, url: str) -> str:
        """github.com and tenants of ghe.com have a host for it; a server of one's own has a path."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host in ("github.com", "www.github.com"):
            return "https://api.github.com"
        if host.endswith(".ghe.com"):
            return f"https://api.{host.removeprefix('api.')}"
        return f"{url}/api/v3"

    def split(self, repository: str) -> tuple[str, str]:
        owner, _, name = repository.partition("/")
        if not owner or not name or "/" in name:
            raise ValueError("a repository on GitHub is written `owner/name`")
        return owner, name

    def facts(self, session: Session) -> Facts:
        found = session.get(asking.repository(session)).data
        # One that was renamed is asked for by its new name from here on: by the old one every question is redirected, and asked twice.
        session.owner, session.name = self.split(found["full_name"])
        return Facts(
            name=found["full_name"],
            clone_url=found["clone_url"],
            default_branch=found.get("default_branch"),
            web_url=found.get("html_url"),
            private=found.get("private"),
        )

    def repositories(self, session: Session) -> Iterator[str]:
        try:
            yield from lists.names(session, f"/orgs/{session.owner}/repos")
        except NotFound:  # not an organisation
            yield from lists.names(session, f"/users/{session.owner}/repos")

    def streams(self, session: Session) -> Sequence[Stream | Details]:
        comments = [
            Stream("comments", _TALK, lists.comments),
            Stream("review_comments", _OF_REQUESTS, lists.review_comments),
        ]
        if not session.authenticated:
            return [
                Stream("pulls", _OF_REQUESTS, lists.pulls),
                Stream("issue_list", _ISSUES, lists.issue_list),
                *comments,
                Stream("releases", frozenset({"releases"}), lists.releases),
            ]
        # Comments first: what GraphQL then says of which exist is newer than what is stored, and so may remove some of it.
        return [
            *comments,
            Stream("requests", _OF_REQUESTS, things.requests),
            Stream("issues", _ISSUES, things.issues),
            Stream("discussions", frozenset({"discussions"}), things.discussions),
            Stream("releases", frozenset({"releases"}), lists.releases),
        ]

    def census(self, session: Session) -> Sequence[Census]:
        if not session.authenticated:
            return []
        counter = vanished.counter()
        return [
            Census(
                "request",
                _OF_REQUESTS,
                counter("pullRequests"),
                vanished.lister("pullRequests"),
                vanished.became_of_request,
                things.one_request,
            ),
            Census(
                "issue",
                _ISSUES,
                counter("issues"),
                vanished.lister("issues"),
                vanished.became_of_issue,
                things.one_issue,
            ),
            Census(
                "discussion",
                frozenset({"discussions"}),
                counter("discussions"),
                vanished.lister("discussions"),
                lambda _, key: Gone("discussion", key, "deleted"),
            ),
        ]

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        from cooldown_connectors.github.planning import plan

        return plan(session, cursors)
