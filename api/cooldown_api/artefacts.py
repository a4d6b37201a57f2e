"""The store of results: a folder, or any fsspec URL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

_CHUNK = 1 << 20
_LINKED_BYTES = 1 << 20
"""Smaller files are copied: a link would follow whoever writes into the original later, as a log may be."""


def local_folder(url: str) -> Path | None:
    """The folder that such a URL means; ``None`` for one that is elsewhere."""
    if "://" not in url:
        return Path(url)
    return Path(url.removeprefix("file://")) if url.startswith("file://") else None


class ArtefactStore:
    """Files below ``{url}/{project}/{job}/``. Safe for threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._local = local_folder(url)
        self._system: Any = None
        self._root = ""
        if self._local is None:
            import fsspec

            self._system, self._root = fsspec.core.url_to_fs(url)

    def put(self, project: str, job: str, name: str, source: Path) -> None:
        """Store one file whole, over whatever has its name. On one file system weights cost no second copy."""
        if self._local is None:
            self._system.put_file(str(source), self._remote(project, job, name))
            return
        target = self._path(project, job, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        if source.suffix == ".jsonl" or source.stat().st_size < _LINKED_BYTES or not _linked(source, beside):
            shutil.copyfile(source, beside)
        beside.replace(target)
        beside.unlink(missing_ok=True)  # renaming onto another name of the same file does nothing

    def open(self, project: str, job: str, name: str) -> IO[bytes]:
        """A seekable file. Raises ``FileNotFoundError``."""
        if self._local is None:
            opened: IO[bytes] = self._system.open(self._remote(project, job, name), "rb")
            return opened
        return self._path(project, job, name).open("rb")

    def read(self, project: str, job: str, name: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``start`` up to, but without, ``end``, in pieces."""
        with self.open(project, job, name) as file:
            file.seek(start)
            left = end - start
            while left > 0 and (piece := file.read(min(_CHUNK, left))):
                left -= len(piece)
                yield piece

    def delete(self, project: str, job: str) -> None:
        """Everything of one job."""
        if self._local is not None:
            shutil.rmtree(self._local / project / job, ignore_errors=True)
        elif self._system.exists(f"{self._root}/{project}/{job}"):
            self._system.rm(f"{self._root}/{project}/{job}", recursive=True)

    def delete_folder(self, project: str, job: str, folder: str) -> None:
        """Everything of one job below ``folder/``."""
        if self._local is not None:
            shutil.rmtree(self._path(project, job, folder), ignore_errors=True)
        elif self._system.exists(self._remote(project, job, folder)):
            self._system.rm(self._remote(project, job, folder), recursive=True)

    def _path(self, project: str, job: str, name: str) -> Path:
        assert self._local is not None
        folder = self._local / project / job
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise FileNotFoundError(name)
        return target

    def _remote(self, project: str, job: str, name: str) -> str:
        if ".." in Path(name).parts or name.startswith("/"):
            raise FileNotFoundError(name)
        return f"{self._root}/{project}/{job}/{name}"


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one that has no links
        return False
    return True
