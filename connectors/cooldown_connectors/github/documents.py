"""The GraphQL documents: everything that REST has no list of (threads, what was resolved, reviews, timelines, discussions).

A page of 25 requests costs 14 points of 5,000 an hour, one of 50 issues 2: the cost is the number of connections that are opened,
divided by 100. ``rateLimit`` says what a question really cost.
"""

from __future__ import annotations

from typing import Final

REQUESTS: Final = 25
"""Requests of one page: with all that hangs on them 30,000 nodes, far below the limit of 500,000."""
ISSUES: Final = 50
DISCUSSIONS: Final = 20

_ACTOR: Final = "{ __typename login }"
_EVENTS: Final = """
  __typename
  ... on ClosedEvent { id createdAt actor { __typename login } stateReason }
  ... on ReopenedEvent { id createdAt actor { __typename login } }
  ... on RenamedTitleEvent { id createdAt actor { __typename login } currentTitle }
  ... on LabeledEvent { id createdAt actor { __typename login } label { name } }
  ... on UnlabeledEvent { id createdAt actor { __typename login } label { name } }
  ... on AssignedEvent { id createdAt actor { __typename login } assignee { ... on Actor { login } } }
  ... on UnassignedEvent { id createdAt actor { __typename login } assignee { ... on Actor { login } } }
  ... on MilestonedEvent { id createdAt actor { __typename login } milestoneTitle }
  ... on DemilestonedEvent { id createdAt actor { __typename login } milestoneTitle }
  ... on CrossReferencedEvent {
    id createdAt actor { __typename login } willCloseTarget
    source {
      __typename
      ... on Issue { number title url repository { nameWithOwner } }
      ... on PullRequest { number title url repository { nameWithOwner } }
    }
  }
  ... on ReferencedEvent { id createdAt actor { __typename login } commit { oid } }
  ... on MarkedAsDuplicateEvent {
    id createdAt actor { __typename login }
    canonical {
      ... on Issue { number repository { nameWithOwner } }
      ... on PullRequest { number repository { nameWithOwner } }
    }
  }
  ... on TransferredEvent { id createdAt actor { __typename login } fromRepository { nameWithOwner } }
  ... on LockedEvent { id createdAt actor { __typename login } lockReason }
  ... on UnlockedEvent { id createdAt actor { __typename login } }
"""
_REQUEST_EVENTS: Final = """
  ... on MergedEvent { id createdAt actor { __typename login } commit { oid } }
  ... on HeadRefForcePushedEvent {
    id createdAt actor { __typename login } beforeCommit { oid } afterCommit { oid }
  }
  ... on PullRequestCommit { id listed: commit { oid committedDate } }
  ... on ReviewRequestedEvent {
    id createdAt actor { __typename login }
    requestedReviewer { __typename ... on Actor { login } ... on Team { name } }
  }
  ... on ReviewDismissedEvent { id createdAt actor { __typename login } dismissalMessage review { fullDatabaseId } }
  ... on ReadyForReviewEvent { id createdAt actor { __typename login } }
  ... on ConvertToDraftEvent { id createdAt actor { __typename login } }
  ... on BaseRefChangedEvent { id createdAt actor { __typename login } currentRefName }
"""
_COMMON_TYPES: Final = (
    "CLOSED_EVENT, REOPENED_EVENT, RENAMED_TITLE_EVENT, LABELED_EVENT, UNLABELED_EVENT, ASSIGNED_EVENT, UNASSIGNED_EVENT, "
    "MILESTONED_EVENT, DEMILESTONED_EVENT, CROSS_REFERENCED_EVENT, REFERENCED_EVENT, MARKED_AS_DUPLICATE_EVENT, "
    "TRANSFERRED_EVENT, LOCKED_EVENT, UNLOCKED_EVENT"
)
_REQUEST_TYPES: Final = (
    f"{_COMMON_TYPES}, MERGED_EVENT, HEAD_REF_FORCE_PUSHED_EVENT, PULL_REQUEST_COMMIT, REVIEW_REQUESTED_EVENT, "
    "REVIEW_DISMISSED_EVENT, READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, BASE_REF_CHANGED_EVENT"
)

# What hangs on a request or an issue, each with its arguments and the fields of its nodes.
CONNECTIONS: Final = {
    "labels": ("first: {first}", "name"),
    "closingIssuesReferences": ("first: {first}", "number title url repository { nameWithOwner }"),
    "closedByPullRequestsReferences": (
        "first: {first}, includeClosedPrs: true",
        "number title url repository { nameWithOwner }",
    ),
    "reviews": (
        "first: {first}",
        f"fullDatabaseId author {_ACTOR} state body submittedAt url commit {{ oid }}",
    ),
    "reviewThreads": (
        "first: {first}",
        "id isResolved isOutdated resolvedBy { login } comments(first: 20) { pageInfo { hasNextPage endCursor } nodes { fullDatabaseId updatedAt } }",
    ),
    "requestTimeline": (f"first: {{first}}, itemTypes: [{_REQUEST_TYPES}]", _EVENTS + _REQUEST_EVENTS),
    "issueTimeline": (f"first: {{first}}, itemTypes: [{_COMMON_TYPES}]", _EVENTS),
    "comments": ("first: {first}", "fullDatabaseId updatedAt"),
}
"""Name → arguments and fields. The two timelines are one connection, ``timelineItems``, of two types."""


