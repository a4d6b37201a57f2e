"""The ``threads`` connector: what lies at the path, what it holds now, and its threads."""

from __future__ import annotations

import difflib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from cooldown_connectors.text.listing import Listing
from cooldown_connectors.text.places import Place, locate
from cooldown_connectors.text.walk import Found
from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_connectors.threads.sources import Site, Sources, sort_out, table_of
from cooldown_kit.connector import HarvestContext, Take
from cooldown_kit.errors import InputError
from cooldown_kit.events import Progress
from cooldown_kit.records import Record, Skipped
from cooldown_kit.workspace import digest_of

VERSION: Final = 1
"""Part of the fingerprint and of the index's key: raised whenever the same files would give other threads."""
_STAGE: Final = "harvest"
_PROGRESS_SECONDS: Final = 0.5
_MAILS: Final = ["mbox"]
_READ: Final = ("format", "close_reasons", "remarks", "encoding", "max_mail_size", "max_text_size")
"""Options that decide what an index holds; all others are applied when threads are made of it."""


class ThreadsConnector:
    """Reads conversations that lie in files. See ``docs/connectors/threads.md``."""

    Options = ThreadsOptions

    def takes(self, options: ThreadsOptions) -> tuple[Take, ...]:
        """Always one take, ``threads``."""
        return (Take("threads", options.family),)

    def check(self, options: ThreadsOptions, context: HarvestContext) -> None:
        """Raise ``InputError`` where nothing could be read: no such path, no known format, a dump without posts, no such tag."""
        place = locate(options.path, context.folder)
        sources = _sources(place, options)
        if not sources:
            raise _nothing(place, options, sources)
        if options.place is not None and len(sources.sites) > 1:
            raise InputError(
                f"`place` names one site, and {len(sources.sites)} lie there",
                where=f"path {options.path!r}",
                remedy="leave `place` out, so that each is called by its folder or archive, or make a source of each",
            )
        for site in sources.sites:
            if site.format == "stackexchange":
                _check_dump(site, place, options)

    def fingerprint(self, options: ThreadsOptions, context: HarvestContext) -> Mapping[str, Any]:
        """Relative path, size and time of every file; one hash of them where there are many. Contents are not read."""
        listing = Listing()
        for item in locate(options.path, context.folder).files():
            listing.add(item)
        converters = {name: metadata.version(name) for name in ("beautifulsoup4", "markdownify")}
        return {"version": VERSION, "converters": converters, **listing.fingerprint()}

    def kept(self, options: ThreadsOptions, context: HarvestContext) -> Iterator[Path]:
        """The index of each site, and that of the mails."""
        sources = _sources(locate(options.path, context.folder), options)
        if not sources:
            raise InputError(
                "nothing that it reads lies there now", where=f"path {options.path!r}", remedy="put it back"
            )
        yield from (_folder(_what_of(site), options, context) for site in sources.sites)
        if sources.mails:
            yield _folder(_MAILS, options, context)

    def harvest(self, options: ThreadsOptions, context: HarvestContext) -> Iterator[Record | Skipped]:
        """What no format is known for; then each site's threads in order of id, and those of mails in order of time."""
        sources = _sources(locate(options.path, context.folder), options)
        yield from sources.passed_over
        for site in sources.sites:
            yield from _site_threads(site, options, context)
        if sources.mails:
            yield from _mail_threads(sources, options, context)


def _sources(place: Place, options: ThreadsOptions) -> Sources:
    return sort_out(place.files(), options, named=place.kind == "file")


def _site_threads(site: Site, options: ThreadsOptions, context: HarvestContext) -> Iterator[Record | Skipped]:
    from cooldown_connectors.threads.index_file import opened
    from cooldown_connectors.threads.posts import SCHEMA, PostIndex
    from cooldown_connectors.threads.questions import threads

    folder, key = _folder(_what_of(site), options, context), _key(site.files, _what_of(site), options)
    what = f"index of the threads of {site.place} in {options.path}"
    with opened(folder, key, SCHEMA, what=what, emit=context.emit) as file:
        index = PostIndex(file)
        progress = _Progress(context, sum(found.size for found in site.files))
        if site.format == "stackexchange":
            from cooldown_connectors.threads.dump import read_dump

            read_dump(index, site, options, progress.add)
        else:
            from cooldown_connectors.threads.export import read_export

            read_export(index, site, progress.add)
        index.finish()
        workers = context.workers or os.cpu_count() or 1
        found = threads(index, site.place, options, workers)
        yield from _counted(found, context, index.count_roots())


def _mail_threads(
    sources: Sources, options: ThreadsOptions, context: HarvestContext
) -> Iterator[Record | Skipped]:
    from cooldown_connectors.threads.index_file import opened
    from cooldown_connectors.threads.mail_index import SCHEMA, MailIndex
    from cooldown_connectors.threads.mailbox import read_mails, threads

    files = [found for found, _ in sources.mails]
    folder, key = _folder(_MAILS, options, context), _key(files, _MAILS, options)
    what = f"index of the mails in {options.path}"
    with opened(folder, key, SCHEMA, what=what, emit=context.emit) as file:
        index = MailIndex(file)
        read_mails(index, sources.mails, options, _Progress(context, sum(found.size for found in files)).add)
        index.finish()
        place = options.place or _mails_place(locate(options.path, context.folder))
        yield from _counted(threads(index, place, options), context, index.count())


