"""Records and documents for the tests of curation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import pytest

from cooldown_kit.curate.secrets import SecretCleaner
from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Commit, FileChange, Person

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def cleaner() -> SecretCleaner:
    return SecretCleaner(b"a key of the test")


@pytest.fixture
def make_commit() -> Callable[..., Commit]:
    def make(message: str = "Fix it", patch: str = "@@ -1 +1 @@\n-a\n+b\n", path: str = "a.py") -> Commit:
        person = Person(name="A", email="a@example.org")
        change = FileChange(
            path=path,
            status="modified",
            old_mode="100644",
            new_mode="100644",
            old_blob="1" * 40,
            new_blob="2" * 40,
            patch=patch,
        )
        return Commit(
            id=f"repo@{'3' * 40}",
            take="commits",
            repository="repo",
            revision="3" * 40,
            parents=["4" * 40],
            author=person,
            committer=person,
            authored_at=NOW,
            committed_at=NOW,
            message=message,
            changes=[change],
        )

    return make


@pytest.fixture
def make_document() -> Callable[..., Document]:
    def make(identity: str = "d", content: str = "def f():\n    return 1\n", **fields: Any) -> Document:
        fields = {
            "kind": "code",
            "source": "repo",
            "take": "files",
            "language": "Python",
            "time": NOW,
            "path": "a.py",
            **fields,
        }
        header = "File: a.py\n" if fields["kind"] == "code" else ""
        return Document(
            id=identity,
            segments=[Segment(header + content)],
            content_hash=blake2b(content.encode(), digest_size=16).hexdigest(),
            connector="git",
            signals={"header_characters": float(len(header)), **fields.pop("signals", {})},
            **fields,
        )

    return make
