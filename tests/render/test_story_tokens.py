"""StarCoder2's form of a story: its tokens in its order, and line numbers of what is shown."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import PullRequest
from cooldown_kit.render.dispatch import render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import TOKENS
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import Origin

from .ledger import BEFORE
from .talk_records import ANN, JO, PATH, added, at, comment, forge_request, modified

ORIGIN = Origin("ledger", "github", str)
REQUEST = forge_request()
ALL = frozenset(TOKENS["story"][0].values())
LONG = "".join(f"number = {n}\n" for n in range(1, 301))


def segments(record: PullRequest, tokens: frozenset[str] = ALL, **options: object) -> list[Segment]:
    made = RenderOptions.model_validate({"pull_request": {"story": 1}, "special_tokens": True, **options})
    document = render_record(record, ORIGIN, Layouts(made, tokenizer_tokens=tokens)).document
    assert isinstance(document, Document)
    return document.segments


def pairs(found: list[Segment]) -> list[tuple[str, str]]:
    """Each token with the text behind it."""
    return [
        (one.text, following.text if following and not following.token else "")
        for one, following in zip(found, [*found[1:], None], strict=True)
        if one.token
    ]


def with_changes(*changes: object, **fields: object) -> PullRequest:
    return msgspec.structs.replace(
        REQUEST, changes=list(changes), rounds=[], threads=[], comments=[], reviews=[], timeline=[], **fields
    )


def test_the_events_are_those_of_starcoder2_in_its_order() -> None:
    assert [token for token, _ in pairs(segments(REQUEST))] == [
        *("<pr>", "<pr_status>", "<repo_name>", "<pr_base>", "<pr_file>", "<pr_base_code>"),
        *("<pr_diff>", "<pr_file>", "<pr_diff_hunk>"),
        *("<pr_review>", "<pr_event_id>", "<pr_review_state>"),
        *("<pr_review_comment>", "<pr_event_id>", "<pr_in_reply_to_review_id>", "<pr_file>", "<pr_diff_hunk_comment_line>", "<pr_diff_hunk>", "<pr_comment>"),
        *("<pr_diff>", "<pr_file>", "<pr_diff_hunk>", "<pr_file>", "<pr_diff_hunk>"),
        *("<pr_review_comment>", "<pr_event_id>", "<pr_in_reply_to_review_id>", "<pr_in_reply_to_comment_id>", "<pr_file>",
          "<pr_diff_hunk_comment_line>", "<pr_diff_hunk>", "<pr_comment>"),
        *("<pr_comment>", "<pr_event_id>", "<pr_comment>", "<pr_event_id>"),
        *("<pr_review>", "<pr_event_id>", "<pr_review_state>"),
        *("<pr>", "<pr_status>", "<pr_is_merged>"),
    ]  # fmt: skip


def test_replies_name_the_review_and_the_comment_by_their_numbers() -> None:
    found = pairs(segments(REQUEST))
    ids = [text for token, text in found if token == "<pr_event_id>"]
    assert ids == [str(number) for number in range(1, 7)]
    assert [text for token, text in found if token == "<pr_in_reply_to_review_id>"] == ["1", "1"]
    assert [text for token, text in found if token == "<pr_in_reply_to_comment_id>"] == ["2"]
    assert [text for token, text in found if token == "<pr_diff_hunk_comment_line>"] == ["9", "9"]


def test_without_all_of_the_tokens_a_story_is_markdown() -> None:
    for missing in sorted(ALL):
        assert not any(segment.token for segment in segments(REQUEST, ALL - {missing}))


def test_the_base_is_a_part_of_the_file_and_line_numbers_count_from_it() -> None:
    for number in range(40):
        patch = (
            "@@ -150,3 +150,3 @@ def f():\n number = 150\n-number = 151\n+number = 'half'\n number = 152\n"
        )
        record = with_changes(modified("a.py", patch, LONG), id=f"acme/ledger#{number}")
        found = dict(pairs(segments(record)))
        base = found["<pr_base_code>"].split("\n")
        start = int(base[0].removeprefix("number = ")) - 1
        old, _, rest = found["<pr_diff_hunk>"].removeprefix("@@ -").partition(",")
        assert rest.startswith(f"3 +{old},3 @@\n"), "the heading behind the second @@ is left out"
        assert base[int(old) - 1 : int(old) + 2] == ["number = 150", "number = 151", "number = 152"]
        assert start == 0 or 0 <= 149 - start <= 31


def test_one_base_in_five_is_whole_where_it_has_room() -> None:
    patch = "@@ -150 +150 @@\n-number = 150\n+number = 0\n"
    whole = 0
    for number in range(300):
        record = with_changes(modified("a.py", patch, LONG), id=f"acme/ledger#{number}")
        whole += dict(pairs(segments(record)))["<pr_base_code>"] == LONG
    assert 35 <= whole <= 90


def test_a_base_that_has_no_room_is_left_out_and_numbers_are_those_of_the_file() -> None:
    wide = "".join(f"{'x' * 200}{n}\n" for n in range(200))
    line = wide.split("\n")
    patch = f"@@ -1 +1 @@\n-{line[0]}\n+a\n@@ -200 +200 @@\n-{line[199]}\n+b\n"
    found = pairs(segments(with_changes(modified("a.py", patch, wide))))
    assert "<pr_base>" not in [token for token, _ in found]
    assert ("<pr_diff_hunk>", "@@ -200,1 +200,1 @@\n" + f"-{line[199]}\n+b") in found


def test_an_added_file_has_a_diff_and_no_base_and_what_has_no_diff_is_omitted() -> None:
    logo = modified("logo.png", None, left_out="binary")
    found = pairs(segments(with_changes(added("b.py", "@@ -0,0 +1 @@\n+x\n"), logo)))
    assert found[3:] == [
        ("<pr_diff>", ""),
        ("<pr_file>", "b.py"),
        ("<pr_diff_hunk>", "@@ -0,0 +1,1 @@\n+x"),
        ("<pr_file>", "logo.png[OMITTED]"),
        ("<pr>", "user_2"),
        ("<pr_status>", "closed"),
        ("<pr_is_merged>", "True"),
    ]
    assert ("<pr_diff>", "[DIFFS OMITTED]") in pairs(segments(with_changes(logo)))


def test_hunks_that_have_no_room_are_omitted() -> None:
    hunks = "".join(f"@@ -{n} +{n} @@\n-{'x' * 90}\n+{'y' * 90}\n" for n in range(1, 60))
    found = pairs(segments(with_changes(modified("a.py", hunks)), prompt_characters=2000))
    shown = [text for token, text in found if token == "<pr_diff_hunk>"]
    assert 2 <= len(shown) < 59
    assert shown[-1].endswith("[OMITTED]")
    assert not shown[0].endswith("[OMITTED]")
    thread = REQUEST.threads[0]
    assert thread.anchor
    wide = msgspec.structs.replace(thread.anchor, hunk="@@ -1 +1 @@\n+" + "x" * 11_000)
    record = with_changes(modified(PATH, "@@ -1 +1 @@\n-a\n+b\n"))
    record = msgspec.structs.replace(record, threads=[msgspec.structs.replace(thread, anchor=wide)])
    assert ("<pr_diff_hunk>", "[OMITTED]") in pairs(segments(record))


def test_a_comment_on_a_whole_file_names_it_and_one_on_none_is_a_comment() -> None:
    thread = REQUEST.threads[0]
    assert thread.anchor
    on_file = msgspec.structs.replace(thread.anchor, line=None, start_line=None, hunk=None)
    for anchor, expected in ((on_file, ["<pr_review_comment>", "<pr_event_id>", "<pr_in_reply_to_review_id>", "<pr_file>", "<pr_comment>"]), (None, ["<pr_comment>", "<pr_event_id>"])):  # fmt: skip
        alone = msgspec.structs.replace(thread, anchor=anchor, comments=thread.comments[:1])
        record = msgspec.structs.replace(
            with_changes(modified(PATH, "@@ -1 +1 @@\n-a\n+b\n")), threads=[alone]
        )
        tokens = [token for token, _ in pairs(segments(record))]
        assert tokens[6:-3] == expected


@pytest.mark.parametrize("merged", [True, False])
def test_the_outcome_says_whether_it_was_merged(merged: bool) -> None:
    state = "merged" if merged else "closed"
    record = msgspec.structs.replace(REQUEST, merged=merged, state=state, timeline=[])
    found = pairs(segments(record))
    assert [text for token, text in found[-3:]] == ["user_2", "closed", str(merged)]


def test_what_is_not_shown_of_a_long_conversation_is_said() -> None:
    talk = [comment(f"x{n}", JO if n % 2 else ANN, at(4, 9, n), "word " * 60) for n in range(30)]
    record = msgspec.structs.replace(
        with_changes(modified(PATH, "@@ -1 +1 @@\n-a\n+b\n", BEFORE)), comments=talk
    )
    texts = "".join(segment.text for segment in segments(record, conversation_characters=1500))
    shown = texts.count("word word")
    assert shown
    hidden = int(texts.partition(" turns not shown]")[0].rpartition("[")[2])
    assert hidden + texts.count("<pr_event_id>") == 30