def _connection(name: str, first: int, after: str = "") -> str:
    arguments, fields = CONNECTIONS[name]
    field = "timelineItems" if name.endswith("Timeline") else name
    alias = "" if field == name else f"{name}: "
    return (
        f"{alias}{field}({arguments.format(first=first)}{after}) "
        f"{{ pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }} }}\n"
    )


OF_REQUEST: Final = {
    "labels": 20,
    "closingIssuesReferences": 10,
    "reviews": 50,
    "reviewThreads": 50,
    "requestTimeline": 60,
    "comments": 100,
}
OF_ISSUE: Final = {"labels": 20, "closedByPullRequestsReferences": 10, "issueTimeline": 50, "comments": 100}
"""Connection → how many of it come with its request or issue; the rest is asked for by itself."""

_REQUEST: Final = f"""
  number title body url isDraft state createdAt updatedAt closedAt mergedAt
  author {_ACTOR} mergedBy {_ACTOR} mergeCommit {{ oid }}
  baseRefName headRefName baseRefOid headRefOid milestone {{ title }}
""" + "".join(_connection(name, first) for name, first in OF_REQUEST.items())
_ISSUE: Final = f"""
  number title body url state stateReason createdAt updatedAt closedAt author {_ACTOR} milestone {{ title }}
""" + "".join(_connection(name, first) for name, first in OF_ISSUE.items())
_DISCUSSION_COMMENT: Final = (
    f"id author {_ACTOR} body createdAt lastEditedAt upvoteCount isAnswer isMinimized minimizedReason url"
)
_REPLIES: Final = f"pageInfo {{ hasNextPage endCursor }} nodes {{ {_DISCUSSION_COMMENT} }}"
_DISCUSSION_COMMENTS: Final = f"pageInfo {{ hasNextPage endCursor }} nodes {{ {_DISCUSSION_COMMENT} replies(first: 30) {{ {_REPLIES} }} }}"
_DISCUSSION: Final = f"""
  number title body url createdAt updatedAt closedAt stateReason upvoteCount author {_ACTOR}
  category {{ name }} labels(first: 20) {{ nodes {{ name }} }}
  comments(first: 50) {{ {_DISCUSSION_COMMENTS} }}
"""

_IN = "$owner: String!, $name: String!"
_REPOSITORY = "repository(owner: $owner, name: $name)"
_COST = "rateLimit { cost remaining resetAt }"


def _list(connection: str, fields: str) -> str:
    return f"""
query({_IN}, $first: Int!, $after: String) {{
  {_COST}
  {_REPOSITORY} {{
    {connection}(first: $first, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }}
    }}
  }}
}}"""


REQUEST_LIST: Final = _list("pullRequests", _REQUEST)
ISSUE_LIST: Final = _list("issues", _ISSUE)
DISCUSSION_LIST: Final = _list("discussions", _DISCUSSION)
ONE_REQUEST: Final = f"query({_IN}, $number: Int!) {{ {_COST} {_REPOSITORY} {{ pullRequest(number: $number) {{ {_REQUEST} }} }} }}"
ONE_ISSUE: Final = (
    f"query({_IN}, $number: Int!) {{ {_COST} {_REPOSITORY} {{ issue(number: $number) {{ {_ISSUE} }} }} }}"
)
REPLIES: Final = f"query($id: ID!, $after: String) {{ {_COST} node(id: $id) {{ ... on DiscussionComment {{ replies(first: 100, after: $after) {{ {_REPLIES} }} }} }} }}"
THREAD_COMMENTS: Final = f"query($id: ID!, $after: String) {{ {_COST} node(id: $id) {{ ... on PullRequestReviewThread {{ comments(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ fullDatabaseId updatedAt }} }} }} }} }}"
DISCUSSION_COMMENTS: Final = f"query({_IN}, $number: Int!, $after: String) {{ {_COST} {_REPOSITORY} {{ discussion(number: $number) {{ comments(first: 50, after: $after) {{ {_DISCUSSION_COMMENTS} }} }} }} }}"
COUNTS: Final = f"""
query({_IN}) {{
  {_COST}
  {_REPOSITORY} {{
    pullRequests(first: 1) {{ totalCount }} issues(first: 1) {{ totalCount }} discussions(first: 1) {{ totalCount }} releases(first: 1) {{ totalCount }}
  }}
}}"""
CHANGED: Final = (
    f"query($query: String!) {{ {_COST} search(query: $query, type: ISSUE, first: 1) {{ issueCount }} }}"
)


def numbers(connection: str) -> str:
    """The document that lists the numbers of all ``pullRequests``, ``issues`` or ``discussions``."""
    return f"""
query({_IN}, $first: Int!, $after: String) {{
  {_COST}
  {_REPOSITORY} {{
    {connection}(first: $first, after: $after, orderBy: {{field: CREATED_AT, direction: ASC}}) {{
      pageInfo {{ hasNextPage endCursor }} nodes {{ number }}
    }}
  }}
}}"""


def rest_of(thing: str, connection: str) -> str:
    """The document for what did not come with a ``pullRequest`` or an ``issue``: 100 nodes more of one connection."""
    return (
        f"query({_IN}, $number: Int!, $after: String) {{ {_COST} {_REPOSITORY} {{ {thing}(number: $number) {{ "
        f"{_connection(connection, 100, ', after: $after')} }} }} }}"
    )
