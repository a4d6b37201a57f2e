"""Records are cleaned in every field, the log holds no secret, and text without findings is left alone."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.curate.secret_examples import example
from cooldown_kit.curate.secret_rules import RULES
from cooldown_kit.curate.secrets import SecretCleaner
from cooldown_kit.records import SourceFile, TextPage

TOKEN = example("ghp_[alnum:36]", 7)


def source_file(content: str, path: str = "a.py") -> SourceFile:
    return SourceFile(
        id=f"repo@{'1' * 40}:{path}",
        take="files",
        repository="repo",
        revision="1" * 40,
        path=path,
        blob="2" * 40,
        mode="100644",
        content=content,
        changed_at=None,
        changed_in=None,
    )


def test_every_text_field_of_every_record_type_is_cleaned(cleaner, make_commit):
    records = [
        make_commit(
            message=f"Remove {TOKEN}",
            patch=f"@@ -1,2 +1 @@\n-t = '{TOKEN}'\n x\n",
            path=f"tokens/{TOKEN}.txt",
        ),
        source_file(f"t = '{TOKEN}'", path=f"{TOKEN}.py"),
        TextPage(
            id=f"notes#{TOKEN}",
            take="pages",
            path="notes",
            title=TOKEN,
            text=f"use {TOKEN}",
            url=f"https://x/?t={TOKEN}",
        ),
    ]
    for record in records:
        cleaned = cleaner.clean(record)
        assert type(cleaned) is type(record)
        assert TOKEN not in msgspec.json.encode(cleaned).decode()
        assert "<secret:github-personal-access-token>" in msgspec.json.encode(cleaned).decode()
    assert cleaner.findings == {"github-personal-access-token": 10}


def test_object_names_and_times_are_left_alone(cleaner, make_commit):
    record = make_commit(message=f"Remove {TOKEN}")
    cleaned = cleaner.clean(record)
    assert cleaned == msgspec.structs.replace(record, message="Remove <secret:github-personal-access-token>")


def test_a_record_without_secrets_comes_back_as_the_same_object(cleaner, make_commit):
    record = make_commit()
    assert cleaner.clean(record) is record
    assert not cleaner.findings


def test_the_log_names_record_field_and_rule_and_tells_equal_secrets_without_holding_them(
    cleaner, make_commit, tmp_path
):
    other = example("ghp_[alnum:36]", 8)
    cleaner.clean(make_commit(message=TOKEN, patch=f"@@ -1 +1 @@\n-{TOKEN}\n+{other}\n"))
    cleaner.write_log(tmp_path / "log.jsonl")
    text = (tmp_path / "log.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert TOKEN not in text and other not in text
    assert [line["field"] for line in lines] == ["message", "changes[0].patch", "changes[0].patch"]
    assert {line["rule"] for line in lines} == {"github-personal-access-token"}
    assert {line["record"] for line in lines} == {f"repo@{'3' * 40}"}
    assert lines[0]["hmac"] == lines[1]["hmac"] != lines[2]["hmac"]
    unkeyed = SecretCleaner(b"another key")
    unkeyed.clean(make_commit(message=TOKEN))
    unkeyed.write_log(tmp_path / "other.jsonl")
    assert json.loads((tmp_path / "other.jsonl").read_text())["hmac"] != lines[0]["hmac"]


def test_a_record_id_in_the_log_is_clean_too(cleaner, tmp_path):
    cleaner.clean(TextPage(id=f"https://u:hunter2x@host/{TOKEN}", take="pages", path="p", text="t"))
    cleaner.write_log(tmp_path / "log.jsonl")
    assert (
        "hunter2x" not in (tmp_path / "log.jsonl").read_text()
        and TOKEN not in (tmp_path / "log.jsonl").read_text()
    )


def test_overlapping_findings_are_one_replacement_named_by_the_more_telling_rule(cleaner):
    assert (
        cleaner.clean_text(f'api_token = "{TOKEN}"') == 'api_token = "<secret:github-personal-access-token>"'
    )


def test_neighbouring_secrets_all_go(cleaner):
    tokens = [example("ghp_[alnum:36]", seed) for seed in range(3)] + [
        example("AKIA[base32:16]", 1),
        example("glpat-[base64url:20]", 2),
    ]
    cleaned = cleaner.clean_text(",".join(tokens))
    assert not any(token in cleaned for token in tokens)


@given(
    rule=st.sampled_from(RULES),
    seed=st.integers(0, 1000),
    before=st.text(max_size=40),
    after=st.text(max_size=40),
)
def test_a_secret_on_its_own_line_goes_whatever_stands_around_it_and_a_second_cleaning_changes_nothing(
    rule, seed, before, after
):
    secret = example(rule.form, seed)
    cleaner = SecretCleaner(b"k")
    once = cleaner.clean_text(f"{before}\n{rule.context.replace('{}', secret)}\n{after}")
    assert secret not in once
    assert cleaner.clean_text(once) == once


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_text_without_keywords_is_returned_as_it_is(text):
    cleaner = SecretCleaner(b"k")
    cleaned = cleaner.clean_text(text)
    assert cleaned is text or "<secret:" in cleaned


def test_signs_beyond_ascii_around_a_secret_survive(cleaner):
    text = f'# Schlüssel für „Größe“ 🔑\npassword = "geheim-{"ü" * 3}-1x9"\ntoken = "{TOKEN}"  # Ende ✓\n'
    cleaned = cleaner.clean_text(text)
    assert cleaned.startswith("# Schlüssel für „Größe“ 🔑\n") and cleaned.endswith("# Ende ✓\n")
    assert TOKEN not in cleaned and "geheim" not in cleaned
