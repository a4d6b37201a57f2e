"""Which conversations are worth reading: each rule drops what it is for, and nothing that only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from cooldown_kit.curate.filters import reason_to_drop
from cooldown_kit.curate.options import CurateOptions, TalkOptions

GOOD = {"participants": 2.0, "human_turns": 3.0, "bot": 0.0, "characters": 900.0}


def reason(
    make_document: Any,
    kind: str = "pull_request",
    layout: str = "story",
    talk: dict[str, Any] | None = None,
    **signals: float,
) -> str | None:
    fields = {"kind": kind, "layout": layout, "language": None, "path": None, "signals": {**GOOD, **signals}}
    document = make_document(content="A request about payments that people talk about.", **fields)
    return reason_to_drop(document, CurateOptions(talk=TalkOptions(**(talk or {}))))


KINDS = [("pull_request", "story"), ("pull_request", "diff"), ("pull_request", "task"), ("review", "thread"), ("review", "fix"),
         ("issue", "thread"), ("discussion", "thread"), ("thread", "thread")]  # fmt: skip


@pytest.mark.parametrize(("kind", "layout"), KINDS)
def test_what_people_talk_about_stays_in_every_layout(make_document: Any, kind: str, layout: str) -> None:
    assert reason(make_document, kind, layout, merged=1, approved=0) is None


@pytest.mark.parametrize(("kind", "layout"), KINDS)
def test_what_a_machine_opened_goes_unless_it_is_wanted(make_document: Any, kind: str, layout: str) -> None:
    assert reason(make_document, kind, layout, bot=1) == "bot"
    assert reason(make_document, kind, layout, {"bots": "keep"}, bot=1) is None


@pytest.mark.parametrize(
    ("unmerged", "signals", "dropped"),
    [
        ("if_unreviewed", {"merged": 0, "approved": 0}, True),
        ("if_unreviewed", {"merged": 0, "approved": 1}, False),
        ("if_unreviewed", {"merged": 1, "approved": 0}, False),
        ("if_unreviewed", {"merged": 0}, False),  # git alone knows nothing of reviews
        ("drop", {"merged": 0, "approved": 1}, True),
        ("drop", {"merged": 1}, False),
        ("keep", {"merged": 0, "approved": 0}, False),
    ],
)
def test_requests_that_came_to_nothing_go_as_the_option_says(
    make_document: Any, unmerged: str, signals: dict[str, float], dropped: bool
) -> None:
    found = reason(make_document, "pull_request", "diff", {"unmerged": unmerged}, **signals)
    assert found == ("unmerged" if dropped else None)


def test_a_thread_of_a_review_is_a_review_and_goes_only_where_all_unmerged_do(make_document: Any) -> None:
    assert reason(make_document, "review", "thread", merged=0) is None
    assert reason(make_document, "review", "thread", {"unmerged": "drop"}, merged=0) == "unmerged"


@pytest.mark.parametrize(("kind", "layout"), KINDS)
def test_one_person_alone_tells_no_story(make_document: Any, kind: str, layout: str) -> None:
    told = layout == "story" or kind in ("discussion", "thread")
    assert reason(make_document, kind, layout, participants=1) == ("too_few_people" if told else None)
    assert reason(make_document, kind, layout, {"min_people": 1}, participants=1) is None


def test_an_issue_that_one_person_wrote_up_stays_unless_it_is_endless(make_document: Any) -> None:
    assert reason(make_document, "issue", "thread", participants=1, characters=7000) is None
    assert reason(make_document, "issue", "thread", participants=1, characters=7001) == "too_few_people"
    assert reason(make_document, "issue", "thread", participants=2, characters=7001) is None


@pytest.mark.parametrize(("kind", "layout"), KINDS)
def test_conversations_have_a_least_and_a_greatest_length(make_document: Any, kind: str, layout: str) -> None:
    whole = layout == "story" or kind in ("issue", "discussion", "thread")
    assert reason(make_document, kind, layout, characters=199) == ("too_short" if whole else None)
    assert reason(make_document, kind, layout, characters=200) is None
    assert reason(make_document, kind, layout, characters=100_000) is None
    assert reason(make_document, kind, layout, characters=100_001) == ("too_long" if whole else None)


@pytest.mark.parametrize(
    "title", ["Use dependency injection", "Hold the release lock", "Make modules independent"]
)
def test_no_title_is_dropped_for_a_word_that_robots_use_too(make_document: Any, title: str) -> None:
    document = make_document(
        content=f"# {title}\n\nIt is long enough.",
        kind="pull_request",
        layout="story",
        title=title,
        signals=GOOD,
        path=None,
    )
    assert reason_to_drop(document, CurateOptions()) is None


@pytest.mark.parametrize(
    ("path", "expected"), [("poetry.lock", "lock_file"), ("src/lock.py", None), (None, None)]
)
def test_a_request_that_changes_a_lock_file_alone_goes(
    make_document: Any, path: str | None, expected: str | None
) -> None:
    document = make_document(
        content="Bump everything there is.", kind="pull_request", layout="diff", path=path, signals=GOOD
    )
    assert reason_to_drop(document, CurateOptions()) == expected


def test_code_and_commits_are_none_of_its_business(make_document: Any) -> None:
    for kind in ("code", "commit", "text", "release"):
        assert reason(make_document, kind, "file", merged=0, approved=0, participants=0) is None
