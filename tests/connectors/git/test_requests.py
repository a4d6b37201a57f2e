"""Which request a commit merged: every forge's form, and what only looks like one."""

from __future__ import annotations

import pytest
from cooldown_connectors.git.requests import MergedRequest, merged_request, review_trailers
from hypothesis import given
from hypothesis import strategies as st

FORMS = {
    "github_merge": (
        "Merge pull request #4209 from acme/round-up\n\nRound amounts up\n\nHalf a cent was lost.\n\nFixes #7",
        (4209, "Round amounts up", "Half a cent was lost.\n\nFixes #7"),
    ),
    "github_squash": (
        "Round amounts up (#31)\n\n* test it\n\n* say why\n\nCo-authored-by: Ada <ada@example.org>",
        (31, "Round amounts up", "* test it\n\n* say why\n\nCo-authored-by: Ada <ada@example.org>"),
    ),
    "gitlab_merge": (
        "Merge branch 'round-up' into 'main'\n\nRound amounts up\n\nCloses #7\n\nSee merge request acme/pay/ledger!12",
        (12, "Round amounts up", "Closes #7"),
    ),
    "gitlab_squash": (
        "Round amounts up\n\nHalf a cent was lost.\n\nSee merge request acme/ledger!12",
        (12, "Round amounts up", "Half a cent was lost."),
    ),
    "bitbucket_cloud": (
        "Merged in round-up (pull request #8)\n\nRound amounts up\n\n* test it\n\nApproved-by: Bob Roe",
        (8, "Round amounts up", "* test it"),
    ),
    "bitbucket_server": (
        "Pull request #81: Round amounts up\n\nMerge in PAY/ledger from round-up to master\n\n* commit 'abc':\n  Test it",
        (81, "Round amounts up", "* commit 'abc':\n  Test it"),
    ),
    "azure_devops": (
        "Merged PR 5812: Round amounts up\n\nHalf a cent was lost.\n\nRelated work items: #99",
        (5812, "Round amounts up", "Half a cent was lost.\n\nRelated work items: #99"),
    ),
    "gitea_merge": (
        "Merge pull request 'Round amounts up' (#77) from ada/ledger:round-up into main\n\n"
        "Half a cent was lost.\n\nReviewed-on: https://codeberg.org/acme/ledger/pulls/77\nReviewed-by: Bob <bob@example.org>",
        (77, "Round amounts up", "Half a cent was lost."),
    ),
    "merge_pr": (
        "Merge PR #15101: Round amounts up\n\nReviewed-by: bob\nAck-by: eve",
        (15101, "Round amounts up", "Ack-by: eve"),
    ),
    "homu": (
        "Auto merge of #9001 - ada:round-up, r=bob\n\nRound amounts up\n\nHalf a cent was lost.",
        (9001, "Round amounts up", "Half a cent was lost."),
    ),
    "bors": (
        "Merge #41\n\n41: Round amounts up r=bob a=ada\n\nHalf a cent was lost.\n\nCo-authored-by: Ada <ada@example.org>",
        (41, "Round amounts up", "Half a cent was lost.\n\nCo-authored-by: Ada <ada@example.org>"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_forges_form_gives_number_title_and_description(form):
    message, (number, title, description) = FORMS[form]
    assert merged_request(message) == MergedRequest(number, title, description, form)
    assert merged_request(message.encode() + b"\n") == merged_request(message)


@pytest.mark.parametrize(
    ("message", "form", "number", "title"),
    [
        ("Merge pull request #6 from acme/x", "github_merge", 6, None),
        ("Merge pull request #6 from acme/x\r\n\r\nTitle\r\n", "github_merge", 6, "Title"),
        ("Merge pull request #6 in PAY/ledger from fix/x to main", "bitbucket_server", 6, None),
        ("Pull request #81: Round up\n\nMore words", "bitbucket_server", 81, "Round up"),
        ("Rollup merge of #33 - ada:x, r=bob\n\nTitle", "homu", 33, "Title"),
        ("Round up (GH-12)", "github_squash", 12, "Round up"),
        ("[3.1] Round up (GH-12) (#15)", "github_squash", 15, "[3.1] Round up (GH-12)"),
        ("Round up (!12)", "gitlab_squash", 12, "Round up"),
        ("Round up (acme/ledger!12)", "gitlab_squash", 12, "Round up"),
        ("Merge branch 'x'\n\nT\n\nSee merge request !3", "gitlab_merge", 3, "T"),
        ("T\n\nSee merge request https://gitlab.com/a/b/-/merge_requests/3", "gitlab_squash", 3, "T"),
        ("Merge branch 'x' into 'main'\n\nT\n\nSee merge request a/b!3\n\nSee merge request a/b!4", "gitlab_merge", 4, "T"),
    ],
)  # fmt: skip
def test_older_and_shorter_variants_are_read_too(message, form, number, title):
    found = merged_request(message)
    assert found is not None
    assert (found.form, found.number, found.title) == (form, number, title)


@pytest.mark.parametrize(
    "message",
    [
        "fix #12",
        "Fix crash in parser, fixes (#12)",
        "Closes (#12)",
        "Keep amounts (#12) in the middle",
        "capture warning when exception is raised (fix #9036)",
        "Round up (#12, #13)",
        "(#12)",
        "Round up(#12)",
        "Round up (#0)",
        "Round up (#99999999999)",
        "Round up\n\nsecond paragraph (#12)",
        'Revert "Round up (#3)"',
        'Revert "Merge pull request #3 from acme/x"\n\nThis reverts merge request !3',
        "Merge branch 'x' into 'main'",
        "Merge branch 'main' of github.com:acme/ledger",
        "Talk of: See merge request a/b!3",
        "Merge 12 files",
        "Merge #12 by hand",
        "Merge #12\n\nI looked at it.",
        "",
    ],
)
def test_what_a_person_mentions_is_no_merged_request(message):
    assert merged_request(message) is None


def test_of_a_reverted_squash_the_last_number_counts():
    found = merged_request('Revert "Round up (#3)" (#5)')
    assert found is not None
    assert (found.number, found.title) == (5, 'Revert "Round up (#3)"')


def test_a_batch_names_all_its_requests():
    message = "Merge #5 #6\n\n5: First r=bob a=ada\n\nWhy first.\n\n6: Second r=bob a=eve\n\nWhy second."
    assert merged_request(message) == MergedRequest(5, "First", "Why first.", "bors", (6,))


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Reviewed-by: Bob Roe <bob@example.org>", ["Bob Roe <bob@example.org>"]),
        ("Reviewed-on: https://review.example.org/c/42", ["https://review.example.org/c/42"]),
        ("Approved-by: Bob", ["Bob"]),
        ("Acked-by: Bob", ["Bob"]),
        ("Reviewed By: bob, eve", ["bob, eve"]),
        ("Differential Revision: https://phab.example.org/D7", ["https://phab.example.org/D7"]),
        ("Reviewed by: NOBODY (OOPS!)", []),
        ("Reviewed-by:", []),
        ("It was reviewed by: nobody I know", []),
        ("Signed-off-by: Ada <ada@example.org>", []),
    ],
)
def test_review_trailers_are_lines_of_their_own(line, values):
    assert review_trailers(f"Round up\n\nWhy.\n\n{line}\nChange-Id: I12\n") == values


TITLES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40).map(
    str.strip
)
NUMBERS = st.integers(1, 999_999_999)


