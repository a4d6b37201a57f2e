"""The configuration that every git process of ours gets, in place of the user's and the system's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cooldown_kit.store import keep

_FIXED: Final = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    # Indexes that a repository brings along say parents, trees and times without the commits being read: a stranger's may lie.
    "core.commitGraph": "false",
    "core.multiPackIndex": "false",
    "core.pager": "cat",
    "core.askPass": "",
    "core.attributesFile": "/dev/null",
    "core.alternateRefsCommand": ":",
    "core.symlinks": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.quotePath": "true",
    "core.bigFileThreshold": "32m",
    "core.deltaBaseCacheLimit": "32m",  # as fast as git's own 96m when commits are diffed in order, at half the memory
    "core.sshCommand": "ssh -o BatchMode=yes -o ConnectTimeout=20",
    "ssh.variant": "ssh",
    "credential.helper": "",
    "diff.renameLimit": "1000",
    "diff.algorithm": "myers",
    "diff.suppressBlankEmpty": "false",
    "diff.mnemonicPrefix": "false",
    "diff.noprefix": "false",
    "i18n.logOutputEncoding": "UTF-8",
    "log.showSignature": "false",
    "log.showRoot": "true",
    "log.mailmap": "false",
    "gpg.program": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "safe.bareRepository": "explicit",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.version": "2",
    "protocol.allow": "never",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",  # a server that counts objects says little, but it does say something
    "http.lowSpeedTime": "600",
    "init.templateDir": "",
    "init.defaultBranch": "main",
    "init.defaultRefFormat": "files",
    "transfer.fsckObjects": "true",
    "fetch.fsckObjects": "true",
    "advice.graftFileDeprecated": "false",
}

_HONEST_BLEMISHES: Final = (
    *("badDate", "badDateOverflow", "badTimezone", "zeroPaddedDate", "badName", "badEmail", "missingEmail"),
    *("missingNameBeforeEmail", "missingSpaceBeforeDate", "missingSpaceBeforeEmail", "multipleAuthors"),
    *(
        "duplicateEntries",
        "zeroPaddedFilemode",
        "nullSha1",
        "gitmodulesBlob",
        "gitmodulesLarge",
        "gitmodulesMissing",
    ),
    *(
        "gitmodulesName",
        "gitmodulesParse",
        "gitmodulesPath",
        "gitmodulesSymlink",
        "gitmodulesUpdate",
        "gitmodulesUrl",
    ),
)
"""What old repositories that mean no harm have wrong. Git calls these errors where it checks what it fetches, and would
refuse much of what is on the forges; those on ``.gitmodules`` matter only to a checkout, and nothing is checked out here."""

SETTINGS: Final[Mapping[str, str]] = _FIXED | {f"fetch.fsck.{name}": "warn" for name in _HONEST_BLEMISHES}
"""Key → value. Written to the generated gitconfig, which also reaches the processes that git starts itself, and given once
more as ``-c`` flags, which beat whatever a repository says."""


def _configuration(safe: Sequence[Path]) -> bytes:
    """The text of a gitconfig; ``safe`` are git directories whose owner may be somebody else."""

    def quoted(value: bytes) -> bytes:
        return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'

    lines = []
    for key, value in SETTINGS.items():
        section, _, name = key.rpartition(".")
        head, _, sub = section.partition(".")
        lines.append(f'[{head} "{sub}"]' if sub else f"[{head}]")
        lines.append(f'\t{name} = "{value}"')
    text = "\n".join(lines).encode() + b"\n"
    return text + b"".join(b"[safe]\n\tdirectory = " + quoted(os.fsencode(path)) + b"\n" for path in safe)


def write_home(store: Path, safe: Sequence[Path] = ()) -> Path:
    """A folder below ``store`` that serves git as HOME, with the generated configuration; returns it."""
    text = _configuration(safe)
    keep(store / "home", what="settings that git is started with", again="nothing: they are written anew")
    home = store / "home" / hashlib.blake2b(text, digest_size=8).hexdigest()
    config = home / ".gitconfig"
    if not config.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = home / f".gitconfig.{os.getpid()}"
        beside.write_bytes(text)
        beside.replace(config)
    return home
