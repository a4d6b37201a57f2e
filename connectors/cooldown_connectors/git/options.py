"""Options of the ``git`` connector."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from cooldown_connectors.credentials.references import checked_reference
from cooldown_connectors.http.addresses import NO_CREDENTIALS, check_host, split
from cooldown_kit.connector import SourceOptions
from cooldown_kit.guard.marks import Reach
from cooldown_kit.options import Bytes, Count, Options

_REVISION = re.compile(r"(?!-)(?!.*(?:\.\.|@\{|//))[^\x00-\x20\x7f~^:?*\[\\]{1,1000}(?<![/.])")
"""The rules of git-check-ref-format(1), and no leading dash: a name can never be read as a flag."""
_SCP = re.compile(r"(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!//?|:)[^\x00-\x20\x7f@]+")
"""``user@host:path``; a second colon would be a transport of its own (``ext::``), a later ``@`` may follow a password."""


def _checked_url(url: str) -> str:
    """The URL, if git may be pointed at it. Messages never repeat it: it may hold a password."""
    if "://" not in url:
        if _SCP.fullmatch(url):
            return url
        if re.match(r"[^/@]+:[^@]+@", url):
            raise ValueError(NO_CREDENTIALS)
        raise ValueError("this is neither a URL nor `user@host:path`; a local repository goes into `path`")
    parts = split(url)
    if parts.scheme not in ("https", "ssh", "http"):
        raise ValueError("only https:// and ssh:// are read; a local repository goes into `path`")
    if parts.password is not None or (parts.scheme != "ssh" and "@" in parts.netloc):
        raise ValueError(NO_CREDENTIALS)
    if parts.query or parts.fragment:
        raise ValueError("a repository's URL has no `?` or `#`")
    check_host(parts)
    return url


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


GlobList = Annotated[tuple[str, ...], BeforeValidator(_as_list), Reach("none")]
TakeName = Literal["commits", "files", "notebooks", "pull_requests", "releases", "wiki"]
TAKES: Final[tuple[TakeName, ...]] = get_args(TakeName)


class RepositoryItem(Options):
    """One of several repositories, where it differs from what holds for all."""

    model_config = ConfigDict(hide_input_in_errors=True)

    path: Annotated[str | None, Reach("path")] = None
    """Local repository; relative to the file that lists it, or to the recipe."""
    url: Annotated[str | None, Reach("url")] = None
    """Remote repository."""
    revision: Annotated[str | None, Reach("none")] = None
    """Branch, tag or commit, where it is another than the source's."""
    token: Annotated[str | None, Reach("secret")] = None
    """Where the token stands, where it is another than the source's."""


class GitOptions(SourceOptions):
    """Git repositories: what they hold at a revision, and the whole history that led there."""

    # A refused URL may hold a password: it must not come back in the message that refuses it.
    model_config = ConfigDict(hide_input_in_errors=True)

    path: Annotated[str | None, Reach("path")] = None
    """Local repository: any folder in its work tree, a bare repository, a worktree or a submodule; relative to the recipe. A folder that holds repositories, or a glob such as `../services/*`, takes all of them."""
    url: Annotated[str | None, Reach("url")] = None
    """Remote repository, `https://…`, `ssh://…` or `user@host:path`; cloned into the workspace, updated the next time."""
    repositories: Annotated[str | tuple[str | RepositoryItem, ...] | None, Reach("place")] = None
    """Several: a list of paths and URLs (or mappings with `path` or `url`, `revision`, `token`), or the name of a YAML file that holds one."""
    take: Annotated[tuple[TakeName, ...], BeforeValidator(_as_list), Field(min_length=1)] = (
        "commits",
        "files",
        "notebooks",
    )
    """What to take: `commits`, source `files` and `notebooks` at the revision, `pull_requests` (from refs that git has, without any API), `releases` (tags and their notes), `wiki`."""
    revision: Annotated[str, Reach("none")] = "HEAD"
    """Branch, tag or commit whose history and files are read; of a remote a commit needs its full name."""
    wiki: Annotated[str | None, Reach("place")] = None
    """Path or URL of the wiki's repository, where it is not beside the repository as `NAME.wiki.git`."""
    since: date | datetime | None = None
    """Take commits committed at this time or later (UTC); a date means the start of that day."""
    until: date | datetime | None = None
    """Take commits committed at this time or earlier (UTC); a date means the end of that day."""
    merges: bool = False
    """Take merge commits too, as their difference to the first parent."""
    repeated_changes: bool = False
    """Take commits that make the same change as an earlier one: cherry-picks, reverts that were taken back."""
    signals: bool = True
    """Say of every commit what history knows of it: reviewed, reverted, fixed, how long its lines lived, and so on."""
    fix_days: Annotated[float, Field(gt=0, le=3650)] = 30.0
    """A fix of the same lines counts as one within this many days."""
    include: GlobList = ()
    """Take only paths that match one of these globs, for example `src/**/*.py`; empty takes all."""
    exclude: GlobList = ()
    """Leave out paths that match one of these globs, for example `vendor` or `*.min.js`."""
    max_file_size: Bytes = 1 << 20
    """Files larger than this are left out, bytes; in commits, where the side before or after is larger."""
    max_patch_size: Bytes = 256 << 10
    """Patches of one file larger than this are left out of their commit, bytes."""
    max_commit_files: Annotated[Count, Field(ge=1, le=250_000)] = 300
    """Commits that change more files than this are skipped."""
    max_commit_size: Bytes = 4 << 20
    """Commits whose diff as a whole is larger than this are skipped, bytes."""
    max_commit_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Commits whose diff takes git longer than this are skipped, seconds."""
    max_repository_size: Bytes | None = None
    """Take the newest commits of a repository until their patches and contents hold this much, bytes of text; empty takes all."""
    max_repository_seconds: Annotated[float, Field(gt=0)] | None = None
    """Read diffs of a repository no longer than this, seconds, the newest first; the next harvest goes on where this one stopped."""
    max_memory: Annotated[Bytes, Field(ge=64 << 20)] = 4 << 30
    """Memory that one process of git may allocate, bytes; a commit that needs more is skipped (Linux only)."""
    context_lines: Annotated[int, Field(ge=0, le=10_000)] = 3
    """Unchanged lines that a patch shows around each change."""
    token: Annotated[str | None, Reach("secret")] = None
    """Where the token for an https remote stands, never the token: `env:NAME`, `file:PATH`, `gh` or `glab` (their configuration), `app:ID:INSTALLATION:KEYFILE` (a GitHub App)."""
    username: Annotated[str, Reach("none"), Field(pattern=r"^[^\x00-\x20:]+$")] = "x-access-token"
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
        return None if token is None else checked_reference(token)

    @field_validator("take")
    @classmethod
    def _take_in_order(cls, take: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in TAKES if name in take)

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if sum(place is not None for place in (self.path, self.url, self.repositories)) != 1:
            raise ValueError(
                "give one of `path` (local), `url` (a remote repository) and `repositories` (several)"
            )
        remote = (self.url or "").startswith(("https://", "http://"))
        if self.token is not None and self.repositories is None and not remote:
            raise ValueError(
                "`token` goes with an https `url`; ssh uses your keys, a local repository needs none"
            )
        if self.since and self.until and self.earliest > self.latest:
            raise ValueError("`since` is later than `until`: no commit can be between them")
        return self

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
