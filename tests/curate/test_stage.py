"""Nothing is lost or counted twice, and nothing that is held out reaches training in any shape."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.curate.options import CurateOptions, HoldoutOptions
from cooldown_kit.curate.stage import curate
from cooldown_kit.documents import Document, Segment, read_documents, read_rejects, write_documents
from cooldown_kit.events import Event, Message, Progress, ignore

DAY = datetime(2026, 9, 1, tzinfo=UTC)


def run(folder: Path, inputs: list[list[Document]], options=None, holdout=None, emit=ignore):
    paths = []
    for number, documents in enumerate(inputs):
        paths.append(folder / f"in{number}.parquet")
        write_documents(paths[-1], documents)
    out = folder / "out"
    out.mkdir()
    summary = curate(paths, options or CurateOptions(), holdout or HoldoutOptions(), out, emit)
    return (
        summary,
        list(read_documents(out / "documents.parquet")),
        list(read_rejects(out / "rejects.parquet")),
    )


contents = st.integers(0, 12).map(lambda n: f"value_{n} = {n}\n" * 3 if n else "x")
documents = st.builds(
    lambda number, content, day, kind, source: Document(
        id=f"{source}:{number}",
        source=source,
        take="files",
        kind=kind,
        segments=[Segment(content)],
        content_hash=content,
        connector="git",
        language="Python" if kind == "code" else None,
        time=None if day is None else DAY + timedelta(days=day),
    ),
    number=st.integers(0, 10**9),
    content=contents,
    day=st.none() | st.integers(-20, 20),
    kind=st.sampled_from(["code", "text", "commit"]),
    source=st.sampled_from(["a", "b"]),
)
holdouts = st.one_of(
    st.builds(HoldoutOptions, after=st.just(DAY), undated=st.sampled_from([0.0, 0.3])),
    st.builds(HoldoutOptions, newest=st.floats(0, 0.6), undated=st.sampled_from([0.0, 0.3])),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(documents, max_size=40, unique_by=lambda d: d.id),
    holdouts,
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_the_promises_of_curation_hold_for_any_documents(found, holdout, exact_duplicates, shuffle):
    options = CurateOptions(exact_duplicates=exact_duplicates)
    half = len(found) // 2
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        summary, kept, rejects = run(Path(first), [found[:half], found[half:]], options, holdout)
        shuffled = list(found)
        shuffle.shuffle(shuffled)
        _, kept_shuffled, _ = run(Path(second), [shuffled], options, holdout)
    by_split = {s: [d for d in kept if d.split == s] for s in ("train", "heldout")}
    hashes = {s: {d.content_hash for d in by_split[s]} for s in by_split}
    # Nothing held out is trained on, in whatever place it stands.
    assert not hashes["train"] & hashes["heldout"]
    # The order of the inputs decides nothing.
    assert hashes["heldout"] == {d.content_hash for d in kept_shuffled if d.split == "heldout"}
    assert hashes["train"] == {d.content_hash for d in kept_shuffled if d.split == "train"}
    # Nothing is lost: each document is kept once or rejected once with its reason, in order.
    assert Counter(d.id for d in kept) + Counter(d.id for d, _ in rejects) == Counter(d.id for d in found)
    assert all(reason for _, reason in rejects)
    assert [d.id for d in kept] == [d.id for d in found if d.id in {k.id for k in kept}]
    for stream in {d.stream for d in found}:
        counts = summary["streams"][stream]
        assert counts["read"] == counts["train"] + counts["heldout"] + sum(counts["dropped"].values())
        assert counts["read"] == sum(d.stream == stream for d in found)
        for split in ("train", "heldout"):
            mine = [d for d in by_split[split] if d.stream == stream]
            assert counts[split] == len(mine) and counts["characters"][split] == sum(
                len(d.text) for d in mine
            )
    # No document after the date is trained on, and held-out documents are told apart by their content.
    for kind, instant in summary["cutoffs"].items():
        assert all(
            d.time is None or d.time <= datetime.fromisoformat(instant)
            for d in by_split["train"]
            if d.kind == kind
        )
    assert len(hashes["heldout"]) == len(by_split["heldout"])
    if exact_duplicates:
        assert len(hashes["train"]) == len(by_split["train"])
    assert summary["heldout_by_kind"] == Counter(d.kind for d in by_split["heldout"])


def test_duplicates_are_named_by_what_they_repeat(make_document, tmp_path):
    old, new = DAY - timedelta(days=1), DAY + timedelta(days=1)
    found = [
        make_document("train copy", "same = 'both'  # here\n", time=old),
        make_document("first", "same = 'train'  # here\n", time=old),
        make_document("second", "same = 'train'  # here\n", time=old),
        make_document("held out", "same = 'both'  # here\n", time=new),
        make_document("held out again", "same = 'both'  # here\n", time=new),
    ]
    holdout = HoldoutOptions(after=DAY)
    _, kept, rejects = run(tmp_path, [found], holdout=holdout)
    assert [(d.id, d.split) for d in kept] == [("first", "train"), ("held out", "heldout")]
    assert {d.id: reason for d, reason in rejects} == {
        "train copy": "duplicate_of_heldout",
        "second": "exact_duplicate",
        "held out again": "exact_duplicate",
    }
    (tmp_path / "kept").mkdir()
    _, kept, rejects = run(tmp_path / "kept", [found], CurateOptions(exact_duplicates=False), holdout)
    assert [d.id for d in kept] == ["first", "second", "held out"]
    assert dict(Counter(reason for _, reason in rejects)) == {"duplicate_of_heldout": 1, "exact_duplicate": 1}


def test_the_largest_languages_stay_and_markup_and_unknown_files_with_them(make_document, tmp_path):
    found = []
    for number, (language, count) in enumerate({"Python": 5, "Go": 3, "C": 3, "Ada": 1}.items()):
        found += [
            make_document(f"{language}{i}", f"value_{number} = {i} + 0\n" * 2, language=language)
            for i in range(count)
        ]
    found.append(
        make_document(
            "readme", "Some prose that is long enough.\n", language="Markdown", signals={"markup": 1.0}
        )
    )
    found.append(make_document("unknown", "Something else that is long enough.\n", language=None))
    found.append(make_document("commit", "A commit in Ada, long enough.\n", language="Ada", kind="commit"))
    summary, kept, rejects = run(tmp_path, [found], CurateOptions(languages=2))
    assert summary["languages"] == {"Python": 5, "C": 3}
    assert {d.language: reason for d, reason in rejects} == {"Go": "rare_language", "Ada": "rare_language"}
    assert {"readme", "unknown", "commit"} <= {d.id for d in kept}


def test_the_newest_share_is_resolved_to_an_instant_for_each_kind(make_document, tmp_path):
    code = [
        make_document(f"c{i}", f"value = {i}  # code number\n", time=DAY + timedelta(days=i))
        for i in range(20)
    ]
    text = [
        make_document(f"t{i}", f"Text number {i}, long enough.\n", kind="text", time=DAY - timedelta(days=i))
        for i in range(10)
    ]
    summary, kept, _ = run(tmp_path, [code, text], holdout=HoldoutOptions(newest=0.2))
    assert summary["cutoffs"] == {
        "code": (DAY + timedelta(days=15)).isoformat(),
        "text": (DAY - timedelta(days=2)).isoformat(),
    }
    assert {d.id for d in kept if d.split == "heldout"} == {"c16", "c17", "c18", "c19", "t0", "t1"}
    assert summary["heldout_by_kind"] == {"code": 4, "text": 2}
    assert summary["train_by_kind"] == {"code": 16, "text": 8}


def test_an_import_under_one_date_is_held_out_by_hash_and_says_so(make_document, tmp_path):
    events: list[Event] = []
    found = [make_document(f"c{i}", f"value = {i}  # code number\n", time=DAY) for i in range(100)]
    summary, _, _ = run(tmp_path, [found], emit=events.append)
    assert summary["holdout_rules"] == {"code": "hash"} and summary["cutoffs"] == {}
    assert 2 <= summary["totals"]["heldout"] <= 25
    assert any(isinstance(e, Message) and "same date" in e.text for e in events)


def test_no_documents_and_nothing_held_out_are_no_crash_and_the_latter_warns(make_document, tmp_path):
    events: list[Event] = []
    (tmp_path / "empty").mkdir()
    summary, kept, rejects = run(tmp_path / "empty", [[]], emit=events.append)
    assert (kept, rejects, summary["totals"]) == (
        [],
        [],
        {"read": 0, "train": 0, "heldout": 0, "dropped": {}},
    )
    assert not events
    run(
        tmp_path,
        [[make_document("a")]],
        holdout=HoldoutOptions(after=DAY + timedelta(days=900)),
        emit=events.append,
    )
    assert [e.text for e in events if isinstance(e, Message)] == [
        "nothing is held out, so there will be no evidence: choose an earlier `holdout.after` or a larger share"
    ]


def test_progress_ends_at_the_number_of_documents(make_document, tmp_path):
    events: list[Event] = []
    run(
        tmp_path,
        [[make_document(f"d{i}", f"value = {i}  # code number\n") for i in range(7)]],
        emit=events.append,
    )
    last = [e for e in events if isinstance(e, Progress)][-1]
    assert (last.done, last.total, last.unit) == (7, 7, "documents")


@pytest.mark.parametrize("seed", range(3))
def test_the_same_documents_give_the_same_bytes(make_document, tmp_path, seed):
    source = random.Random(seed)
    found = [
        make_document(f"d{i}", f"value = {source.random()}\n" * 3, time=DAY + timedelta(days=i))
        for i in range(30)
    ]
    outputs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(tmp_path / name, [found])
        outputs.append(
            [
                (tmp_path / name / "out" / file).read_bytes()
                for file in ("documents.parquet", "rejects.parquet")
            ]
        )
    assert outputs[0] == outputs[1]


def test_kept_documents_are_counted_by_layout_and_by_special_tokens(make_document, tmp_path):
    marked = [Segment("<file_sep>", token=True), Segment("a.py\nvalue = 1  # with a token\n")]
    found = [
        make_document("plain", "value = 2  # in plain text\n", layout="file"),
        msgspec.structs.replace(make_document("marked", "value = 1\n", layout="file"), segments=marked),
        make_document("pack", "value = 3  # one of several\n", layout="repository"),
        make_document("dropped", "x", layout="repository"),
    ]
    summary, _, _ = run(tmp_path, [found])
    assert summary["streams"]["repo.files"]["layouts"] == {
        "file": {"documents": 2, "special_tokens": 1},
        "repository": {"documents": 1, "special_tokens": 0},
    }


def test_a_pack_of_files_takes_no_part_in_the_ranking_of_languages(make_document, tmp_path):
    found = [make_document(f"p{i}", f"value = {i}  # in python\n") for i in range(3)]
    found.append(make_document("pack", "package main  // and more\n", language="Go", layout="repository"))
    summary, kept, _ = run(tmp_path, [found], CurateOptions(languages=1))
    assert summary["languages"] == {"Python": 3}
    assert "pack" in {d.id for d in kept}
