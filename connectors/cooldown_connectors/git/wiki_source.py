"""The wiki of a repository: a repository beside it, read like any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cooldown_connectors.git.harvest import last_changes_of, read_history_of, store_folder
from cooldown_connectors.git.locate import locate
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import warn
from cooldown_connectors.git.repository import look
from cooldown_connectors.git.store import locked
from cooldown_connectors.git.wiki import list_pages, pages_of, read_wiki, wiki_folder, wiki_url
from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.records import Skipped, TextPage
from cooldown_kit.store import keep


def wiki_options(options: GitOptions, context: HarvestContext) -> GitOptions | None:
    """Options that name the wiki's repository; ``None`` where a local repository has none beside it."""
    place: dict[str, str | None]
    if options.wiki is not None:
        remote = "://" in options.wiki or "@" in options.wiki
        place = {"url": options.wiki} if remote else {"path": options.wiki}
    elif options.url is not None:
        place = {"url": wiki_url(options.url)}
    else:
        assert options.path is not None
        folder = wiki_folder(_top(options.path, context))
        if folder is None:
            return None
        place = {"path": str(folder)}
    kept = {"connector": options.connector, "username": options.username, "take": ("files",)}
    token = {"token": options.token} if "url" in place and options.token is not None else {}
    return GitOptions.model_validate({**kept, **place, **token})


def _top(path: str, context: HarvestContext) -> Path:
    """The repository's own folder: a bare one's, or the one that holds ``.git``."""
    return locate(path, context.folder).common_dir


def wiki_fingerprint(options: GitOptions, context: HarvestContext) -> str | None:
    """The commit that the wiki is at; ``None`` where there is no wiki to be read."""
    try:
        beside = wiki_options(options, context)
        return None if beside is None else look(beside, context).tip
    except InputError:
        return None


def read_wiki_of(options: GitOptions, identity: str, context: HarvestContext) -> Iterator[TextPage | Skipped]:
    """The pages of the wiki; none, and a warning, where there is no wiki that can be read. Raises ``GitFailed``."""
    try:
        beside = wiki_options(options, context)
        if beside is None:
            raise InputError("there is no wiki beside it", remedy="clone it there, or name it as `wiki`")
        repository = look(beside, context).open()
    except InputError as error:
        warn(context, f"the wiki of {identity} is left out: {error}")
        yield Skipped(what=f"{identity}.wiki", reason="no_wiki", detail=error.what)
        return
    whole = store_folder(beside, context)
    folder = whole / "wiki"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keep(whole, what=f"history of the wiki {repository.where}", again="reading its history")
    with locked(whole):
        history = read_history_of(repository, folder, context, [])
    listing = list_pages(repository.git, repository.tip, options.max_file_size)
    last = last_changes_of(repository, history, pages_of(listing))
    yield from read_wiki(identity, repository.git, repository.tip, listing, last)
