"""Records like those of a small bank's ledger, complete enough to show every part of a layout."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from cooldown_kit.records import Commit, FileChange, Person, SourceFile, TextPage
from cooldown_kit.render.origin import Origin

MESSAGE = """\
Round half to even when splitting a payment

Banks settle in cents. Rounding half up adds a cent in every second
split, which the reconciliation report shows as drift.

Write to ledger@bank.example if a test bank disagrees.

Fixes: #412
Reported-by: Jo Weber <jo.weber@bank.example>
Co-authored-by: Sam Iyer <sam.iyer@bank.example>
Change-Id: I8f3a9c2b7d1e4f60518293a4b5c6d7e8f9012345
Signed-off-by: Ann Berg <ann.berg@bank.example>
"""

ROUNDING = """\
@@ -1,8 +1,9 @@
-from decimal import ROUND_HALF_UP, Decimal
+from decimal import ROUND_HALF_EVEN, Decimal
\x20
 CENT = Decimal("0.01")
\x20
\x20
 def to_cents(amount: Decimal) -> Decimal:
-    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
+    \"\"\"Round to whole cents, half to even (IEEE 754).\"\"\"
+    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
"""

TESTS = """\
@@ -0,0 +1,5 @@
+from decimal import Decimal
+
+
+def test_half_goes_to_even() -> None:
+    assert to_cents(Decimal("0.125")) == Decimal("0.12")
"""


def change(path: str, status: str = "modified", **values: str | None) -> FileChange:
    """A change of an ordinary file; ``values`` override."""
    defaults = {
        "old_mode": "000000" if status == "added" else "100644",
        "new_mode": "000000" if status == "deleted" else "100644",
        "old_blob": None if status == "added" else "1" * 40,
        "new_blob": None if status == "deleted" else "2" * 40,
        "patch": None,
    }
    return FileChange(path=path, status=status, **{**defaults, **values})


@pytest.fixture
def origin() -> Origin:
    return Origin("ledger", "git", lambda email: hashlib.blake2b(email.encode(), digest_size=8).hexdigest())


@pytest.fixture
def commit() -> Commit:
    return Commit(
        id="ledger@9c1f0e",
        take="commits",
        repository="ledger",
        revision="9c1f0e",
        parents=["77aa01"],
        author=Person(name="Ann Berg", email="ann.berg@bank.example"),
        committer=Person(name="Forge", email="noreply@forge.example"),
        authored_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        committed_at=datetime(2026, 3, 3, 14, 0, tzinfo=UTC),
        message=MESSAGE,
        changes=[
            change("docs/drift.png", "added", left_out="binary"),
            change("fixtures/settlements.csv", left_out="too_large"),
            change("legacy/latin1.txt", left_out="not_utf8"),
            change("scripts/nightly.sh", new_mode="100755", left_out="empty"),
            change("src/ledger/old_rounding.py", "deleted", patch="@@ -1 +0,0 @@\n-ROUNDING = 'half up'\n"),
            change(
                "src/ledger/rounding.py", old_path="src/ledger/round.py", status="renamed", patch=ROUNDING
            ),
            change("src/ledger/split.py", "renamed", old_path="src/split.py", left_out="empty"),
            change("tests/test_rounding.py", "added", patch=TESTS),
            change("vendor/iso20022", left_out="submodule", old_mode="160000", new_mode="160000"),
        ],
    )


@pytest.fixture
def source_file() -> SourceFile:
    return SourceFile(
        id="ledger@9c1f0e:src/ledger/rounding.py",
        take="files",
        repository="ledger",
        revision="9c1f0e",
        path="src/ledger/rounding.py",
        blob="2" * 40,
        mode="100644",
        content='from decimal import ROUND_HALF_EVEN, Decimal\n\nCENT = Decimal("0.01")\n\n\ndef to_cents(amount: Decimal) -> Decimal:\n'
        '    """Round to whole cents, half to even (IEEE 754)."""\n    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)\n',
        changed_at=datetime(2026, 3, 3, 14, 0, tzinfo=UTC),
        changed_in="9c1f0e",
    )


@pytest.fixture
def text_page() -> TextPage:
    return TextPage(
        id="operations.jsonl#7",
        take="pages",
        path="operations.jsonl",
        row=7,
        title="When a reconciliation\n drifts",
        text="Look at the split payments of the day first:\n\n    ledger report --splits --day 2026-03-02\n\n"
        "A literal <|endoftext|> in a page is ordinary text.\n",
        time=datetime(2026, 3, 4, tzinfo=UTC),
        url="https://handbook.bank.example/drift",
    )
