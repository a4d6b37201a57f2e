"""Work items become issues; none is missed, and HTML becomes Markdown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_connectors.azure_devops import work_items
from cooldown_connectors.azure_devops.people import person
from cooldown_connectors.azure_devops.work_items import (
    as_markdown,
    issue_became,
    issue_details,
    issue_keys,
    issue_pages,
)
from cooldown_connectors.forge.parts import IssuePart, LinkPart
from cooldown_connectors.forge.protocol import Gone
from hypothesis import example, given
from hypothesis import strategies as st

START = datetime(2026, 3, 1, tzinfo=UTC)
TYPES = "/acme/Pay%20Roll/_apis/wit/workitemtypes"


def minute(number: float) -> str:
    return (START + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")


def read(session, cursor=None):
    pages = list(issue_pages(session, cursor))
    return pages, json.loads(json.dumps(pages[-1].cursor))


def one(made, *, types=None, **fields) -> IssuePart:
    session = made.Azure()
    if types is not None:
        session.things[TYPES] = {"value": types}
    session.work_items = [made.work_item(412, **fields)]
    (page,), _ = read(session)
    return next(part for part in page.parts if isinstance(part, IssuePart))


def test_a_work_item_is_read_whole(made):
    part = one(
        made,
        System__Description="<div>It <b>fails</b></div>",
        System__Tags="ui; needs triage ;",
        System__IterationPath="Pay Roll\\Q3\\Sprint 4",
    )
    assert (part.number, part.title, part.text) == (412, "Item 412", "It **fails**")
    assert (part.author, part.type, part.labels) == (person(made.ann), "bug", ["ui", "needs triage"])
    assert (part.milestone, part.state, part.reason) == ("Q3\\Sprint 4", "open", None)
    assert part.updated_at == datetime(2026, 3, 2, 8, 0, 0, 120_000, tzinfo=UTC)
    assert part.url == "https://dev.azure.com/acme/Pay%20Roll/_workitems/edit/412"


def test_the_state_ends_where_the_process_says_so(made):
    states = [
        {"name": "Active", "color": "007acc", "category": "InProgress"},
        {"name": "Verified", "color": "339933", "category": "Completed"},
        {"name": "Closed", "color": "339933", "category": "InProgress"},
        {"name": "Cut", "color": "ffffff", "category": "Removed"},
        {"name": "Resolved", "color": "ff9d00", "category": "Resolved"},
    ]
    types = [{"name": "Bug", "referenceName": "Microsoft.VSTS.WorkItemTypes.Bug", "states": states}]
    found = {
        state: one(made, types=types, System__State=state).state
        for state in [*"x", *(s["name"] for s in states)]
    }
    assert found == {
        "x": "open",
        "Active": "open",
        "Verified": "closed",
        "Closed": "open",
        "Cut": "closed",
        "Resolved": "open",
    }


def test_without_categories_the_usual_names_count(made):
    part = one(
        made,
        System__State="Done",
        System__Reason="Fixed and verified",
        Microsoft__VSTS__Common__ClosedDate="2026-03-05T08:00:00Z",
        Microsoft__VSTS__Common__ClosedBy=made.ben,
    )
    assert (part.state, part.reason, part.closed_by) == ("closed", "Fixed and verified", person(made.ben))
    assert part.closed_at == datetime(2026, 3, 5, 8, tzinfo=UTC)
    assert one(made, System__State="New", System__Reason="New").reason is None


def test_all_fields_that_hold_text_are_one_text(made):
    part = one(
        made,
        **{
            "System.Description": "What",
            "Microsoft.VSTS.TCM.ReproSteps": "<ol><li>Open</li></ol>",
            "Microsoft.VSTS.TCM.SystemInfo": "<div></div>",
            "Microsoft.VSTS.Common.AcceptanceCriteria": "It *works* & <b>stays</b>",
        },
        formats={"Microsoft.VSTS.Common.AcceptanceCriteria": "markdown"},
    )
    assert part.text == (
        "What\n\n## Steps to reproduce\n\n1. Open\n\n## Acceptance criteria\n\nIt *works* & <b>stays</b>"
    )
    only = one(made, **{"Microsoft.VSTS.TCM.ReproSteps": "<p>Open it</p>"})
    assert only.text == "Open it"


def test_html_becomes_markdown_and_code_keeps_its_indentation():
    html = '<div><a href="#" data-vss-mention="version:2.0,x">@Ann Ames</a> see<pre><code>if x:\n    y()</code></pre></div>'
    assert as_markdown(html, markdown=False) == "@Ann Ames see\n\n```\nif x:\n    y()\n```"
    assert as_markdown("a &lt; b &amp; c", markdown=False) == "a < b & c"
    assert as_markdown("plain", markdown=False) == "plain"
    assert as_markdown("<b>kept</b> &amp;", markdown=True) == "<b>kept</b> &amp;"


def test_html_that_cannot_be_converted_stays_as_it_is():
    deep = "<div>" * 5000 + "x"
    assert as_markdown(deep, markdown=False) == deep


def relation(rel: str, url: str) -> dict:
    return {"rel": rel, "url": url, "attributes": {"isLocked": False, "name": "x"}}


def test_relations_are_links_to_items_and_to_the_requests_that_belong_to_them(made):
    item_url = "https://dev.azure.com/acme/3411/_apis/wit/workItems/"
    request = "vstfs:///Git/PullRequestId/a7573007-bbb3-4341-b726-0c4148a07853%2F{}%2F17"
    session = made.Azure()
    session.work_items = [
        made.work_item(
            412,
            relations=[
                relation("System.LinkTypes.Hierarchy-Reverse", f"{item_url}400"),
                relation("System.LinkTypes.Hierarchy-Forward", f"{item_url}500"),
                relation("System.LinkTypes.Related", f"{item_url}3"),
                relation("System.LinkTypes.Duplicate-Reverse", f"{item_url}4"),
                relation("ArtifactLink", request.format(made.repository_id.upper())),
                relation("ArtifactLink", request.format("other-repository")),
                relation("ArtifactLink", "vstfs:///Git/Commit/a%2Fb%2Fc"),
                relation("AttachedFile", "https://dev.azure.com/acme/_apis/wit/attachments/x"),
                relation("System.LinkTypes.Related", None),
            ],
        )
    ]
    (page,), _ = read(session)
    links = [part.link for part in page.parts if isinstance(part, LinkPart)]
    assert [(link.relation, link.key, link.kind) for link in links] == [
        ("parent", "acme/Pay%20Roll/ledger#400", "issue"),
        ("child", "acme/Pay%20Roll/ledger#500", "issue"),
        ("related", "acme/Pay%20Roll/ledger#3", "issue"),
        ("duplicate_of", "acme/Pay%20Roll/ledger#4", "issue"),
        ("closed_by", "acme/Pay%20Roll/ledger#17", "pull_request"),
        ("closed_by", "acme/Pay%20Roll/other-repository#17", "pull_request"),
    ]
    assert ("link", "issue:412") in page.whole


def test_comments_are_asked_for_only_where_there_are_any(made):
    session = made.Azure()
    session.work_items = [made.work_item(1), made.work_item(2, System__CommentCount=3)]
    (page,), _ = read(session)
    assert [(todo.key, todo.stamp) for todo in page.todo] == [("2", "2026-03-02T08:00:00.120Z")]
    assert ("comment", "issue:1") in page.whole  # all that there were were deleted
    assert ("comment", "issue:2") not in page.whole


def test_comments_are_read_to_the_last(made):
    session = made.Azure(page_size=2)
    comment = {
        "workItemId": 2,
        "version": 1,
        "text": "<div>Same <i>here</i></div>",
        "createdBy": made.ben,
        "createdDate": "2026-03-02T08:00:00Z",
        "modifiedBy": made.ben,
        "modifiedDate": "2026-03-02T08:10:00Z",
        "format": "html",
    }
    session.comments[2] = [
        {**comment, "id": 1},
        {**comment, "id": 2, "text": "<b>as it is</b>", "format": "markdown", "modifiedDate": None},
        {**comment, "id": 3, "isDeleted": True},
    ]
    page = issue_details(session, "2")
    first, second = (part.comment for part in page.parts)
    assert (first.id, first.text, first.author) == ("1", "Same *here*", person(made.ben))
    assert first.edited_at == datetime(2026, 3, 2, 8, 10, tzinfo=UTC)
    assert (second.text, second.edited_at) == ("<b>as it is</b>", None)
    assert page.whole == [("comment", "issue:2")]
    assert len(session.asked) == 2


@example(
    times=[0, 0], moves=[(0, 0), (3, 1)], size=1, kill=0
)  # it changes after the query, before it is read
@given(
    times=st.lists(st.integers(0, 3), min_size=1, max_size=14),
    moves=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 13)), max_size=6),
    size=st.integers(1, 4),
    kill=st.integers(0, 8),
)
def test_no_work_item_is_missed_whatever_changes_while_one_reads(made, times, moves, size, kill):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work_items, "AT_ONCE", size)
        session = made.Azure()
        session.work_items = items = [made.work_item(n + 1, minute(t)) for n, t in enumerate(times)]
        changes = {call: items[which % len(items)] for call, which in moves}

        def change(call: int) -> None:
            if (item := changes.pop(call, None)) is not None:
                item["fields"].update(
                    {"System.ChangedDate": minute(100 + call), "System.Title": f"changed {call}"}
                )

        session.before = change
        session.clock = lambda call: minute(100 + call)
        have: dict[int, str] = {}
        cursor = None
        for number, page in enumerate(issue_pages(session, None)):
            have.update({part.number: part.title for part in page.parts})
            cursor = json.loads(json.dumps(page.cursor))
            if number == kill:
                break
        session.before = lambda call: None
        for page in issue_pages(session, cursor):
            have.update({part.number: part.title for part in page.parts})
        assert have == {item["id"]: item["fields"]["System.Title"] for item in items}


def test_only_what_changed_since_the_given_time_is_read(made):
    session = made.Azure()
    session.work_items = [made.work_item(n, minute(10 * n)) for n in range(1, 8)]
    session.since = START + timedelta(minutes=50)
    pages, cursor = read(session)
    assert [part.number for page in pages for part in page.parts] == [5, 6, 7]
    session.work_items[0]["fields"]["System.ChangedDate"] = minute(90)
    pages, _ = read(session, cursor)
    assert [part.number for page in pages for part in page.parts] == [7, 1]
    assert [key for keys in issue_keys(session) for key in keys] == ["1", "5", "6", "7"]


def test_the_numbers_of_all_work_items_come_in_pieces(made, monkeypatch):
    monkeypatch.setattr(work_items, "KEYS", 2)
    session = made.Azure()
    session.work_items = [made.work_item(n) for n in (3, 5, 8, 9)]
    assert list(issue_keys(session)) == [["3", "5"], ["8", "9"], []]


def test_what_became_of_a_work_item(made):
    session = made.Azure()
    path = "/acme/_apis/wit/workitems/7"
    assert issue_became(session, "7") == Gone("issue", "7", "deleted")
    session.things[path] = {"id": 7, "fields": {"System.TeamProject": "Other Team"}}
    assert issue_became(session, "7") == Gone("issue", "7", "transferred", "acme/Other Team#7")
    session.things[path] = {"id": 7, "fields": {"System.TeamProject": "pay roll"}}
    assert issue_became(session, "7") is None