CLOSING = {
    "close",
    "closes",
    "closed",
    "resolve",
    "resolves",
    "resolved",
    "fixes",
    "fixed",
    "ref",
    "refs",
    "see",
}


@given(
    TITLES.filter(
        lambda t: t and t.split()[-1].lower() not in CLOSING and not t.lower().endswith(("issue", "issues"))
    ),
    NUMBERS,
    st.text(max_size=40).filter(lambda t: "See merge request" not in t),
)
def test_any_title_comes_back_from_a_squash(title, number, body):
    found = merged_request(f"{title} (#{number})\n\n{body}")
    assert found is not None
    assert (found.form, found.number, found.title) == ("github_squash", number, title)


@given(TITLES.filter(bool), NUMBERS)
def test_any_title_comes_back_from_a_merge(title, number):
    found = merged_request(f"Merge pull request #{number} from a/b\n\n{title}")
    assert found is not None
    assert (found.number, found.title) == (number, title)
    found = merged_request(f"Merged PR {number}: {title}")
    assert found is not None
    assert (found.number, found.title) == (number, title)


@given(st.one_of(st.text(), st.binary()))
def test_no_message_breaks_it(message):
    found = merged_request(message)
    assert found is None or found.number > 0
    assert all(review_trailers(message))


@pytest.mark.parametrize(
    "message",
    [
        "Merge #1\n\n" + "1: x" + " r=" * 100_000,
        "x" + " (" * 200_000 + "#1)",
        " " * 200_000 + "(#1)",
        "Merge branch '" + "' into " * 50_000 + "\n\nSee merge request " + "!" * 100_000,
        "Merge pull request #1 in a from " + " to " * 100_000 + "x y",
        "Merged in " + " (pull request #" * 50_000,
        "Reviewed-by" + " " * 200_000,
    ],
)
def test_a_message_made_to_be_slow_is_read_in_linear_time(message):
    """The suite's timeout would end a quadratic pattern: each of these is some hundred thousand characters."""
    merged_request(message)
    review_trailers(message)
