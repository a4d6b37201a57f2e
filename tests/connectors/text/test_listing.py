"""What a fingerprint says of files, few or many."""

from __future__ import annotations

from pathlib import Path

from cooldown_connectors.text.listing import LISTED_FILES, Listing
from cooldown_connectors.text.walk import Found

from cooldown_kit.records import Skipped


def listed(number: int, *, mtime_ns: int = 5) -> Listing:
    listing = Listing()
    for index in range(number):
        assert (
            listing.add(Found(Path("x"), f"{index}.md", 10, mtime_ns if index == 0 else 5)) == f"{index}.md"
        )
    return listing


def test_few_files_are_named_with_size_and_time_and_others_with_their_reason() -> None:
    listing = listed(2)
    assert listing.add(Skipped(what="c", reason="unreadable", detail="no right")) == "c"
    files = {"0.md": [10, 5], "1.md": [10, 5], "c": ["unreadable"]}
    assert listing.fingerprint() == {"count": 3, "bytes": 20, "files": files}


def test_of_many_files_one_hash_tells_any_change() -> None:
    assert "files" in listed(LISTED_FILES).fingerprint()
    many = listed(LISTED_FILES + 1).fingerprint()
    assert many.keys() == {"count", "bytes", "digest"}
    assert listed(LISTED_FILES + 1).fingerprint() == many
    assert listed(LISTED_FILES + 1, mtime_ns=6).fingerprint()["digest"] != many["digest"]
