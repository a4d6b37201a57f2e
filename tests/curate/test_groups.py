"""What tells the same change never stands on both sides of the hold-out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.curate.groups import Groups, whole_groups
from cooldown_kit.curate.options import CurateOptions, HoldoutOptions, TalkOptions
from cooldown_kit.curate.stage import curate
from cooldown_kit.documents import read_documents, write_documents
from cooldown_kit.events import ignore
from cooldown_kit.render import related

DAY = datetime(2026, 9, 1, tzinfo=UTC)
ALL_TALK = CurateOptions(talk=TalkOptions(min_characters=0))


@pytest.fixture
def change(make_document):
    """Makes ``commit(number of its pull request, day)`` or, with another ``kind``, the pull request, its review, an issue."""

    def make(number: int | None, day: int, kind: str = "commit", name: str = "", *, repository: str = "acme/pay", closes: int | None = None, **signals: float):  # fmt: skip
        names = [f"@{repository}{number}{day}{name}"] if kind == "commit" else []
        if number is not None:
            names.append((related.issue if kind == "issue" else related.request)(repository, number))
        if closes is not None:
            names.append(related.issue(repository, closes))
        return make_document(
            f"repo:{repository}{kind}{number}{day}{name}",
            f"{kind} {number} {day} {name} {repository}: round half to even\n",
            kind=kind,
            repository=repository,
            time=DAY + timedelta(days=day),
            related=names,
            signals=signals,
        )

    return make


def splits(folder: Path, documents, **holdout) -> tuple[dict[str, str], dict]:
    write_documents(folder / "in.parquet", documents)
    out = folder / "out"
    out.mkdir()
    summary = curate([folder / "in.parquet"], ALL_TALK, HoldoutOptions.model_validate(holdout), out, ignore)
    return {d.id: d.split for d in read_documents(out / "documents.parquet")}, summary


def test_commits_of_a_pull_request_that_was_merged_after_the_cut_are_held_out_with_it(change, tmp_path):
    documents = [change(7, -3), change(7, -1), change(7, 1, "pull_request"), change(8, -3), change(None, -2)]
    found, summary = splits(tmp_path, documents, after=DAY)
    assert list(found.values()) == ["heldout", "heldout", "heldout", "train", "train"]
    assert summary["heldout_with_their_pull_request"] == 2


def test_reviews_and_the_issues_that_a_request_closes_are_held_out_with_it(change, tmp_path):
    documents = [
        change(7, 1, "pull_request", closes=3),
        change(7, -2, "review"),
        change(3, -9, "issue"),
        change(8, -1, "pull_request", closes=3),  # an earlier try at the same issue
        change(8, -1, "review"),
        change(9, -1, "pull_request", closes=4),
        change(4, -5, "issue"),
        change(7, -5, "issue"),  # has the request's number, and is not the request
    ]
    found, _ = splits(tmp_path, documents, after=DAY)
    assert list(found.values()) == ["heldout"] * 5 + ["train"] * 3


def test_git_and_a_forge_name_a_repository_in_their_own_ways_and_mean_one(change, tmp_path):
    documents = [
        change(7, -3, repository="github.com/Acme/pay"),
        change(7, 1, "pull_request", repository="acme/pay"),
        change(7, -3, repository="acme/other"),
    ]
    found, _ = splits(tmp_path, documents, after=DAY)
    assert list(found.values()) == ["heldout", "heldout", "train"]


def test_a_commit_that_names_no_request_is_known_by_its_name_in_the_request(make_document, tmp_path):
    commit = make_document(
        "a", "commit: half to even\n", kind="commit", time=DAY - timedelta(days=3), related=["@9c1f0e"]
    )
    request = make_document("b", "request: half to even\n", kind="pull_request", time=DAY + timedelta(days=1), related=["acme/pay!7", "@9c1f0e"])  # fmt: skip
    found, _ = splits(tmp_path, [commit, request], after=DAY)
    assert found == {"a": "heldout", "b": "heldout"}


def test_a_pull_request_is_held_out_with_its_commits_where_each_kind_has_its_own_instant(change, tmp_path):
    commits = [change(n, n) for n in range(10)]
    requests = [change(n, n, "pull_request") for n in range(9, -1, -2)] + [
        change(50 + n, 20 + n, "pull_request") for n in range(8)
    ]
    found, _ = splits(tmp_path, commits + requests, newest=0.2)
    assert found["repo:acme/paycommit99"] == found["repo:acme/paypull_request99"] == "heldout"
    assert found["repo:acme/paycommit77"] == found["repo:acme/paypull_request77"] == "train"


def test_a_dropped_pull_request_holds_nothing_out(change, tmp_path):
    documents = [change(7, -3), change(7, 1, reverted=1.0), change(8, 3)]
    found, _ = splits(tmp_path, documents, after=DAY)
    assert found == {documents[0].id: "train", documents[2].id: "heldout"}


def test_numbers_of_two_repositories_are_two_groups():
    groups = Groups()
    one, other = (
        groups.join([related.request("acme/pay", 7)]),
        groups.join([related.request("acme/other", 7)]),
    )
    assert one is not None
    assert other is not None
    assert groups.find(one) != groups.find(other)
    assert groups.join([]) is None
    assert groups.of(["acme/pay!7", "unknown"]) == {groups.find(one)}


@given(st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=3), max_size=20))
def test_groups_are_those_of_names_that_are_joined_by_any_way(lists):
    groups = Groups()
    numbers = [groups.join(names) for names in lists]
    joined: list[set[str]] = []
    for names in lists:
        touching = [one for one in joined if one & set(names)]
        joined = [one for one in joined if one not in touching] + [set(names).union(*touching)]
    for a, first in zip(numbers, lists, strict=True):
        for b, second in zip(numbers, lists, strict=True):
            if first and second:
                together = any(set(first) <= one and set(second) <= one for one in joined)
                assert (groups.find(a) == groups.find(b)) is together


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4) | st.none(), st.booleans(), st.booleans()), max_size=30))
def test_no_group_is_on_both_sides_and_nothing_else_moves(rows):
    groups = [number for number, _, _ in rows]
    reasons = ["too_short" if dropped else None for _, dropped, _ in rows]
    before = ["heldout" if held else "train" for _, _, held in rows]
    after = list(before)
    moved = whole_groups(groups, reasons, after)
    kept = [(g, s) for g, s, r in zip(groups, after, reasons, strict=True) if r is None and g is not None]
    assert not {g for g, s in kept if s == "train"} & {g for g, s in kept if s == "heldout"}
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert all(groups[i] is not None and after[i] == "heldout" for i in changed)
    assert moved == sum(reasons[i] is None for i in changed)
