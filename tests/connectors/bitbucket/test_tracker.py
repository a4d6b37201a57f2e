"""Keys of an issue tracker in titles and branches."""

from __future__ import annotations

import pytest
from cooldown_connectors.bitbucket.tracker import tracker_links


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("PAY-412: round half up", ["PAY-412"]),
        ("feature/PAY-412-round-half-up", ["PAY-412"]),
        ("[PAY-412][PAY-7] and PAY-412 again", ["PAY-412", "PAY-7"]),
        ("OPS_2-30", ["OPS_2-30"]),
        ("UTF-8, SHA-256 and ISO-8859 are no issues", []),
        ("pay-412, P-1, PAY-0, PAY-01, XPAY-", []),
        ("2024-01-02 and A-B-1", []),
        ("", []),
    ],
)
def test_keys(text: str, keys: list[str]) -> None:
    assert [part.link.key for part in tracker_links("request:1", text)] == keys
