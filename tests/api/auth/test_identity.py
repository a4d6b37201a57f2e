"""What grants add up to, and which project a caller is in."""

from __future__ import annotations

import pytest
from cooldown_api.auth.identity import Identity, grants_of
from cooldown_api.problems import ProblemError
from cooldown_api.settings import OidcSettings


def test_the_highest_of_several_grants_counts() -> None:
    table = {"a": "alpha:viewer", "b": "alpha:admin", "c": "alpha:editor", "d": "beta:editor"}
    assert grants_of(["a", "b", "c", "d", "unknown"], table) == {"alpha": "admin", "beta": "editor"}


def test_one_who_may_look_everywhere_and_administers_one_project_is_no_platform_administrator() -> None:
    caller = Identity("user:a", {"alpha": "admin", "*": "viewer"})
    in_alpha, in_beta = caller.principal("alpha", "default"), caller.principal("beta", "default")
    assert (in_alpha.role, in_alpha.platform, in_alpha.everywhere) == ("admin", False, True)
    assert (in_beta.role, in_beta.platform) == ("viewer", False)


def test_the_only_project_needs_not_be_named_and_of_several_the_default_one_is_meant() -> None:
    assert Identity("user:a", {"alpha": "editor"}).principal(None, "default").project == "alpha"
    both = Identity("user:a", {"alpha": "editor", "default": "viewer"})
    assert both.principal(None, "default").project == "default"


def test_of_several_projects_one_must_be_named() -> None:
    caller = Identity("user:a", {"alpha": "editor", "beta": "viewer"})
    with pytest.raises(ProblemError) as caught:
        caller.principal(None, "default")
    assert (caught.value.kind.status, caught.value.where) == (400, "X-Cooldown-Project")
    assert "alpha, beta" in str(caught.value.remedy)


def test_who_has_no_grant_may_do_nothing() -> None:
    with pytest.raises(ProblemError) as caught:
        Identity("user:a", {}).principal(None, "default")
    assert caught.value.kind.status == 403


@pytest.mark.parametrize(
    "grant", ["alpha", "alpha:owner", ":admin", "Alpha:admin", "alpha:admin ", "a b:viewer"]
)
def test_a_grant_that_is_none_is_refused_at_the_start(grant: str) -> None:
    with pytest.raises(ValueError, match="project:role"):
        OidcSettings(issuer="https://id.example", audience="cooldown", grants={"team": grant})
