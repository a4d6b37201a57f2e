"""No pair of what is held out, and none of what is not worth training on, is trained on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cooldown_kit.curate.options import CurateOptions, HoldoutOptions
from cooldown_kit.curate.stage import curate
from cooldown_kit.documents import Document, write_documents
from cooldown_kit.events import ignore
from cooldown_kit.preferences import Preference, PreferenceWriter, read_preferences

DAY = datetime(2026, 9, 1, tzinfo=UTC)


def pair(name: str, number: int, day: int = -1, **fields: Any) -> Preference:
    made = {
        "id": name, "source": "forge", "take": "reviews", "repository": "acme/pay", "number": number, "path": "a.py", "prompt": f"# {name}",
        "chosen": "a = 1\n", "rejected": "a = 2\n", "time": DAY + timedelta(days=day), "related": [f"acme/pay!{number}"],
    }  # fmt: skip
    return Preference(**{**made, **fields})


@pytest.fixture
def document(make_document):
    def make(name: str, number: int, day: int = -1, kind: str = "review", **signals: float) -> Document:
        return make_document(name, f"{name}: round half to even, says the {kind}\n", kind=kind, time=DAY + timedelta(days=day), related=[f"acme/pay!{number}"], signals=signals)  # fmt: skip

    return make


def run(
    folder: Path, documents: list[Document], *pairs: list[Preference]
) -> tuple[list[str], dict[str, Any]]:
    write_documents(folder / "in.parquet", documents)
    paths = []
    for number, some in enumerate(pairs):
        paths.append(folder / f"pairs{number}.parquet")
        with PreferenceWriter(paths[-1]) as writer:
            for one in some:
                writer.write(one)
    out = folder / "out"
    out.mkdir()
    summary = curate(
        [folder / "in.parquet"], CurateOptions(), HoldoutOptions(after=DAY), out, ignore, preferences=paths
    )
    return [one.id for one in read_preferences(out / "preferences.parquet")], summary["preferences"]


def test_pairs_share_what_became_of_the_document_of_their_thread(document, tmp_path):
    documents = [
        document("train", 1),
        document("late", 2, day=1),
        document("machine", 3, bot=1.0),
        document("with its request", 4),
        document("request", 4, day=2, kind="pull_request"),
    ]
    kept, counts = run(tmp_path, documents, [pair(one.id, int(one.related[0][-1])) for one in documents[:4]])
    assert kept == ["train"]
    assert counts == {"read": 4, "kept": 1, "dropped": {"bot": 1, "heldout": 2}}


def test_pairs_whose_thread_gave_no_document_follow_their_request_and_the_instant(document, tmp_path):
    documents = [document("request", 4, day=2, kind="pull_request"), document("other", 5)]
    pairs = [pair("of the request", 4), pair("late", 9, day=3), pair("early", 9)]
    kept, counts = run(tmp_path, documents, pairs)
    # No document of a review says where the cut is for reviews but the date that the recipe gives.
    assert kept == ["early"]
    assert counts["dropped"] == {"heldout": 2}


def test_the_same_pair_of_two_sources_is_kept_once(document, tmp_path):
    one, other = pair("a", 1, prompt="p"), pair("b", 1, prompt="p")
    kept, counts = run(tmp_path, [document("a", 1), document("b", 1)], [one], [other])
    assert kept == ["a"]
    assert counts["dropped"] == {"exact_duplicate": 1}


def test_without_pairs_there_is_no_file(document, tmp_path):
    write_documents(tmp_path / "in.parquet", [document("a", 1)])
    out = tmp_path / "out"
    out.mkdir()
    summary = curate([tmp_path / "in.parquet"], CurateOptions(), HoldoutOptions(after=DAY), out, ignore)
    assert "preferences" not in summary
    assert not (out / "preferences.parquet").exists()


def test_pairs_come_out_in_their_order_and_whole(document, tmp_path):
    pairs = [
        pair(f"p{n}", n, signals={"participants": 2.0}, language="Python", url="https://forge.example")
        for n in range(1, 9)
    ]
    run(tmp_path, [document(one.id, one.number) for one in pairs], pairs)
    assert list(read_preferences(tmp_path / "out" / "preferences.parquet")) == pairs
