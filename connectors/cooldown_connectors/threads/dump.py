"""The files of a StackExchange dump, plain or in archives → the index of posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cooldown_connectors.text.walk import Found
from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_connectors.threads.posts import PostIndex
from cooldown_connectors.threads.seven_zip import BadArchiveError, Sink, members, read_members
from cooldown_connectors.threads.sources import Site, table_of
from cooldown_connectors.threads.stackexchange import OTHER_TABLES, Table

_CHUNK: Final = 1 << 20
Told = Callable[[int], None]
"""Called with the number of bytes that were read since the last call."""


def read_dump(index: PostIndex, site: Site, options: ThreadsOptions, told: Told) -> None:
    """Add everything that is not in the index yet. A file that cannot be read is passed over with its reason."""
    for file in site.files:
        if file.name.lower().endswith(".7z"):
            _read_archive(index, file, site.place, options, told)
        else:
            table = table_of(file.name)
            if table is None or not _wanted(table, options):
                continue
            _read_plain(index, file, table, site.place, told)


def _wanted(table: str, options: ThreadsOptions) -> bool:
    if table == "comments":
        return options.remarks
    if table == "posthistory":
        return options.close_reasons
    return table not in OTHER_TABLES


def _read_plain(index: PostIndex, file: Found, table: str, place: str, told: Told) -> None:
    reader = Table(index, file.name, table, place)
    if reader.done:
        return
    try:
        with file.path.open("rb") as stream:
            stream.seek(reader.start)
            reader.skip_to_start()
            while chunk := stream.read(_CHUNK):
                reader.write(chunk)
                told(len(chunk))
    except OSError as error:
        index.file.pass_over(file.name, "unreadable", f"the rest of the file: {error.strerror or error}")
    reader.finish()


class _Told:
    """A sink that tells how much went through."""

    def __init__(self, sink: Sink, told: Told) -> None:
        self._sink, self._told = sink, told

    def write(self, chunk: bytes) -> None:
        self._sink.write(chunk)
        self._told(len(chunk))

    def finish(self) -> None:
        self._sink.finish()


def _read_archive(index: PostIndex, file: Found, place: str, options: ThreadsOptions, told: Told) -> None:
    if index.file.position(file.name)[2]:
        return
    try:
        sinks: dict[str, Sink] = {}
        seen: set[str] = set()
        for name in members(file.path):
            table = table_of(name.rpartition("/")[2])
            if table in seen:
                index.file.pass_over(f"{file.name}/{name[:100]}", "bad_archive", "it has that table twice")
                continue
            seen |= {table} if table else set()
            if table is None:
                index.file.pass_over(f"{file.name}/{name[:100]}", "unknown_format")
            elif _wanted(table, options):
                reader = Table(index, f"{file.name}/{name}", table, place)
                if not reader.done:
                    sinks[name] = _Told(reader, told)
            elif table in OTHER_TABLES:
                index.file.pass_over(f"{file.name}/{name}", "not_needed", "no text of a thread is in it")
        if sinks:
            read_members(file.path, sinks)
    except BadArchiveError as error:
        index.file.pass_over(file.name, error.reason, error.detail)
    except OSError as error:
        index.file.pass_over(file.name, "unreadable", error.strerror or str(error))
    index.file.read_to(file.name, file.size, 0, done=True)
