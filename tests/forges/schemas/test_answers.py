"""Answers that tests make up are held to what the forges without recorded traffic document."""

from __future__ import annotations

import pytest

from forge_testing.schemas import AzureSchema, BitbucketCloudSchema

AZURE, CLOUD = AzureSchema(), BitbucketCloudSchema()
THREADS = "/org/project/_apis/git/repositories/r/pullRequests/3/threads"
PULLS = "/org/project/_apis/git/repositories/r/pullrequests"
CLOUD_COMMENTS = "/2.0/repositories/w/r/pullrequests/3/comments"


def thread(**changes: object) -> dict[str, object]:
    comment = {"id": 1, "parentCommentId": 0, "author": {"displayName": "Ada", "id": "7"}, "content": "Why?"}
    comment |= {"publishedDate": "2026-01-02T03:04:05.67Z", "commentType": "text"}
    place = {"filePath": "/a.py", "rightFileStart": {"line": 3, "offset": 1}, "rightFileEnd": None}
    return {
        "id": 5,
        "status": "fixed",
        "isDeleted": False,
        "comments": [comment],
        "threadContext": place,
    } | changes


def test_threads_of_azure_pass():
    AZURE.check_response("GET", THREADS, 200, {"value": [thread()], "count": 1})
    AZURE.check_response("GET", f"{THREADS}/5", 200, thread())


def test_a_pull_request_of_azure_passes():
    pull = {
        "pullRequestId": 3,
        "status": "completed",
        "title": "x",
        "creationDate": "2026-01-02T03:04:05Z",
        "sourceRefName": "refs/heads/x",
        "lastMergeCommit": {"commitId": "0" * 40},
        "reviewers": [{"displayName": "Bob", "vote": 10, "isRequired": True}],
        "repository": {"id": "r", "name": "tools", "project": {"id": "p", "name": "project"}},
    }
    AZURE.check_response("GET", PULLS, 200, {"value": [pull], "count": 1})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([thread()], r"at /: .* is no object"),
        ({"value": [thread(state="fixed")]}, r"at /value/0: 'state' is not declared"),
        ({"value": [thread(status="done")]}, r"at /value/0/status: 'done' is not one of"),
        ({"value": [thread(comments={})]}, r"at /value/0/comments: \{\} is no list"),
        ({"value": [thread(comments=[{"publishedDate": "soon"}])]}, r"/comments/0/publishedDate: 'soon' is no ISO 8601 time"),
        ({"value": [thread(id="5")]}, r"at /value/0/id: '5' is no number"),
        ({"value": [thread(threadContext={"line": 3})]}, r"at /value/0/threadContext: 'line' is not declared"),
    ],
)  # fmt: skip
def test_threads_that_azure_would_not_send_are_refused(answer, told):
    with pytest.raises(AssertionError, match=told):
        AZURE.check_response("GET", THREADS, 200, answer)


def test_comments_of_bitbucket_pass_and_mistakes_do_not():
    comment = {
        "type": "pullrequest_comment",
        "id": 1,
        "created_on": "2026-01-02T03:04:05+00:00",
        "content": {"raw": "Why?", "markup": "markdown", "html": "<p>Why?</p>"},
        "user": {"type": "user", "display_name": "Ada"},
        "inline": {"path": "a.py", "from": None, "to": 3},
        "deleted": False,
    }
    CLOUD.check_response("GET", CLOUD_COMMENTS, 200, {"pagelen": 100, "values": [comment]})
    with pytest.raises(AssertionError, match=r"at /values/0/content/raw: 7 is not of type 'string'"):
        CLOUD.check_response("GET", CLOUD_COMMENTS, 200, {"values": [comment | {"content": {"raw": 7}}]})
