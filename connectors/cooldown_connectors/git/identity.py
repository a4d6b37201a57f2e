"""The name of a repository in records: stable for people and machines, and without anybody's credentials."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

_SCP = re.compile(r"(?:[^/@]*@)?([A-Za-z0-9.-]+):(?!//)(.+)", re.DOTALL)


def identity_of_url(url: str) -> str | None:
    """``host/path`` of a remote's URL, without user, password, ``.git``; the last name of a local path; ``None`` if neither.

    >>> identity_of_url("https://me:secret@github.com/acme/payments.git")
    'github.com/acme/payments'
    >>> identity_of_url("git@github.com:acme/payments.git")
    'github.com/acme/payments'
    """
    if "://" in url:
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        if parts.scheme == "file":
            return _last_name(unquote(parts.path))
        # A password with an unescaped slash ends up in the path: nothing before the last @ is ever shown.
        whole = (parts.netloc + parts.path).rpartition("@")[2]
        host, _, path = whole.partition("/")
        host = re.sub(r":(?:22|80|443|9418)?$", "", host.lower())
        return _joined(host, path)
    if (match := _SCP.fullmatch(url)) and not url.startswith(("/", ".")):
        return _joined(match[1].lower(), match[2].rpartition("@")[2])
    return _last_name(url)


def identity_of_folder(common_dir: str) -> str:
    """The name of the folder of a repository whose ``.git`` (or bare folder) that is."""
    path = PurePosixPath(common_dir)
    return _last_name(str(path.parent if path.name == ".git" else path)) or "repository"


def _joined(host: str, path: str) -> str | None:
    path = re.sub(r"/+", "/", path).strip("/").removesuffix(".git").rstrip("/")
    return f"{host}/{path}" if host and path else None


def _last_name(path: str) -> str | None:
    name = path.rstrip("/").removesuffix("/.git").rstrip("/").rpartition("/")[2].removesuffix(".git")
    return name if name not in ("", ".", "..") else None
