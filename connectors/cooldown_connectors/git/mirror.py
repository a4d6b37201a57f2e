"""Remote repositories: asked for their references, mirrored into the workspace, updated the next time."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from cooldown_connectors.credentials.tokens import token_of
from cooldown_connectors.git.configuration import write_home
from cooldown_connectors.git.hardened import Git, GitFailed
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import Pace, warn
from cooldown_connectors.git.refs import References, list_references
from cooldown_connectors.git.request_heads import refspecs
from cooldown_connectors.git.store import bare, locked
from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.store import keep
from cooldown_kit.workspace import digest_of

_ASK_SECONDS = 60.0
REFSPECS: Final = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
"""Branches and tags: what every mirror has."""
_PROGRESS = re.compile(rb"Receiving objects:.*?\((\d+)/(\d+)\)")

_CAUSES = (
    (
        r"authentication failed|could not read (?:username|password)|error: (?:401|403)|permission denied|"
        r"invalid credentials|access denied|host key verification failed|terminal prompts disabled",
        "the remote refuses access",
        "for https put a token that may read the repository into an environment variable and say `token: env:NAME`; "
        "for ssh see that `ssh` to that host works without a question",
    ),
    (
        r"could not resolve|failed to connect|connection (?:refused|timed out|reset)|couldn't connect|timed out|"
        r"network is unreachable|no route to host|too slow|could not connect",
        "the remote cannot be reached",
        "check the URL, the network and the proxy settings; then run again",
    ),
    (
        r"not found|error: 404|does not appear to be a git|does not exist|redirect",
        "there is no repository at that URL, or no permission to see it",
        "check the URL (a moved repository has a new one); a private repository needs `token: env:NAME`",
    ),
    (
        r"no space left|disk quota",
        "the disk is full",
        "free some space (`cooldown clean` lists what old runs hold), then run again; nothing half-written is used",
    ),
)


def network_git(options: GitOptions, folder: Path, store: Path) -> Git:
    """Git that may speak to that URL and nothing else, with the token in its environment.

    ``folder`` is the recipe's. Raises :class:`InputError` where the token is not where the recipe says.
    """
    token = None
    if options.token is not None:
        token = token_of(options.token, folder=folder, address=_url(options)).value()
    return git_for(_url(options), store, options.username, token)


def git_for(
    url: str, store: Path, username: str, token: str | None, settings: Mapping[str, str] | None = None
) -> Git:
    """Git that may speak to that URL and nothing else. The token, and ``settings`` that may hold secrets too (a proxy's address),
    go by its environment."""
    scheme = url.partition("://")[0] if "://" in url else "ssh"
    protocols = (
        (scheme,) if scheme in ("https", "http", "ssh") else ()
    )  # the options hold this too: two locks
    secrets = dict(settings or {})
    if token:
        credentials = base64.b64encode(f"{username}:{token}".encode()).decode()
        # For this URL only; redirects are not followed, so the token goes nowhere else.
        secrets[f"http.{url}.extraHeader"] = f"Authorization: Basic {credentials}"
    return Git(write_home(store), protocols=protocols, secrets=secrets, remote=url)


def ask(git: Git, options: GitOptions) -> References:
    """The remote's references. Raises :class:`InputError` where it cannot be reached or refuses."""
    try:
        return list_references(git, _url(options), _ASK_SECONDS)
    except GitFailed as error:
        raise remote_error(error, options) from error


def mirrored(
    git: Git,
    options: GitOptions,
    context: HarvestContext,
    store: Path,
    tip: str,
    beside: Mapping[str, str] | None = None,
) -> Git:
    """The mirror of the remote, with ``tip`` in it: made, or brought up to date if it lacks that commit.

    Branches and tags are mirrored. ``beside`` names references (tags, heads of pull requests) that are to be as they are
    at the remote too, with what each names there; heads of pull requests are fetched for that alone. A fetch that was killed leaves
    temporary packs that the next one clears away; references are changed only when everything they need has arrived, so
    what they reach is whole.
    """
    url = _url(options)
    folder = mirror_folder(url, store)
    with locked(folder, context.emit):
        keep_mirror(folder, url)
        mirror = bare(git, folder, len(tip))
        fetching = replace(git, directory=folder)
        if not _reaches(mirror, tip):
            clear_away(folder)
            try:
                fetch(fetching, context, url, REFSPECS)
                if not _reaches(mirror, tip):  # no branch or tag leads there: ask for it by name
                    fetch(fetching, context, url, (f"+{tip}:refs/asked/{tip}",), prune=False)
            except GitFailed as error:
                if not _reaches(mirror, tip):
                    raise remote_error(error, options) from error
                warn(
                    context,
                    f"not every branch of {url} could be mirrored ({error.reason}); the one asked for is here",
                )
        if beside:
            _fetch_beside(mirror, fetching, context, url, beside)
    return mirror


def _fetch_beside(
    mirror: Git, fetching: Git, context: HarvestContext, url: str, beside: Mapping[str, str]
) -> None:
    """Fetch tags and heads of pull requests, if some of them are not what they are at the remote."""
    here = dict(
        line.split(" ", 1)[::-1]
        for line in mirror.run("for-each-ref", "--format=%(objectname) %(refname)")
        .decode("utf-8", "surrogateescape")
        .splitlines()
    )
    lacking = [name for name, revision in beside.items() if here.get(name) != revision]
    if not lacking:
        return
    assert mirror.directory is not None
    clear_away(mirror.directory)
    tags = all(name.startswith("refs/tags/") for name in lacking)
    try:
        fetch(fetching, context, url, REFSPECS if tags else (*REFSPECS, *refspecs(beside)))
    except GitFailed as error:
        warn(
            context,
            f"{len(lacking)} tags or pull requests of {url} could not be mirrored ({error.reason}); those that are here are read",
        )


def existing_mirror(git: Git, options: GitOptions, store: Path, tip: str) -> Git | None:
    """The mirror, if there is one already with all of ``tip``'s history."""
    folder = mirror_folder(_url(options), store)
    mirror = replace(git, directory=folder, protocols=(), secrets={})
    return mirror if folder.exists() and _reaches(mirror, tip) else None


def mirror_folder(url: str, store: Path) -> Path:
    """Where the mirror of that URL lies."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", url.rpartition("/")[2].removesuffix(".git"))[:40]
    return store / f"mirror-{name}-{digest_of(url)[:16]}.git"


def keep_mirror(folder: Path, url: str) -> None:
    """Say in the store what the mirror is of."""
    keep(folder, what=f"mirror of {url}", again="a clone")


def remote_error(error: GitFailed, options: GitOptions) -> InputError:
    """What a failed exchange with the remote means and what to do, with what git said about it."""
    said = error.stderr.lower()
    for pattern, what, remedy in _CAUSES:
        if re.search(pattern, said):
            return InputError(f"{what} ({error.reason})", where=_url(options), remedy=remedy)
    return InputError(
        f"git could not read it ({error.reason})",
        where=_url(options),
        remedy="see whether `git ls-remote` can",
    )


def _url(options: GitOptions) -> str:
    assert options.url is not None
    return options.url


def _reaches(mirror: Git, tip: str) -> bool:
    """Whether some reference of the mirror leads to that commit, so that all of its history is there."""
    try:
        return bool(mirror.run("for-each-ref", "--count=1", f"--contains={tip}", "--format=%(refname)"))
    except GitFailed:  # the commit is not there at all
        return False


def fetch(
    git: Git, context: HarvestContext, url: str, refspecs: tuple[str, ...], *, prune: bool = True
) -> None:
    """Fetch into the repository that ``git`` works in, with progress. Call it under its lock, after :func:`clear_away`. Raises ``GitFailed``."""
    pace = Pace(context, "objects received")
    arguments = [
        "fetch",
        "--progress",
        "--no-tags",
        "--force",
        "--update-shallow",
        "--no-write-fetch-head",
    ]
    arguments += ["--no-recurse-submodules", "--no-auto-maintenance", *(["--prune"] if prune else [])]
    with git.stream(*arguments, "--end-of-options", url, *refspecs) as stream:
        stream.on_stderr = lambda: _tell(stream.stderr, pace)
        while stream.read():
            pass
        stream.finish()


def _tell(said: bytes, pace: Pace) -> None:
    """Turn the last counter that git wrote into a progress event."""
    if counters := _PROGRESS.findall(said):
        done, total = map(int, counters[-1])
        pace.set(done, total)


def clear_away(folder: Path) -> None:
    """Remove what a killed fetch left: half packs, and locks that nobody holds since we hold the repository's own."""
    for pattern in ("objects/pack/tmp_*", "objects/pack/.tmp-*", "objects/tmp_*", "*.lock", "refs/**/*.lock"):
        for path in folder.glob(pattern):
            if path.is_file():
                path.unlink(missing_ok=True)
