"""The files of an export of Stack Overflow for Teams, in a folder or a zip → the index of posts."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Any, Final

from cooldown_connectors.text.jsonl import lines as jsonl_lines
from cooldown_connectors.text.walk import Found
from cooldown_connectors.threads.dump import Told
from cooldown_connectors.threads.json_items import MAX_ITEM, BadJsonError, items, line_items
from cooldown_connectors.threads.posts import PostIndex
from cooldown_connectors.threads.seven_zip import too_much
from cooldown_connectors.threads.sources import Site
from cooldown_connectors.threads.teams import Export

_CHUNK: Final = 1 << 20


def read_export(index: PostIndex, site: Site, told: Told) -> None:
    """Add everything that is not in the index yet. A file that cannot be read is passed over with its reason."""
    export = Export(index)
    for file in site.files:
        if index.file.position(file.name)[2]:
            continue
        try:
            if file.name.lower().endswith(".zip"):
                _read_zip(index, export, file, told)
            elif file.name.lower().endswith(".jsonl"):
                whole = (line or b"{" for _, line in jsonl_lines(file, MAX_ITEM))
                _add(index, export, file.name, file.name, line_items(whole))
            else:
                with file.path.open("rb") as stream:
                    _add(index, export, file.name, file.name, items(_chunks(stream, told)))
        except OSError as error:
            index.file.pass_over(file.name, "unreadable", error.strerror or str(error))
        index.file.read_to(file.name, file.size, 0, done=True)


def _read_zip(index: PostIndex, export: Export, file: Found, told: Told) -> None:
    try:
        with zipfile.ZipFile(file.path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            unpacked = sum(entry.file_size for entry in entries)
            if too_much(unpacked, file.size):
                detail = f"{unpacked:,} bytes in {file.size:,}; unpack it yourself if it is what you want"
                index.file.pass_over(file.name, "bomb", detail)
                return
            for entry in sorted(entries, key=lambda entry: entry.filename):
                name = f"{file.name}/{entry.filename[:200]}"
                if not entry.filename.lower().endswith(".json"):
                    index.file.pass_over(name, "unknown_format")
                elif entry.flag_bits & 1:
                    index.file.pass_over(name, "encrypted", "it needs a password")
                elif not index.file.position(name)[2]:
                    with archive.open(entry) as stream:
                        _add(index, export, name, entry.filename, items(_chunks(stream, told)))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        index.file.pass_over(file.name, "bad_archive", f"{type(error).__name__}: {error}")


def _chunks(stream: IO[bytes], told: Told) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk
        told(len(chunk))


def _add(
    index: PostIndex, export: Export, name: str, path: str, found: Iterator[dict[str, Any] | str]
) -> None:
    """Add the objects of one file; after a kill, those from where it was killed on."""
    _, before, _ = index.file.position(name)
    rows = 0
    try:
        for rows, item in enumerate(found, 1):
            if rows <= before:
                continue
            if isinstance(item, str):
                index.file.pass_over(f"{name}#{rows}", "bad_json", item[:200])
            else:
                for reason in export.add(item, PurePosixPath(path).stem).elements():
                    index.file.pass_over(f"{name}#{rows}", reason)
            index.file.read_to(name, 0, rows)
    except BadJsonError as error:
        index.file.pass_over(name, "bad_json", f"after {rows} objects: {error}")
    index.file.read_to(name, 0, rows, done=True)
