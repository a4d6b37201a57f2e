"""What a forge's file says: which streams the forge has, how their answers become parts, how a token is presented.

Everything else is the engine's: cursors, retries, limits, the archive, the store, git. ``docs/connectors/write-a-forge.md`` shows
a whole forge in one file.

The contract that makes a harvest survive anything: a stream is given the cursor that it named last and yields pages from there on. The
engine stores a page's parts and its cursor in one transaction, so whatever kills a harvest, the next one goes on with
the page that was not stored. Asking for a page again must therefore be harmless, and is, as parts replace each other by key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from cooldown_connectors.forge.parts import Part

Json = Any
"""What ``json.loads`` gives: cursors must survive being written and read as JSON."""
TakeName = Literal["pull_requests", "reviews", "issues", "discussions", "releases"]
ALL_TAKES: Final[tuple[TakeName, ...]] = ("pull_requests", "reviews", "issues", "discussions", "releases")


@dataclass(frozen=True)
class Reply:
    """An answer of the forge, read whole. ``data`` is its JSON, ``None`` where there is no body (304, 204)."""

    status: int
    data: Json
    headers: Mapping[str, str]
    """Names in lower case."""
    url: str

    @property
    def unchanged(self) -> bool:
        """304: nothing has changed since this very question was asked last, and its answer is in the store."""
        return self.status == 304

    def link(self, relation: str) -> str | None:
        """The URL of a ``Link`` header's relation (``next``, ``last``)."""
        from cooldown_connectors.http.links import link

        return link(self.headers.get("link", ""), relation)


@dataclass(frozen=True)
class Listed:
    """One page of a list: its items, and whether more follow."""

    items: list[Json]
    more: bool
    total: int | None = None
    """Items of the whole list, where the forge says it."""
    unchanged: bool = False
    """304: it is as it was when it was asked for last, and ``items`` holds none of it."""


class Session(Protocol):
    """How a forge's file asks its forge. All of it retries, waits for limits and archives by itself.

    Raises ``NotFound`` (404 and 410: :mod:`cooldown_connectors.http.errors`) and ``Refused`` (a 401 or 403 that is no limit), which a forge
    may catch where they mean something; everything else ends the harvest with an ``InputError`` that says what to do, and the
    next harvest goes on at the cursor.
    """

    owner: str
    """``acme`` of ``acme/payments``; may hold slashes (GitLab's groups)."""
    name: str
    """``payments``."""
    url: str
    """The forge's own address without a slash at its end, ``https://github.com``: links in texts start with it."""
    takes: frozenset[str]
    """What the recipe takes."""
    since: datetime | None
    """Take only what changed at this time or later."""
    authenticated: bool
    """Whether there is a token."""

    def get(
        self,
        path: str,
        params: Mapping[str, str | int | bool | Sequence[str]] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
        size: str | None = None,
    ) -> Reply:
        """``path`` is relative to the API's root, or an absolute URL that the forge itself gave (its host is checked).

        A sequence in ``params`` repeats its name. With ``conditional`` the ETag of the last identical question goes along: the answer
        may be ``unchanged``, which costs no quota on GitHub. ``size`` names the parameter that holds the page size: an answer that is too large
        for the forge is asked for with a smaller one, for lists whose answers say themselves where they go on.
        """
        ...

    def post(self, path: str, body: Json, *, headers: Mapping[str, str] | None = None) -> Reply:
        """A POST that only reads (a query language): it is retried like a GET."""
        ...

    def graphql(
        self, document: str, variables: Mapping[str, Json], *, size: str | None = None
    ) -> Mapping[str, Json]:
        """The ``data`` of a GraphQL answer. ``size`` names the variable that holds the page size: it is halved and
        the question asked again where the answer is too large for the forge (502, 504, cut JSON, ``MAX_NODE_LIMIT_EXCEEDED``)."""
        ...

    def numbered(
        self,
        path: str,
        params: Mapping[str, str | int | bool | Sequence[str]],
        page: int,
        size: int,
        *,
        page_name: str = "page",
        size_name: str = "per_page",
        items: str | None = None,
        gaps: bool = False,
        conditional: bool = False,
    ) -> Listed:
        """Page ``page`` (from 1) of a list. More follow where the ``Link`` header says so; without such a header, where the total that the
        answer names is not reached, or else where the page is full. Where the list is a field of the answer, ``items`` names it: more follow then where
        the answer has a ``next``, and its ``size`` is the total (Bitbucket Cloud). With ``gaps`` a page may hold fewer than it counts, and
        ``more`` means nothing (Gitea's timelines).

        A page that is too large for the forge is asked for in halves, which changes nothing for the caller. A 304 gives no items.
        """
        ...

    def offset(
        self,
        path: str,
        params: Mapping[str, str | int | bool | Sequence[str]],
        start: int,
        size: int,
        *,
        start_name: str,
        size_name: str,
        items: str,
    ) -> Listed:
        """``size`` items from ``start`` on, for forges that count items (Azure DevOps, Bitbucket Data Center); ``items`` names the field
        that holds the list. More follow where the page is full. Halved like :meth:`numbered`."""
        ...


@dataclass(frozen=True)
class Gone:
    """Something that the forge has not got any more."""

    kind: str
    key: str
    why: Literal["deleted", "transferred", "hidden"]
    to: str = ""
    """Where it went: ``{repository}#{number}`` or a URL."""


