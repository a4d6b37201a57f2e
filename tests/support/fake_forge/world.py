"""What happened on a forge, in no forge's words: generated from a seed, and it goes on happening when told to."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HUNK = "@@ -1,3 +1,4 @@ def settle():\n     first\n-    second\n+    zweite\n+    dritte\n     last"
PEOPLE = ("ann", "jo", "sam", "kim", "lee")
WORDS = [
    "ledger",
    "rounds",
    "cents",
    "payment",
    "drift",
    "split",
    "report",
    "bank",
    "settle",
    "booking",
    "daily",
    "total",
]


@dataclass
class Account:
    login: str
    bot: bool = False


@dataclass
class Note:
    """A comment: in a conversation, or in a thread of a review."""

    id: int
    author: Account | None
    text: str
    created: datetime
    updated: datetime
    reply_to: int | None = None


@dataclass
class ReviewOf:
    id: int
    author: Account | None
    state: str
    """``approved``, ``changes_requested``, ``commented`` or ``dismissed``."""
    text: str
    at: datetime
    commit: str


@dataclass
class ThreadOf:
    id: int
    path: str
    line: int
    start_line: int
    commit: str
    review: int
    resolved: bool
    resolved_by: Account | None
    notes: list[Note] = field(default_factory=list)


@dataclass
class Push:
    id: int
    head: str
    before: str | None
    at: datetime
    author: Account
    forced: bool


@dataclass
class Thing:
    """A request, an issue or a discussion."""

    number: int
    title: str
    text: str
    author: Account | None
    created: datetime
    updated: datetime
    state: str = "open"
    closed: datetime | None = None
    closed_by: Account | None = None
    labels: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    # of requests
    draft: bool = False
    merged_in: str | None = None
    base: str = ""
    head: str = ""
    reviews: list[ReviewOf] = field(default_factory=list)
    threads: list[ThreadOf] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    # of issues
    reason: str | None = None
    # of discussions
    category: str = ""
    answer: int | None = None


@dataclass
class ReleaseOf:
    id: int
    tag: str
    name: str
    text: str
    author: Account
    at: datetime


class World:
    """A repository ``acme/payments``. Requests and issues share one row of numbers, as on GitHub and Gitea.

    Times move on with everything that happens; several things may happen in one second, as on a busy forge.
    """

    def __init__(self, seed: int = 1, *, owner: str = "acme", name: str = "payments") -> None:
        self.draw = random.Random(seed)
        self.owner, self.name = owner, name
        self.now = START
        self.people = [Account(login) for login in PEOPLE]
        self.bot = Account("review-helper", bot=True)
        self.requests: dict[int, Thing] = {}
        self.issues: dict[int, Thing] = {}
        self.discussions: dict[int, Thing] = {}
        self.releases: dict[int, ReleaseOf] = {}
        self.transferred: dict[int, str] = {}
        self._id = 1000
        self._number = 0

    @classmethod
    def generate(
        cls, seed: int = 1, *, requests: int = 12, issues: int = 8, discussions: int = 4, releases: int = 3
    ) -> World:
        """A world with so many things, each with its talk; the order in which they come is drawn."""
        world = cls(seed)
        kinds = ["request"] * requests + ["issue"] * issues + ["discussion"] * discussions
        world.draw.shuffle(kinds)
        for kind in kinds:
            getattr(world, f"open_{kind}")()
        for _ in range(releases):
            world.release()
        return world

    @property
    def moment(self) -> tuple[datetime, int]:
        """Another after everything that happens."""
        return self.now, len(self.issues)

    # What happens

    def tick(self) -> datetime:
        """A moment later, perhaps in the same second."""
        self.now += timedelta(seconds=self.draw.choice([0, 0, 1, 40, 3600]), microseconds=1)
        return self.now

    def next_id(self) -> int:
        self._id += self.draw.randint(1, 9)
        return self._id

    def someone(self) -> Account | None:
        """Mostly a person, now and then a machine or an account that was deleted."""
        chance = self.draw.random()
        return None if chance < 0.04 else self.bot if chance < 0.14 else self.draw.choice(self.people)

    def words(self, many: int = 8) -> str:
        return " ".join(self.draw.choice(WORDS) for _ in range(many)).capitalize() + "."

    def commit(self) -> str:
        return f"{self.draw.getrandbits(160):040x}"

    def open_request(self) -> Thing:
        one = self._open(self.requests)
        one.base, one.head = self.commit(), self.commit()
        one.draft = self.draw.random() < 0.1
        one.pushes.append(Push(self.next_id(), one.head, None, one.created, self.people[0], False))
        if self.issues and self.draw.random() < 0.4:
            one.closes.append(self.draw.choice(sorted(self.issues)))
        for _ in range(self.draw.randint(0, 4)):
            self.draw.choice([self.comment, self.review, self.push])(one)
        if self.draw.random() < 0.7:
            self.close(one)
        return one

    def open_issue(self) -> Thing:
        one = self._open(self.issues)
        for _ in range(self.draw.randint(0, 4)):
            self.comment(one)
        if self.draw.random() < 0.6:
            self.close(one)
        return one

    def open_discussion(self) -> Thing:
        one = self._open(self.discussions)
        one.category = self.draw.choice(["Ideas", "Q&A"])
        for _ in range(self.draw.randint(0, 4)):
            note = self.comment(one)
            if self.draw.random() < 0.5:
                self.comment(one, reply_to=note.id)
        tops = [note for note in one.notes if note.reply_to is None]
        if tops and one.category == "Q&A":
            one.answer = tops[0].id
        return one

    def comment(self, one: Thing, reply_to: int | None = None) -> Note:
        at = self.tick()
        note = Note(self.next_id(), self.someone(), self.words(), at, at, reply_to)
        one.notes.append(note)
        one.updated = at
        return note

    def review(self, one: Thing) -> None:
        at = self.tick()
        states = ["approved", "changes_requested", "commented", "dismissed"]
        review = ReviewOf(
            self.next_id(), self.someone(), self.draw.choice(states), self.words(4), at, one.head
        )
        one.reviews.append(review)
        paths = self.draw.sample(["src/ledger.py", "src/report.py"], 2)  # a file has one thread of a review
        for path in paths[: self.draw.randint(0, 2)]:
            resolved = self.draw.random() < 0.5
            start = self.draw.randint(2, 3)
            thread = ThreadOf(
                id=self.next_id(),
                path=path,
                line=3,
                start_line=start,
                commit=one.head,
                review=review.id,
                resolved=resolved,
                resolved_by=self.people[1] if resolved else None,
            )
            first = Note(self.next_id(), review.author, self.words(), at, at)
            thread.notes.append(first)
            for _ in range(self.draw.randint(0, 2)):
                later = self.tick()
                thread.notes.append(
                    Note(self.next_id(), self.someone(), self.words(5), later, later, first.id)
                )
            one.threads.append(thread)
        one.updated = self.now

    def push(self, one: Thing) -> None:
        before, one.head = one.head, self.commit()
        forced = self.draw.random() < 0.5
        one.pushes.append(Push(self.next_id(), one.head, before, self.tick(), self.people[0], forced))
        one.updated = self.now

    def close(self, one: Thing) -> None:
        one.closed = one.updated = self.tick()
        one.closed_by = self.draw.choice(self.people)
        if one.number in self.requests:
            one.state = self.draw.choice(["merged", "merged", "closed"])
            one.merged_in = self.commit() if one.state == "merged" else None
        else:
            one.state, one.reason = "closed", self.draw.choice(["completed", "not_planned"])

    def edit(self, one: Thing) -> None:
        """Somebody writes a comment anew."""
        if one.notes:
            note = self.draw.choice(one.notes)
            note.text, note.updated = self.words(6), self.tick()
            one.updated = note.updated

    def delete_comment(self, one: Thing) -> None:
        leaves = [n for n in one.notes if all(n.id != other.reply_to for other in one.notes)]
        if leaves:
            gone = self.draw.choice(leaves)
            one.notes.remove(gone)
            one.answer = None if one.answer == gone.id else one.answer
            one.updated = self.tick()

    def delete_issue(self) -> int:
        number = self.draw.choice(sorted(self.issues))
        self._forget(number)
        return number

    def transfer_issue(self) -> int:
        number = self.draw.choice(sorted(self.issues))
        self._forget(number)
        self.transferred[number] = f"{self.owner}/ledger"
        return number

    def _forget(self, number: int) -> None:
        del self.issues[number]
        for one in self.requests.values():
            one.closes = [other for other in one.closes if other != number]

    def release(self) -> ReleaseOf:
        at = self.tick()
        number = len(self.releases) + 1
        made = ReleaseOf(
            self.next_id(), f"v{number}.0", f"Release {number}", self.words(12), self.people[0], at
        )
        self.releases[made.id] = made
        return made

    def happen(self, *, edits: bool = True) -> None:
        """Something, anywhere; an edited comment only with ``edits``."""
        things = [*self.requests.values(), *self.issues.values(), *self.discussions.values()]
        deeds = [self.comment, self.edit if edits else self.comment, self.delete_comment]
        if things:
            one = self.draw.choice(things)
            if one.number in self.requests:
                deeds += [self.review, self.push]
            self.draw.choice(deeds)(one)  # type: ignore[operator]
        self.draw.choice([self.open_request, self.open_issue, lambda: None, lambda: None])()

    def _open(self, where: dict[int, Thing]) -> Thing:
        self._number += 1
        at = self.tick()
        one = Thing(self._number, self.words(4), self.words(20), self.someone(), at, at)
        one.labels = sorted(self.draw.sample(["bug", "ledger", "later"], self.draw.randint(0, 2)))
        where[one.number] = one
        return one
