"""Records like those of a small bank's ledger, complete enough to show every part of a layout."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec
import pytest

from cooldown_kit.records import (
    Cell,
    CodeReview,
    Commit,
    Discussion,
    FileChange,
    HistorySignals,
    Issue,
    Notebook,
    Person,
    PullRequest,
    PullRequestCommit,
    Release,
    SourceFile,
    TextPage,
    Thread,
    UntouchedFile,
)
from cooldown_kit.render.origin import Origin

from . import talk_records
from .ledger import BEFORE, TEST, WHOLE

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
            change("tests/test_rounding.py", "added", patch=TEST),
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


SPLIT = '''\
"""Payments in several parts. Questions to Ann Berg <ann.berg@bank.example>."""

from decimal import Decimal

from ledger.rounding import to_cents


def split(amount: Decimal, parts: int) -> list[Decimal]:
    share = to_cents(amount / parts)
    return [share] * (parts - 1) + [amount - share * (parts - 1)]
'''

README = """\
# Ledger

Books payments in cents. A literal <file_sep> in a text is ordinary text.

```console
$ ledger report --day 2026-03-02
```
"""


@pytest.fixture
def whole_commit(commit: Commit) -> Commit:
    """A commit with the contents of what it changed, and with files that it did not touch."""
    old = "ROUNDING = 'half up'\n"
    return msgspec.structs.replace(
        commit,
        message=MESSAGE.replace("Write to", "Found by @jo-weber with Jo Weber. Write to"),
        changes=[
            change(
                "src/ledger/old_rounding.py", "deleted", patch="@@ -1 +0,0 @@\n-ROUNDING = 'half up'\n", before=old
            ),
            change("src/ledger/rounding.py", patch=WHOLE, before=BEFORE),
            change("tests/test_rounding.py", "added", patch=TEST),
        ],
        untouched=[
            UntouchedFile(path="README.md", blob="3" * 40, content=README),
            UntouchedFile(path="src/ledger/split.py", blob="4" * 40, content=SPLIT),
        ],
        signals=HistorySignals(
            review="pull_request", pull_request=413, lines_added=7, lines_surviving=6, survival_days=41.5,
            tests_touched=True, bot=False, author_commits_before=12, author_path_commits_before=3, path_commits_before=8,
        ),
    )  # fmt: skip


@pytest.fixture
def notebook() -> Notebook:
    return Notebook(
        id="ledger@9c1f0e:analysis/drift.ipynb",
        take="notebooks",
        repository="ledger",
        revision="9c1f0e",
        path="analysis/drift.ipynb",
        blob="5" * 40,
        language="python",
        cells=[
            Cell(
                kind="markdown",
                source="# Drift by day\n\nRounding half up adds a cent:\n\n- in every second split\n",
            ),
            Cell(kind="code", source="from ledger import report\n\ndrift = report.drift(day='2026-03-02')"),
            Cell(kind="code", source="drift.sum()", outputs=["Decimal('0.03')"]),
            Cell(
                kind="code",
                source="print(drift.table())\ndrift.plot()",
                outputs=["day         drift\n2026-03-02   0.03\n", "<Figure size 640x480>"],
                outputs_left_out=1,
            ),
            Cell(kind="raw", source=".. note:: from the ```night``` run"),
        ],
        changed_at=datetime(2026, 3, 3, 14, 0, tzinfo=UTC),
        changed_in="9c1f0e",
    )


@pytest.fixture
def release() -> Release:
    return Release(
        id="ledger@refs/tags/v2.3.0",
        take="releases",
        repository="ledger",
        tag="v2.3.0",
        revision="9c1f0e",
        message="Ledger 2.3.0\n\nThe release of the quarter.\n\nSigned-off-by: Ann Berg <ann.berg@bank.example>\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAdFiEE\n-----END PGP SIGNATURE-----\n",
        tagger=Person(name="Ann Berg", email="ann.berg@bank.example"),
        released_at=datetime(2026, 3, 31, 8, 0, tzinfo=UTC),
        previous="v2.2.1",
        notes="## 2.3.0\n\n- Payments are split half to even (#413). Thanks to @jo-weber.\n- `ledger report` says which day drifted.\n",
        subjects=["Say which day drifted", "Round half to even when splitting a payment"],
        subjects_left_out=2,
    )


@pytest.fixture
def pull_request(whole_commit: Commit) -> PullRequest:
    return PullRequest(
        id="ledger#413",
        take="pull_requests",
        repository="ledger",
        number=413,
        title="Round half to even",
        description="Banks settle in cents, and half up drifts.\n\nReviewed-by: Jo Weber <jo.weber@bank.example>",
        merged=True,
        merged_in="aa01",
        merged_at=datetime(2026, 3, 3, 14, 5, tzinfo=UTC),
        base="77aa01",
        head="9c1f0e",
        commits=[
            PullRequestCommit(
                revision=revision,
                message=message,
                author=whole_commit.author,
                authored_at=whole_commit.authored_at,
            )
            for revision, message in (("8b00", "Test what half does\n"), ("9c1f0e", whole_commit.message))
        ],
        changes=whole_commit.changes,
    )


@pytest.fixture
def forge_request() -> PullRequest:
    return talk_records.forge_request()


@pytest.fixture
def code_review() -> CodeReview:
    return talk_records.code_review()


@pytest.fixture
def issue() -> Issue:
    return talk_records.issue()


@pytest.fixture
def discussion() -> Discussion:
    return talk_records.discussion()


@pytest.fixture
def question() -> Thread:
    return talk_records.question()


@pytest.fixture
def mail() -> Thread:
    return talk_records.mail()


@pytest.fixture
def forge_release() -> Release:
    return talk_records.forge_release()
