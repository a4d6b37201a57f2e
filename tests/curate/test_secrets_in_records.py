"""No text field of any record keeps a secret, also none that is added later: the record types themselves are walked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from msgspec import inspect

from cooldown_kit import patches
from cooldown_kit.curate.secret_examples import example
from cooldown_kit.curate.secret_rules import RULES
from cooldown_kit.curate.secrets import SecretCleaner
from cooldown_kit.records import Cell, Commit, FileChange, Notebook, Person, PullRequest, Record

TOKEN = example("ghp_[alnum:36]", 7)
MARK = "<secret:github-personal-access-token>"
NOW = datetime(2026, 9, 1, tzinfo=UTC)
OBJECT_NAMES = {
    *("revision", "parents", "blob", "old_blob", "new_blob", "changed_in", "merged_in", "base", "head"),
    *("reverts", "reverted_by", "fixed_by", "reply_to", "ref", "remarks"),
}
OWN_WORDS = {"take", "mode", "old_mode", "new_mode", "status", "left_out", "review", "forge", "hidden"}
"""Fields that hold nothing that anybody typed: names of git's objects and of forges' comments, modes, and words of the connectors."""


def leaves(kind: inspect.Type, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to every text within a type, by the names of the fields."""
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from leaves(field.type, (*path, field.name))
    elif isinstance(kind, inspect.ListType):
        yield from leaves(kind.item_type, path)
    elif isinstance(kind, inspect.UnionType):
        for member in kind.types:
            yield from leaves(member, path)
    elif isinstance(kind, inspect.StrType):
        yield path


def build(kind: inspect.Type, name: str, planted: tuple[str, ...] | None) -> Any:
    """A value of a type with everything optional filled in, and ``TOKEN`` in the one text that ``planted`` leads to."""
    if isinstance(kind, inspect.StructType):
        values = {
            f.name: build(f.type, f.name, planted[1:] if planted and planted[0] == f.name else None)
            for f in kind.fields
        }
        return kind.cls(**values)
    if isinstance(kind, inspect.ListType):
        return [build(kind.item_type, name, planted)]
    if isinstance(kind, inspect.UnionType):
        return build(next(t for t in kind.types if not isinstance(t, inspect.NoneType)), name, planted)
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.StrType):
        text = f"some {TOKEN if planted == () else name}"
        return f"@@ -1 +1 @@\n-{text}\n+x\n" if name == "patch" else text
    return {
        inspect.IntType: 1,
        inspect.FloatType: 1.0,
        inspect.BoolType: True,
        inspect.DateTimeType: NOW,
    }[type(kind)]


CASES = [
    pytest.param(record, path, id=f"{record.__name__}.{'.'.join(path)}")
    for record in get_args(Record)
    for path in leaves(inspect.type_info(record))
    if path[-1] not in OBJECT_NAMES | OWN_WORDS
]


def test_the_walk_reaches_the_fields_of_every_record() -> None:
    reached = {f"{case.values[0].__name__}.{'.'.join(case.values[1])}" for case in CASES}
    assert {
        "Commit.changes.before",
        "Commit.untouched.content",
        "Notebook.cells.source",
        "Notebook.cells.outputs",
        "PullRequest.description",
        "PullRequest.commits.message",
        "PullRequest.changes.patch",
        "Release.notes",
        "Release.subjects",
        "TextPage.text",
        "PullRequest.rounds.changes.patch",
        "PullRequest.threads.anchor.hunk",
        "PullRequest.timeline.detail",
        "PullRequest.linked.text",
        "PullRequest.reviews.text",
        "CodeReview.thread.answer.change.before",
        "CodeReview.criticised",
        "Issue.comments.text",
        "Issue.labels",
        "Discussion.category",
        "Thread.posts.text",
        "Release.name",
    } <= reached
    assert len(CASES) >= 40


@pytest.mark.parametrize(("kind", "path"), CASES)
def test_a_secret_planted_in_a_text_field_is_gone(
    cleaner: SecretCleaner, kind: Any, path: tuple[str, ...]
) -> None:
    record = build(inspect.type_info(kind), "", path)
    assert msgspec.json.encode(record).decode().count(TOKEN) == 1
    cleaned = cleaner.clean(record)
    assert type(cleaned) is kind
    text = msgspec.json.encode(cleaned).decode()
    assert TOKEN not in text
    assert text == msgspec.json.encode(record).decode().replace(TOKEN, MARK)
    assert cleaner.findings == {"github-personal-access-token": 1}


@pytest.mark.parametrize("kind", get_args(Record), ids=lambda kind: kind.__name__)
def test_a_record_of_any_kind_without_secrets_comes_back_as_the_same_object(
    cleaner: SecretCleaner, kind: Any
) -> None:
    record = build(inspect.type_info(kind), "", None)
    assert cleaner.clean(record) is record


def change(before: str, patch: str) -> FileChange:
    return FileChange(
        path="a.cfg",
        status="modified",
        old_mode="100644",
        new_mode="100644",
        old_blob="1" * 40,
        new_blob="2" * 40,
        patch=patch,
        before=before,
    )


