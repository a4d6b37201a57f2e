"""What the workspace holds of a data set: which commit a revision was, what is in a commit, and bytes by their hash."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cooldown_connectors.git.store import locked
from cooldown_connectors.huggingface.listing import Listing, RemoteFile
from cooldown_kit.store import keep
from cooldown_kit.workspace import digest_of, storage_error, write_whole

_CHUNK = 1 << 20


class Cache:
    """``{store}/huggingface/{host}-{digest}/{owner}--{name}/``: ``revisions.json``, ``commits/``, ``blobs/``. Every file is whole or absent."""

    def __init__(self, store: Path, endpoint: str, dataset: str) -> None:
        host = re.sub(r"[^A-Za-z0-9.-]", "_", endpoint.partition("://")[2])[:60]
        self.folder = store / "huggingface" / f"{host}-{digest_of(endpoint)[:8]}" / dataset.replace("/", "--")
        self._revisions = self.folder / "revisions.json"
        self._what = f"files of data set {dataset} of {endpoint}"

    def commit(self, revision: str) -> str | None:
        """The commit that a branch or a tag was when the hub was last asked."""
        return self._known().get(revision)

    def keep_commit(self, revision: str, commit: str) -> None:
        """Remember what a branch or a tag is now."""
        with self._writing():
            known = self._known()
            if known.get(revision) != commit:
                write_whole(self._revisions, msgspec.json.encode(known | {revision: commit}), 0o600)

    def listing(self, commit: str) -> Listing | None:
        """What that commit holds, if it was asked for before."""
        path = self.folder / "commits" / f"{commit}.json"
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Listing)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        self._keep()
        return found

    def keep_listing(self, listing: Listing) -> None:
        """Remember what a commit holds; it never changes."""
        with self._writing():
            write_whole(
                self.folder / "commits" / f"{listing.commit}.json", msgspec.json.encode(listing), 0o600
            )

    def path(self, file: RemoteFile) -> Path:
        """Where the bytes of a file are, or will be."""
        return self.folder / "blobs" / file.blob

    def holds(self, file: RemoteFile) -> bool:
        """Whether they are there."""
        return self.path(file).is_file()

    def partial(self, file: RemoteFile) -> Path:
        """Where a download goes on."""
        return self.folder / "blobs" / f"{file.blob}.partial"

    def publish(self, file: RemoteFile) -> bool:
        """Make a finished download the file; ``False``, and it is gone, where its bytes are not those that the commit names."""
        partial = self.partial(file)
        if digest(partial, large=file.large) != file.oid:
            partial.unlink()
            return False
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.rename(self.path(file))
        return True

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Only one run at a time fetches files of the set; another waits, and finds them."""
        with self._writing(), locked(self.folder):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            for folder in (self.folder / "blobs", self.folder / "commits"):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._keep()
            yield
        except OSError as error:
            raise storage_error(error, self.folder) from error

    def _keep(self) -> None:
        keep(self.folder, what=self._what, again="a download")

    def _known(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._revisions.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}


def digest(path: Path, *, large: bool) -> str:
    """SHA-256 of a large file's bytes, git's name of another's (SHA-1 over a header and the bytes)."""
    hasher = hashlib.sha256() if large else hashlib.sha1(usedforsecurity=False)
    if not large:
        hasher.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()
