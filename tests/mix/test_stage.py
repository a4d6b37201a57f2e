from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cooldown_kit.documents import Document, Segment
from cooldown_kit.events import ignore
from cooldown_kit.mix.shares import MixPlan, MixSource, StreamSize
from cooldown_kit.mix.stage import mix
from cooldown_kit.mix.tokens import read_streams

MakeDocument = Callable[..., Document]
MakeTokens = Callable[[list[Document]], Path]


@pytest.fixture
def token_folder(document: MakeDocument, tokens: MakeTokens) -> Path:
    return tokens(
        [document("book.pages", i, f"page {i} " * (i % 17 + 1)) for i in range(80)]
        + [document("code.files", i, f"def f{i}(): return {i}\n" * (i % 9 + 1)) for i in range(60)]
        + [
            document("code.commits", i, [Segment(f"why {i}?", False), Segment(f"+ line {i}\n" * 3)])
            for i in range(50)
        ]
    )


def _plan(folder: Path, rows: int = 60) -> MixPlan:
    def size(name: str) -> StreamSize:
        (stream,) = read_streams(folder, [name])
        source, take = name.split(".")
        return StreamSize(
            source, take, "code" if source == "code" else "text", len(stream.tokens), len(stream.ids)
        )

    sources = (
        MixSource("book", "text", Fraction(8, 10), (size("book.pages"),)),
        MixSource("code", "code", Fraction(2, 10), (size("code.files"), size("code.commits"))),
    )
    return MixPlan(sources, rows, 64, {}, ())


def _mix(folder: Path, out: Path, plan: MixPlan, seed: int = 1) -> Path:
    out.mkdir()
    mix(folder, plan, seed=seed, out=out, emit=ignore)
    return out


def test_every_sequence_leads_back_to_the_documents_whose_tokens_it_holds(
    token_folder: Path, tmp_path: Path
) -> None:
    out = _mix(token_folder, tmp_path / "mixture", _plan(token_folder))
    streams = {
        name: read_streams(token_folder, [name])[0] for name in ("book.pages", "code.files", "code.commits")
    }
    where = {document: (stream, i) for stream in streams.values() for i, document in enumerate(stream.ids)}
    rows = pa.ipc.open_stream(pa.memory_map(str(out / "rows.arrow"))).read_all().to_pylist()
    for piece in pq.read_table(out / "index.parquet").to_pylist():
        stream, i = where[piece["document"]]
        ids, labels = stream.piece(i, piece["start"], piece["end"])
        row, first = rows[piece["row"]], piece["position"]
        assert row["input_ids"][first : first + len(ids)] == ids.tolist()
        assert row["labels"][first : first + len(ids)] == labels.tolist()
        assert row["source"] == piece["source"] == (0 if stream.name == "book.pages" else 1)


def test_rows_are_full_and_in_the_order_that_holds_the_shares(token_folder: Path, tmp_path: Path) -> None:
    out = _mix(token_folder, tmp_path / "mixture", _plan(token_folder))
    seen = 0
    for k, row in enumerate(datasets.Dataset.from_file(str(out / "rows.arrow")), start=1):
        assert len(row["input_ids"]) == len(row["labels"]) == sum(row["seq_lengths"]) == 64
        seen += row["source"]
        assert abs(seen - 0.2 * k) < 1
    facts = json.loads((out / "mixture.json").read_text())
    assert [s["rows"] for s in facts["sources"]] == [48, 12]
    assert facts["tokens"] == 60 * 64


def test_same_seed_same_bytes_and_another_seed_others(token_folder: Path, tmp_path: Path) -> None:
    plan = _plan(token_folder)
    one, same, other = (
        _mix(token_folder, tmp_path / name, plan, seed) for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    )
    for file in ("rows.arrow", "index.parquet", "mixture.json"):
        assert (one / file).read_bytes() == (same / file).read_bytes()
    assert (one / "rows.arrow").read_bytes() != (other / "rows.arrow").read_bytes()


def test_epochs_and_cuts_are_counted(token_folder: Path, tmp_path: Path) -> None:
    plan = _plan(token_folder, rows=400)
    out = _mix(token_folder, tmp_path / "mixture", plan)
    facts = json.loads((out / "mixture.json").read_text())
    index = pq.read_table(out / "index.parquet").to_pylist()
    for number, (source, planned) in enumerate(zip(facts["sources"], plan.sources, strict=True)):
        pieces = [piece for piece in index if piece["source"] == number]
        assert source["epochs"] == pytest.approx(source["rows"] * 64 / planned.tokens)
        assert source["pieces"] == len(pieces)
        assert source["cuts"] == sum(piece["end"] < piece["document_tokens"] for piece in pieces)
        assert source["documents_read"] == len({piece["document"] for piece in pieces})
