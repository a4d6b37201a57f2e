"""Cassettes of three formats become the same exchanges."""

from __future__ import annotations

import pytest

from forge_testing.recordings import load


def test_a_requre_cassette_is_read():
    exchanges = load("ogr:github/test_pull_requests/PullRequests.test_pr_info")
    pull = next(e for e in exchanges if e.target == "/repos/packit/ogr/pulls/1")
    assert pull.origin == "https://api.github.com:443"
    assert pull.json()["number"] == 1
    assert int(pull.header("x-ratelimit-remaining")) > 0


def test_a_compressed_betamax_cassette_is_read():
    pull, comments = load("github3.py:PullRequest_review_comments")
    assert pull.json()["number"] == 235
    assert comments.header("content-encoding") is None
    assert len(comments.json()) == 3


def test_a_nock_cassette_is_read_with_its_methods():
    exchanges = load("octokit:errors")
    refusal = next(e for e in exchanges if e.status == 422)
    assert refusal.method == "POST"
    assert refusal.json()["message"] == "Validation Failed"


def test_several_cassettes_follow_each_other():
    both = load("octokit:errors", "octokit:paginate-issues")
    assert {e.source for e in both} == {"octokit:errors", "octokit:paginate-issues"}
    assert both == load("octokit:errors") + load("octokit:paginate-issues")


def test_an_answer_without_a_body_has_none():
    merged = next(e for e in load("github3.py:PullRequest_is_merged") if e.status == 204)
    assert merged.body == b""


def test_an_unknown_package_is_named():
    with pytest.raises(ValueError, match=r"PACKAGE is one of ogr, github3.py, octokit"):
        load("vcrpy:something")


def test_a_missing_package_says_how_to_get_it():
    with pytest.raises(FileNotFoundError, match="make forge-packages"):
        load("ogr:github/test_pull_requests/none")
