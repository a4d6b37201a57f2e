"""Results are stored whole, read in ranges, and never outside of their job's place: in a folder and behind any fsspec URL."""

from __future__ import annotations

from pathlib import Path

import pytest
from cooldown_api.artefacts import ArtefactStore


@pytest.fixture(params=["folder", "file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtefactStore:
    urls = {
        "folder": str(tmp_path / "store"),
        "file": f"file://{tmp_path}/store",
        "memory": f"memory://{tmp_path.name}",
    }
    return ArtefactStore(urls[request.param])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(bytes(range(256)) * 8192)
    return path


def test_a_file_comes_back_as_it_was(store: ArtefactStore, source: Path) -> None:
    store.put("alpha", "job_1", "model/weights.bin", source)
    with store.open("alpha", "job_1", "model/weights.bin") as file:
        assert file.read() == source.read_bytes()


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (5, 300), (2**20 - 1, 2**20 + 1), (2**21 - 2, 2**21), (7, 7)]
)
def test_ranges_are_exact(store: ArtefactStore, source: Path, start: int, end: int) -> None:
    store.put("alpha", "job_1", "a.bin", source)
    assert b"".join(store.read("alpha", "job_1", "a.bin", start, end)) == source.read_bytes()[start:end]


def test_a_second_put_replaces_the_first(store: ArtefactStore, source: Path) -> None:
    store.put("alpha", "job_1", "a", source)
    source.unlink()
    source.write_bytes(b"new")
    store.put("alpha", "job_1", "a", source)
    with store.open("alpha", "job_1", "a") as file:
        assert file.read() == b"new"


@pytest.mark.parametrize("name", ["../../beta/job_2/a", "../job_2/a", "model/../../job_2/a", "/etc/hostname"])
def test_names_do_not_lead_out_of_the_job(store: ArtefactStore, source: Path, name: str) -> None:
    store.put("beta", "job_2", "a", source)
    store.put("alpha", "job_2", "a", source)
    with pytest.raises(FileNotFoundError):
        store.open("alpha", "job_1", name)
    with pytest.raises(FileNotFoundError):
        store.put("alpha", "job_1", name, source)


def test_deleting_takes_the_whole_job_and_nothing_else(store: ArtefactStore, source: Path) -> None:
    store.put("alpha", "job_1", "model/a", source)
    store.put("alpha", "job_2", "a", source)
    store.delete("alpha", "job_1")
    store.delete("alpha", "job_1")
    with pytest.raises(FileNotFoundError):
        store.open("alpha", "job_1", "model/a")
    store.open("alpha", "job_2", "a").close()


def test_on_one_file_system_a_model_is_not_copied(tmp_path: Path, source: Path) -> None:
    store = ArtefactStore(str(tmp_path / "store"))
    store.put("alpha", "job_1", "a", source)
    store.put("alpha", "job_1", "a", source)
    folder = tmp_path / "store" / "alpha" / "job_1"
    assert (folder / "a").stat().st_ino == source.stat().st_ino
    assert [path.name for path in folder.iterdir()] == ["a"]


def test_a_log_that_still_grows_is_copied(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_bytes(b"{}\n" * (1 << 20))
    store = ArtefactStore(str(tmp_path / "store"))
    store.put("alpha", "job_1", "events.jsonl", log)
    with log.open("ab") as file:
        file.write(b"{}\n")
    with store.open("alpha", "job_1", "events.jsonl") as file:
        assert len(file.read()) == 3 << 20
