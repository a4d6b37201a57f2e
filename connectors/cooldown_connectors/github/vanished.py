"""How it is noticed on GitHub that things vanished, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cooldown_connectors.forge.gone import deleted_if_missing
from cooldown_connectors.forge.protocol import Gone, Session
from cooldown_connectors.github import asking, documents
from cooldown_connectors.github.asking import repository, within
from cooldown_connectors.github.things import present
from cooldown_connectors.http.errors import NotFound


def counter() -> Callable[[str], Callable[[Session], int | None]]:
    """How many there are of each: one question for all of them."""
    known: dict[str, int] = {}

    def of(connection: str) -> Callable[[Session], int | None]:
        def count(session: Session) -> int:
            if not known:
                found = session.graphql(documents.COUNTS, within(session))["repository"]
                known.update({name: int(one["totalCount"]) for name, one in found.items()})
            return known[connection]

        return count

    return of


def lister(connection: str) -> Callable[[Session], Iterator[list[str]]]:
    """The numbers of all, page by page."""

    def read(session: Session) -> Iterator[list[str]]:
        document, after = documents.numbers(connection), None
        while True:
            variables = within(session, first=asking.NODE_PAGE, after=after)
            found = session.graphql(document, variables, size="first")["repository"][connection]
            yield [str(node["number"]) for node in present(found)]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    return read


def became_of_request(session: Session, key: str) -> Gone | None:
    """A request cannot be transferred."""
    return deleted_if_missing(session, repository(session, f"/pulls/{key}"), "request", key)


def became_of_issue(session: Session, key: str) -> Gone | None:
    """A transferred issue answers with where it is now: the question is redirected there."""
    try:
        found = session.get(repository(session, f"/issues/{key}")).data
    except NotFound:
        return Gone("issue", key, "deleted")
    url = str(found.get("html_url") or "")
    here = f"/{session.owner}/{session.name}/issues/{key}".lower()
    return None if url.lower().endswith(here) else Gone("issue", key, "transferred", url)
