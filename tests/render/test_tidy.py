"""What is left out of talk, and that it is counted."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit.records import Commit, Discussion, Issue, Link, PullRequest, Record, Release, Thread
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.tidy import tidy, without_words

from .talk_records import CODECOV, JO, at, comment

OPTIONS = RenderOptions()


def test_records_of_code_and_requests_of_git_alone_are_what_they_were(
    whole_commit: Commit, pull_request: PullRequest, release: Release
) -> None:
    for record in (whole_commit, pull_request, release):
        tidied, left_out = tidy(record, OPTIONS)
        assert tidied is record
        assert left_out == {}


def test_talk_of_machines_goes_from_every_kind_of_talk(
    forge_request: PullRequest, issue: Issue, discussion: Discussion, question: Thread
) -> None:
    noise = [
        comment("n1", CODECOV, at(9), "Coverage fell"),
        comment("n2", JO, at(9), "/retest"),
        comment("n3", JO, at(9), "# Codecov Report\nfell"),
    ]
    records: list[tuple[Record, str]] = [
        (forge_request, "comments"),
        (issue, "comments"),
        (discussion, "comments"),
        (question, "posts"),
    ]
    for record, field in records:
        before = tidy(record, OPTIONS)
        noisy = tidy(msgspec.structs.replace(record, **{field: [*getattr(record, field), *noise]}), OPTIONS)
        assert noisy.record == before.record
        assert noisy.left_out["bot_comments"] == before.left_out["bot_comments"] + 3


def test_a_comment_of_which_nothing_is_left_says_nothing(issue: Issue) -> None:
    empty = comment("e", JO, at(9), "<!-- nothing -->\n\n_No response_")
    tidied, left_out = tidy(msgspec.structs.replace(issue, comments=[empty]), OPTIONS)
    assert isinstance(tidied, Issue)
    assert tidied.comments == []
    assert left_out == {"bot_comments": 0}


@pytest.mark.parametrize(("hidden", "stays"), [("spam", False), ("abuse", False), ("outdated", True), ("resolved", True), ("off_topic", True), (None, True)])  # fmt: skip
def test_only_spam_and_abuse_are_hidden_here_too(issue: Issue, hidden: str | None, stays: bool) -> None:
    tidied, left_out = tidy(
        msgspec.structs.replace(issue, comments=[comment("h", JO, at(9), "Text", hidden=hidden)]), OPTIONS
    )
    assert isinstance(tidied, Issue)
    assert bool(tidied.comments) is stays
    assert ("hidden_comments" in left_out) is not stays


def test_the_first_post_of_a_thread_stays_whoever_wrote_it(question: Thread) -> None:
    asked = comment("q", CODECOV, at(1), "Why did the coverage fall?")
    tidied, _ = tidy(msgspec.structs.replace(question, posts=[asked, *question.posts[1:]]), OPTIONS)
    assert isinstance(tidied, Thread)
    assert tidied.posts[0].text == "Why did the coverage fall?"


def test_texts_of_linked_issues_are_cleaned_as_well(forge_request: PullRequest) -> None:
    link = Link(key="x#1", relation="closes", title="Drift", text="<!-- template -->Drifts.\n\n## Version\n")
    tidied, _ = tidy(msgspec.structs.replace(forge_request, linked=[link]), OPTIONS)
    assert isinstance(tidied, PullRequest)
    assert tidied.linked[0].text == "Drifts."


def test_without_words_everybody_is_still_there(forge_request: PullRequest) -> None:
    silent = without_words(forge_request)
    assert [c.author for c in silent.comments] == [c.author for c in forge_request.comments]
    assert not any(c.text for c in silent.comments)
    assert not any(c.text for thread in silent.threads for c in thread.comments)
    assert len(silent.threads) == len(forge_request.threads)
    assert silent.threads[0].answer is not None, "signals count it"
