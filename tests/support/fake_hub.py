"""A hub on loopback: the documented endpoints for data sets, and a second server that large files lie on."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

LARGE = 64
"""Files from this size on are large: they have a SHA-256, and lie on the other server."""


def git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@dataclass
class DataSet:
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    converts: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    disabled: bool = False

    def commit(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        name = hashlib.sha1(repr(sorted(files.items())).encode(), usedforsecurity=False).hexdigest()
        self.commits[name] = dict(files)
        (self.converts if branch.startswith("refs/convert/") else self.branches)[branch] = name
        return name

    def named(self, revision: str) -> str | None:
        if revision in self.commits:
            return revision
        return {**self.converts, **self.tags, **self.branches}.get(revision)


@dataclass
class Request:
    server: str
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class FakeHub:
    """``token`` is the one that may read what is private or gated (after ``accepted``)."""

    url: str = ""
    storage: str = ""
    sets: dict[str, DataSet] = field(default_factory=dict)
    token: str = "hf_secret_token_of_the_tests"
    accepted: bool = True
    page: int = 1000
    requests: list[Request] = field(default_factory=list)
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Answers that come first, one for each request to the hub."""
    cuts: list[int] = field(default_factory=list)
    """The next answers with a file are cut after so many bytes."""
    spoilt: int = 0
    """So many files arrive with another byte in them."""
    next_host: str | None = None
    """What the address of a next page names in place of this server, as where a mirror passes on another's."""
    renamed: dict[str, str] = field(default_factory=dict)
    servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def stop(self) -> None:
        """From now on nobody answers at these addresses."""
        for server in self.servers:
            server.shutdown()
            server.server_close()
        self.servers = []

    def add(self, name: str, files: Mapping[str, bytes], branch: str = "main") -> str:
        return self.sets.setdefault(name, DataSet()).commit(files, branch)

    @property
    def asked(self) -> list[str]:
        return [unquote(request.path) for request in self.requests]

    def fetched(self) -> list[str]:
        """Paths of the files that were asked for on the hub, cards aside."""
        found = [re.search(r"/resolve/[0-9a-f]+/(.*)", path) for path in self.asked]
        return [match[1] for match in found if match and match[1] != "README.md"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub
    name: str

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.requests.append(Request(self.name, self.command, self.path, headers))
        if self.name == "storage":
            self._blob()
        elif self.hub.statuses:
            status, more = self.hub.statuses.pop(0)
            self._say(status, b"", more)
        else:
            self._route()

    def _route(self) -> None:
        parts = urlsplit(self.path)
        match = re.fullmatch(
            r"/api/datasets/((?:[^/]+/)?[^/]+)/(revision|tree|refs)(?:/(.+))?|/datasets/((?:[^/]+/)?[^/]+)/resolve/([^/]+)/(.+)",
            parts.path,
        )
        if not match:
            self._error(404, "RepoNotFound", "Repository not found")
            return
        name = match[1] or match[4]
        if name in self.hub.renamed:
            target = self.path.replace(name, self.hub.renamed[name])
            self._say(307, b"", {"Location": target})
            return
        data = self.hub.sets.get(name)
        refusal = self._refusal(data)
        if data is None or refusal:
            self._error(*(refusal or (401, "RepoNotFound", "Repository not found")))
            return
        if match[2] == "refs":
            kinds = {"branches": data.branches, "tags": data.tags, "converts": data.converts}
            refs = {
                kind: [
                    {"name": name.rpartition("/")[2], "ref": name if kind == "converts" else f"refs/heads/{name}", "targetCommit": commit}
                    for name, commit in known.items()
                ]
                for kind, known in kinds.items()
            }  # fmt: skip
            self._json(refs)
            return
        commit = data.named(unquote(match[3] or match[5]))
        if commit is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {match[3] or match[5]}")
            return
        files = data.commits[commit]
        if match[2] == "revision":
            siblings = [{"rfilename": path} for path in files]
            about = {"id": name, "sha": commit, "private": data.private, "gated": data.gated, "tags": []}
            self._json(about | {"siblings": siblings})
        elif match[2] == "tree":
            self._tree(name, commit, files, parse_qs(parts.query))
        else:
            self._resolve(commit, files, unquote(match[6]))

    def _refusal(self, data: DataSet | None) -> tuple[int, str, str] | None:
        own = self.headers.get("authorization")
        if own is not None and own != f"Bearer {self.hub.token}":
            return 401, "", f"Invalid credentials in Authorization header ({own})"
        if data is None or (data.private and own is None):
            return 401, "RepoNotFound", "Repository not found"
        if data.disabled:
            return 403, "", "Access to this resource is disabled."
        if data.gated and (own is None or not self.hub.accepted):
            return (401 if own is None else 403), "GatedRepo", "Access to this set is restricted"
        return None

    def _tree(self, name: str, commit: str, files: dict[str, bytes], query: dict[str, list[str]]) -> None:
        entries: list[dict[str, Any]] = []
        folders = {path.rpartition("/")[0] for path in files} - {""}
        for path in sorted([*files, *folders]):
            if path in folders:
                entries.append({"type": "directory", "oid": "0" * 40, "size": 0, "path": path})
                continue
            content = files[path]
            entry: dict[str, Any] = {
                "type": "file",
                "oid": git_name(content),
                "size": len(content),
                "path": path,
            }
            if len(content) >= LARGE:
                sha = hashlib.sha256(content).hexdigest()
                entry |= {"lfs": {"oid": sha, "size": len(content), "pointerSize": 130}}
            entries.append(entry)
        start = int(query.get("cursor", ["0"])[0])
        end = start + self.hub.page
        more = {}
        if end < len(entries):
            host = self.hub.next_host or self.hub.url
            following = f"{host}/api/datasets/{name}/tree/{commit}?recursive=true&cursor={end}"
            more = {"Link": f'<{following}>; rel="next"'}
        self._json(entries[start:end], more)

    def _resolve(self, commit: str, files: dict[str, bytes], path: str) -> None:
        if path not in files:
            self._error(404, "EntryNotFound", "Entry not found")
            return
        content = files[path]
        about = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if len(content) < LARGE:
            self._file(content, {**about, "ETag": f'"{git_name(content)}"'})
            return
        sha = hashlib.sha256(content).hexdigest()
        about |= {"X-Linked-Etag": f'"{sha}"', "X-Linked-Size": str(len(content))}
        location = f"{self.hub.storage}/{sha}?Signature=abc&name={quote(path)}"
        self._say(302, b"", {**about, "Location": location})

    def _blob(self) -> None:
        sha = urlsplit(self.path).path.strip("/")
        for data in self.hub.sets.values():
            for files in data.commits.values():
                for content in files.values():
                    if hashlib.sha256(content).hexdigest() == sha:
                        self._file(content, {"ETag": f'"{sha}"'})
                        return
        self._error(404, "", "no such blob")

    def _file(self, content: bytes, headers: dict[str, str]) -> None:
        if self.hub.spoilt and self.command == "GET":
            self.hub.spoilt -= 1
            content = content[:-1] + bytes([content[-1] ^ 1])
        status, size = 200, len(content)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if asked:
            start, end = int(asked[1]), min(int(asked[2]) + 1 if asked[2] else size, size)
            content, status = content[start:end], 206
            headers = {**headers, "Content-Range": f"bytes {start}-{end - 1}/{size}"}
        self._say(status, content, headers)

    def _json(self, data: Any, headers: dict[str, str] | None = None) -> None:
        self._say(200, json.dumps(data).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _error(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        self._say(status, json.dumps({"error": message}).encode(), headers)

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if status in (200, 206) and "ETag" in headers and self.hub.cuts:
            body = body[: self.hub.cuts.pop(0)]
            self.close_connection = True
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are what some tests are about."""


@contextmanager
def running() -> Iterator[FakeHub]:
    """A hub that answers until the block ends, or it is stopped."""
    hub = FakeHub()
    for name in ("hub", "storage"):
        server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub, "name": name}))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        hub.servers.append(server)
    hub.url, hub.storage = (f"http://127.0.0.1:{server.server_port}" for server in hub.servers)
    try:
        yield hub
    finally:
        hub.stop()
