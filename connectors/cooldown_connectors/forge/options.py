"""Options that all forges have: where, what, whose token, and how much may be asked for."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from cooldown_connectors.credentials.references import checked_reference
from cooldown_connectors.forge.protocol import ALL_TAKES, TakeName
from cooldown_connectors.git.options import GlobList
from cooldown_connectors.http.addresses import checked_address
from cooldown_kit.connector import SourceOptions
from cooldown_kit.guard.marks import Reach
from cooldown_kit.options import Bytes, Count, Share

_REPOSITORY = re.compile(r"[^\s/](?:[^\s]| (?=\S))*/[^\s/](?:[^\s/]| (?=[^\s/]))*")
"""Names of projects may hold spaces on Azure DevOps."""


def as_list(value: object) -> object:
    """One word in place of a list of one."""
    return [value] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(as_list)]


class ForgeOptions(SourceOptions):
    """Pull requests with their reviews, issues, discussions and releases of a forge."""

    title: ClassVar[str] = "a forge"
    """How people call the forge; each forge's own options say it."""
    known_takes: ClassVar[tuple[TakeName, ...]] = ALL_TAKES

    repository: Annotated[Words, Reach("below"), Field(min_length=1)]
    """`owner/name`, a list of them, or `owner/*` for every repository of that owner (a name may hold `*` anywhere: `acme/pay-*`)."""
    url: Annotated[str | None, Reach("below")] = None
    """Address of a forge that you run yourself, for example `https://git.acme.example`; without it the maker's own service."""
    take: Annotated[tuple[TakeName, ...], BeforeValidator(as_list), Field(min_length=1)] = (
        "pull_requests",
        "reviews",
        "issues",
    )
    """What to take: `pull_requests` with their whole story, `reviews` (one record a thread, with the code that answered it), `issues`, `discussions`, `releases`."""
    token: Annotated[Words, Reach("secret")] = ()
    """Where the token stands, never the token: `env:NAME`, `file:PATH`, `gh` or `glab` (their configuration), `app:ID:INSTALLATION:KEYFILE` (a GitHub App). Several share the work."""
    since: date | datetime | None = None
    """Take what changed at this time or later (UTC); a date means the start of that day."""
    clone: Annotated[str, Reach("path", words=("auto", "never"))] = "auto"
    """Where the code of requests comes from: `auto` clones the repository through git, `never` takes none, anything else is the path of a local clone that has the requests' references."""
    max_calls: Annotated[Count, Field(ge=1)] | None = None
    """Ask no more than this many times in one harvest; the next one goes on from there. Empty asks for everything."""
    reserve: Share = 0.1
    """Share of each token's quota that is left to others."""
    concurrency: Annotated[int, Field(ge=1, le=32)] = 4
    """Questions that may be under way at once where things must be asked for one by one."""
    archive: bool = True
    """Keep every answer as it came, so that a newer version of the kit can read it again without the network."""
    update: Literal["always", "never"] = "always"
    """Whether the forge is asked for what is new; `never` takes what the last harvest brought, without the network."""
    replay: bool = False
    """Ask nobody: make everything anew from the archive of earlier harvests."""
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """How long an answer may take to arrive."""
    max_response_size: Annotated[Bytes, Field(ge=64 << 10)] = 64 << 20
    """Larger answers are refused, bytes."""
    proxy: Annotated[str | None, Reach("proxy")] = None
    """`http://host:port` of a proxy, or `environment` to take HTTPS_PROXY and its like; without it none is used."""
    ca_bundle: Annotated[str | None, Reach("path")] = None
    """File with the certificates of the authority that signed the forge's own; relative to the recipe."""
    include: GlobList = ()
    """Show only changes of paths that match one of these globs; empty shows all."""
    exclude: GlobList = ()
    """Leave out changes of paths that match one of these globs, for example `vendor` or `*.min.js`."""
    max_file_size: Bytes = 1 << 20
    """Changes of larger files are left out, bytes before or after."""
    max_patch_size: Bytes = 256 << 10
    """Patches of one file larger than this are left out, bytes."""
    max_request_files: Annotated[Count, Field(ge=1, le=10_000)] = 300
    """Of requests that change more files than this no change is shown."""
    context_lines: Annotated[int, Field(ge=0, le=10_000)] = 3
    """Unchanged lines that a patch shows around each change."""

    @classmethod
    def split(cls, repository: str) -> object:
        """Raises ``ValueError`` for a name that is not of the forge's form."""
        return repository

    @field_validator("repository")
    @classmethod
    def _repository_is_named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if "://" in name:
                raise ValueError("write `owner/name`, and the forge's own address into `url`")
            if not _REPOSITORY.fullmatch(name) or ".." in name.split("/"):
                raise ValueError("a repository is written `owner/name`")
            cls.split(name)
        return tuple(dict.fromkeys(names))

    @field_validator("url")
    @classmethod
    def _url_is_safe(cls, url: str | None) -> str | None:
        return None if url is None else checked_address(url).rstrip("/")

    @field_validator("token")
    @classmethod
    def _token_is_a_reference(cls, tokens: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_reference(token) for token in tokens)

    @field_validator("take")
    @classmethod
    def _take_in_order(cls, take: tuple[str, ...]) -> tuple[str, ...]:
        for name in take:
            if name not in cls.known_takes:
                raise ValueError(f"{cls.title} has no `{name}`; it has {', '.join(cls.known_takes)}")
        return tuple(name for name in ALL_TAKES if name in take)

    @field_validator("proxy")
    @classmethod
    def _proxy_is_an_address(cls, proxy: str | None) -> str | None:
        if proxy in (None, "environment"):
            return proxy
        parts = urlsplit(proxy or "")
        if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname:
            raise ValueError("write `http://host:port`, or `environment`")
        if "@" in parts.netloc:
            raise ValueError(
                "the address holds credentials: put it into HTTPS_PROXY and say `proxy: environment`"
            )
        return proxy

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.replay and not self.archive:
            raise ValueError("`replay` reads the archive, which `archive: false` turns off")
        return self

    @property
    def asks(self) -> bool:
        """Whether anybody is asked at all, the forge or its git."""
        return not self.replay and self.update == "always"

    @property
    def earliest(self) -> datetime | None:
        """From when on changes are taken."""
        if self.since is None:
            return None
        if not isinstance(self.since, datetime):
            return datetime.combine(self.since, time.min, UTC)
        return self.since if self.since.tzinfo else self.since.replace(tzinfo=UTC)


CLONE: Final[tuple[Literal["auto"], Literal["never"]]] = ("auto", "never")
