"""Talk about the ledger of a small bank: a request with its review, the issue behind it, and other conversations."""

from __future__ import annotations

from datetime import UTC, datetime

from cooldown_kit import patches
from cooldown_kit.records import (
    Anchor,
    Answer,
    CodeReview,
    Comment,
    Discussion,
    FileChange,
    Issue,
    Link,
    Person,
    PullRequest,
    PullRequestCommit,
    Release,
    Review,
    ReviewThread,
    Round,
    Thread,
    TimelineEvent,
    UntouchedFile,
)

from .ledger import BEFORE, TEST, WHOLE

FIRST_PUSH = """\
@@ -1,7 +1,7 @@
-from decimal import ROUND_HALF_UP, Decimal
+from decimal import ROUND_HALF_EVEN, Decimal
\x20
 CENT = Decimal("0.01")
\x20
\x20
 def to_cents(amount: Decimal) -> Decimal:
-    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
+    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
"""
SECOND_PUSH = """\
@@ -4,4 +4,5 @@ CENT = Decimal("0.01")
\x20
\x20
 def to_cents(amount: Decimal) -> Decimal:
+    \"\"\"Round to whole cents, half to even (IEEE 754).\"\"\"
     return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
"""
REPORT = "from ledger.rounding import to_cents\n\n\ndef total(payments):\n    return sum(map(to_cents, payments))\n"

ANN = Person(name="", email="", login="ann-berg", bot=False)
JO = Person(name="", email="", login="jweber", bot=False)
SAM = Person(name="Sam Iyer", email="sam.iyer@bank.example", login="siyer")
CODECOV = Person(name="", email="", login="codecov[bot]", bot=True)


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A time in March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def comment(name: str, author: Person | None, when: datetime, text: str, **more: object) -> Comment:
    return Comment(id=name, author=author, created_at=when, text=text, **more)  # type: ignore[arg-type]


def modified(path: str, patch: str | None, before: str | None = None, **more: str | None) -> FileChange:
    values = {"old_mode": "100644", "new_mode": "100644", "old_blob": "1" * 40, "new_blob": "2" * 40, **more}
    return FileChange(path=path, status="modified", patch=patch, before=before, **values)  # type: ignore[arg-type]


def added(path: str, patch: str) -> FileChange:
    return FileChange(
        path=path,
        status="added",
        old_mode="000000",
        new_mode="100644",
        old_blob=None,
        new_blob="2" * 40,
        patch=patch,
    )


PATH = "src/ledger/rounding.py"
AFTER_FIRST = patches.apply(BEFORE, FIRST_PUSH)
AFTER_BOTH = patches.apply(BEFORE, WHOLE)
DESCRIPTION = """\
<!-- Say what changes, and why. -->
## What changes

Banks settle in cents, and half up adds a cent in every second split. Thanks to @jweber, who found it.

![drift by day](https://img.bank.example/drift.png)

## Screenshots

## Checklist

- [ ] I read the guide
- [ ] I told the desk
"""
THREAD = ReviewThread(
    id="T1",
    comments=[
        comment("c2", JO, at(2, 11), "Nobody will know why in a year. Say so here, @ann-berg?"),
        comment("c3", ANN, at(2, 12), "Done, with a test.", reply_to="c2"),
    ],
    anchor=Anchor(
        path=PATH, start_line=7, line=7, base="77aa01", head="8b00", round=1, hunk=FIRST_PUSH, hunk_from="git"
    ),
    review="r1",
    resolved=True,
    resolved_by=JO,
    answer=Answer(
        round=2,
        revision="9c1f0e",
        pushed_at=at(2, 11, 45),
        how="beside",
        start_line=7,
        line=7,
        change=modified(PATH, SECOND_PUSH, AFTER_FIRST),
    ),
)


