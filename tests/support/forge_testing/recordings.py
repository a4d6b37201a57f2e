"""Recorded HTTP traffic of real forges, read from the cassettes of three packages into one shape.

| source | format | what it keeps |
| --- | --- | --- |
| `ogr` (MIT) | requre YAML, keyed by URL | answers of github, gitlab, forgejo, pagure; no request bodies |
| `github3.py` (BSD-3) | betamax JSON | requests and answers of api.github.com, some compressed |
| `@octokit/fixtures` (MIT) | nock JSON | requests and answers of api.github.com |
"""

from __future__ import annotations

import base64
import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from forge_testing.packages import package_file

# They describe one connection or an encoding that is undone here; the replay server writes its own.
CONNECTION_HEADERS = {
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "set-cookie",
    "transfer-encoding",
}


@dataclass(frozen=True)
class Exchange:
    """One recorded request and its answer.

    `origin` is scheme and host as recorded ("https://api.github.com:443"); `target` is path and query. Headers keep
    their spelling; the body is decompressed, and empty for answers that have none.
    """

    method: str
    origin: str
    target: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source: str

    def json(self) -> Any:
        """The answer's body, parsed."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """A header of the answer, in any spelling."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def load(*sources: str) -> tuple[Exchange, ...]:
    """The exchanges of recordings such as those that `catalogue.py` lists, in their order.

    "ogr:github/test_pull_requests/PullRequests.test_pr_list", "github3.py:PullRequest_review_comments" and
    "octokit:paginate-issues" name a cassette each.
    """
    return tuple(exchange for source in sources for exchange in _load(source))


@cache
def _load(source: str) -> tuple[Exchange, ...]:
    package, _, name = source.partition(":")
    readers = {"ogr": _requre, "github3.py": _betamax, "octokit": _nock}
    if package not in readers:
        raise ValueError(
            f"{source}: a recording is named PACKAGE:NAME, and PACKAGE is one of {', '.join(readers)}"
        )
    return tuple(readers[package](name, source))


def _requre(name: str, source: str) -> Iterator[Exchange]:
    forge, _, rest = name.partition("/")
    path = package_file("ogr", f"tests/integration/{forge}/test_data/{rest}.yaml")
    for method, url, answer in _requre_tree(path):
        content = answer["_content"]
        if isinstance(content, str):
            body = content.encode()
        else:
            body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        yield _exchange(method, url, answer["status_code"], dict(answer["headers"]).items(), body, source)


def _requre_tree(path: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """The answers in a cassette, kept beside it as JSON: reading large YAML takes many seconds."""
    kept = path.with_suffix(".json")
    if not kept.exists():
        with path.open(encoding="utf-8") as file:
            tree = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
            json.dump(list(_requre_answers(tree, "")), new)
        Path(new.name).replace(kept)  # at once, for tests that run beside this one
    found: list[tuple[str, str, dict[str, Any]]] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _requre_answers(tree: Any, key: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, URL and answer of everything recorded: requre nests them as module, function, method, URL, list."""
    for name, below in tree.items() if isinstance(tree, dict) else ():
        if isinstance(below, list) and below and isinstance(below[0], dict) and "output" in below[0]:
            for recorded in below:
                output = recorded["output"]
                yield key, name, {part: output[part] for part in ("status_code", "headers", "_content")}
        else:
            yield from _requre_answers(below, str(name))


def _betamax(name: str, source: str) -> Iterator[Exchange]:
    path = package_file("github3.py", f"tests/cassettes/{name}.json")
    for recorded in json.loads(path.read_text(encoding="utf-8"))["http_interactions"]:
        request, answer = recorded["request"], recorded["response"]
        body = base64.b64decode(answer["body"].get("base64_string", "")) or answer["body"]["string"].encode()
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
        status = answer["status"]["code"] if "status" in answer else answer["status_code"]
        headers = [
            (key, value)
            for key, values in answer["headers"].items()
            for value in (values if isinstance(values, list) else [values])
        ]
        yield _exchange(request["method"], request["uri"], status, headers, body, source)


def _nock(name: str, source: str) -> Iterator[Exchange]:
    path = package_file("@octokit/fixtures", f"scenarios/api.github.com/{name}/raw-fixture.json")
    for recorded in json.loads(path.read_text(encoding="utf-8")):
        answer, raw = recorded["response"], recorded["rawHeaders"]
        headers = list(zip(raw[::2], raw[1::2], strict=True)) if isinstance(raw, list) else list(raw.items())
        body = answer.encode() if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False).encode()
        url = recorded["scope"] + recorded["path"]
        yield _exchange(recorded["method"].upper(), url, recorded["status"], headers, body, source)


def _exchange(method: str, url: str, status: int, headers: Any, body: bytes, source: str) -> Exchange:
    parts = urlsplit(url)
    kept = tuple((str(k), str(v)) for k, v in headers if k.lower() not in CONNECTION_HEADERS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Exchange(method, f"{parts.scheme}://{parts.netloc}", target, int(status), kept, body, source)
