"""Releases: tags with their messages, what the changelog says of them, and the subjects of the commits since the one before."""

from __future__ import annotations

import heapq
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cooldown_connectors.git.changelog import changelog_rank, section, version_of
from cooldown_connectors.git.graph import Graph
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.merge_base import branch_between
from cooldown_connectors.git.object_reader import GitObject, ObjectReader
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.times import utc_time
from cooldown_connectors.git.tree_lookup import TreeItem, TreeLookup
from cooldown_kit.records import Person, Release, Skipped

MAX_SUBJECTS: Final = 200
"""Subjects of commits that a release keeps; the others are counted."""
MAX_CHANGELOG: Final = 4 << 20
"""Bytes of a changelog: it grows with the project."""
_MAX_TAG: Final = 1 << 20
_DEPTH: Final = 10
_FOLDERS: Final = ("", "docs", "doc", "docs/source", "doc/source", "docs/en", "doc/en")
_PARTS: Final = ("{}", "packages/{}", "crates/{}", "libs/{}")
"""Where a part of a repository lies that is released on its own, as ``tokio-util-0.7.1`` is."""
_SIGNATURE: Final = re.compile(
    rb"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----", re.MULTILINE
)
_PREFIX: Final = re.compile(r"(.*?)[-_/.@ ]*(?:(?<![A-Za-z])v)?(?=\d)", re.IGNORECASE)
_TAGGER: Final = re.compile(rb"(.*?) ?<([^<>]*)>(?: (-?\d+))?")

Entry = Callable[[int], CommitEntry]


@dataclass(frozen=True)
class _Tag:
    """A tag of a commit in the history. ``message`` and ``tagger`` are those of the annotated tag."""

    name: str
    commit: int
    message: str
    tagger: Person | None
    time: datetime


def read_releases(
    repository: str,
    git: Git,
    graph: Graph,
    entry: Entry,
    tip: int,
    tags: Mapping[str, str],
    *,
    max_subjects: int = MAX_SUBJECTS,
    max_changelog: int = MAX_CHANGELOG,
) -> Iterator[Release | Skipped]:
    """A record for each tag (full name → the object it names) of a commit that ``tip`` reaches, the oldest commit first.

    Skipped with their reason are first those that are no release: ``not_in_history``, ``tag_of_tree``, ``tag_of_blob``, ``missing``,
    ``too_large``, ``malformed``, ``bad_date``; and between the records changelogs that are not read: ``changelog_too_large``,
    ``changelog_not_utf8``, ``changelog_missing``. Raises ``GitFailed``.
    """
    with ObjectReader(git) as objects:
        reach = graph.reachable([tip])
        found: list[_Tag] = []
        for name, named in sorted(tags.items()):
            tag = _read_tag(objects, graph, entry, path_text(_bytes(name.removeprefix("refs/tags/"))), named)
            if isinstance(tag, _Tag) and not reach[tag.commit]:
                tag = _skipped(tag.name, "not_in_history", graph.revision(tag.commit))
            if isinstance(tag, _Tag):
                found.append(tag)
            else:
                yield tag
        found.sort(key=lambda tag: (tag.commit, tag.time, tag.name))
        ways = _Ways(graph, found)
        changelogs = _Changelogs(objects, found, max_changelog)
        for tag in found:
            notes = changelogs.notes(graph.revision(tag.commit), tag.name)
            if isinstance(notes, Skipped):
                yield notes
            previous = ways.before(tag)
            subjects, left_out = _subjects(graph, entry, tag, previous, max_subjects)
            yield Release(
                id=f"{repository}@refs/tags/{tag.name}",
                take="releases",
                repository=repository,
                tag=tag.name,
                revision=graph.revision(tag.commit),
                message=tag.message,
                tagger=tag.tagger,
                released_at=tag.time,
                previous=None if previous is None else previous.name,
                notes=None if isinstance(notes, Skipped) else notes,
                subjects=subjects,
                subjects_left_out=left_out,
            )


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _skipped(tag: str, reason: str, detail: str = "") -> Skipped:
    return Skipped(what=f"refs/tags/{tag}", reason=reason, detail=detail)


def _read_tag(objects: ObjectReader, graph: Graph, entry: Entry, name: str, named: str) -> _Tag | Skipped:
    """The tag, followed to the commit that it names, perhaps through other tags."""
    message, tagger, seconds = "", None, b""
    kind = "commit"
    for depth in range(_DEPTH):
        commit = graph.find(named)
        if commit is not None:
            time = utc_time(seconds) or utc_time(entry(commit).committed)
            if time is None:
                return _skipped(name, "bad_date")
            return _Tag(name, commit, message, tagger, time)
        said = objects.read(named, _MAX_TAG)
        if said is None:
            return _skipped(name, "missing", named)
        if said.kind == "commit":
            return _skipped(name, "not_in_history", named)
        if said.kind != "tag":
            return _skipped(name, f"tag_of_{said.kind}", named)
        if said.content is None:
            return _skipped(name, "too_large", f"{said.size} bytes")
        headers, body = _headers(said)
        named = headers.get(b"object", b"").decode("ascii", "replace")
        if not re.fullmatch(r"[0-9a-f]{40,64}", named):
            return _skipped(name, "malformed", f"the {kind} says of no object that it tags it")
        if depth == 0:
            message = _message(body, headers.get(b"encoding", b"utf-8"))
            tagger, seconds = _person(headers.get(b"tagger", b""))
    return _skipped(name, "malformed", "a tag of a tag of a tag, and so on")


