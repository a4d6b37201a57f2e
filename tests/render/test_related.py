"""The same change has the same name in all sources."""

from __future__ import annotations

import pytest

from cooldown_kit.records import Link
from cooldown_kit.render.related import closing, issue, repository_name, request


@pytest.mark.parametrize(
    "name",
    ["acme/payments", "github.com/acme/payments", "Acme/Payments", "forge.bank.example:8443/acme/payments", "localhost/acme/payments", "/acme/payments/"],
)  # fmt: skip
def test_a_repository_has_one_name_whoever_names_it(name: str) -> None:
    assert repository_name(name) == "acme/payments"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev.azure.com/bank/ledger/_git/core", "bank/ledger/core"),
        ("bank/ledger/core", "bank/ledger/core"),
        ("git.bank.example/scm/pay/core", "pay/core"),
        ("gitlab.com/bank/team/core", "bank/team/core"),
        ("payments", "payments"),
        ("my.dots/core", "my.dots/core"),
    ],
)
def test_what_a_forge_puts_into_addresses_is_no_part_of_the_name(name: str, expected: str) -> None:
    assert repository_name(name) == expected


def test_requests_and_issues_have_names_of_their_own() -> None:
    assert request("github.com/acme/pay", 7) == "acme/pay!7"
    assert issue("acme/pay", 7) == "acme/pay#7"


@pytest.mark.parametrize(
    ("link", "names"),
    [
        (Link(key="acme/pay#7", relation="closes", kind="issue"), ["acme/pay#7"]),
        (Link(key="acme/pay#7", relation="closed_by", kind="pull_request"), ["acme/pay!7"]),
        (Link(key="acme/pay#7", relation="closes"), ["acme/pay#7", "acme/pay!7"]),
        (Link(key="PAY-412", relation="closes", kind="issue"), ["pay#412"]),
        (Link(key="odd key", relation="closes"), ["odd key"]),
        (Link(key="acme/pay#7", relation="mentions", kind="issue"), []),
        (Link(key="acme/pay#²", relation="closes"), ["acme/pay#²"]),
    ],
)
def test_only_what_is_closed_belongs_together(link: Link, names: list[str]) -> None:
    assert closing([link]) == names


def test_the_issue_of_a_tracker_has_the_name_by_which_requests_close_it() -> None:
    assert closing([Link(key="PAY-412", relation="closes", kind="issue")]) == [issue("PAY", 412)]
