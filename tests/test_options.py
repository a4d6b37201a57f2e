"""Numbers as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cooldown_kit.options import Bytes, Count, Options, Share


class Example(Options):
    count: Count = 0
    share: Share = 0.0
    size: Bytes = 0


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("20M", 20_000_000),
        ("1.5B", 1_500_000_000),
        ("300k", 300_000),
        ("7", 7),
        (1e6, 10**6),
        ("2_000", 2000),
        ("1e3", 1000),
    ],
)
def test_counts(written: Any, count: int) -> None:
    assert Example(count=written).count == count


@pytest.mark.parametrize(
    ("written", "share"), [("80%", 0.8), (0.25, 0.25), ("0.5", 0.5), ("100 %", 1.0), (0, 0.0)]
)
def test_shares(written: Any, share: float) -> None:
    assert Example(share=written).share == pytest.approx(share)


@pytest.mark.parametrize(
    ("written", "size"), [("1MiB", 1 << 20), ("500MB", 500_000_000), ("2k", 2000), ("1KiB", 1024), (12, 12)]
)
def test_sizes(written: Any, size: int) -> None:
    assert Example(size=written).size == size


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": "20Q"},
        {"count": -1},
        {"count": 1.5},
        {"share": "120%"},
        {"share": "x%"},
        {"size": "1 apple"},
        {"cuont": 1},
    ],
)
def test_what_is_none_of_these_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Example(**wrong)


def test_options_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        Example().count = 3  # type: ignore[misc]