def forge_request() -> PullRequest:
    """Two pushes, two reviews, a thread that the second push answered, talk of people and of a machine, merged."""
    return PullRequest(
        id="acme/ledger#413",
        take="pull_requests",
        repository="acme/ledger",
        number=413,
        title="Round half to even when splitting a payment",
        description=DESCRIPTION,
        merged=True,
        merged_in="aa01",
        merged_at=at(3, 14),
        base="77aa01",
        head="9c1f0e",
        commits=[
            PullRequestCommit(revision="8b00", message="Round half to even\n", author=SAM, authored_at=at(2, 9)),
            PullRequestCommit(revision="9c1f0e", message="Say why, and test it\n", author=SAM, authored_at=at(2, 11, 40)),
        ],
        changes=[modified(PATH, WHOLE, BEFORE), added("tests/test_rounding.py", TEST)],
        untouched=[UntouchedFile(path="src/ledger/report.py", blob="3" * 40, content=REPORT)],
        forge="github",
        url="https://github.example/acme/ledger/pull/413",
        author=ANN,
        state="merged",
        created_at=at(2, 9),
        updated_at=at(3, 14),
        closed_at=at(3, 14),
        closed_by=JO,
        target="main",
        branch="half-even",
        labels=["money"],
        linked=[
            Link(
                key="acme/ledger#412",
                relation="closes",
                kind="issue",
                title="The report of the day drifts by a cent",
                text="Split payments do not add up since February. Look at 2 March: the total is 0.03 too high.",
            ),
            Link(key="acme/ledger#99", relation="mentions", kind="issue"),
        ],
        timeline=[
            TimelineEvent(kind="labelled", at=at(2, 9, 1), actor=ANN, detail="money"),
            TimelineEvent(kind="pushed", at=at(2, 11, 45), actor=ANN, ref="2"),
            TimelineEvent(kind="resolved", at=at(2, 15), actor=JO, ref="T1"),
            TimelineEvent(kind="merged", at=at(3, 14), actor=JO),
            TimelineEvent(kind="closed", at=at(3, 14), actor=JO),
        ],
        comments=[
            comment("c1", CODECOV, at(2, 9, 5), "# Codecov Report\nCoverage 91%"),
            comment("c4", ANN, at(2, 12, 30), "/retest"),
            comment("c5", None, at(2, 16), "Will the statements of last year change?"),
            comment("c6", ANN, at(2, 17), "No: they are never computed again."),
        ],
        reviews=[
            Review(id="r1", author=JO, state="changes_requested", submitted_at=at(2, 11, 5), text="One thing is left.", round=1),
            Review(id="r2", author=JO, state="approved", submitted_at=at(3, 13), round=2),
        ],
        threads=[THREAD],
        rounds=[
            Round(number=1, head="8b00", base="77aa01", pushed_at=at(2, 9), commits=["8b00"], changes=[modified(PATH, FIRST_PUSH)]),
            Round(
                number=2,
                head="9c1f0e",
                base="77aa01",
                pusher=ANN,
                commits=["9c1f0e"],
                changes=[modified(PATH, SECOND_PUSH), added("tests/test_rounding.py", TEST)],
            ),
        ],
    )  # fmt: skip


def code_review() -> CodeReview:
    """The thread of that request by itself."""
    return CodeReview(
        id="acme/ledger#413/T1",
        take="reviews",
        forge="github",
        repository="acme/ledger",
        number=413,
        title="Round half to even when splitting a payment",
        description=DESCRIPTION,
        request_author=ANN,
        merged=True,
        state="merged",
        closed_at=at(3, 14),
        thread=THREAD,
        criticised=AFTER_FIRST,
        accepted=AFTER_BOTH,
        accepted_path=PATH,
        url="https://github.example/acme/ledger/pull/413#discussion_r2",
    )


def issue() -> Issue:
    """The issue that it closes."""
    return Issue(
        id="acme/ledger#412",
        take="issues",
        forge="github",
        repository="acme/ledger",
        number=412,
        title="The report of the day drifts by a cent",
        text="Split payments do not add up since February:\n\n```\n$ ledger report --day 2026-03-02\ntotal   104.03\nbooked  104.00\n```\n",
        author=JO,
        state="closed",
        created_at=at(2, 8),
        closed_at=at(3, 14),
        closed_by=ANN,
        reason="completed",
        labels=["bug", "money"],
        comments=[
            comment(
                "i1",
                ANN,
                at(2, 8, 30),
                "- Rounding is half up.\n- Half to even does not drift.\n\n@jweber: shall I?",
            ),
            comment("i2", CODECOV, at(2, 8, 31), "Coverage 91%"),
            comment(
                "i3",
                JO,
                at(2, 8, 40),
                "Please.\n\nOn Mon, 2 Mar 2026 at 08:30, Ann Berg wrote:\n> Rounding is half up.\n",
            ),
        ],
        linked=[Link(key="acme/ledger#413", relation="closed_by", kind="pull_request")],
        url="https://github.example/acme/ledger/issues/412",
    )


