"""What the recordings hold that a connector of pull requests wants, by forge and resource.

`catalogue.tsv` is the table, `find` selects from it, and `tests/forges/test_catalogue.py` holds each line to its
cassette. `items` counts the entries of a list, and is empty for an object, a text or no body.

Not recorded anywhere in these packages: a 429 or a 403 for a rate limit (only the X-RateLimit and RateLimit headers of
other answers), GraphQL, reviews of Gitea and Forgejo, GitLab's merge-request discussions (its notes are, one of them with
a position in a diff), and anything of Bitbucket and Azure DevOps.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forge_testing.recordings import Exchange, load


@dataclass(frozen=True)
class Entry:
    """A recorded GET worth asking for: `source` is what `load` takes."""

    forge: str
    resource: str
    status: int
    items: int | None
    source: str
    target: str
    note: str

    def exchange(self) -> Exchange:
        """The recorded exchange itself, the first where it was recorded twice."""
        wanted = ("GET", self.target, self.status)
        found = next((e for e in load(self.source) if (e.method, e.target, e.status) == wanted), None)
        assert found is not None, f"{self.source} holds no {self.status} for GET {self.target}"
        return found


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every line of the table."""
    with Path(__file__).with_name("catalogue.tsv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Entry(
                row["forge"],
                row["resource"],
                int(row["status"]),
                int(row["items"]) if row["items"] else None,
                row["source"],
                row["target"],
                row["note"],
            )
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


def find(forge: str | None = None, resource: str | None = None) -> list[Entry]:
    """The entries of a forge ("github", "gitlab", "forgejo"), of a resource, or of both."""
    return [e for e in catalogue() if forge in (None, e.forge) and resource in (None, e.resource)]
