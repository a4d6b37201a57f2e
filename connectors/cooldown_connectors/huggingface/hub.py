"""The three questions that the hub is asked: a revision's commit, a commit's files, a file's bytes.

They are documented and stable. ``huggingface_hub`` asks them too, but would not do here: a download that was killed begins again, the
token follows redirects from a mirror to the public hub, part of what it fetches lies outside of the folder that it is given, and it
tells the hub about the machine unless the environment forbids it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import httpx
import msgspec

from cooldown_connectors.http.addresses import is_loopback, origin
from cooldown_connectors.http.as_httpx import HttpxTransport
from cooldown_connectors.http.connection import Connecting
from cooldown_connectors.huggingface.errors import Answered, Unreachable
from cooldown_connectors.huggingface.listing import RemoteFile
from cooldown_kit import __version__
from cooldown_kit.guard.in_force import active

_TRIES: Final = 6
_FIRST_TRIES: Final = 2
"""Until the hub has answered once: where there is no network, nobody should wait for long."""
_HOPS: Final = 5
_LONGEST_WAIT: Final = 300.0
_RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TIMEOUT: Final = httpx.Timeout(30.0, connect=15.0)
_MOST_JSON: Final = 64 << 20
_SAID: Final = 200
_USED_UP = re.compile(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)")
"""The hub says with every answer what is left (``"api";r=0;t=55``); only nothing is a reason to wait."""


class Hub:
    """Speaks to one endpoint; the token goes to that scheme, host and port and nowhere else. A context manager."""

    def __init__(
        self, endpoint: str, token: str | None, *, wait: Callable[[float, str], None] | None = None
    ) -> None:
        """Opens no connection yet. ``wait`` takes seconds and the reason."""
        self._endpoint = endpoint
        self._origin = origin(endpoint)
        self._token = token
        self._wait = wait or (lambda seconds, _: time.sleep(seconds))
        self._reached = False
        self._http = httpx.Client(
            headers={"user-agent": f"cooldown-kit/{__version__}", "accept-encoding": "identity"},
            timeout=_TIMEOUT,
            transport=_transport(),
            follow_redirects=False,
            trust_env=not is_loopback(self._origin.host),  # proxies and certificates, as for any program
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def commit(self, dataset: str, revision: str) -> str:
        """The commit that a branch, a tag or a short commit names now."""
        data = self._json(f"/api/datasets/{dataset}/revision/{quote(revision, safe='')}")[0]
        commit = data.get("sha") if isinstance(data, dict) else None
        if not isinstance(commit, str) or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
            raise Answered(200, "", "its answer names no commit: is `endpoint` a hub?", self._origin.host)
        return commit

    def references(self, dataset: str) -> list[str]:
        """Names of the branches, conversions and tags."""
        data = self._json(f"/api/datasets/{dataset}/refs")[0]
        known = data if isinstance(data, dict) else {}
        items = [
            (item, kind)
            for kind in ("branches", "tags", "converts")
            for item in known.get(kind) or []
            if isinstance(item, dict)
        ]
        return [
            str(item["ref" if kind == "converts" else "name"])
            for item, kind in items
            if "ref" in item and "name" in item
        ]

    def tree(self, dataset: str, commit: str) -> Iterator[RemoteFile]:
        """All files of a commit. The hub gives a thousand at a time."""
        path, query = f"/api/datasets/{dataset}/tree/{commit}", {"recursive": "true"}
        while True:
            data, following = self._json(path, query)
            for item in data if isinstance(data, list) else []:
                file = RemoteFile.of(item)
                if file is not None:
                    yield file
            if following is None:
                return
            # Its address is not followed as it stands: a mirror may pass on the public hub's own.
            query = dict(parse_qsl(urlsplit(following).query))

    def part(self, dataset: str, commit: str, file: RemoteFile, start: int, size: int) -> bytes:
        """So many bytes of a file, from ``start``."""
        headers = {"range": f"bytes={start}-{start + size - 1}"}
        with self._opened(_resolve(dataset, commit, file.path), headers=headers) as answer:
            whole = answer.status_code != 206
            return self._read(answer, start + size if whole else size)[start if whole else 0 :]

    def fetch(
        self, dataset: str, commit: str, file: RemoteFile, to: Path, on_bytes: Callable[[int], None]
    ) -> None:
        """Bring a file to ``to``, going on where an earlier call was ended. ``on_bytes`` is told the size so far."""
        failed = 0
        while True:
            before = to.stat().st_size if to.exists() else 0
            if before > file.size:
                to.unlink()
                before = 0
            if before == file.size and to.exists():
                return
            reason = "the connection was cut"
            try:
                self._go_on(dataset, commit, file, to, before, on_bytes)
            except httpx.TransportError as error:
                reason = _reason(error)
            after = to.stat().st_size if to.exists() else 0
            if after < file.size:
                failed = 0 if after > before else failed + 1
                if failed >= _TRIES:
                    raise Unreachable(reason)
                self._wait(_backoff(failed), reason)

    def _go_on(
        self,
        dataset: str,
        commit: str,
        file: RemoteFile,
        to: Path,
        start: int,
        on_bytes: Callable[[int], None],
    ) -> None:
        headers = {"range": f"bytes={start}-"} if start else {}
        with self._opened(_resolve(dataset, commit, file.path), headers=headers) as answer:
            begins_anew = start > 0 and answer.status_code != 206
            held = 0 if begins_anew else start
            with to.open("wb" if begins_anew else "ab") as out:
                for chunk in answer.iter_bytes():  # as it comes: a cut loses nothing that has arrived
                    out.write(chunk)
                    held += len(chunk)
                    on_bytes(held)
                    if held > file.size:  # it is not the file that the commit lists; the caller compares
                        return

    def _json(self, path: str, query: Mapping[str, str] | None = None) -> tuple[Any, str | None]:
        """The answer, and where it goes on."""
        with self._opened(path, query=query) as answer:
            following = answer.links.get("next", {}).get("url")
            try:
                return msgspec.json.decode(self._read(answer, _MOST_JSON)), following
            except msgspec.DecodeError:
                pass
        raise Answered(200, "", "its answer is no JSON: is `endpoint` a hub?", self._origin.host)

    def _read(self, answer: httpx.Response, most: int) -> bytes:
        parts, held = [], 0
        try:
            for chunk in answer.iter_bytes():
                parts.append(chunk)
                held += len(chunk)
                if held > most:
                    break
        except httpx.TransportError as error:
            raise Unreachable(_reason(error)) from error
        return b"".join(parts)[:most]

    @contextmanager
    def _opened(
        self, path: str, *, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """A successful answer whose body is still to be read. Raises :class:`Unreachable` and :class:`Answered`."""
        answer = self._answer(
            httpx.URL(self._endpoint + path, params=dict(query) if query else None), headers
        )
        try:
            yield answer
        finally:
            answer.close()

    def _answer(self, url: httpx.URL, headers: Mapping[str, str] | None) -> httpx.Response:
        failed = hops = 0
        while True:
            answer, reason, asked = self._ask(url, headers), "", 0.0
            if isinstance(answer, str):
                reason = answer
            else:
                self._reached = True
                if answer.is_redirect and hops < _HOPS:
                    answer.close()
                    url, hops = self._target(url, answer), hops + 1
                    continue
                if answer.is_success:
                    return answer
                error = self._error(answer)
                if answer.status_code not in _RETRIED:
                    raise error
                reason, asked = (
                    f"status {answer.status_code}",
                    _asked_pause(answer.status_code, answer.headers),
                )
            failed += 1
            if failed >= (_TRIES if self._reached else _FIRST_TRIES) or asked > _LONGEST_WAIT:
                if isinstance(answer, str):
                    raise Unreachable(reason)
                raise error
            self._wait(max(asked, _backoff(failed)), reason)

    def _ask(self, url: httpx.URL, headers: Mapping[str, str] | None) -> httpx.Response | str:
        """One answer, or why there is none."""
        own = dict(headers or {})
        if self._token is not None and origin(str(url)) == self._origin:
            own["authorization"] = f"Bearer {self._token}"
        try:
            return self._http.send(self._http.build_request("GET", url, headers=own), stream=True)
        except httpx.TransportError as error:
            return _reason(error)

    def _target(self, url: httpx.URL, answer: httpx.Response) -> httpx.URL:
        """Where a redirect leads: large files lie on other hosts. From https it leads to https only."""
        target = urljoin(str(url), answer.headers.get("location", ""))
        try:
            to = origin(target)
        except ValueError:
            raise Answered(answer.status_code, "Redirect", "it sends to no address", url.host) from None
        if to.scheme != "https" and not (self._origin.scheme == "http" and is_loopback(to.host)):
            raise Answered(answer.status_code, "Redirect", "it sends to an address without https", url.host)
        return httpx.URL(target)

    def _error(self, answer: httpx.Response) -> Answered:
        code = answer.headers.get("x-error-code", "")
        said = answer.headers.get("x-error-message", "")
        answer.close()
        if self._token is not None:
            said = said.replace(self._token, "[token]")
        said = "".join(sign for sign in said if sign.isprintable())[:_SAID].rstrip(".")
        return Answered(answer.status_code, code, said, answer.url.host)


def _transport() -> httpx.BaseTransport | None:
    """Under a policy ours, which looks at every address before it connects, also after a redirect; else httpx's own."""
    return None if active() is None else HttpxTransport(Connecting(proxy="environment"))


def _resolve(dataset: str, commit: str, path: str) -> str:
    return f"/datasets/{dataset}/resolve/{commit}/{quote(path)}"


def _reason(error: httpx.TransportError) -> str:
    """What happened on the wire, without addresses, which may hold signatures."""
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "no connection within 15 seconds"
    if isinstance(error, httpx.TimeoutException):
        return "no answer within 30 seconds"
    if isinstance(error, httpx.ProxyError):
        return "the proxy refuses"
    if isinstance(error, httpx.ConnectError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return "its certificate is not trusted: set SSL_CERT_FILE to your authority's"
        return "no connection"
    return "the connection was cut"


def _backoff(failed: int) -> float:
    return min(2.0 ** (failed - 1), 30.0) if failed else 0.0


def _asked_pause(status: int, headers: Mapping[str, str]) -> float:
    """Seconds that the hub asks to wait: ``Retry-After``, or until a limit that is used up begins anew."""
    pause = headers.get("retry-after", "").strip()
    if pause.isdigit():
        return float(pause)
    resets = _USED_UP.search(headers.get("ratelimit", "")) if status == 429 else None
    return float(resets[1]) + 1 if resets else 0.0