def _mails_place(place: Place) -> str:
    """What mails' place is called where they name no list: it stays when a month is added to an archive, and so do the threads' ids."""
    name = place.root.absolute().name
    if place.kind == "file":
        return name.removesuffix(".gz").rpartition(".")[0] or name
    return name or "mail"


def _what_of(site: Site) -> list[str]:
    return [site.format, site.place]


def _folder(what: list[str], options: ThreadsOptions, context: HarvestContext) -> Path:
    """The index's folder: the same while the recipe names the same site or mails."""
    where = digest_of([*what, str(context.folder.absolute()), options.path])
    return context.store / "threads" / where[:16]


def _key(files: list[Found], what: list[str], options: ThreadsOptions) -> str:
    """The name of the index itself."""
    read = {name: getattr(options, name) for name in _READ}
    states = [[found.name, found.size, found.mtime_ns] for found in files]
    return digest_of([VERSION, what, states, read])


class _Progress:
    """Bytes that were read, told now and then."""

    def __init__(self, context: HarvestContext, total: int) -> None:
        self._context, self._total, self._done, self._told = context, total, 0, time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._told > _PROGRESS_SECONDS:
            # What is packed has more bytes than the file.
            total = self._total if self._done <= self._total else None
            self._context.emit(
                Progress(
                    stage=_STAGE, detail=self._context.source, done=self._done, total=total, unit="bytes"
                )
            )
            self._told = time.monotonic()


def _counted(
    items: Iterator[Record | Skipped], context: HarvestContext, total: int
) -> Iterator[Record | Skipped]:
    def tell(done: int) -> None:
        context.emit(Progress(stage=_STAGE, detail=context.source, done=done, total=total, unit="threads"))

    done, told = 0, time.monotonic()
    for item in items:
        done += not isinstance(item, Skipped)
        yield item
        if time.monotonic() - told > _PROGRESS_SECONDS:
            tell(done)
            told = time.monotonic()
    tell(done)


def _nothing(place: Place, options: ThreadsOptions, sources: Sources) -> InputError:
    """The error for a place where no file could be read, with what was there instead."""
    reasons = Counter(item.reason for item in sources.passed_over)
    if reasons:
        what = f"no file can be read ({', '.join(f'{n} {reason}' for reason, n in reasons.most_common())})"
        remedy = (
            "this source reads StackExchange dumps (`Posts.xml` and its like, or `.7z`), exports of Stack Overflow for Teams (`.json`, `.zip`) "
            "and mails (`.mbox`, `.txt.gz`, `.eml`, maildirs); correct `path` or `format`"
        )
    elif place.kind == "glob":
        what = "no file matches"
        remedy = f"the search started in {str(place.root)!r}; `**` stands for any number of folders"
    else:
        what, remedy = "the folder is empty", "put files there, or correct `path`"
    return InputError(what, where=f"path {options.path!r}", remedy=remedy)


def _check_dump(site: Site, place: Place, options: ThreadsOptions) -> None:
    """Raise where there are no posts, an archive cannot be opened, or no such tag is known."""
    from cooldown_connectors.threads import seven_zip

    names: list[str] = []
    for found in site.files:
        if not found.name.lower().endswith(".7z"):
            names.append(found.name)
        elif not seven_zip.installed():
            raise InputError(
                "reading a .7z needs py7zr, which is not installed",
                where=str(found.path),
                remedy="pip install 'cooldown-kit[dumps]', or unpack the archive and set `path` to the folder",
            )
        else:
            try:
                names += seven_zip.members(found.path)
            except (OSError, seven_zip.BadArchiveError) as error:
                raise InputError(
                    f"it cannot be opened: {error}",
                    where=str(found.path),
                    remedy="fetch it again, or remove it",
                ) from error
    if not any(table_of(name.rpartition("/")[2]) == "posts" for name in names):
        raise InputError(
            f"there is no Posts.xml among the files of {site.place}",
            where=f"path {options.path!r}",
            remedy="put it beside the others, or set `path` to the folder or the archive that has it",
        )
    if options.tags or options.exclude_tags:
        _check_tags(place, options)


def _check_tags(place: Place, options: ThreadsOptions) -> None:
    """Only where ``Tags.xml`` lies there unpacked: it is small."""
    from cooldown_connectors.threads.stackexchange import tag_names

    known: set[str] = set()
    for found in place.files():
        if isinstance(found, Found) and table_of(found.name.rpartition("/")[2]) == "tags":
            with found.path.open("rb") as stream:
                known |= set(
                    tag_names(
                        iter(_chunks(stream.read)),
                    )
                )
    for tag in (*options.tags, *options.exclude_tags):
        if known and tag not in known:
            near = difflib.get_close_matches(tag, known, n=1)
            raise InputError(
                f"there is no tag {tag!r}",
                where=f"path {options.path!r}",
                remedy=f"did you mean {near[0]!r}?" if near else "use one of those that Tags.xml lists",
            )


def _chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while chunk := read(1 << 20):
        yield chunk
