"""Stories of requests: everything in its order, each turn once, and nothing left out in silence."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.documents import Document
from cooldown_kit.records import Link, Person, PullRequest, Review, TimelineEvent
from cooldown_kit.render.dispatch import Fallback, render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin

from .ledger import BEFORE
from .talk_records import ANN, CODECOV, JO, PATH, added, at, comment, forge_request, modified

ORIGIN = Origin("ledger", "github", str)
REQUEST = forge_request()


def story(record: PullRequest, **options: object) -> Document:
    made = RenderOptions.model_validate({"pull_request": {"story": 1}, **options})
    document, fallback = render_record(record, ORIGIN, Layouts(made))
    assert isinstance(document, Document)
    assert fallback is None
    assert document.layout == "story"
    return document


def request_with(**fields: object) -> PullRequest:
    return msgspec.structs.replace(REQUEST, **fields)


def bare(**fields: object) -> PullRequest:
    """A request of which nothing is known but what is given."""
    nothing = {
        "reviews": [],
        "threads": [],
        "rounds": [],
        "comments": [],
        "timeline": [],
        "linked": [],
        "commits": [],
    }
    return request_with(**{**nothing, "description": "", "changes": [], **fields})


def test_what_happened_stands_in_the_order_in_which_it_happened() -> None:
    text = story(REQUEST).text
    marks = ["Closes acme/ledger#412", "user_1:\n\n## What changes", "user_1 opened it with 1 commit", "user_2 requested changes: One thing",
             "On src/ledger/rounding.py, line 7:\n\n```diff\n@@", "user_2: Nobody will know", "user_1 pushed 1 commit", "user_1: Done, with a test.",
             "user_2 resolved the thread", "unknown: Will the statements", "user_1: No: they are", "user_2 approved.", "user_2 merged it."]  # fmt: skip
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert text.count("Nobody will know") == text.count("One thing is left") == 1


def test_machines_and_calls_for_them_are_left_out_and_counted() -> None:
    document = story(REQUEST)
    assert "Codecov" not in document.text
    assert "/retest" not in document.text
    assert document.signals["bot_comments"] == 2
    assert document.signals["human_turns"] == 6


def test_spam_that_the_forge_hides_is_left_out_and_counted() -> None:
    spam = comment("s", JO, at(2, 18), "Buy gold", hidden="spam")
    outdated = comment("o", JO, at(2, 18), "This line moved.", hidden="outdated")
    document = story(request_with(comments=[spam, outdated]))
    assert "gold" not in document.text
    assert "This line moved." in document.text
    assert document.signals["hidden_comments"] == 1


def test_without_pseudonyms_turns_are_headed_by_logins() -> None:
    text = story(REQUEST, pseudonyms=False).text
    assert "jweber requested changes" in text
    assert "Say so here, @ann-berg?" in text
    assert "user_" not in text


def test_authors_are_hashes_of_addresses_else_of_forge_and_login() -> None:
    document = story(REQUEST)
    assert document.authors == ["sam.iyer@bank.example", "github:ann-berg", "github:jweber"]
    assert document.authors == story(REQUEST, pseudonyms=False).authors


def test_a_request_that_git_alone_knows_has_no_story(pull_request: PullRequest) -> None:
    layouts = Layouts(RenderOptions(pull_request={"story": 1}))
    document, fallback = render_record(pull_request, ORIGIN, layouts)
    assert isinstance(document, Document)
    assert (document.layout, fallback) == ("diff", Fallback("story", "no_forge"))


def test_a_request_in_which_nothing_was_said_and_nothing_changed_gives_no_document() -> None:
    empty = bare(state="open", merged=False, merged_at=None)
    for layout in ("story", "diff"):
        layouts = Layouts(RenderOptions(pull_request={layout: 1}))
        assert render_record(empty, ORIGIN, layouts) == (NotRendered("empty_pull_request"), None)


def test_a_request_whose_commits_nobody_has_is_told_where_its_diff_cannot_be_shown() -> None:
    lost = bare(comments=REQUEST.comments, left_out="missing")
    document, fallback = render_record(lost, ORIGIN, Layouts())
    assert isinstance(document, Document)
    assert (document.layout, fallback) == ("story", None)
    assert "user_1 opened it with changes, not shown here (missing)." in document.text


def test_a_request_of_one_push_shows_its_whole_diff_once() -> None:
    text = story(request_with(rounds=REQUEST.rounds[:1], threads=[])).text
    assert text.count("--- a/src/ledger/rounding.py") == 1
    assert '+    """Round to whole cents' in text
    assert "pushed" not in text


