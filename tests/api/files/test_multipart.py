"""Forms with a file, whatever way their bytes are cut."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.files.folders import Incoming
from cooldown_api.files.multipart import Form, receive
from cooldown_api.problems import ProblemError
from cooldown_api.settings import Settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BOUNDARY = "gc0p4Jq0M2Yt08jU534c0p"


class _Request:
    """As much of a request as a reader of bodies looks at."""

    def __init__(self, body: bytes, cut: int) -> None:
        self.headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
        self._chunks = [body[start : start + cut] for start in range(0, len(body), cut)]

    async def stream(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


def form(*parts: tuple[str, bytes, str | None]) -> bytes:
    body = b""
    for name, content, filename in parts:
        more = f'; filename="{filename}"' if filename is not None else ""
        body += (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    return body + f"--{BOUNDARY}--\r\n".encode()


def read(folder: Path, body: bytes, cut: int = 7, most: int = 10_000) -> tuple[Form, bytes, Incoming]:
    with Incoming(Settings(data_dir=folder, auth="none"), "default") as incoming:
        request: Any = _Request(body, cut)
        got = asyncio.run(receive(request, "file", incoming, most))
        return got, incoming.path.read_bytes(), incoming


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    content=st.binary(max_size=300)
    | st.sampled_from([f"\r\n--{BOUNDARY[:-1]}".encode(), b"\r\n--", f"--{BOUNDARY}x".encode()]),
    cut=st.integers(1, 400),
    before=st.booleans(),
)
def test_a_file_comes_out_as_it_went_in_however_its_form_is_cut(
    tmp_path: Path, content: bytes, cut: int, before: bool
) -> None:
    file, field = ("file", content, "ä.jsonl"), ("purpose", b"fine-tune", None)
    got, written, incoming = read(tmp_path, form(*((field, file) if before else (file, field))), cut)
    assert written == content
    assert got == Form("ä.jsonl", {"purpose": "fine-tune"})
    assert (incoming.bytes, incoming.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_what_is_not_kept_is_gone(tmp_path: Path) -> None:
    _, _, incoming = read(tmp_path, form(("file", b"x", "x")))
    assert not incoming.path.exists()


@pytest.mark.parametrize(
    ("body", "code", "why"),
    [
        (form(("purpose", b"x", None)), "bad-request", "one file"),
        (form(("file", b"x", "a"), ("file", b"y", "b")), "bad-request", "one file"),
        (form(("file", b"x", "a"))[:-6], "bad-request", "ends in the middle"),
        (form(("file", b"x" * 10_001, "a")), "body-too-large", "10,000 bytes"),
        (form(("purpose", b"x" * 20_000, None)), "body-too-large", "too long"),
        (form(*[(f"f{number}", b"x", None) for number in range(40)]), "bad-request", "more than 32 fields"),
        (b"rubbish", "bad-request", "broken"),
    ],
)
def test_a_form_that_is_none_is_refused(tmp_path: Path, body: bytes, code: str, why: str) -> None:
    with pytest.raises(ProblemError, match=why) as caught:
        read(tmp_path, body, cut=512)
    assert caught.value.kind.code == code
