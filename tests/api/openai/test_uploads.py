"""Files in parts through the official client."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openai
import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Upload
from sqlalchemy import update

from .conftest import CHATS, Live, jsonl

CONTENT = jsonl(CHATS)


def begin(live: Live, size: int = len(CONTENT)) -> str:
    return live.client.uploads.create(
        bytes=size, filename="chats.jsonl", mime_type="application/jsonl", purpose="fine-tune"
    ).id


def part(live: Live, id: str, data: bytes) -> str:
    return live.client.uploads.parts.create(id, data=data).id


def test_a_file_in_chunks_is_the_file(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_bytes(CONTENT)
    upload = live.client.uploads.upload_file_chunked(
        file=path,
        mime_type="application/jsonl",
        purpose="fine-tune",
        part_size=700,
        md5=hashlib.md5(CONTENT).hexdigest(),
    )
    assert upload.status == "completed"
    assert upload.file is not None
    assert (upload.file.status, upload.file.bytes) == ("processed", len(CONTENT))
    assert live.client.files.content(upload.file.id).read() == CONTENT
    assert list((live.service.settings.files_folder("default") / ".uploads").iterdir()) == []


def test_parts_are_put_together_in_the_order_that_is_asked_for(live: Live) -> None:
    id = begin(live)
    last, first = part(live, id, CONTENT[100:]), part(live, id, CONTENT[:100])
    file = live.client.uploads.complete(id, part_ids=[first, last]).file
    assert file is not None
    assert live.client.files.content(file.id).read() == CONTENT


def test_bytes_and_checksum_must_be_what_was_said_and_then_it_can_be_tried_again(live: Live) -> None:
    id = begin(live)
    first = part(live, id, CONTENT[:100])
    for ids, md5, code in (
        ([first], None, "byte_count_mismatch"),
        ([first, "part_unknown"], None, "invalid_part"),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            live.client.uploads.complete(id, part_ids=ids, md5=md5 or openai.omit)
        assert caught.value.code == code
    last = part(live, id, CONTENT[100:])
    with pytest.raises(openai.BadRequestError) as caught:
        live.client.uploads.complete(id, part_ids=[first, last], md5="0" * 32)
    assert (caught.value.code, caught.value.param) == ("checksum_mismatch", "md5")
    assert live.client.uploads.complete(id, part_ids=[first, last]).status == "completed"


def test_nothing_is_added_once_it_is_cancelled_completed_or_expired(live: Live) -> None:
    cancelled, completed, expired = begin(live), begin(live), begin(live)
    assert live.client.uploads.cancel(cancelled).status == "cancelled"
    assert live.client.uploads.cancel(cancelled).status == "cancelled"
    live.client.uploads.complete(completed, part_ids=[part(live, completed, CONTENT)])
    with live.service.database.write(ALL_PROJECTS) as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(Upload).where(Upload.id == expired).values(expires_at=past))
    for id, code in (
        (cancelled, "upload_cancelled"),
        (completed, "upload_completed"),
        (expired, "upload_expired"),
    ):
        with pytest.raises(openai.APIStatusError) as caught:
            part(live, id, b"x")
        assert caught.value.code == code
        with pytest.raises(openai.APIStatusError):
            live.client.uploads.complete(id, part_ids=["part_x"])
    with pytest.raises(openai.ConflictError):
        live.client.uploads.cancel(completed)


def test_an_upload_that_was_forgotten_goes_with_its_parts(live: Live) -> None:
    id = begin(live)
    part(live, id, b"x")
    with live.service.database.write(ALL_PROJECTS) as session:
        session.execute(update(Upload).values(expires_at=datetime.now(UTC) - timedelta(hours=2)))
    begin(live)
    assert list((live.service.settings.files_folder("default") / ".uploads").iterdir()) == []
    with live.service.database.read("default") as session:
        assert session.get_one(Upload, id).status == "expired"


def test_parts_may_not_be_more_than_a_file_that_is_sent_twice(live: Live) -> None:
    id = begin(live, size=100)
    for _ in range(2):
        part(live, id, b"x" * 100)
    with pytest.raises(openai.APIStatusError) as caught:
        part(live, id, b"x")
    assert caught.value.status_code == 413
    with pytest.raises(openai.APIStatusError) as caught:
        begin(live, size=(1 << 20) + 1)
    assert (caught.value.status_code, caught.value.param) == (413, "bytes")


def test_nobody_sees_an_upload_that_is_not_there(live: Live) -> None:
    with pytest.raises(openai.NotFoundError):
        part(live, "upload_00000000000000000000000000", b"x")
    with pytest.raises(openai.BadRequestError) as caught:
        live.client.uploads.create(bytes=0, filename="x", mime_type="x", purpose="fine-tune")
    assert (caught.value.code, caught.value.param) == ("invalid_value", "bytes")