def discussion() -> Discussion:
    """A question with an answer, a reply to it, and another answer."""
    return Discussion(
        id="acme/ledger/discussions/7",
        take="discussions",
        forge="github",
        repository="acme/ledger",
        number=7,
        title="How do I book a payment in two currencies?",
        text="The fee is in francs, the payment in euros.",
        author=JO,
        category="Q&A",
        created_at=at(4),
        score=3,
        comments=[
            comment(
                "d1",
                ANN,
                at(4, 10),
                "As two entries under one reference: `ledger book --ref R7`.",
                accepted=True,
            ),
            comment("d2", SAM, at(4, 11), "Or wait for #420, which does it in one."),
            comment("d3", JO, at(4, 12), "That works, thank you.", reply_to="d1"),
        ],
    )


def question() -> Thread:
    """A question of a site with votes: the accepted answer has fewer of them."""
    return Thread(
        id="accounting.stack.bank.example/31",
        take="threads",
        kind="question",
        place="accounting.stack.bank.example",
        title="Why do banks round half to even?",
        posts=[
            comment("q", JO, at(1), "Half up is what we learn at school.", score=12),
            comment("q-1", SAM, at(1, 10), "Which jurisdiction?", reply_to="q", score=1),
            comment("a1", SAM, at(1, 11), "IEEE 754 says so.", reply_to="q", score=9),
            comment("a2", ANN, at(1, 12), "Half up is biased: errors add up over many payments.", reply_to="q", score=4, accepted=True),
            comment("a2-1", JO, at(1, 13), "By how much?", reply_to="a2"),
        ],
        remarks=["q-1", "a2-1"],
        tags=["rounding", "payments"],
        licence="CC BY-SA 4.0",
        url="https://accounting.stack.bank.example/questions/31",
    )  # fmt: skip


def mail() -> Thread:
    """A thread of a mailing list, with quotes and signatures."""
    ann = Person(name="Ann Berg", email="ann.berg@bank.com")
    jo = Person(name="Jo Weber", email="jo.weber@bank.com")
    footer = f"\n{'_' * 47}\nledger mailing list\nledger@lists.bank.com\n"
    return Thread(
        id="ledger@lists.bank.com/m1@bank.com",
        take="threads",
        kind="mail",
        place="ledger@lists.bank.com",
        title="Freeze on Friday",
        posts=[
            comment("m1", ann, at(5), "Dear all,\n\nthe ledger is frozen from Friday noon.\nNothing is booked until Monday.\nShall we move the report?\n\n-- \nAnn Berg\nLedger team\n" + footer),
            comment("m2", jo, at(5, 10), "On Thu, 5 Mar 2026 at 09:00, Ann Berg <ann.berg@bank.com> wrote:\n> Dear all,\n>\n> the ledger is frozen from Friday noon.\n> Nothing is booked until Monday.\n> Shall we move the report?\n\nYes, to Monday.\n\n> -- \n> Ann Berg\n", reply_to="m1"),
        ],
    )  # fmt: skip


def forge_release() -> Release:
    """A release with the notes and the title that a forge has."""
    return Release(
        id="acme/ledger@refs/tags/v2.3.0",
        take="releases",
        repository="acme/ledger",
        tag="v2.3.0",
        revision=None,
        message="",
        tagger=ANN,
        released_at=at(31, 8),
        previous=None,
        notes="<!-- made by the release tool -->\n## What changed\n\n- Round half to even when splitting a payment by @ann-berg in #413\n\n## Known problems\n",
        subjects=[],
        forge="github",
        name="The quarter's release",
        url="https://github.example/acme/ledger/releases/v2.3.0",
    )
