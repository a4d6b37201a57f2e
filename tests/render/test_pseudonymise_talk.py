"""Nobody who takes part in a conversation is named in what is shown of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cooldown_kit.documents import Document
from cooldown_kit.records import Person
from cooldown_kit.render.dispatch import render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import LAYOUTS, RenderOptions
from cooldown_kit.render.origin import Origin
from cooldown_kit.render.preference import preference
from cooldown_kit.render.pseudonymise import pseudonymise
from cooldown_kit.render.pseudonyms import Pseudonyms

from . import talk_records
from .talk_records import ANN, CODECOV, JO, SAM

ORIGIN = Origin("ledger", "github", lambda name: f"hash of {len(name)}")
CODE = "# Sam Iyer <sam.iyer@bank.com>, jo.weber@bank.com"
SAID = f"Ask @ann-berg, @JWeber (or @siyer), and {CODE}."
HIDDEN = ("ann-berg", "jweber", "siyer", "sam.iyer", "jo.weber", "Sam Iyer")
KEPT = {
    "id",
    "take",
    "repository",
    "key",
    "url",
    "path",
    "old_path",
    "forge",
    "record",
    "revision",
    "head",
    "base",
    "branch",
    "target",
}
RECORDS = ["forge_request", "code_review", "issue", "discussion", "question", "mail", "forge_release"]


def with_people_everywhere(value: Any, name: str = "") -> Any:
    """The same with people in every text that somebody typed, and in all code."""
    if isinstance(value, msgspec.Struct) and not isinstance(value, Person):
        fields = {
            field: with_people_everywhere(getattr(value, field), field) for field in value.__struct_fields__
        }
        return type(value)(**fields)
    if isinstance(value, list):
        return [with_people_everywhere(item, name) for item in value]
    if not isinstance(value, str):
        return value
    if name in ("text", "title", "description", "message", "notes", "name"):
        return f"{value}\n{SAID}"
    if name in ("criticised", "accepted", "content", "before"):
        return f"{value}\n{CODE}"
    if name in ("patch", "hunk"):
        return f"@@ -9 +9 @@ {CODE}\n-{CODE}\n+x\n"
    return value


def texts(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            if field not in KEPT and field not in ("author", "commits", "labels", "milestone", "pusher"):
                yield from texts(getattr(value, field), field)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, name)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", RECORDS)
def test_no_text_of_a_record_names_anybody(name: str) -> None:
    record = with_people_everywhere(getattr(talk_records, name)())
    shown = pseudonymise(record)
    found = "\n".join(texts(shown)).lower()
    everywhere = ("sam.iyer", "jo.weber@")
    assert not [hidden for hidden in everywhere if hidden in found]
    assert "user_1" in found


@pytest.mark.parametrize("name", RECORDS)
def test_no_document_and_no_pair_names_anybody(name: str) -> None:
    record = with_people_everywhere(getattr(talk_records, name)())
    kinds = [kind for kind in LAYOUTS if kind == record.__struct_config__.tag]
    choices = [{kind: {layout: 1.0}} for kind in kinds for layout in LAYOUTS[kind]] or [{}]
    for choice in choices:
        document = render_record(record, ORIGIN, Layouts(RenderOptions.model_validate(choice))).document
        assert isinstance(document, Document)
        body = document.text + (document.title or "")
        assert not [hidden for hidden in HIDDEN if hidden.lower() in body.lower()], choice
    if name == "code_review":
        pair = preference(record, ORIGIN, Layouts())
        body = msgspec.json.encode(pair).decode().lower()
        assert not [hidden for hidden in HIDDEN if hidden.lower() in body]


def test_people_are_numbered_in_the_order_of_their_first_turns() -> None:
    shown = pseudonymise(talk_records.forge_request())
    assert shown.author == Person(name="", email="", login="user_1", bot=False)
    assert [review.author.login for review in shown.reviews] == ["user_2", "user_2"]
    assert shown.comments[0].author == CODECOV, "machines keep their names"
    assert shown.comments[2].author is None, "nobody stays nobody"


def test_a_login_that_is_a_word_of_code_is_still_a_person_who_takes_part() -> None:
    who = Pseudonyms()
    who.know(Person(name="", email="", login="user"))
    who.know(Person(name="", email="", login="jo.w"))
    text = "@user and @jo.w: see @user.name, @jo.weber, `@user` and user"
    assert who.text(text, message=True) == "@user_1 and @user_2: see @user.name, @jo.weber, `@user` and user"
    assert who.text(text) == text


def test_somebody_with_login_and_address_is_one_person() -> None:
    who = Pseudonyms()
    called = who.call(SAM)
    assert called == Person(name="", email="", login="user_1")
    assert (
        who.text("Sam Iyer, sam.iyer@bank.example, @siyer", message=True)
        == "user_1, user_1@example.com, @user_1"
    )
    assert who.call(ANN).login == "user_2"
    assert who.call(Person(name="", email="")) is None


def test_the_same_person_has_one_number_in_talk_and_code() -> None:
    record = talk_records.code_review()
    thread = msgspec.structs.replace(
        record.thread,
        comments=[msgspec.structs.replace(record.thread.comments[0], text="Ask sam.iyer@bank.com")],
    )
    shown = pseudonymise(
        msgspec.structs.replace(record, thread=thread, accepted="# sam.iyer@bank.com, jweber\n")
    )
    assert shown.thread.comments[0].author.login == "user_1"
    assert shown.accepted == shown.thread.comments[0].text.replace("Ask", "#") + ", jweber\n"
    assert JO.login in shown.accepted, "a login in a file is a word like others"
