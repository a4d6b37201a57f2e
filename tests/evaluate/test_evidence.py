"""Evidence: the right numbers, honest words, and the same again from disk."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cooldown_kit.errors import InputError
from cooldown_kit.evaluate.evidence import Evidence, compare
from cooldown_kit.evaluate.generate import Continuation, write_continuations
from cooldown_kit.evaluate.items import SCHEMA
from cooldown_kit.evaluate.options import EvaluateOptions

OPTIONS = EvaluateOptions(resamples=500)
Scores = dict[str, list[tuple[int, float]]]


@pytest.fixture
def scored(tmp_path: Path) -> Callable[..., Path]:
    """Writes a scoring: kind → (bytes, bits per byte) of each document."""

    def write(name: str, scores: Scores, *, reverse: bool = False) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        rows = [
            {
                "id": f"{kind}{number}",
                "kind": kind,
                "source": "repo",
                "take": "files",
                "language": None,
                "bytes": size,
                "tokens": size // 4,
                "nats": bits * size * math.log(2),
            }
            for kind, documents in scores.items()
            for number, (size, bits) in enumerate(documents)
        ]
        pq.write_table(
            pa.Table.from_pylist(rows[::-1] if reverse else rows, schema=SCHEMA), folder / "items.parquet"
        )
        return folder

    return write


def noisy(
    change: float, count: int = 40, seed: int = 0
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(200, 4000, count).tolist()
    bits = rng.uniform(0.5, 1.5, count)
    after = bits + rng.normal(change, 0.02, count)
    return list(zip(sizes, bits.tolist(), strict=True)), list(zip(sizes, after.tolist(), strict=True))


def test_numbers_are_ratios_of_sums_and_not_means_of_ratios(scored) -> None:
    before = scored("before", {"code": [(1000, 1.0)] * 4 + [(4000, 2.0)]})
    after = scored("after", {"code": [(1000, 0.5)] * 4 + [(4000, 2.1)]})
    (row,) = compare(before, after, OPTIONS, seed=1).rows
    assert (row.documents, row.bytes, row.tokens) == (5, 8000, 2000)
    assert row.before == pytest.approx(1.5)
    assert row.after == pytest.approx(1.3)
    assert row.difference == pytest.approx(-0.2)
    assert row.relative == pytest.approx(-0.2 / 1.5)
    assert row.improved_share == 0.8


@pytest.mark.parametrize(
    ("change", "verdict"), [(-0.05, "improved"), (0.05, "worse"), (0.0, "no difference shown")]
)
def test_verdict_says_improved_or_worse_only_where_the_interval_excludes_zero(
    scored, change: float, verdict: str
) -> None:
    first, second = noisy(change)
    (row,) = compare(
        scored("before", {"code": first}), scored("after", {"code": second}), OPTIONS, seed=1
    ).rows
    assert row.verdict == verdict
    assert row.low < row.difference < row.high
    assert (row.low > 0 or row.high < 0) == (verdict != "no difference shown")


def test_same_model_twice_is_exactly_no_difference(scored) -> None:
    first, _ = noisy(0.0)
    (row,) = compare(
        scored("before", {"code": first}), scored("after", {"code": first}), OPTIONS, seed=1
    ).rows
    assert (row.difference, row.low, row.high, row.verdict) == (0.0, 0.0, 0.0, "no difference shown")


def test_too_few_documents_of_a_kind_get_no_interval_and_the_table_says_so(scored) -> None:
    code, text = noisy(-0.05), noisy(-0.05, count=4)
    evidence = compare(
        scored("before", {"code": code[0], "text": text[0]}),
        scored("after", {"code": code[1], "text": text[1]}),
        OPTIONS,
        seed=1,
    )
    rows = {row.kind: row for row in evidence.rows}
    assert list(rows) == ["code", "text", "all"]
    assert rows["code"].verdict == "improved"
    assert (rows["text"].low, rows["text"].high, rows["text"].verdict) == (None, None, "too few documents")
    assert rows["all"].verdict == "too few documents"
    assert "too few documents" in evidence.table()


def test_row_of_all_resamples_each_kind_apart(scored) -> None:
    """Kinds that moved in opposite directions: mixing them in one draw would add the spread between kinds."""
    code, text = noisy(-0.30), noisy(0.30, seed=1)
    evidence = compare(
        scored("before", {"code": code[0], "text": text[0]}),
        scored("after", {"code": code[1], "text": text[1]}),
        OPTIONS,
        seed=1,
    )
    total = evidence.rows[-1]
    pooled = compare(
        scored("before2", {"code": code[0] + text[0]}),
        scored("after2", {"code": code[1] + text[1]}),
        OPTIONS,
        seed=1,
    ).rows[0]
    assert total.difference == pytest.approx(pooled.difference)
    assert total.high - total.low < (pooled.high - pooled.low) / 2


def test_documents_are_paired_by_id_and_not_by_row(scored) -> None:
    first, second = noisy(-0.05)
    straight = compare(scored("before", {"code": first}), scored("after", {"code": second}), OPTIONS, seed=1)
    turned = compare(
        scored("b", {"code": first}), scored("a", {"code": second}, reverse=True), OPTIONS, seed=1
    )
    assert straight.rows == turned.rows


def test_same_seed_same_interval_and_another_kind_does_not_change_it(scored) -> None:
    first, second = noisy(-0.05)
    more = noisy(0.1, seed=5)
    alone = compare(scored("b1", {"code": first}), scored("a1", {"code": second}), OPTIONS, seed=1)
    beside = compare(
        scored("b2", {"code": first, "text": more[0]}),
        scored("a2", {"code": second, "text": more[1]}),
        OPTIONS,
        seed=1,
    )
    assert beside.rows[0] == alone.rows[0]
    other_seed = compare(scored("b3", {"code": first}), scored("a3", {"code": second}), OPTIONS, seed=2)
    assert other_seed.rows[0].low != alone.rows[0].low


def test_other_documents_are_refused(scored) -> None:
    first, second = noisy(-0.05)
    with pytest.raises(InputError, match="not scored on the same documents"):
        compare(scored("before", {"code": first}), scored("after", {"code": second[:-1]}), OPTIONS, seed=1)


def test_a_folder_without_scores_is_named(scored, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        compare(scored("before", {"code": noisy(0)[0]}), tmp_path / "nowhere", OPTIONS, seed=1)
    with pytest.raises(InputError, match="no evidence here"):
        Evidence.load(tmp_path)


def test_nothing_held_out_gives_no_rows_and_says_so(scored) -> None:
    evidence = compare(scored("before", {}), scored("after", {}), OPTIONS, seed=1)
    assert evidence.rows == ()
    assert "nothing can be said" in evidence.table()


def test_saved_evidence_loads_the_same(scored, tmp_path: Path) -> None:
    first, second = noisy(-0.05)
    before, after = scored("before", {"code": first}), scored("after", {"code": second})
    (before / "heldout.json").write_text(json.dumps({"code": {"documents": 40, "skipped": {"too_long": 2}}}))
    line = Continuation(id="code0", kind="code", prompt="def f", written="(x)", true="(y)")
    write_continuations(before / "generations.jsonl", iter([line]))
    write_continuations(after / "generations.jsonl", iter([msgspec.structs.replace(line, written="(y, z)")]))
    evidence = compare(before, after, OPTIONS, seed=1)
    assert (evidence.generations[0].before, evidence.generations[0].after) == ("(x)", "(y, z)")
    assert evidence.rows[0].skipped == {"too_long": 2}
    evidence.save(tmp_path / "evidence")
    assert Evidence.load(tmp_path / "evidence") == evidence
    items = pq.read_table(tmp_path / "evidence" / "items.parquet")
    assert items.column_names[-2:] == ["nats_before", "nats_after"]
    assert len(items) == 40


def test_table_is_aligned_plain_text(scored) -> None:
    code, text = noisy(-0.05), noisy(0.0, seed=1)
    evidence = compare(
        scored("before", {"code": code[0], "text": text[0]}),
        scored("after", {"code": code[1], "text": text[1]}),
        OPTIONS,
        seed=1,
    )
    lines = evidence.table().splitlines()[2:7]
    assert [line.split()[0] for line in lines] == ["kind", lines[1].split()[0], "code", "text", "all"]
    column = lines[0].index("verdict")
    assert [line[column:] for line in lines[2:]] == [row.verdict for row in evidence.rows]
    assert "95% interval" in lines[0]
