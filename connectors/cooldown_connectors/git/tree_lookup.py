"""What stands at a path in some commit, from tree objects: modes too, and any name, also one with a newline."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, NamedTuple

from cooldown_connectors.git.object_reader import ObjectReader

_MAX_TREE = 64 << 20
_NAMES_KEPT = 200_000
FOLDER: Final = b"40000"


class TreeItem(NamedTuple):
    """``mode`` as git shows it, but for a folder's, which is ``40000``; ``id`` is hexadecimal."""

    mode: bytes
    id: bytes


Names = Mapping[bytes, TreeItem]


class TreeLookup:
    """Looks paths up in commits. Trees that were read last are kept, a bounded number of names."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._trees: OrderedDict[str, Names] = OrderedDict()
        self._kept = 0

    def item(self, revision: str, path: bytes) -> TreeItem | None:
        """The file or folder at that path of a commit; ``None`` where there is none."""
        *folders, name = path.split(b"/")
        names = self.folder(revision, folders)
        return None if names is None else names.get(name)

    def folder(self, revision: str, folders: list[bytes]) -> Names | None:
        """What one folder of a commit holds, given as the names on the way to it; ``None`` where there is no such folder."""
        names = self._names(f"{revision}^{{tree}}")
        for folder in folders:
            item = names.get(folder)
            if item is None or item.mode != FOLDER:
                return None
            names = self._names(item.id.decode("ascii"))
        return names

    def _names(self, tree: str) -> Names:
        if tree in self._trees:
            self._trees.move_to_end(tree)
            return self._trees[tree]
        found = self._objects.read(tree, _MAX_TREE)
        content = b"" if found is None or found.kind != "tree" else found.content
        names = _parsed(content or b"", 20 if found is None else len(found.id) // 2)
        self._trees[tree] = names
        self._kept += len(names)
        while self._kept > _NAMES_KEPT and len(self._trees) > 1:
            self._kept -= len(self._trees.popitem(last=False)[1])
        return names


def _parsed(tree: bytes, id_bytes: int) -> Names:
    """``mode name NUL id`` again and again."""
    names = {}
    at = 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        mode, _, name = tree[at:end].partition(b" ")
        at = end + 1 + id_bytes
        names[name] = TreeItem(_shown_mode(mode), tree[end + 1 : at].hex().encode("ascii"))
    return names


def _shown_mode(mode: bytes) -> bytes:
    """Old programs wrote ``100664`` and the like; git shows and compares two modes of files only."""
    if not mode.startswith(b"100"):
        return mode
    return b"100755" if int(mode, 8) & 0o100 else b"100644"