@dataclass(frozen=True)
class Todo:
    """A thing that :class:`Details` must look at: it is new, or has changed. An equal ``stamp`` that was done needs nothing again."""

    details: str
    key: str
    stamp: str


@dataclass(frozen=True)
class Page:
    """Some parts, stored with the cursor in one transaction."""

    parts: Sequence[Part]
    cursor: Json = None
    """Where the stream goes on after this page."""
    whole: Sequence[tuple[str, str]] = ()
    """``(kind, of)`` pairs of which this page has everything: parts of them that it lacks were deleted on the forge."""
    exist: Sequence[tuple[str, str, frozenset[str]]] = ()
    """``(kind, of, keys)``: all that exist of them now, where an answer names them without their contents; others were deleted."""
    gone: Sequence[Gone] = ()
    todo: Sequence[Todo] = ()


@dataclass(frozen=True)
class Stream:
    """A list of the whole repository, read page by page and later continued where it ended."""

    name: str
    takes: frozenset[str]
    """It is read if the recipe takes one of these."""
    pages: Callable[[Session, Json], Iterator[Page]]
    """From a cursor on (``None``: from the start) to the end of what there is now. The last page's cursor must be one from which the
    next harvest finds what is newer."""


@dataclass(frozen=True)
class Details:
    """What has to be asked for thing by thing, for those that pages put on the list."""

    name: str
    takes: frozenset[str]
    fetch: Callable[[Session, str], Page]
    """Everything about the thing of that key; its page's cursor has no meaning. Several may run at once."""


@dataclass(frozen=True)
class Census:
    """How to notice that things vanished: what is deleted or transferred appears in no list of changes.

    Asked at most once a harvest, and only where ``count`` differs from what the store holds.
    """

    kind: str
    """Of the parts: ``request``, ``issue``, ``discussion``, ``release``."""
    takes: frozenset[str]
    count: Callable[[Session], int | None]
    """How many the forge has; ``None`` where it does not say: then ``keys`` are always asked for."""
    keys: Callable[[Session], Iterator[list[str]]]
    """The keys of all of them, page by page."""
    became: Callable[[Session, str], Gone | None]
    """What became of one that is in no list any more; ``None`` where it is still there."""
    fetch: Callable[[Session, str], Page] | None = None
    """One that the store lacks, though the list has it; ``None`` where lists of changes cannot miss any."""


@dataclass(frozen=True)
class Facts:
    """What a forge says of a repository before anything is harvested."""

    name: str
    """As the forge spells it now, ``acme/payments``: it may have been renamed."""
    clone_url: str
    """``https://…``, without credentials."""
    default_branch: str | None = None
    web_url: str | None = None
    private: bool | None = None


@dataclass(frozen=True)
class Planned:
    """What one stream will cost: calls, and points where the forge counts them otherwise (GraphQL)."""

    stream: str
    items: int
    calls: int
    points: int = 0
    exact: bool = True
    """False where the items are an estimate."""


@dataclass(frozen=True)
class Limits:
    """How a forge bounds what may be asked, where its answers do not say it."""

    calls_per_hour: int | None = None
    points_per_hour: int | None = None
    """Of a budget beside the calls (GitHub's GraphQL)."""
    seconds_between: float = 0.0
    """Pause between two calls of one token: GitHub asks for it against its secondary limits."""


@dataclass(frozen=True)
class Access:
    """What of a token goes into which header."""

    headers: Callable[[str], Mapping[str, str]]
    token_help: str
    """What kind of token to make, and with which permissions: part of the remedy where it is refused."""
    git_username: str = "x-access-token"
    """User name that goes with the token when git fetches."""
    git_login: Callable[[str], tuple[str, str]] | None = None
    """User name and password of git by the token, where they depend on it."""


class Forge(Protocol):
    """One forge. Its file has a class with these, and a connector made of it by :func:`~cooldown_connectors.forge.connector.connector_of`."""

    name: str
    """The connector's name, ``github``."""
    takes: tuple[TakeName, ...]
    """What it can give."""
    hosted: str | None
    """Address of the service that its maker runs, ``https://github.com``; ``None`` where everybody runs their own."""
    access: Access
    limits: Limits
    accept: str
    """The ``Accept`` header."""
    request_refs: str | None
    """Pattern of the references that hold heads of requests, ``refs/pull/{number}/head``; ``None`` where the forge has none."""

    def api(self, url: str) -> str:
        """The API's root for the forge at ``url``: ``https://api.github.com`` for ``https://github.com``."""
        ...

    def split(self, repository: str) -> tuple[str, str]:
        """Owner and name of what the recipe calls the repository. Raises ``ValueError`` that says the right form."""
        ...

    def facts(self, session: Session) -> Facts:
        """One call. Raises ``NotFound`` and ``Refused``."""
        ...

    def repositories(self, session: Session) -> Iterator[str]:
        """Every repository of ``session.owner`` as ``owner/name``: for globs in the recipe."""
        ...

    def streams(self, session: Session) -> Sequence[Stream | Details]:
        """In the order in which they are read: those that fill the list of a :class:`Details` come before it."""
        ...

    def census(self, session: Session) -> Sequence[Census]: ...

    def plan(self, session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
        """What a harvest from these cursors on (by stream) will ask for, from a handful of calls."""
        ...


@dataclass
class Counted:
    """Calls and points that were spent, by stream; kept by the session."""

    calls: dict[str, int] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)
