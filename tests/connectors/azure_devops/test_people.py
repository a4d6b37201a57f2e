"""Who is meant."""

from __future__ import annotations

import pytest
from cooldown_connectors.azure_devops.people import is_group, known, person, with_names

from cooldown_kit.records import Person


def test_an_identity_is_a_person_with_a_login_and_an_address(made):
    ann = person(made.ann)
    assert ann == Person(name="Ann Ames", email="ann@acme.example", login="ann@acme.example")
    domain = person({"displayName": "Ann Ames", "uniqueName": "ACME\\ann"})
    assert (domain.email, domain.login) == ("", "ACME\\ann")


def test_older_servers_write_identities_as_text():
    assert person("Ann Ames <ACME\\ann>") == Person(name="Ann Ames", email="", login="ACME\\ann")


@pytest.mark.parametrize("nobody", [None, "", "Ann Ames", {}, [], 3, {"displayName": None}])
def test_nobody_is_nobody(nobody):
    assert person(nobody) is None


@pytest.mark.parametrize(
    "machine",
    [
        {"displayName": "Deploy", "uniqueName": "d", "descriptor": "svc.NjE0"},
        {"displayName": "Terraform", "uniqueName": "x", "descriptor": "aadsp.NjE0"},
        {"displayName": "Pay Build Service (acme)", "uniqueName": "Build\\3411"},
        {"displayName": "Project Collection Build Service (acme)", "uniqueName": "x"},
        {"displayName": "Microsoft.VisualStudio.Services.TFS", "id": "00000002-0000-8888-8000-000000000000"},
    ],
)
def test_services_are_machines(machine):
    assert person(machine).bot is True


def test_of_others_nothing_is_said(made):
    assert person(made.ann).bot is None


def test_groups_are_told_from_people(made):
    assert is_group({"displayName": "Core team", "isContainer": True})
    assert not is_group(made.ann)


def test_mentions_get_the_name_where_it_is_known(made):
    names = known([made.ann, None, {"id": "x"}])
    assert (
        with_names(f"@<{made.ann_id.upper()}> and @<{made.ann_id}>", names)
        == "@ann@acme.example and @ann@acme.example"
    )
    stranger = "@<11111111-2222-3333-4444-555555555555>"
    assert with_names(f"{stranger} @<x> <y>", names) == f"{stranger} @<x> <y>"
