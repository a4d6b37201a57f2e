"""Which references are heads of pull requests."""

from __future__ import annotations

from cooldown_connectors.git.request_heads import (
    MERGE_REFSPEC,
    REFSPECS,
    RequestHead,
    present_heads,
    refspecs,
    request_heads,
    request_references,
)

from cooldown_kit.records import Skipped


def test_every_forges_references_are_known():
    references = {
        "HEAD": "0",
        "refs/heads/pull/9/head": "0",
        "refs/tags/pull/9/head": "0",
        "refs/pull/1/head": "github",
        "refs/pull/1/merge": "trial",
        "refs/merge-requests/2/head": "gitlab",
        "refs/merge-requests/2/merge": "trial",
        "refs/pull-requests/3/from": "bitbucket",
        "refs/pull-requests/3/merge": "trial",
        "refs/pull/4/merge": "azure",
        "refs/remotes/origin/pr/5": "fetched",
        "refs/remotes/up/stream/pull/6/head": "fetched",
        "refs/remotes/origin/merge-requests/7": "fetched",
        "refs/remotes/origin/prs/8": "0",
        "refs/pull/0/head": "0",
        "refs/pull/012/head": "0",
        "refs/pull/x/head": "0",
        "refs/pull/1/headline": "0",
        "refs/pull/9999999999/head": "0",
    }
    found, others = request_heads(references)
    assert [(head.number, head.revision, head.merge) for head in found] == [
        (1, "github", False),
        (2, "gitlab", False),
        (3, "bitbucket", False),
        (4, "azure", True),
        (5, "fetched", False),
        (6, "fetched", False),
        (7, "fetched", False),
    ]
    assert others == []
    assert request_references(references) == {head.reference: head.revision for head in found}


def test_the_repositorys_own_reference_comes_first_and_another_head_is_counted():
    references = {
        "refs/remotes/origin/pr/1": "old",
        "refs/pull/1/head": "new",
        "refs/remotes/fork/pr/2": "b",
        "refs/remotes/origin/pr/2": "a",
        "refs/remotes/also/pr/2": "a",
        "refs/remotes/fork/pull/1/merge": "trial",
    }
    found, others = request_heads(references)
    assert found == [
        RequestHead(1, "refs/pull/1/head", "new"),
        RequestHead(2, "refs/remotes/origin/pr/2", "a"),
    ]
    assert others == [
        Skipped(what="refs/remotes/fork/pr/2", reason="other_request_head", detail="#2 is a"),
        Skipped(what="refs/remotes/origin/pr/1", reason="other_request_head", detail="#1 is new"),
    ]


def test_trial_merges_are_fetched_only_where_a_request_has_nothing_else():
    assert refspecs(request_references({"refs/pull/1/head": "a", "refs/pull/1/merge": "b"})) == REFSPECS
    assert refspecs(request_references({"refs/pull/1/merge": "b"})) == (*REFSPECS, MERGE_REFSPEC)
    assert "+refs/remotes/*:refs/remotes/*" in refspecs(["refs/remotes/origin/pr/1"])


def test_heads_that_are_not_there_or_no_commits_are_told_apart(repository, history_of):
    repository.write("a", "1\n")
    revision = repository.commit()
    git, _ = history_of(repository, revision)
    blob = repository.text("rev-parse", "HEAD:a")
    some = [RequestHead(number, "r", of) for number, of in enumerate((revision, "1" * 40, blob), 1)]
    present, skipped = present_heads(git, some)
    assert present == some[:1]
    assert [(s.what, s.reason) for s in skipped] == [("#2", "missing"), ("#3", "not_a_commit")]
    assert present_heads(git, []) == ([], [])