def _headers(tag: GitObject) -> tuple[dict[bytes, bytes], bytes]:
    """The first line of each header, and the message."""
    head, _, body = (tag.content or b"").partition(b"\n\n")
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        headers.setdefault(key, value)
    return headers, body


def _message(body: bytes, encoding: bytes) -> str:
    """Without the signature that stands below it."""
    signature = _SIGNATURE.search(body)
    text = body if signature is None else body[: signature.start()]
    try:
        return text.decode(encoding.decode("ascii"), "replace").strip()
    except (LookupError, UnicodeDecodeError):
        return text.decode("utf-8", "replace").strip()


def _person(tagger: bytes) -> tuple[Person | None, bytes]:
    match = _TAGGER.match(tagger)
    if match is None:
        return None, b""
    name, email = (part.decode("utf-8", "replace") for part in match.group(1, 2))
    return Person(name=name, email=email), match[3] or b""


class _Ways:
    """From a release back to the one before."""

    def __init__(self, graph: Graph, tags: list[_Tag]) -> None:
        self._graph = graph
        self._tags: dict[int, list[_Tag]] = {}
        for tag in tags:
            self._tags.setdefault(tag.commit, []).append(tag)
        self._next: dict[int, int | None] = {}

    def before(self, tag: _Tag) -> _Tag | None:
        """The nearest on the first-parent line, one of the same series (``payments-1.2`` and ``payments-1.1``) if there is any
        on it; else the newest tagged ancestor.
        """
        series = _series(tag.name)
        nearest: _Tag | None = None
        commit = self._on_line(tag.commit)
        while commit is not None:
            for other in reversed(self._tags[commit]):
                if _series(other.name) == series:
                    return other
            nearest = nearest or self._tags[commit][-1]
            commit = self._on_line(commit)
        return nearest or self._anywhere(tag.commit)

    def _on_line(self, commit: int) -> int | None:
        """The next tagged commit behind one on its first-parent line."""
        if commit not in self._next:
            line = self._graph.first_parents(commit)
            next(line)
            self._next[commit] = next((number for number in line if number in self._tags), None)
        return self._next[commit]

    def _anywhere(self, commit: int) -> _Tag | None:
        seen: set[int] = set()
        queue = [-commit]
        while queue:
            number = -heapq.heappop(queue)
            if number != commit and number in self._tags:
                return self._tags[number][-1]
            for parent in self._graph.parents(number):
                if parent not in seen:
                    seen.add(parent)
                    heapq.heappush(queue, -parent)
        return None


def _series(tag: str) -> str:
    """What stands before the version: of ``v1.2`` and ``1.2`` nothing, of ``tokio-util-0.7.1`` ``tokio-util``."""
    match = _PREFIX.match(tag)
    return tag if match is None else match[1]


def _subjects(
    graph: Graph, entry: Entry, tag: _Tag, previous: _Tag | None, max_subjects: int
) -> tuple[list[str], int]:
    """First lines of the commits that came since, newest first, without merges; and how many are not among them."""
    if previous is None:
        commits = graph.reachable([tag.commit]).nonzero()[0].tolist()
    else:
        branch = branch_between(graph, tag.commit, previous.commit, len(graph))
        commits = [] if branch is None else branch.commits
    commits = [commit for commit in reversed(commits) if len(graph.parents(commit)) < 2]
    lines = (entry(commit).message.strip().partition(b"\n")[0] for commit in commits[:max_subjects])
    subjects = [text for line in lines if (text := line.decode("utf-8", "replace").strip())]
    return subjects, len(commits) - len(subjects)


class _Changelogs:
    """Finds what changelogs say of releases.

    The repository's own changelog speaks of its main series of releases, the most frequent one. A part that is released on its own has
    its changelog in its own folder.
    """

    def __init__(self, objects: ObjectReader, tags: list[_Tag], max_size: int) -> None:
        self._objects = objects
        self._trees = TreeLookup(objects)
        self._max_size = max_size
        series = Counter(_series(tag.name) for tag in tags if version_of(tag.name) is not None)
        self._main = {"", *(name for name, _ in series.most_common(1))}

    def notes(self, revision: str, tag: str) -> str | Skipped | None:
        """What the changelog at the release says of its version; of several files the first that says something."""
        version = version_of(tag)
        if version is None:
            return None
        unread = None
        for path, item in self._files(revision, _series(tag)):
            text = self._text(item, tag, path)
            if isinstance(text, Skipped):
                unread = unread or text
            elif (notes := section(text, version, path.rpartition("/")[2])) is not None:
                return notes
        return unread

    def _files(self, revision: str, series: str) -> Iterator[tuple[str, TreeItem]]:
        """Changelogs that may speak of that series, with their paths, the likeliest first."""
        places = [place.format(series) for place in _PARTS] if series else []
        places += _FOLDERS if series in self._main else ()
        for place in places:
            folders = [os.fsencode(part) for part in place.split("/") if part]
            names = self._trees.folder(revision, folders) or {}
            ranked = ((changelog_rank(os.fsdecode(name)), name) for name in names)
            for _, name in sorted((rank, name) for rank, name in ranked if rank is not None):
                if names[name].mode.startswith(b"100"):
                    yield path_text(b"/".join([*folders, name])), names[name]

    def _text(self, item: TreeItem, tag: str, path: str) -> str | Skipped:
        said = self._objects.read(item.id.decode("ascii"), self._max_size)
        if said is None or said.content is None:
            return _skipped(tag, "changelog_missing" if said is None else "changelog_too_large", path)
        try:
            return said.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return _skipped(tag, "changelog_not_utf8", path)
