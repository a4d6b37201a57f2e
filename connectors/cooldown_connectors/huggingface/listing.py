"""What a commit of a data set holds: files with sizes and hashes, and the card."""

from __future__ import annotations

import re
from typing import Any

import msgspec

CARD = "README.md"
_PATH = re.compile(r"(?!/)(?!(?:.*/)?\.\.?(?:/|$))[^\x00-\x1f\x7f\\]{1,4096}")
"""As git allows them: no step upwards, which would lead to another question."""
_OID = re.compile(r"[0-9a-f]{40,64}")


class RemoteFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a commit. Large files are named by the SHA-256 of their bytes, others as git names them."""

    path: str
    size: int
    oid: str
    large: bool

    @property
    def blob(self) -> str:
        """Name of the file that holds these bytes: equal bytes, equal name, whatever the revision."""
        return f"{'sha256' if self.large else 'git'}-{self.oid}"

    @classmethod
    def of(cls, item: Any) -> RemoteFile | None:
        """The file that an entry of the hub's tree names, ``None`` for folders and what cannot be understood."""
        if not isinstance(item, dict) or item.get("type") != "file":
            return None
        large = item.get("lfs")
        named = large if isinstance(large, dict) else item
        path, size, oid = item.get("path"), named.get("size"), named.get("oid")
        if not (isinstance(path, str) and isinstance(size, int) and isinstance(oid, str)):
            return None
        oid = oid.removeprefix("sha256:")
        if not _PATH.fullmatch(path) or size < 0 or not _OID.fullmatch(oid):
            return None
        return cls(path=path, size=size, oid=oid, large=named is large)


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """All files of one commit, sorted by path, and the text of the card."""

    commit: str
    files: list[RemoteFile]
    card: str = ""
