"""Names of what tells the same change, shared by all sources: a request, its commits, its reviews, the issues that it closes.

The same repository may be harvested with git and from its forge, which call it ``github.com/acme/payments`` and ``acme/payments``. So names
leave out the host; that two hosts have a repository of one name holds out a few documents more, and never fewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cooldown_kit.records import Link

_HOST = re.compile(r"(?:localhost|[^/]*[.:][^/]*)/(?=[^/]+/)")
_PLACES = re.compile(r"(?:^|/)(?:_git|scm)(?=/)")
_TRACKER = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-(\d+)")
_CLOSING = frozenset({"closes", "closed_by"})


def repository_name(repository: str) -> str:
    """``github.com/acme/Payments`` and ``acme/payments`` → ``acme/payments``."""
    name = _HOST.sub("", repository.strip("/").lower(), count=1)
    return _PLACES.sub("", name).strip("/")


def request(repository: str, number: int) -> str:
    """The name of a pull request."""
    return f"{repository_name(repository)}!{number}"


def issue(repository: str, number: int) -> str:
    """The name of an issue."""
    return f"{repository_name(repository)}#{number}"


def commit(revision: str) -> str:
    """The name of a commit, which is the same in every clone."""
    return f"@{revision}"


def closing(links: Iterable[Link]) -> list[str]:
    """The names of what links say that it closes, or is closed by."""
    return [name for link in links if link.relation in _CLOSING for name in _of_link(link)]


def _of_link(link: Link) -> list[str]:
    """One name, or that of an issue and that of a request where nobody says which it is."""
    repository, sign, number = link.key.rpartition("#")
    if not sign and (tracker := _TRACKER.fullmatch(link.key)):
        repository, number = tracker[1], tracker[2]
    if not number.isascii() or not number.isdecimal():
        return [link.key.lower()]
    found = [issue(repository, int(number))] if link.kind != "pull_request" else []
    return found + ([request(repository, int(number))] if link.kind != "issue" else [])
