"""Files of a job: whole, in parts, and only where they have changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from job_rows import add_artefact, add_job

CONTENT = bytes(range(256)) * 8


@pytest.fixture
def stored(service: Service, tmp_path: Path) -> tuple[str, str]:
    """Address of a file of 2,048 bytes, and its digest."""
    id = add_job(service)
    digest = add_artefact(service, id, "adapter/a b.bin", CONTENT, tmp_path, "application/octet-stream")
    return f"/v1/jobs/{id}/artefacts/adapter/a%20b.bin", digest


def test_files_are_listed_by_name(client: TestClient, service: Service, tmp_path: Path) -> None:
    id = add_job(service)
    for name in ("report.html", "adapter/b", "adapter/a"):
        add_artefact(service, id, name, b"x", tmp_path)
    first = client.get(f"/v1/jobs/{id}/artefacts?limit=2").json()
    assert [item["name"] for item in first["data"]] == ["adapter/a", "adapter/b"]
    rest = client.get(f"/v1/jobs/{id}/artefacts", params={"after": first["last_id"]}).json()
    assert ([item["name"] for item in rest["data"]], rest["has_more"]) == (["report.html"], False)


def test_a_file_comes_whole_to_be_kept_and_never_shown(client: TestClient, stored: tuple[str, str]) -> None:
    url, digest = stored
    answer = client.get(url)
    assert answer.content == CONTENT
    assert answer.headers["etag"] == f'"{digest}"'
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a%20b.bin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"
    head = client.head(url)
    assert (head.content, head.headers["content-length"], head.headers["etag"]) == (
        b"",
        "2048",
        f'"{digest}"',
    )


@pytest.mark.parametrize(
    ("range", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=2000-", 2000, 2048), ("bytes=-10", 2038, 2048), ("bytes=0-99999", 0, 2048), ("bytes=-99999", 0, 2048)],
)  # fmt: skip
def test_a_part_is_what_was_asked_for(
    client: TestClient, stored: tuple[str, str], range: str, start: int, end: int
) -> None:
    answer = client.get(stored[0], headers={"Range": range})
    assert answer.status_code == 206
    assert answer.content == CONTENT[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/2048"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("range", ["bytes=2048-", "bytes=5000-6000", "bytes=-0"])
def test_a_part_outside_is_refused_with_the_size(
    client: TestClient, stored: tuple[str, str], range: str
) -> None:
    answer = client.get(stored[0], headers={"Range": range})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */2048")


@pytest.mark.parametrize("range", ["lines=1-2", "bytes=", "bytes=9-3", "bytes=0-1,4-5", "nonsense"])
def test_what_is_no_range_is_answered_with_the_whole(
    client: TestClient, stored: tuple[str, str], range: str
) -> None:
    answer = client.get(stored[0], headers={"Range": range})
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_a_download_goes_on_only_with_the_same_file(client: TestClient, stored: tuple[str, str]) -> None:
    url, digest = stored
    same = client.get(url, headers={"Range": "bytes=5-", "If-Range": f'"{digest}"'})
    other = client.get(url, headers={"Range": "bytes=5-", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)
    for tag in (f'"{digest}"', f'"x", W/"{digest}"', "*"):
        assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(url, headers={"If-None-Match": '"x"'}).status_code == 200


def test_an_empty_file_is_a_file(client: TestClient, service: Service, tmp_path: Path) -> None:
    id = add_job(service)
    add_artefact(service, id, "empty", b"", tmp_path)
    assert client.get(f"/v1/jobs/{id}/artefacts/empty").content == b""
    assert client.get(f"/v1/jobs/{id}/artefacts/empty", headers={"Range": "bytes=0-"}).status_code == 416


@pytest.mark.parametrize(
    "name",
    ["nothing", "../a", "..%2f..%2fcooldown.db", "%2fetc%2fpasswd", "adapter/../../x", "%00", "adapter"],
)
def test_no_name_leads_to_another_file(client: TestClient, stored: tuple[str, str], name: str) -> None:
    base = stored[0].rpartition("/adapter/")[0]
    assert client.get(f"{base}/{name}").status_code in (404, 422)


def test_a_file_that_was_removed_from_the_store_is_gone(
    client: TestClient, service: Service, tmp_path: Path
) -> None:
    id = add_job(service)
    add_artefact(service, id, "a", b"x", tmp_path)
    service.artefacts.delete("default", id)
    assert client.get(f"/v1/jobs/{id}/artefacts/a").json()["code"] == "gone"


def test_the_report_is_shown_in_a_sandbox(client: TestClient, service: Service, tmp_path: Path) -> None:
    id = add_job(service)
    assert client.get(f"/v1/jobs/{id}/report").status_code == 404
    digest = add_artefact(service, id, "report.html", b"<h1>Report</h1>", tmp_path, "text/html")
    answer = client.get(f"/v1/jobs/{id}/report")
    assert answer.text == "<h1>Report</h1>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == "inline"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = client.get(f"/v1/jobs/{id}/report", headers={"If-None-Match": f'"{digest}"'})
    assert again.status_code == 304