HEAD, TAIL = "".join(f"a{i} = {i}\n" for i in range(9)), "".join(f"b{i} = {i}\n" for i in range(9))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("place", ["removed", "added", "context"])
def test_a_secret_on_one_line_gets_the_same_mark_before_and_in_the_patch(
    cleaner: SecretCleaner, rule: Any, place: str
) -> None:
    for seed in range(3):
        secret = example(rule.form, seed)
        line = rule.context.replace("{}", secret)
        lines = line.split("\n")
        count = len(lines)
        old = f"{HEAD}{line}\n{TAIL}" if place != "added" else HEAD + TAIL
        sign = {"removed": "-", "added": "+", "context": " "}[place]
        signed = "".join(f"{sign}{text}\n" for text in lines)
        patch = {
            "removed": f"@@ -9,{count + 2} +9,2 @@\n a8 = 8\n{signed} b0 = 0\n",
            "added": f"@@ -9,2 +9,{count + 2} @@\n a8 = 8\n{signed} b0 = 0\n",
            "context": f"@@ -9,{count + 2} +9,{count + 3} @@\n a8 = 8\n{signed} b0 = 0\n+new = 1\n",
        }[place]
        raw = change(old, patch)
        true = patches.after(raw)
        assert true is not None
        cleaned = cleaner.clean(raw)
        assert secret not in f"{cleaned.before}{cleaned.patch}"
        assert patches.after(cleaned) == cleaner.clean_text(true)


KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "".join(f"{'MIIEow' + 'kJ7x' * 14}{i}\n" for i in range(6))
    + "-----END RSA PRIVATE KEY-----\n"
)


def test_a_key_of_several_lines_moves_what_follows_so_that_the_file_after_is_not_known(
    cleaner: SecretCleaner,
) -> None:
    raw = change(KEY + TAIL, "@@ -12,2 +12,2 @@\n b3 = 3\n-b4 = 4\n+b4 = 5\n")
    assert patches.after(raw) == KEY + TAIL.replace("b4 = 4", "b4 = 5")
    cleaned = cleaner.clean(raw)
    assert cleaned.before == "<secret:private-key>\n" + TAIL
    assert patches.after(cleaned) is None


def test_a_key_below_the_hunk_moves_nothing_above_it(cleaner: SecretCleaner) -> None:
    cleaned = cleaner.clean(change(TAIL + KEY, "@@ -4,2 +4,2 @@\n b3 = 3\n-b4 = 4\n+b4 = 5\n"))
    assert patches.after(cleaned) == TAIL.replace("b4 = 4", "b4 = 5") + "<secret:private-key>\n"


def test_a_key_that_a_commit_takes_out_is_one_mark_in_both(cleaner: SecretCleaner) -> None:
    count = KEY.count("\n")
    patch = f"@@ -1,{count + 1} +1 @@\n" + "".join(f"-{line}\n" for line in KEY.splitlines()) + " b0 = 0\n"
    cleaned = cleaner.clean(change(KEY + TAIL, patch))
    assert cleaned.patch == "@@ -1,2 +1 @@\n-<secret:private-key>\n b0 = 0\n"
    assert patches.after(cleaned) == TAIL


def test_a_value_that_one_field_gives_away_goes_from_all(cleaner: SecretCleaner) -> None:
    """The hunk shows the value alone: the line that calls it a password stands above it."""
    value = "k3Vq.9xW2pLm4"
    before = f'password =\n  "{value}"\n{TAIL}'
    raw = change(before, f'@@ -2,2 +2,2 @@\n   "{value}"\n-b0 = 0\n+b0 = 1\n')
    cleaned = cleaner.clean(raw)
    assert value not in f"{cleaned.before}{cleaned.patch}"
    assert patches.after(cleaned) == cleaned.before.replace("b0 = 0", "b0 = 1")


def test_a_password_that_is_an_ordinary_word_stays_where_it_is_a_word(cleaner: SecretCleaner) -> None:
    person = Person(name="A", email="a@example.org")
    raw = Commit(
        id="repo@1",
        take="commits",
        repository="repo",
        revision="1",
        parents=[],
        author=person,
        committer=person,
        authored_at=NOW,
        committed_at=NOW,
        message="Connect to the ledgerdb database",
        changes=[change("x = 1\n", '@@ -1 +1 @@\n-x = 1\n+url = "postgres://app:ledgerdb@host/db"\n')],
    )
    cleaned = cleaner.clean(raw)
    assert cleaned.message == raw.message
    assert "app:<secret:url-password>@host" in cleaned.changes[0].patch


def test_a_notebook_and_a_pull_request_are_clean_in_their_parts(cleaner: SecretCleaner) -> None:
    notebook = build(inspect.type_info(Notebook), "", None)
    cell = Cell(kind="code", source=f"login('{TOKEN}')", outputs=["ok", f"hello {TOKEN}"])
    cleaned = cleaner.clean(msgspec.structs.replace(notebook, cells=[cell]))
    assert cleaned.cells == [Cell(kind="code", source=f"login('{MARK}')", outputs=["ok", f"hello {MARK}"])]
    request = build(inspect.type_info(PullRequest), "", ("changes", "before"))
    assert cleaner.clean(request).changes[0].before == f"some {MARK}"
