"""Artefacts onto this disk: whole, checked, continued, and nowhere else."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import pytest

from cooldown_kit.client.errors import ConnectionFailed, DownloadFailed, UnsafeName
from cooldown_kit.errors import StorageError
from faulty_service import Asked, FaultyService, Reply
from service_answers import JOB, TIME, job, page

WEIGHTS = bytes(range(256)) * 400
FILES = {"report.html": "<p>ä</p>".encode(), "adapter/weights.bin": WEIGHTS, "empty": b""}


def artefact(name: str, content: bytes, **more: Any) -> dict[str, Any]:
    told = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **more}
    return {"name": name, "object": "job.artefact", "media_type": "x/y", "created_at": TIME, **told}


class Store:
    """Answers for the artefacts of one job, with ranges."""

    def __init__(self, server: FaultyService) -> None:
        self.listed = [artefact(name, content) for name, content in FILES.items()]
        self.cuts: list[int | None] = []
        self.ranges: list[str] = []
        self.ignore_ranges = False
        self.content = dict(FILES)
        server.answer = self

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith(JOB):
            return Reply(job("succeeded"))
        if asked.path.endswith("/artefacts"):
            return Reply(page(self.listed))
        name = asked.path.split("/artefacts/", 1)[1]
        content, asked_range = self.content[name], asked.headers["range"]
        self.ranges.append(asked_range)
        start = 0 if self.ignore_ranges else int(re.fullmatch(r"bytes=(\d+)-", asked_range)[1])  # type: ignore[index]
        headers = (
            {}
            if self.ignore_ranges
            else {"content-range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        )
        cut = self.cuts.pop(0) if self.cuts else None
        return Reply(content[start:], 200 if self.ignore_ranges else 206, headers, cut=cut)


@pytest.fixture
def store(server: FaultyService) -> Store:
    return Store(server)


def test_all_artefacts_arrive_whole_under_their_names(store: Store, client: Any, tmp_path: Path) -> None:
    paths = client.jobs.get(JOB).download(tmp_path / "new")
    assert paths == [tmp_path / "new" / name for name in FILES]
    assert {name: (tmp_path / "new" / name).read_bytes() for name in FILES} == FILES
    assert sorted(path.name for path in (tmp_path / "new").rglob("*") if path.is_file()) == [
        "empty",
        "report.html",
        "weights.bin",
    ]


def test_a_download_that_is_cut_goes_on_where_it_was(
    store: Store, client: Any, tmp_path: Path, pauses: list[float]
) -> None:
    store.cuts = [1000, 50_000, 0, 7]
    client.jobs.get(JOB).download(tmp_path, names=["adapter/*"])
    assert (tmp_path / "adapter/weights.bin").read_bytes() == WEIGHTS
    assert store.ranges[1] == "bytes=1000-" and len(store.ranges) == 5


def test_a_later_call_goes_on_where_one_was_given_up(
    store: Store, client: Any, tmp_path: Path, pauses: list[float]
) -> None:
    store.cuts = [40_000, 0, 0, 0]
    with pytest.raises(ConnectionFailed):
        client.jobs.get(JOB).download(tmp_path, names=["adapter/weights.bin"])
    assert not (tmp_path / "adapter/weights.bin").exists()
    store.ranges.clear()
    client.jobs.get(JOB).download(tmp_path, names=["adapter/weights.bin"])
    assert store.ranges == ["bytes=40000-"]
    assert (tmp_path / "adapter/weights.bin").read_bytes() == WEIGHTS


def test_what_is_there_is_not_fetched_again(store: Store, client: Any, tmp_path: Path) -> None:
    client.jobs.get(JOB).download(tmp_path)
    store.ranges.clear()
    client.jobs.get(JOB).download(tmp_path)
    assert store.ranges == []
    (tmp_path / "report.html").write_bytes(b"<p>b</p>!")
    client.jobs.get(JOB).download(tmp_path)
    assert (tmp_path / "report.html").read_bytes() == FILES["report.html"]


def test_a_service_without_ranges_is_read_from_the_start(
    store: Store, client: Any, tmp_path: Path, pauses: list[float]
) -> None:
    store.ignore_ranges, store.cuts = True, [1000]
    client.jobs.get(JOB).download(tmp_path, names=["adapter/weights.bin"])
    assert (tmp_path / "adapter/weights.bin").read_bytes() == WEIGHTS


def test_damaged_leftovers_are_thrown_away(store: Store, client: Any, tmp_path: Path) -> None:
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    (tmp_path / "adapter").mkdir()
    (tmp_path / f"adapter/.weights.bin.{digest[:16]}.part").write_bytes(b"x" * 5000)
    client.jobs.get(JOB).download(tmp_path, names=["adapter/weights.bin"])
    assert store.ranges == ["bytes=5000-", "bytes=0-"]
    assert (tmp_path / "adapter/weights.bin").read_bytes() == WEIGHTS


def test_bytes_of_another_digest_get_no_name(store: Store, client: Any, tmp_path: Path) -> None:
    store.content["adapter/weights.bin"] = WEIGHTS[:-1] + b"x"
    with pytest.raises(DownloadFailed, match="digest"):
        client.jobs.get(JOB).download(tmp_path)
    assert not (tmp_path / "adapter/weights.bin").exists()


def test_more_bytes_than_told_are_not_kept(store: Store, client: Any, tmp_path: Path) -> None:
    store.content["adapter/weights.bin"] = WEIGHTS + b"x" * 100_000
    with pytest.raises(DownloadFailed, match="more bytes"):
        client.jobs.get(JOB).download(tmp_path)
    assert not (tmp_path / "adapter/weights.bin").exists()


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/../../evil", "a//b", "", ".", "a/.", "a\\..\\evil", "a\x00b", "a\nb", "a/"],
)
def test_a_name_that_leads_out_of_the_folder_writes_nothing(
    store: Store, client: Any, tmp_path: Path, name: str
) -> None:
    store.listed = [artefact("report.html", FILES["report.html"]), artefact(name, b"x")]
    with pytest.raises(UnsafeName):
        client.jobs.get(JOB).download(tmp_path / "in" / "here")
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_folder_is_not_followed_out_of_it(store: Store, client: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/adapter").symlink_to(tmp_path / "out")
    with pytest.raises(UnsafeName):
        client.jobs.get(JOB).download(tmp_path / "in")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_name_that_the_job_does_not_have_is_told_with_those_it_has(
    store: Store, client: Any, tmp_path: Path
) -> None:
    with pytest.raises(DownloadFailed, match=r"no artefact 'model\.gguf'") as caught:
        client.jobs.get(JOB).download(tmp_path, names=["model.gguf"])
    assert "adapter/weights.bin" in str(caught.value.remedy)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(store: Store, client: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError):
        client.jobs.get(JOB).download(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_named(store: Store, client: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="taken"):
        client.jobs.get(JOB).download(tmp_path / "taken")


def test_the_report_is_returned_and_written_where_it_is_wanted(
    server: FaultyService, client: Any, tmp_path: Path
) -> None:
    page_text = "<p>ä</p>\r\n"
    server.answer = lambda asked: (
        Reply(page_text.encode(), headers={"content-type": "text/html"})
        if asked.path.endswith("/report")
        else Reply(job())
    )
    assert client.jobs.get(JOB).report() == page_text
    assert client.jobs.get(JOB).report(tmp_path / "deep/report.html") == page_text
    assert (tmp_path / "deep/report.html").read_bytes() == page_text.encode()
