"""Which of the files that a path gives belong together: sites of questions, and one mailbox of all mails."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from cooldown_connectors.text.walk import Found, unreadable
from cooldown_connectors.threads.options import Format, ThreadsOptions
from cooldown_connectors.threads.stackexchange import OTHER_TABLES, TABLES
from cooldown_kit.records import Skipped

_ARCHIVE: Final = re.compile(
    r"(.+?)(?:-(Posts|Comments|Users|PostLinks|PostHistory|Badges|Votes|Tags))?\.7z", re.IGNORECASE
)
_MBOX: Final = (".mbox", ".mbx", ".mbox.gz", ".mbx.gz", ".txt.gz")
_DELIVERED: Final = ("cur", "new")
"""Folders of a maildir whose files are mails."""
_FROM: Final = b"From "


@dataclass(frozen=True)
class Site:
    """The files of one dump or export."""

    format: Literal["stackexchange", "teams"]
    place: str
    files: list[Found]


@dataclass
class Sources:
    """What lies at the path. ``mails`` are ``(file, whether it is an mbox)``; else it is one mail."""

    sites: list[Site] = field(default_factory=list)
    mails: list[tuple[Found, bool]] = field(default_factory=list)
    passed_over: list[Skipped] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.sites or self.mails)


def sort_out(files: Iterable[Found | Skipped], options: ThreadsOptions, *, named: bool) -> Sources:
    """Tell each file's format. A file that is ``named`` itself, with a ``format``, is believed to be in it whatever its name."""
    sources = Sources()
    sites: dict[tuple[str, str, str], list[Found]] = {}
    for file in files:
        if isinstance(file, Skipped):
            sources.passed_over.append(file)
            continue
        told = _site(file, options)
        if told is not None:
            sites.setdefault(told, []).append(file)
            continue
        told_mail = _mail(file, options, named=named)
        if isinstance(told_mail, Skipped):
            sources.passed_over.append(told_mail)
        else:
            sources.mails.append((file, told_mail))
    for (kind, _, place), found in sorted(sites.items()):
        kind_: Literal["stackexchange", "teams"] = "teams" if kind == "teams" else "stackexchange"
        if kind_ == "stackexchange":
            found, left = _needed(found)
            sources.passed_over += left
        if found:
            sources.sites.append(Site(kind_, options.place or place, found))
    return sources


def table_of(name: str) -> str | None:
    """The table that a file of a dump holds, lower case; ``None`` for other names."""
    path = PurePosixPath(name.lower())
    return path.stem if path.suffix == ".xml" and path.stem in (*TABLES, *OTHER_TABLES) else None


def _needed(files: list[Found]) -> tuple[list[Found], list[Skipped]]:
    """Files of a dump that are read, and those that hold nothing which a thread could want."""
    needed, left = [], []
    for file in files:
        archive = _ARCHIVE.fullmatch(PurePosixPath(file.name).name)
        table = (archive[2] or "").lower() if archive else table_of(file.name)
        if table in OTHER_TABLES:
            left.append(Skipped(what=file.name, reason="not_needed", detail="no text of a thread is in it"))
        else:
            needed.append(file)
    return needed, left


def _site(file: Found, options: ThreadsOptions) -> tuple[Format, str, str] | None:
    """``(format, what the site's files have in common, place)``."""
    name = PurePosixPath(file.name)
    folder = _folder_name(file.path)
    lower = name.name.lower()
    if options.format in ("auto", "stackexchange"):
        if table_of(lower) is not None:
            return "stackexchange", str(name.parent), folder
        archive = _ARCHIVE.fullmatch(name.name)
        if archive is not None:
            return "stackexchange", str(name.with_name(archive[1])), archive[1]
    if options.format in ("auto", "teams"):
        if lower.endswith((".json", ".jsonl")):
            return "teams", str(name.parent), folder
        if lower.endswith(".zip"):
            return "teams", str(name), name.stem
    return None


def _folder_name(path: Path) -> str:
    return path.absolute().parent.name or "site"


def _mail(file: Found, options: ThreadsOptions, *, named: bool) -> bool | Skipped:
    """Whether it is an mbox (true) or one mail, or why it is neither."""
    if options.format not in ("auto", "mbox"):
        return Skipped(what=file.name, reason="unknown_format", detail=f"`format` is {options.format}")
    name = PurePosixPath(file.name)
    lower = name.name.lower()
    parent = file.path.parent.name
    if parent in _DELIVERED and (file.path.parent.parent / "tmp").is_dir():
        return False
    if parent == "tmp" and all((file.path.parent.parent / beside).is_dir() for beside in _DELIVERED):
        return Skipped(
            what=file.name, reason="not_delivered", detail="a maildir's mail that is being written"
        )
    if lower.endswith(_MBOX):
        return True
    if lower.endswith(".eml"):
        return False
    try:
        with file.path.open("rb") as stream:
            first = stream.read(len(_FROM))
    except OSError as error:
        return unreadable(file.name, error)
    if first == _FROM:
        return True
    if options.format == "mbox" and named:
        return False
    return Skipped(what=file.name, reason="unknown_format")
