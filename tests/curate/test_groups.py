"""A pull request and its commits never stand on both sides of the hold-out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.curate.groups import Group, group_of, whole_groups
from cooldown_kit.curate.options import CurateOptions, HoldoutOptions
from cooldown_kit.curate.stage import curate
from cooldown_kit.documents import read_documents, write_documents
from cooldown_kit.events import ignore

DAY = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def change(make_document):
    """Makes ``commit(number of its pull request, day)`` or, with ``kind="pull_request"``, the pull request."""

    def make(number: int | None, day: int, kind: str = "commit", name: str = "", **signals: float):
        identity = (
            f"repo:acme/pay#{number}" if kind == "pull_request" else f"repo:acme/pay@{number}{day}{name}"
        )
        known = {"pull_request": float(number)} if number is not None and kind == "commit" else {}
        return make_document(
            identity,
            f"{kind} {number} {day} {name}: round half to even\n",
            kind=kind,
            repository="acme/pay",
            time=DAY + timedelta(days=day),
            signals={**known, **signals},
        )

    return make


def splits(folder: Path, documents, **holdout) -> tuple[dict[str, str], dict]:
    write_documents(folder / "in.parquet", documents)
    out = folder / "out"
    out.mkdir()
    summary = curate(
        [folder / "in.parquet"], CurateOptions(), HoldoutOptions.model_validate(holdout), out, ignore
    )
    return {d.id: d.split for d in read_documents(out / "documents.parquet")}, summary


def test_commits_of_a_pull_request_that_was_merged_after_the_cut_are_held_out_with_it(change, tmp_path):
    documents = [change(7, -3), change(7, -1), change(7, 1, "pull_request"), change(8, -3), change(None, -2)]
    found, summary = splits(tmp_path, documents, after=DAY)
    assert list(found.values()) == ["heldout", "heldout", "heldout", "train", "train"]
    assert summary["heldout_with_their_pull_request"] == 2


def test_a_pull_request_is_held_out_with_its_commits_where_each_kind_has_its_own_instant(change, tmp_path):
    commits = [change(n, n) for n in range(10)]
    requests = [change(n, n, "pull_request") for n in range(9, -1, -2)] + [
        change(50 + n, 20 + n, "pull_request") for n in range(8)
    ]
    found, _ = splits(tmp_path, commits + requests, newest=0.2)
    assert found["repo:acme/pay@99"] == found["repo:acme/pay#9"] == "heldout"
    assert found["repo:acme/pay@77"] == found["repo:acme/pay#7"] == "train"


def test_a_dropped_pull_request_holds_nothing_out(change, tmp_path):
    documents = [change(7, -3), change(7, 1, reverted=1.0), change(8, 3)]
    found, _ = splits(tmp_path, documents, after=DAY)
    assert found == {documents[0].id: "train", documents[2].id: "heldout"}


def test_numbers_of_two_repositories_are_two_groups(change):
    request = change(7, 0, "pull_request")
    assert group_of(request) == group_of(change(7, -4)) == Group("repo", "acme/pay", 7)
    assert group_of(change(None, 0)) is None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4) | st.none(), st.booleans(), st.booleans()), max_size=30))
def test_no_group_is_on_both_sides_and_nothing_else_moves(rows):
    groups = [None if number is None else Group("s", "r", number) for number, _, _ in rows]
    reasons = ["too_short" if dropped else None for _, dropped, _ in rows]
    before = ["heldout" if held else "train" for _, _, held in rows]
    after = list(before)
    moved = whole_groups(groups, reasons, after)
    kept = [(g, s) for g, s, r in zip(groups, after, reasons, strict=True) if r is None and g is not None]
    assert not {g for g, s in kept if s == "train"} & {g for g, s in kept if s == "heldout"}
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert all(groups[i] is not None and after[i] == "heldout" for i in changed)
    assert moved == sum(reasons[i] is None for i in changed)