def test_pushes_that_cannot_be_shown_or_rewrite_the_branch_say_so() -> None:
    first, second = REQUEST.rounds
    lost = msgspec.structs.replace(second, changes=[], left_out="too_large", commits=[])
    assert (
        "user_1 pushed changes, not shown here (too large)." in story(request_with(rounds=[first, lost])).text
    )
    forced = msgspec.structs.replace(second, forced=True)
    assert "user_1 rewrote the branch with 1 commit:" in story(request_with(rounds=[first, forced])).text
    idle = msgspec.structs.replace(second, changes=[], commits=[])
    assert "user_1 pushed changes that change no file." in story(request_with(rounds=[first, idle])).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"merged": False, "merged_at": None, "state": "closed", "closed_by": ANN},
            "user_1 closed it without merging.",
        ),
        ({"merged": True, "closed_by": None}, "Somebody merged it."),
        ({"merged": False, "merged_at": None, "state": "open"}, "It is still open."),
    ],
)
def test_the_outcome_is_told_also_where_no_timeline_tells_it(fields: dict[str, object], said: str) -> None:
    assert story(bare(description="Half to even.", **fields)).text.endswith(f"{said}\n")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (TimelineEvent(kind="renamed", at=at(2, 10), actor=ANN, detail="Round to even"), "user_1 changed the title to: Round to even"),
        (TimelineEvent(kind="reopened", at=at(2, 10), actor=ANN), "user_1 opened it again."),
        (TimelineEvent(kind="draft", at=at(2, 10), actor=ANN), "user_1 made it a draft."),
        (TimelineEvent(kind="ready_for_review", at=at(2, 10), actor=ANN), "user_1 marked it as ready for review."),
        (TimelineEvent(kind="review_dismissed", at=at(2, 10), actor=JO), "user_2 dismissed a review."),
    ],
)  # fmt: skip
def test_events_that_matter_are_told(event: TimelineEvent, said: str) -> None:
    assert f"\n\n{said}\n\n" in story(request_with(timeline=[event])).text


def test_labels_and_assignments_are_no_part_of_a_story() -> None:
    events = [
        TimelineEvent(kind=kind, at=at(2, 10), actor=ANN, detail="money")
        for kind in ("labelled", "assigned", "referenced")
    ]  # type: ignore[arg-type]
    assert "money" not in story(request_with(timeline=events)).text


def test_a_review_without_words_is_told_by_its_state_and_one_that_holds_comments_alone_is_not() -> None:
    reviews = [
        Review(id="a", author=JO, state="commented", submitted_at=at(2, 10)),
        Review(id="b", author=JO, state="dismissed", submitted_at=at(2, 11)),
        Review(id="c", author=CODECOV, state="approved", submitted_at=at(2, 11), text="Coverage"),
    ]
    document = story(bare(description="Half to even.", reviews=reviews))
    assert "user_2 reviewed (dismissed later)." in document.text
    assert document.text.count("reviewed") == 1
    assert document.signals["reviews"] == 1
    assert document.signals["bot_comments"] == 1


def test_a_thread_about_the_request_as_a_whole_is_talk() -> None:
    thread = msgspec.structs.replace(REQUEST.threads[0], anchor=None)
    text = story(request_with(threads=[thread])).text
    assert "\n\nuser_2: Nobody will know" in text
    assert "On src" not in text


def test_a_long_conversation_loses_its_middle_and_says_how_much() -> None:
    talk = [
        comment(f"x{n}", JO if n % 2 else ANN, at(4, 9, n), f"turn {n} " + "word " * 40) for n in range(50)
    ]
    text = story(bare(description="Half to even.", comments=talk), conversation_characters=2000).text
    shown = [int(n) for n in re.findall(r"turn (\d+)", text)]
    hidden = int(re.search(r"\[(\d+) turns not shown\]", text)[1])  # type: ignore[index]
    assert len(shown) + hidden == 50
    assert shown[:2] == [0, 1]
    assert shown[-1] == 49
    assert shown == sorted(shown)


def test_pushes_among_talk_that_is_not_shown_are_counted_too() -> None:
    talk = [comment(f"x{n}", JO, at(2, 11, n), f"turn {n} " + "word " * 40) for n in range(59)]
    text = story(
        request_with(comments=talk, threads=[], reviews=[], timeline=[]), conversation_characters=1000
    ).text
    assert re.search(r"\n\n\[\d+ turns and 1 push not shown\]\n\n", text)
    assert "pushed" not in text


