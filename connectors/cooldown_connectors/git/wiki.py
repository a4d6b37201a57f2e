"""Wikis: forges keep them as git repositories of their own, beside the one that they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cooldown_connectors.git.blobs import read_blobs
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.last_change import LastChanges
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.raw_rows import GITLINK, SYMLINK
from cooldown_connectors.git.times import utc_time
from cooldown_connectors.git.tree import TreeEntry, read_tree, unread_by_size
from cooldown_connectors.git.tree_lookup import TreeItem
from cooldown_kit.records import Skipped, TextPage

PROSE: Final = (
    *("md", "markdown", "mkd", "rst", "adoc", "asciidoc", "asc", "org", "textile", "rdoc"),
    *("mediawiki", "wiki", "creole", "pod", "txt"),
)
"""Endings of pages, as the forges' wikis (gollum and its heirs) know them."""
_FRAME: Final = re.compile(r"_(?:sidebar|footer|header)", re.IGNORECASE)

WikiListing = list[tuple[TreeEntry, str | None]]
"""Entries of the tree, each with the reason why it is not read, if there is one."""


def wiki_url(url: str) -> str:
    """Where forges serve the wiki of the repository at that URL.

    >>> wiki_url("https://github.com/acme/payments.git")
    'https://github.com/acme/payments.wiki.git'
    """
    return url.rstrip("/").removesuffix(".git").rstrip("/") + ".wiki.git"


def wiki_folder(path: Path) -> Path | None:
    """The clone of the wiki beside a local repository, ``NAME.wiki.git`` or ``NAME.wiki``; ``None`` where there is none."""
    place = path.parent if path.name == ".git" else path
    name = place.name.removesuffix(".git")
    beside = (place.with_name(name + ending) for ending in (".wiki.git", ".wiki"))
    return next((folder for folder in beside if folder.is_dir()), None) if name else None


def list_pages(git: Git, revision: str, max_size: int) -> WikiListing:
    """All paths of the wiki at the revision, decided as far as can be without their contents. Raises ``GitFailed``."""
    return [(entry, _reason(entry, max_size)) for entry in read_tree(git, revision)]


def pages_of(listing: WikiListing) -> dict[bytes, TreeItem]:
    """Path → mode and blob of those that will be read, as :func:`~cooldown_connectors.git.last_change.last_changes` wants them."""
    return {entry.path: TreeItem(entry.mode, entry.blob) for entry, reason in listing if reason is None}


def read_wiki(
    repository: str, git: Git, revision: str, listing: WikiListing, last: LastChanges
) -> Iterator[TextPage | Skipped]:
    """The pages of the wiki of ``repository`` (its name in records), by path, each with the time of its last change.

    Skipped: ``navigation`` (``_Sidebar``, ``_Footer``, ``_Header``), ``not_prose`` (pictures and the like), ``symlink``,
    ``submodule``, ``missing``, ``empty``, ``too_large``, ``not_utf8``, ``binary``, ``unreadable``.
    """
    contents = read_blobs(git, [entry.blob for entry, reason in listing if reason is None])
    for entry, reason in listing:
        content = next(contents) if reason is None else None
        yield _page(f"{repository}.wiki", revision, entry, reason, content, last)
    assert next(contents, None) is None, "one content for each page"


def _reason(entry: TreeEntry, max_size: int) -> str | None:
    stem, _, ending = path_text(entry.path).rpartition("/")[2].rpartition(".")
    if entry.mode == GITLINK:
        return "submodule"
    if entry.mode == SYMLINK:
        return "symlink"
    if not stem or ending.lower() not in PROSE:
        return "not_prose"
    if _FRAME.fullmatch(stem):
        return "navigation"
    return unread_by_size(entry, max_size)


def _page(
    wiki: str,
    revision: str,
    entry: TreeEntry,
    reason: str | None,
    content: bytes | None,
    last: LastChanges,
) -> TextPage | Skipped:
    path = path_text(entry.path)
    what = f"{wiki}:{path}"
    if reason is not None:
        return Skipped(
            what=what, reason=reason, detail=f"{entry.size} bytes" if reason == "too_large" else ""
        )
    if content is None:
        return Skipped(what=what, reason="unreadable", detail="git cannot read the object")
    if b"\0" in content:
        return Skipped(what=what, reason="binary")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Skipped(what=what, reason="not_utf8", detail=f"byte {error.start}")
    if not text.strip():
        return Skipped(what=what, reason="empty")
    change = last.of(entry.path)
    return TextPage(
        id=f"{wiki}@{revision}:{path}",
        take="wiki",
        path=path,
        title=_title(path),
        text=text,
        time=None if change is None else utc_time(change.committed),
        repository=wiki,
        revision=revision,
    )


def _title(path: str) -> str:
    """The file's name: wikis write spaces as dashes, and so ``A - B`` as ``A---B``."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return " - ".join(part.replace("-", " ") for part in stem.split("---"))
