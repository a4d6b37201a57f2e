"""The render stage: all records of a source to one file, with nothing lost in silence."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cooldown_kit.documents import read_documents
from cooldown_kit.events import Progress, ignore
from cooldown_kit.preferences import read_preferences
from cooldown_kit.records import (
    CodeReview,
    Commit,
    Issue,
    PullRequest,
    Record,
    Skipped,
    SourceFile,
    TextPage,
    Thread,
)
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.stage import render_source


def run(records: list[Record], out: Path, **options):
    defaults = {"clean": lambda record: record, "hash_author": lambda email: "h", "emit": ignore}
    return render_source(iter(records), source="s", connector="git", out=out, **{**defaults, **options})


def test_documents_come_out_in_order_and_everything_is_counted(
    commit: Commit, source_file: SourceFile, text_page: TextPage, tmp_path: Path
) -> None:
    merge = msgspec.structs.replace(commit, id="merge", changes=[])
    empty = msgspec.structs.replace(source_file, id="void", content="\n")
    summary = run([commit, merge, source_file, empty, text_page], tmp_path)
    documents = list(read_documents(tmp_path / "documents.parquet"))
    assert [d.id for d in documents] == [f"s:{r.id}" for r in (commit, source_file, text_page)]
    assert summary["records"] == 5
    assert summary["documents"] == 3
    assert summary["characters"] == sum(len(d.text) for d in documents)
    assert summary["by_take"]["files"] == {"documents": 1, "characters": len(documents[1].text)}
    assert list(summary["by_kind"]) == ["code", "commit", "text"]
    assert summary["by_language"] == {"Python": 2}
    assert summary["not_rendered"] == {"empty_commit": 1, "empty_file": 1}
    assert summary["patches_left_out"] == {
        "binary": 1,
        "empty": 2,
        "not_utf8": 1,
        "submodule": 1,
        "too_large": 1,
    }
    rejects = [
        msgspec.json.decode(line, type=Skipped)
        for line in (tmp_path / "rejects.jsonl").read_bytes().splitlines()
    ]
    assert rejects == [
        Skipped(what="merge", reason="empty_commit"),
        Skipped(what="void", reason="empty_file"),
    ]


def test_records_are_cleaned_before_anything_is_made_of_them(source_file: SourceFile, tmp_path: Path) -> None:
    secret = msgspec.structs.replace(source_file, content="key = 'AKIA'\n", path="AKIA.py")

    def clean(record: Record) -> Record:
        assert isinstance(record, SourceFile)
        return msgspec.structs.replace(record, content=record.content.replace("AKIA", "***"), path="x.py")

    run([secret], tmp_path, clean=clean)
    (document,) = read_documents(tmp_path / "documents.parquet")
    assert "AKIA" not in msgspec.json.encode(document).decode()


def test_the_same_records_give_the_same_bytes(commit: Commit, text_page: TextPage, tmp_path: Path) -> None:
    outputs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run([commit, text_page], tmp_path / name)
        outputs.append((tmp_path / name / "documents.parquet").read_bytes())
    assert outputs[0] == outputs[1]


def test_no_records_give_an_empty_file_that_can_be_read(tmp_path: Path) -> None:
    assert run([], tmp_path)["documents"] == 0
    assert list(read_documents(tmp_path / "documents.parquet")) == []


def test_progress_ends_at_the_number_of_records(text_page: TextPage, tmp_path: Path) -> None:
    events: list[Progress] = []
    run([text_page] * 1200, tmp_path, emit=events.append)
    assert [event.done for event in events] == [500, 1000, 1200]
    assert events[-1].total == 1200


def test_layouts_and_what_fell_back_are_counted(commit: Commit, whole_commit: Commit, tmp_path: Path) -> None:
    records = [msgspec.structs.replace(whole_commit, id=f"r@{n}") for n in range(40)] + [commit]
    options = RenderOptions(commit={"task": 0.5, "before_after": 0.5})
    summary = run(records, tmp_path, options=options, seed=17)
    layouts = {name: counts["documents"] for name, counts in summary["by_layout"].items()}
    assert set(layouts) == {"commit.task", "commit.before_after", "commit.diff"}
    assert layouts["commit.diff"] == 1
    assert sum(layouts.values()) == 41
    assert sum(why["no_contents"] for why in summary["fallbacks"].values()) == 1
    again = run(records[::-1], tmp_path, options=options, seed=17)
    assert again["by_layout"] == summary["by_layout"], "the order of records decides nothing"


def source_files(source_file: SourceFile) -> list[Record]:
    contents = {
        "ledger/money.py": "CENT = 1  # ask jo@bank.com\n",
        "ledger/split.py": "from ledger.money import CENT  # or jo@bank.com\n",
        "empty.py": "\n",
    }
    return [
        msgspec.structs.replace(source_file, id=f"ledger@1:{path}", path=path, content=content)
        for path, content in contents.items()
    ]


def test_files_of_a_repository_become_one_document_with_one_set_of_pseudonyms(
    source_file: SourceFile, tmp_path: Path
) -> None:
    options = RenderOptions(source_file={"repository": 1})
    summary = run(source_files(source_file), tmp_path, options=options)
    (document,) = read_documents(tmp_path / "documents.parquet")
    assert document.layout == "repository"
    assert document.text == (
        "File: ledger/money.py\nCENT = 1  # ask user_1@example.com\n\n"
        "File: ledger/split.py\nfrom ledger.money import CENT  # or user_1@example.com\n"
    )
    assert (summary["records"], summary["documents"]) == (3, 1)
    assert summary["not_rendered"] == {"empty_file": 1}
    assert summary["packing"]["packs"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents.parquet", "rejects.jsonl"]


def test_packs_that_do_not_get_the_layout_are_rendered_file_by_file(
    source_file: SourceFile, tmp_path: Path
) -> None:
    files = source_files(source_file)
    options = RenderOptions(source_file={"repository": 1e-9, "file": 1 - 1e-9})
    run(files, tmp_path, options=options)
    packed = list(read_documents(tmp_path / "documents.parquet"))
    run(files, tmp_path)
    assert sorted(d.id for d in packed) == sorted(
        d.id for d in read_documents(tmp_path / "documents.parquet")
    )
    assert {d.layout for d in packed} == {"file"}


def test_a_file_that_is_not_accepted_or_alone_stays_by_itself(
    source_file: SourceFile, tmp_path: Path
) -> None:
    options = RenderOptions(source_file={"repository": 1})
    summary = run(
        source_files(source_file), tmp_path, options=options, accept=lambda d: "split" not in (d.path or "")
    )
    documents = list(read_documents(tmp_path / "documents.parquet"))
    assert {d.path: d.layout for d in documents} == {"ledger/money.py": "file", "ledger/split.py": "file"}
    assert summary["fallbacks"] == {"repository": {"kept_out": 1, "single_file": 1}}


def test_pairs_are_written_and_counted_where_they_are_asked_for(
    code_review: CodeReview, forge_request: PullRequest, tmp_path: Path
) -> None:
    open_one = msgspec.structs.replace(code_review, id="acme/ledger#414/T9", merged=False)
    secret = msgspec.structs.replace(
        code_review, id="acme/ledger#415/T1", accepted="KEY = 'AKIA'\n" + (code_review.accepted or "")
    )

    def clean(record: Record) -> Record:
        if isinstance(record, CodeReview) and record.accepted:
            return msgspec.structs.replace(record, accepted=record.accepted.replace("AKIA", "***"))
        return record

    records = [code_review, open_one, forge_request, secret]
    summary = run(records, tmp_path, options=RenderOptions(preferences=True), clean=clean)
    pairs = list(read_preferences(tmp_path / "preferences.parquet"))
    assert [pair.id for pair in pairs] == ["s:acme/ledger#413/T1", "s:acme/ledger#415/T1"]
    assert "AKIA" not in msgspec.json.encode(pairs).decode()
    assert summary["preferences"] == {"pairs": 2, "not_paired": {"not_merged": 1}}
    assert {d.id for d in read_documents(tmp_path / "documents.parquet")} >= {pair.id for pair in pairs}


def test_without_asking_there_are_no_pairs(code_review: CodeReview, tmp_path: Path) -> None:
    summary = run([code_review], tmp_path)
    assert summary["preferences"] == {"pairs": 0, "not_paired": {}}
    assert not (tmp_path / "preferences.parquet").exists()


def test_talk_has_no_language_and_reviews_have_that_of_their_file(
    code_review: CodeReview, issue: Issue, question: Thread, tmp_path: Path
) -> None:
    summary = run([code_review, issue, question], tmp_path)
    assert summary["by_language"] == {"Python": 1}
    assert set(summary["by_kind"]) == {"review", "issue", "thread"}