def test_large_diffs_are_cut_at_hunks_and_say_so() -> None:
    hunks = "".join(f"@@ -{n},1 +{n},1 @@\n-{'x' * 60}\n+{'y' * 60}\n" for n in range(1, 100, 10))
    wide = "@@ -1 +1 @@\n-" + "x" * 9000 + "\n+y\n"
    changes = [modified("a.py", hunks), modified("wide.js", wide), modified("c.py", "@@ -1 +1 @@\n-a\n+b\n")]
    text = story(bare(description="Many.", changes=changes), prompt_characters=1500).text
    shown, hidden = text.count("\n@@ ") - 1, int(re.search(r"\[(\d+) more hunks not shown\]", text)[1])  # type: ignore[index]
    assert shown + hidden == 10
    assert "File wide.js modified, diff too large to show" in text
    assert "--- a/c.py\n+++ b/c.py\n@@ -1 +1 @@\n-a\n+b\n" in text


def test_a_push_without_a_time_stands_before_the_first_look_at_it() -> None:
    first, second = REQUEST.rounds
    late = msgspec.structs.replace(second, pushed_at=None, commits=[])
    text = story(request_with(rounds=[first, late], timeline=[])).text
    assert text.index("user_1 pushed") < text.index("user_2 approved.")
    assert text.index("user_1 pushed") > text.index("user_1: No: they are never")
    unseen = msgspec.structs.replace(late, number=9, commits=second.commits)
    text = story(request_with(rounds=[first, unseen], timeline=[])).text
    assert text.index("user_2: Nobody will know") < text.index("user_1 pushed") < text.index("user_1: Done")


def test_linked_issues_are_said_in_short() -> None:
    long = Link(key="PAY-412", relation="closes", title="Drift", text="word " * 500)
    text = story(request_with(linked=[long])).text
    quoted = re.search(r"Closes PAY-412: Drift\n\n> (.*) \[…\]\n", text)
    assert quoted
    assert len(quoted[1]) <= 400
    assert "PAY-1" not in story(request_with(linked=[Link(key="PAY-1", relation="mentions")])).text


def test_the_time_of_a_story_is_that_of_the_last_thing_said() -> None:
    late = comment("late", JO, at(20), "Thanks again.")
    record = request_with(comments=[*REQUEST.comments, late])
    assert story(record).time == at(20)
    diff = render_record(record, ORIGIN, Layouts()).document
    assert isinstance(diff, Document)
    assert diff.time == REQUEST.merged_at


def test_all_layouts_of_a_request_have_the_same_content_hash_and_groups() -> None:
    made = [
        render_record(REQUEST, ORIGIN, Layouts(RenderOptions(pull_request={layout: 1}))).document
        for layout in ("diff", "story", "task")
    ]
    assert [document.layout for document in made] == ["diff", "story", "task"]
    assert len({document.content_hash for document in made}) == 1
    assert {tuple(document.related) for document in made} == {
        ("acme/ledger!413", "@8b00", "@9c1f0e", "@aa01", "acme/ledger#412")
    }


PEOPLE = st.sampled_from([ANN, JO, CODECOV, None, Person(name="Sam Iyer", email="sam.iyer@bank.com")])
TALK = st.lists(
    st.tuples(
        PEOPLE, st.integers(0, 59), st.sampled_from(["Yes.", "", "/retest", "- a list", "```\ncode\n```"])
    ),
    max_size=12,
)


@given(TALK, st.lists(st.booleans(), max_size=4), st.booleans())
def test_any_talk_and_any_pushes_make_a_story_in_order_of_time(
    talk: list[tuple[Person | None, int, str]], pushes: list[bool], plain: bool
) -> None:
    first = REQUEST.rounds[0]
    rounds = [first] + [
        msgspec.structs.replace(first, number=n + 2, pushed_at=at(2, 10, n) if timed else None, commits=[], changes=[modified(PATH, f"@@ -1 +1 @@\n-{n}\n+{n + 1}\n")])
        for n, timed in enumerate(pushes)
    ]  # fmt: skip
    comments = [
        comment(f"k{n}", who, at(2, 10, minute), f"#{n}# {text}" if text == "Yes." else text)
        for n, (who, minute, text) in enumerate(talk)
    ]
    record = bare(
        description="d",
        rounds=rounds,
        comments=comments,
        changes=[modified(PATH, "@@ -1 +1 @@\n-a\n+b\n", BEFORE), added("b.py", "@@ -0,0 +1 @@\n+x\n")],
    )
    text = story(record, pseudonyms=not plain).text
    order = [int(n) for n in re.findall(r"#(\d+)#", text)]
    kept = [n for n, (who, _, said) in enumerate(talk) if said == "Yes." and who is not CODECOV]
    assert order == sorted(kept, key=lambda n: (talk[n][1], n))
    assert text.count("pushed changes:") == len(pushes)
