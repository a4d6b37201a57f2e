"""People become pseudonyms, and nothing else changes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit import patches
from cooldown_kit.records import Commit, Notebook, Person, PullRequest, Release, SourceFile, TextPage
from cooldown_kit.render.pseudonymise import pseudonymise
from cooldown_kit.render.pseudonyms import Pseudonyms

from .conftest import change
from .diffing import diff

ANN = Person(name="Ann Berg", email="ann.berg@bank.example")


def replaced(text: str, *people: Person, message: bool = False) -> str:
    who = Pseudonyms()
    for person in people:
        who.know(person)
    return who.text(text, message=message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail jo@bank.com, JO@bank.com.", "mail user_1@example.com, user_1@example.com."),
        ("Jo Weber <jo@bank.com>", "user_1 <user_1@example.com>"),
        ("Copyright 2020 Jo van der Weber <jo@bank.com>", "Copyright 2020 user_1 <user_1@example.com>"),
        ("please write to <jo@bank.com>", "please write to <user_1@example.com>"),
        ("# * arcizan <jo@bank.com>", "# * user_1 <user_1@example.com>"),
        ('{name = "Jo Weber", email="jo@bank.com"}', '{name = "user_1", email="user_1@example.com"}'),
        ('"name": "Jo", "email": "jo@bank.com"', '"name": "user_1", "email": "user_1@example.com"'),
        ('"\\njo@bank.com\\n"', '"\\nuser_1@example.com\\n"'),
        ('"\\u003cjo@bank.com\\u003e"', '"\\u003cuser_1@example.com\\u003e"'),
        ("mailto:jo@bank.co.uk", "mailto:user_1@example.com"),
        ("jo@bank.com:\n", "user_1@example.com:\n"),
        ("jo@a.de, max@b.io, jo@a.de", "user_1@example.com, user_2@example.com, user_1@example.com"),
        ("12+jo@users.noreply.github.com", "user_1@example.com"),
    ],
)
def test_addresses_of_people_are_replaced(text: str, expected: str) -> None:
    assert replaced(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:acme/ledger.git", "ssh://ann@host.com/ledger", "https://user:pass@proxy.com:8080", "deploy@host.com:/srv",
        "icon user@2x.png", "lodash@4.17.21", "react@18.2.0-rc.io", "actions/checkout@v4", '@app.route("/")', "@click.command()",
        "x@app.route", "q@self.weight", "q@k.to(3)", "A@B.T", "this@Main.id", "return@forEach.io",
        "noreply@github.com", "49+dependabot[bot]@users.noreply.github.com", "someone@example.com", "a@b.test", "root@localhost",
        "user@host", "@param jo the user", "Ann Berg", "@jo-weber",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_person_stays(text: str) -> None:
    assert replaced(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("as Ann Berg said", "as user_1 said"),
        ("ANN BERG; Berg, Ann", "user_1; user_1"),
        ("-- Ann Berg <ann.berg@bank.example>", "-- user_1 <user_1@example.com>"),
        ("'\\nAnn Berg'", "'\\nuser_1'"),
        ("Joann Bergman, Ann Bergs, Ann_Berg", "Joann Bergman, Ann Bergs, Ann_Berg"),
        ("ann.berg@bank.example.org", "user_1@example.com.org"),
        ("xann.berg@bank.example", "xann.berg@bank.example"),
    ],
)
def test_a_records_own_people_are_replaced_wherever_they_stand_as_a_whole(text: str, expected: str) -> None:
    assert replaced(text, ANN) == expected


def test_a_name_of_one_word_is_replaced_only_as_a_mention() -> None:
    torvalds = Person(name="ubuntu", email="1+linus-t@users.noreply.github.com")
    text = "on ubuntu, thanks @ubuntu and @linus-t"
    assert replaced(text, torvalds, message=True) == "on ubuntu, thanks @user_1 and @user_1"


@pytest.mark.parametrize(
    "person", [("GitHub", "noreply@github.com"), ("dependabot[bot]", "support@github.com"), ("", "")]
)
def test_robots_and_nobody_are_no_people(person: tuple[str, str]) -> None:
    text = "GitHub noreply@github.com dependabot[bot]"
    assert replaced(text, Person(name=person[0], email=person[1])) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thanks @jo-w!", "thanks @user_1!"),
        ("@jo, (@max) and @Jo", "@user_1, (@user_2) and @user_1"),
        ("`@app` @Override @dataclass @acme/team @app.route() @2x a@jo", None),
        ("```\n@jo\n```\n@jo\n    @jo", "```\n@jo\n```\n@user_1\n    @jo"),
    ],
)
def test_mentions_in_messages_are_replaced_and_code_is_not(text: str, expected: str | None) -> None:
    assert replaced(text, message=True) == (text if expected is None else expected)
    assert replaced(text) == text


def test_numbers_follow_the_first_appearance_in_what_is_shown(whole_commit: Commit) -> None:
    shown = pseudonymise(whole_commit)
    assert "Found by @user_1 with user_2." in shown.message
    assert "Sam Iyer" not in shown.message, "trailers that no layout shows are gone and used up no number"
    assert "Questions to user_3 <user_3@example.com>" in shown.untouched[1].content


def test_nothing_but_texts_is_touched(whole_commit: Commit) -> None:
    shown = pseudonymise(whole_commit)
    assert (shown.author, shown.committer, shown.id) == (
        whole_commit.author,
        whole_commit.committer,
        whole_commit.id,
    )
    assert [c.path for c in shown.changes] == [c.path for c in whole_commit.changes]
    assert shown.signals == whole_commit.signals


def test_records_that_share_pseudonyms_agree_and_others_begin_anew(source_file: SourceFile) -> None:
    files = [
        msgspec.structs.replace(source_file, content=f"# {who}\n")
        for who in ("jo@a.de", "max@a.de", "jo@a.de")
    ]
    shared = Pseudonyms()
    assert [pseudonymise(f, shared).content for f in files] == [
        f"# user_{n}@example.com\n" for n in (1, 2, 1)
    ]
    assert [pseudonymise(f).content for f in files] == ["# user_1@example.com\n"] * 3


def test_all_kinds_of_records_lose_their_people(
    whole_commit: Commit,
    notebook: Notebook,
    release: Release,
    pull_request: PullRequest,
    source_file: SourceFile,
    text_page: TextPage,
) -> None:
    said = "by Jo <jo@bank.com>"
    cell = notebook.cells[1]
    records = [
        msgspec.structs.replace(whole_commit, message=f"{whole_commit.message}\n{said}"),
        msgspec.structs.replace(notebook, cells=[msgspec.structs.replace(cell, source=said, outputs=[said])]),
        msgspec.structs.replace(release, message=said, notes=said, subjects=[said]),
        msgspec.structs.replace(pull_request, title=said, description=said, changes=[change("a", patch=f"@@ -1 +1 @@ {said}\n-{said}\n+x\n", before=said)]),
        msgspec.structs.replace(source_file, content=said),
        msgspec.structs.replace(text_page, title=said, text=said),
    ]  # fmt: skip
    for record in records:
        everything = msgspec.json.encode(pseudonymise(record)).decode()
        assert "jo@bank.com" not in everything
        assert "user_" in everything


PIECES = [
    "Ann Berg",
    "ann.berg@bank.example",
    "jo@bank.com",
    "Jo Weber <jo@bank.com>",
    "git@host.com:x",
    "@jo",
    "x = 1",
    " ",
    "\\n",
    "+",
    "-",
    "\r",
    "é",
]
FILES = st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=8).map("\n".join)


@given(FILES, FILES, st.integers(0, 3))
def test_patches_still_fit_and_no_line_is_added_or_lost(before: str, after: str, context: int) -> None:
    patch = diff(before, after, context)
    who = Pseudonyms()
    who.know(ANN)
    shown, shown_patch = who.text(before), who.patch(patch)
    assert patches.apply(shown, shown_patch) == who.text(after)
    assert shown.count("\n") == before.count("\n")
    assert shown_patch.count("\n") == patch.count("\n")


@given(FILES)
def test_replacing_twice_is_replacing_once(text: str) -> None:
    once = replaced(text, ANN)
    assert replaced(once, ANN) == once


@pytest.mark.parametrize(
    "text",
    ["a@" * 100_000, "a.b-" * 50_000 + "@c.de", "A b C d " * 25_000 + "<@", "@jo " * 50_000, "jo@a.de " * 25_000, "a@b." * 50_000, "`@jo" * 50_000, "\n```\n@jo" * 20_000],
    ids=range(8),
)  # fmt: skip
@pytest.mark.timeout(60)
def test_hostile_texts_cost_linear_time(text: str) -> None:
    """Each would take hours where a pattern looked at all of a line again for every word in it."""
    assert replaced(text, ANN, message=True).count("\n") == text.count("\n")
