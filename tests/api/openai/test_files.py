"""Files through the official client: uploaded, checked, listed, downloaded, deleted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openai
import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import AuditEntry, Project, StoredFile
from sqlalchemy import select, update

from .conftest import CHATS, Live, jsonl


def test_a_file_comes_in_is_checked_and_comes_back_to_the_byte(live: Live) -> None:
    content = jsonl(CHATS)
    file = live.client.files.create(file=("days/chats.jsonl", content), purpose="fine-tune")
    assert (file.filename, file.bytes, file.status, file.status_details) == (
        "chats.jsonl",
        len(content),
        "processed",
        None,
    )
    assert live.client.files.wait_for_processing(file.id) == file
    assert live.client.files.content(file.id).read() == content
    with live.service.database.read("default") as session:
        row = session.get_one(StoredFile, file.id)
        assert row.facts["kind"] == "chat"
        assert row.facts["rows"] == len(CHATS)
        assert "file.create" in session.scalars(select(AuditEntry.action)).all()


def test_the_file_lies_where_the_connector_reads_it_and_nothing_is_left_beside_it(live: Live) -> None:
    id = live.upload()
    folder = live.service.settings.files_folder("default")
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == [f"{id}.jsonl"]
    assert list((folder / ".incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "the file is empty"),
        ([CHATS[0], {"messages": []}], "line 2: it is not a list of messages"),
        ([CHATS[0], {"prompt": "x", "completion": "y"}], "line 2: it is not a list of messages"),
        (
            [{"prompt": "a", "completion": "b"}, {"prompt": "a", "completion": 1}],
            "line 2: the completion is not a string",
        ),
        ([{"text": "a"}, {"text": " "}], "line 2: `text` is not a string that says something"),
        ([{**CHATS[0], "tools": [{}]}], "line 1: `tools` is not supported"),
        ([{"input": 1, "preferred_output": 2}], "each line must be a JSON object with `messages`"),
        ([3], "each line must be a JSON object"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(live: Live, rows: list[Any], why: str) -> None:
    file = live.client.files.retrieve(live.upload(rows))
    assert file.status == "error"
    assert why in (file.status_details or "")


def test_the_first_errors_are_told_and_the_others_counted(live: Live) -> None:
    good = jsonl(CHATS[:1])
    content = good + b"{\n\xff\n[]\n" + good + b'{"messages": 1}\n' * 5
    file = live.client.files.create(file=("x.jsonl", content), purpose="fine-tune")
    assert file.status == "error"
    details = file.status_details or ""
    assert details.startswith("line 2: not JSON: ")
    assert "line 3: not UTF-8; line 4: not a JSON object; line 6: " in details
    assert details.endswith("; and 3 more")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xef\xbb\xbf" + jsonl([{"prompt": "a", "completion": "b"}]), "completion"),
        (jsonl([{"text": "a", "more": 1}]), "text"),
        (b"repositories:\n  - {url: 'https://git.example/a/b.git', weight: 2}\n", "repositories"),
        (json.dumps({"repositories": [{"url": "https://git.example/a/b.git"}]}).encode(), "repositories"),
        (
            b"sources: {a: {connector: git, url: 'https://git.example/a/b.git'}}\ntrain: {method: full}\n",
            "recipe",
        ),
    ],
)
def test_the_content_says_what_a_file_is(live: Live, content: bytes, kind: str) -> None:
    file = live.client.files.create(file=("upload", content), purpose="fine-tune")
    assert (file.status, file.status_details) == ("processed", None)
    with live.service.database.read("default") as session:
        assert session.get_one(StoredFile, file.id).facts["kind"] == kind


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            b"sources: {a: {connector: git, url: 'https://git.example/a.git'}}\ntrian: {}\n",
            "unknown key `trian`",
        ),
        (b"repositories: []\n", "repositories"),
        (b"repositories: [{url: x, weight: 0}]\n", "repositories.0.weight"),
        (b"a: &a [1]\nb: [*a\n", "not YAML"),
        (b"\xff\xfe\xff", "not UTF-8"),
    ],
)
def test_a_recipe_or_manifest_that_is_wrong_says_where(live: Live, content: bytes, why: str) -> None:
    file = live.client.files.create(file=("repos.yaml", content), purpose="fine-tune")
    assert file.status == "error"
    assert why in (file.status_details or "")


def test_lists_are_paged_both_ways_and_by_purpose(live: Live) -> None:
    ids = [live.upload() for _ in range(5)]
    assert [file.id for file in live.client.files.list(limit=2)] == ids[::-1]
    assert [file.id for file in live.client.files.list(limit=2, order="asc")] == ids
    page = live.client.files.list(limit=2, after=ids[3])
    assert ([file.id for file in page.data], page.has_more) == ([ids[2], ids[1]], True)
    assert len(list(live.client.files.list(purpose="fine-tune"))) == 5
    assert list(live.client.files.list(purpose="batch")) == []


def test_a_deleted_file_is_gone(live: Live) -> None:
    id = live.upload()
    assert live.client.files.delete(id).deleted is True
    with pytest.raises(openai.NotFoundError) as caught:
        live.client.files.retrieve(id)
    assert (caught.value.code, caught.value.type) == ("not_found", "not_found_error")
    assert caught.value.request_id
    with pytest.raises(openai.NotFoundError):
        live.client.files.content(id)
    assert not list(live.service.settings.files_folder("default").glob("file-*"))


def test_a_file_expires_when_it_was_said(live: Live) -> None:
    file = live.client.files.create(
        file=("c.jsonl", jsonl(CHATS)),
        purpose="fine-tune",
        expires_after={"anchor": "created_at", "seconds": 7200},
    )
    assert file.expires_at == file.created_at + 7200
    with live.service.database.write(ALL_PROJECTS) as session:
        session.execute(update(StoredFile).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with pytest.raises(openai.NotFoundError):
        live.client.files.retrieve(file.id)
    assert list(live.client.files.list()) == []
    kept = live.upload()  # what has expired is removed in passing
    assert [path.name for path in live.service.settings.files_folder("default").glob("file-*")] == [
        f"{kept}.jsonl"
    ]


def test_a_file_over_the_limit_is_refused_before_it_is_on_the_disk(live: Live) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        live.client.files.create(file=("x.jsonl", b"x" * ((1 << 20) + 1)), purpose="fine-tune")
    assert caught.value.status_code == 413
    assert (caught.value.code, caught.value.param) == ("body_too_large", "file")
    assert list((live.service.settings.files_folder("default") / ".incoming").iterdir()) == []


def test_a_project_keeps_no_more_than_it_may(live: Live) -> None:
    with live.service.database.write(ALL_PROJECTS) as session:
        session.execute(update(Project).where(Project.id == "default").values(storage_bytes=5000))
    live.upload()
    with pytest.raises(openai.PermissionDeniedError) as caught:
        live.upload()
    assert caught.value.code == "quota_exceeded"


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"data": {"purpose": "batch"}, "files": {"file": b"x"}}, "invalid_value", "purpose"),
        ({"data": {}, "files": {"file": b"x"}}, "missing_required_parameter", "purpose"),
        ({"data": {"purpose": "fine-tune"}, "files": {"other": b"x"}}, "missing_required_parameter", "file"),
        (
            {"data": {"purpose": "fine-tune", "colour": "red"}, "files": {"file": b"x"}},
            "unknown_parameter",
            "colour",
        ),
        (
            {
                "data": {"purpose": "fine-tune", "expires_after[anchor]": "created_at"},
                "files": {"file": b"x"},
            },
            "invalid_value",
            "expires_after.seconds",
        ),
    ],
)
def test_a_wrong_form_is_refused_by_field(live: Live, form: dict[str, Any], code: str, param: str) -> None:
    answer = httpx.post(f"{live.url}/v1/files", **form)
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == (code, param)


@pytest.mark.parametrize(
    ("content", "type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data", 415),
        (b"--x\r\nrubbish", "multipart/form-data; boundary=x", 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhalf',
            "multipart/form-data; boundary=x",
            400,
        ),
    ],
)
def test_a_broken_form_is_refused_and_leaves_nothing(
    live: Live, content: bytes, type: str, status: int
) -> None:
    answer = httpx.post(f"{live.url}/v1/files", content=content, headers={"content-type": type})
    assert answer.status_code == status
    assert list(live.client.files.list()) == []
    assert list((live.service.settings.files_folder("default") / ".incoming").iterdir()) == []
