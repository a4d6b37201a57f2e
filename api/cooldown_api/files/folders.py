"""Where the uploads of a project lie: ``{project}/files/`` on the path that all machines share.

A file comes in under ``.incoming`` and is renamed when it is whole, so that nobody ever reads half of one. Its extension says how
the ``text`` connector reads it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from pathlib import Path
from typing import Final

from cooldown_api.database.tables import StoredFile
from cooldown_api.settings import Settings

EXTENSIONS: Final = {
    "chat": ".jsonl",
    "completion": ".jsonl",
    "text": ".jsonl",
    "recipe": ".yaml",
    "repositories": ".yaml",
}
"""What checking found → how the file is called."""
_STALE_SECONDS: Final = 86_400


def path_of(settings: Settings, file: StoredFile) -> Path:
    """Where a stored file's bytes are."""
    return settings.files_folder(file.project_id) / (
        file.id + EXTENSIONS.get(str(file.facts.get("kind")), ".bin")
    )


def parts_folder(settings: Settings, project: str, upload_id: str) -> Path:
    return settings.files_folder(project) / ".uploads" / upload_id


def remove_parts(settings: Settings, project: str, upload_id: str) -> None:
    shutil.rmtree(parts_folder(settings, project, upload_id), ignore_errors=True)


class Incoming:
    """A file that is being written. What is not kept is removed at the end of the ``with`` block."""

    def __init__(self, settings: Settings, project: str) -> None:
        folder = settings.files_folder(project) / ".incoming"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_stale(folder)
        self.path = folder / uuid.uuid4().hex
        self.bytes = 0
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file = self.path.open("xb")

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)
        self._md5.update(data)
        self.bytes += len(data)

    def finish(self) -> None:
        """Bring what was written to the disk. Nothing may be written afterwards."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def keep(self, target: Path) -> None:
        """Make it the file ``target``, whole or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.replace(target)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()


def _remove_stale(folder: Path) -> None:
    """What a process left that was killed while it wrote."""
    oldest = time.time() - _STALE_SECONDS
    for entry in folder.iterdir():
        try:
            if entry.stat().st_mtime < oldest:
                entry.unlink()
        except FileNotFoundError:
            continue
