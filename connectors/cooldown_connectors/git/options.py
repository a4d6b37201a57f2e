"""Options of the ``git`` connector."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from cooldown_kit.connector import SourceOptions
from cooldown_kit.options import Bytes, Count

_REVISION = re.compile(r"(?!-)(?!.*(?:\.\.|@\{|//))[^\x00-\x20\x7f~^:?*\[\\]{1,1000}(?<![/.])")
"""The rules of git-check-ref-format(1), and no leading dash: a name can never be read as a flag."""
_TOKEN = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_SCP = re.compile(r"(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!//?|:)[^\x00-\x20@]+")
"""``user@host:path``; a second colon would be a transport of its own (``ext::``), a later ``@`` may follow a password."""
_NO_CREDENTIALS = "the URL holds credentials: take them out, put the token into an environment variable and say `token: env:NAME`"
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:.]+\]")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_url(url: str) -> str:
    """The URL, if git may be pointed at it. Messages never repeat it: it may hold a password."""
    if re.search(r"[\x00-\x20\x7f]", url):
        raise ValueError("the URL holds white space or control characters")
    if "://" not in url:
        if _SCP.fullmatch(url):
            return url
        if re.match(r"[^/@]+:[^@]+@", url):
            raise ValueError(_NO_CREDENTIALS)
        raise ValueError("this is neither a URL nor `user@host:path`; a local repository goes into `path`")
    try:
        parts = urlsplit(url)
    except ValueError:  # its message may repeat what stands before the @
        raise ValueError("the URL names no host") from None
    if parts.scheme not in ("https", "ssh", "http"):
        raise ValueError("only https:// and ssh:// are read; a local repository goes into `path`")
    if parts.password is not None or (parts.scheme != "ssh" and "@" in parts.netloc):
        raise ValueError(_NO_CREDENTIALS)
    if parts.query or parts.fragment:
        raise ValueError("a repository's URL has no `?` or `#`")
    host = parts.netloc.rpartition("@")[2]
    if not _HOST.fullmatch(re.sub(r":[0-9]+$", "", host)):
        raise ValueError("the URL names no host")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("http:// sends code and token in the clear: use https://")
    return url


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


GlobList = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class GitOptions(SourceOptions):
    """A git repository: commits with message and diff, and source files at a revision."""

    # A refused URL may hold a password: it must not come back in the message that refuses it.
    model_config = ConfigDict(hide_input_in_errors=True)

    path: str | None = None
    """Local repository: any folder in its work tree, a bare repository, a worktree or a submodule; relative to the recipe."""
    url: str | None = None
    """Remote repository, `https://…`, `ssh://…` or `user@host:path`; cloned into the workspace, updated the next time."""
    take: Annotated[
        tuple[Literal["commits", "files"], ...], BeforeValidator(_as_list), Field(min_length=1)
    ] = (
        "commits",
        "files",
    )
    """What to take: `commits` (message and diff of each) and `files` (source files at the revision)."""
    revision: str = "HEAD"
    """Branch, tag or commit whose history and files are read; of a remote a commit needs its full name."""
    since: date | datetime | None = None
    """Take commits committed at this time or later (UTC); a date means the start of that day."""
    until: date | datetime | None = None
    """Take commits committed at this time or earlier (UTC); a date means the end of that day."""
    merges: bool = False
    """Take merge commits too, as their difference to the first parent."""
    include: GlobList = ()
    """Take only paths that match one of these globs, for example `src/**/*.py`; empty takes all."""
    exclude: GlobList = ()
    """Leave out paths that match one of these globs, for example `vendor` or `*.min.js`."""
    max_file_size: Bytes = 1 << 20
    """Files larger than this are left out, bytes; in commits, where the side before or after is larger."""
    max_patch_size: Bytes = 256 << 10
    """Patches of one file larger than this are left out of their commit, bytes."""
    max_commit_files: Annotated[Count, Field(ge=1)] = 300
    """Commits that change more files than this are skipped."""
    max_commit_size: Bytes = 4 << 20
    """Commits whose diff as a whole is larger than this are skipped, bytes."""
    context_lines: Annotated[int, Field(ge=0, le=10_000)] = 3
    """Unchanged lines that a patch shows around each change."""
    token: str | None = None
    """Where the token for an https remote stands, as `env:NAME`; the token itself is never stored."""
    username: Annotated[str, Field(pattern=r"^[^\x00-\x20:]+$")] = "x-access-token"
    """User name that goes with the token; most forges take any, Bitbucket wants `x-token-auth`."""

    @field_validator("url")
    @classmethod
    def _url_is_safe(cls, url: str | None) -> str | None:
        return None if url is None else _checked_url(url)

    @field_validator("revision")
    @classmethod
    def _revision_is_a_name(cls, revision: str) -> str:
        if not _REVISION.fullmatch(revision):
            raise ValueError("this is not the name of a branch, a tag or a commit")
        return revision

    @field_validator("token")
    @classmethod
    def _token_is_a_reference(cls, token: str | None) -> str | None:
        if token is not None and not _TOKEN.fullmatch(token):
            raise ValueError(
                "a token never stands in a recipe: put it into an environment variable and say `token: env:NAME`",
            )
        return token

    @field_validator("take")
    @classmethod
    def _take_in_order(cls, take: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in ("commits", "files") if name in take)

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either `path` (a local repository) or `url` (a remote one)")
        if self.token is not None and not (self.url or "").startswith(("https://", "http://")):
            raise ValueError(
                "`token` goes with an https `url`; ssh uses your keys, a local repository needs none"
            )
        if self.since and self.until and self.earliest > self.latest:
            raise ValueError("`since` is later than `until`: no commit can be between them")
        return self

    @property
    def token_variable(self) -> str | None:
        """Name of the environment variable that holds the token."""
        match = _TOKEN.fullmatch(self.token or "")
        return match[1] if match else None

    @property
    def earliest(self) -> float:
        """Seconds since the epoch from which on commits are taken."""
        return float("-inf") if self.since is None else _instant(self.since, time.min).timestamp()

    @property
    def latest(self) -> float:
        """Seconds since the epoch up to which commits are taken."""
        return float("inf") if self.until is None else _instant(self.until, time.max).timestamp()


def _instant(value: date | datetime, at: time) -> datetime:
    """A date at that time of its day; a time without a zone is UTC."""
    if not isinstance(value, datetime):
        return datetime.combine(value, at, UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
