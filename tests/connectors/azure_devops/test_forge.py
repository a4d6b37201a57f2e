"""Names, tokens, facts and plans of Azure DevOps."""

from __future__ import annotations

import base64

import pytest
from cooldown_connectors.azure_devops import AzureDevOpsConnector
from cooldown_connectors.azure_devops.forge import AzureDevOps
from cooldown_connectors.azure_devops.questions import version, with_query

ROOT = "/acme/Pay%20Roll/_apis/git/repositories"


def test_a_repository_has_three_parts_which_may_hold_spaces():
    forge = AzureDevOps()
    assert forge.split("acme/Pay Roll/ledger") == ("acme/Pay%20Roll", "ledger")
    assert forge.split("acme/Pay%20Roll/ledger book") == ("acme/Pay%20Roll", "ledger%20book")
    for wrong in ("acme/ledger", "acme//ledger", "acme/a/b/c"):
        with pytest.raises(ValueError, match="organisation/project/repository"):
            forge.split(wrong)
    options = AzureDevOpsConnector.Options(connector="azure_devops", repository="acme/Pay Roll/ledger")
    assert options.repository == ("acme/Pay Roll/ledger",)
    with pytest.raises(ValueError, match="organisation/project/repository"):
        AzureDevOpsConnector.Options(connector="azure_devops", repository="acme/ledger")


def test_each_kind_of_token_has_its_header():
    headers = AzureDevOps.access.headers
    basic = headers("abc")["Authorization"]
    assert base64.b64decode(basic.removeprefix("Basic ")) == b":abc"
    assert headers("eyJ0eXAi.eyJhdWQi.c2ln") == {"Authorization": "Bearer eyJ0eXAi.eyJhdWQi.c2ln"}


def test_the_service_is_asked_for_the_newest_version_and_servers_for_one_that_all_of_them_have(made):
    session = made.Azure()
    assert version(session, "-preview.4") == "7.1-preview.4"
    session.url = "https://acme.visualstudio.com"
    assert version(session) == "7.1"
    session.url = "https://tfs.acme.example/tfs"
    assert version(session) == "6.0"
    session.url = "https://dev.azure.com.acme.example"
    assert version(session) == "6.0"
    assert with_query("/x", _top=3, api_version="6.0") == "/x?%24top=3&api-version=6.0"


def test_facts_come_from_one_call_and_hold_no_user(made):
    session = made.Azure()
    session.things[f"{ROOT}/ledger"] = {
        "id": made.repository_id,
        "name": "Ledger",
        "project": {"name": "Pay Roll", "visibility": "private"},
        "defaultBranch": "refs/heads/main",
        "remoteUrl": "https://acme@dev.azure.com/acme/Pay%20Roll/_git/Ledger",
        "webUrl": "https://dev.azure.com/acme/Pay%20Roll/_git/Ledger",
    }
    facts = AzureDevOps().facts(session)
    assert (facts.name, facts.default_branch, facts.private) == ("acme/Pay%20Roll/Ledger", "main", True)
    assert facts.clone_url == facts.web_url == "https://dev.azure.com/acme/Pay%20Roll/_git/Ledger"
    session.things[f"{ROOT}/ledger"] = {"id": "x", "defaultBranch": None}
    bare = AzureDevOps().facts(session)
    assert (bare.name, bare.default_branch, bare.private) == ("acme/Pay%20Roll/ledger", None, None)
    assert bare.clone_url == "https://dev.azure.com/acme/Pay%20Roll/_git/ledger"


def test_the_repositories_of_a_project_or_of_an_organisation_are_listed_as_the_recipe_writes_them(made):
    session = made.Azure()
    session.things[ROOT] = session.things["/acme/_apis/git/repositories"] = {
        "value": [
            {"name": "ledger", "project": {"name": "Pay Roll"}},
            {"name": "old", "project": {"name": "Pay Roll"}, "isDisabled": True},
            {"name": "books", "project": None},
        ]
    }
    assert list(AzureDevOps().repositories(session)) == ["acme/Pay Roll/ledger"]
    session.owner = AzureDevOps().split("acme/*/ledger")[0]
    assert list(AzureDevOps().repositories(session)) == ["acme/Pay Roll/ledger"]


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 640, 1000, 3210])
def test_the_plan_estimates_what_azure_devops_does_not_count(made, number):
    session = made.Azure()
    session.takes = frozenset({"pull_requests"})
    session.requests = [made.request(n) for n in range(number)]
    requests, details = AzureDevOps().plan(session, {})
    assert abs(requests.items - number) <= max(4, number / 16)
    assert details.calls == round(details.items * 2.5)
    assert not requests.exact
    assert len(session.asked) <= 14


def test_the_plan_of_a_later_harvest_counts_what_is_open_and_what_changed(made):
    session = made.Azure()
    session.requests = [made.completed(n, "2026-03-01T08:00:00Z") for n in range(300)]
    session.work_items = [made.work_item(n, f"2026-03-{n:02}T08:00:00Z") for n in range(1, 11)]
    cursors = {
        "requests": {"since": "2026-03-02T08:00:00.000Z"},
        "issues": {"since": "2026-03-08T08:00:00.000Z"},
    }
    planned = {p.stream: (p.items, p.calls, p.exact) for p in AzureDevOps().plan(session, cursors)}
    assert planned["requests"] == (0, 3, False)
    assert planned["issues"] == (3, 3, True)
    assert planned["work item comments"] == (2, 2, False)


def test_streams_fill_the_lists_of_the_details_that_come_after_them(made):
    session = made.Azure()
    names = [some.name for some in AzureDevOps().streams(session)]
    assert names == ["requests", "request details", "issues", "work item comments"]
    (census,) = AzureDevOps().census(session)
    assert (census.kind, census.count(session)) == ("issue", None)
