"""A thing that its forge does not list any more: deleted, or still there, or not to be known."""

from __future__ import annotations

import pytest
from cooldown_connectors.forge.gone import deleted_if_missing
from cooldown_connectors.forge.protocol import Gone
from cooldown_connectors.http.errors import Refused

from ...support.fake_session import Answer, FakeSession


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_was_deleted(status: int) -> None:
    session = FakeSession(lambda path, params: Answer(status=status))
    assert deleted_if_missing(session, "/issues/3", "issue", "3") == Gone("issue", "3", "deleted")
    assert [path for path, _ in session.asked] == ["/issues/3"]


def test_what_is_there_was_not() -> None:
    session = FakeSession(lambda path, params: Answer({"number": 3}))
    assert deleted_if_missing(session, "/issues/3", "issue", "3") is None


def test_what_the_token_may_not_see_is_not_taken_for_deleted() -> None:
    session = FakeSession(lambda path, params: Answer(status=403))
    with pytest.raises(Refused):
        deleted_if_missing(session, "/issues/3", "issue", "3")
