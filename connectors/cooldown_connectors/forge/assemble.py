"""Records from the store's parts: requests with their story, review threads, issues, discussions, releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import msgspec

from cooldown_connectors.forge.code.told import Known, KnownThread, Told, ToldThread
from cooldown_connectors.forge.parts import (
    CommentPart,
    DiscussionPart,
    EventPart,
    IssuePart,
    LinkPart,
    Part,
    PushPart,
    ReleasePart,
    RequestPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
    discussion,
    issue,
    request,
)
from cooldown_connectors.forge.store import Store
from cooldown_connectors.forge.threads import threads_of
from cooldown_connectors.forge.timeline import issue_timeline, last_to_close, request_timeline
from cooldown_kit.records import (
    CodeReview,
    Comment,
    Discussion,
    Issue,
    Link,
    PullRequest,
    Record,
    Release,
    Review,
    ReviewThread,
    Skipped,
    TimelineEvent,
)

_BATCH: Final = 100
"""Requests whose code is read at once; their talk is held in memory."""
_KEY: Final = re.compile(r"([^\s#!/]+(?:/[^\s#!/]+)+)[#!](\d+)")
_Kind = TypeVar("_Kind", bound=Part)


class Tells(Protocol):
    """What git knows of requests (:class:`~cooldown_connectors.forge.code.reader.CodeReader`)."""

    def prepare(self, requests: Iterable[Told]) -> None: ...
    def tell(self, requests: Sequence[Told]) -> Iterator[Known]: ...


@dataclass(frozen=True)
class Identity:
    """How records name a repository, and things in it."""

    forge: str
    """The connector."""
    repository: str
    """``github.com/acme/payments``: as the git connector names a clone of it."""
    name: str
    """``acme/payments``, as the forge writes it in references."""

    def key(self, key: str) -> str:
        """A reference as records have it: with the host before it, so that it equals the other record's name."""
        match = _KEY.fullmatch(key)
        if match is None:
            return key
        if match[1].lower() == self.name.lower():
            return f"{self.repository}#{match[2]}"
        return f"{self.repository.partition('/')[0]}/{match[1]}#{match[2]}"


class Assembler:
    """The records of one repository, in a stable order: requests (each with its review threads) by number, issues, discussions, releases."""

    def __init__(self, store: Store, identity: Identity, takes: frozenset[str], reader: Tells) -> None:
        self._store, self._identity, self._takes, self._reader = store, identity, takes, reader
        self._gone = {(gone.kind, gone.key) for gone in store.all_gone()}

    def records(self) -> Iterator[Record | Skipped]:
        """Memory: what hangs on a batch of requests."""
        if self._takes & {"pull_requests", "reviews"}:
            found = self._store.numbers("request")
            self._reader.prepare(self._told_of(number)[0] for number in found)
            for numbers in _batches(found):
                yield from self._requests(numbers)
        if "issues" in self._takes:
            closed_by = self._closed_by()
            for number in self._store.numbers("issue"):
                yield self._issue(number, closed_by.get(number, []))
        if "discussions" in self._takes:
            for number in self._store.numbers("discussion"):
                yield self._discussion(number)
        if "releases" in self._takes:
            yield from self._releases()
        for gone in self._store.all_gone():
            yield Skipped(what=f"{gone.kind} {gone.key}", reason=gone.why, detail=gone.to)

    def count(self) -> int:
        """How many things there are to make records of."""
        kinds = {
            "pull_requests": "request",
            "issues": "issue",
            "discussions": "discussion",
            "releases": "release",
        }
        wanted = {kinds["pull_requests" if take == "reviews" else take] for take in self._takes}
        return sum(map(self._store.count, wanted))

    def _requests(self, numbers: Sequence[int]) -> Iterator[PullRequest | CodeReview]:
        loaded = [self._told_of(number) for number in numbers]
        for (told, parts), known in zip(loaded, self._reader.tell([told for told, _ in loaded]), strict=True):
            record = self._request(told, parts, known)
            if "pull_requests" in self._takes:
                yield record
            if "reviews" in self._takes:
                yield from self._reviews(record, known)

    def _told_of(self, number: int) -> tuple[Told, _ByKind]:
        """What bears on the code of a request, and all its parts."""
        part = self._store.part("request", str(number))
        assert isinstance(part, RequestPart)
        parts = _ByKind(self._store.parts_of(request(number)))
        threads = threads_of(parts.of(ReviewCommentPart), parts.of(ThreadPart))
        said = [one.comment.created_at for one in parts.of(CommentPart)]
        return Told(part, parts.of(PushPart), parts.of(ReviewPart), threads, said), parts

    def _request(self, told: Told, parts: _ByKind, known: Known) -> PullRequest:
        part, events = told.request, _events(parts)
        comments = _comments(parts)
        reviews = [_reviewed(one.review, known) for one in parts.of(ReviewPart)]
        reviews.sort(key=lambda one: (one.submitted_at.timestamp(), len(one.id), one.id))
        threads = [_thread(one, known.threads.get(one.id)) for one in told.threads]
        closing = None if part.state == "open" else last_to_close(events)
        closed_at = (
            closing.at if closing else part.merged_at or part.closed_at
        )  # some forges give a time that moves
        return PullRequest(
            id=f"{self._identity.repository}#{part.number}",
            take="pull_requests",
            repository=self._identity.repository,
            number=part.number,
            title=part.title,
            description=part.text,
            merged=part.state == "merged",
            merged_in=known.merged_in or part.merged_in,
            merged_at=closed_at if part.state == "merged" else None,
            base=known.base,
            head=known.head or part.head,
            commits=known.commits,
            changes=known.changes,
            left_out=known.left_out,
            untouched=known.untouched,
            forge=self._identity.forge,
            url=part.url,
            author=part.author,
            state=part.state,
            draft=part.draft,
            created_at=part.created_at,
            updated_at=part.updated_at,
            closed_at=closed_at,
            closed_by=part.closed_by or (closing.actor if closing else None),
            target=part.target,
            branch=part.branch,
            labels=part.labels,
            milestone=part.milestone,
            linked=self._links(parts),
            timeline=request_timeline(part, events, comments, reviews, threads, known.rounds),
            comments=comments,
            reviews=reviews,
            threads=threads,
            rounds=known.rounds,
        )

    def _reviews(self, record: PullRequest, known: Known) -> Iterator[CodeReview]:
        """One record for each thread that speaks of code."""
        assert record.state is not None
        for thread in record.threads:
            if thread.anchor is None:
                continue
            found = known.threads.get(thread.id) or KnownThread()
            yield CodeReview(
                id=f"{record.id}/{thread.id}",
                take="reviews",
                forge=record.forge,
                repository=record.repository,
                number=record.number,
                title=record.title or "",
                description=record.description,
                request_author=record.author,
                merged=record.merged,
                state=record.state,
                closed_at=record.closed_at,
                thread=thread,
                criticised=found.criticised,
                accepted=found.accepted,
                accepted_path=found.accepted_path,
                url=thread.comments[0].url or record.url,
            )

    def _closed_by(self) -> dict[int, list[int]]:
        """Issue → requests that close it, as the requests say: an issue does not change when a request comes to close it."""
        found: dict[int, list[int]] = {}
        for part in self._store.links():
            key = self._identity.key(part.link.key)
            repository, _, number = key.rpartition("#")
            if part.link.relation == "closes" and repository == self._identity.repository:
                found.setdefault(int(number), []).append(int(part.of.rpartition(":")[2]))
        return found

    def _issue(self, number: int, closed_by: Sequence[int]) -> Issue:
        part = self._store.part("issue", str(number))
        assert isinstance(part, IssuePart)
        parts = _ByKind(self._store.parts_of(issue(number)))
        events, comments = _events(parts), _comments(parts)
        closing = None if part.state == "open" else last_to_close(events)
        return Issue(
            id=f"{self._identity.repository}/issues/{number}",
            take="issues",
            forge=self._identity.forge,
            repository=self._identity.repository,
            number=number,
            title=part.title,
            text=part.text,
            author=part.author,
            state=part.state,
            created_at=part.created_at,
            updated_at=part.updated_at,
            closed_at=part.closed_at,
            closed_by=part.closed_by or (closing.actor if closing else None),
            reason=part.reason,
            type=part.type,
            labels=part.labels,
            milestone=part.milestone,
            comments=comments,
            timeline=issue_timeline(part, events, comments),
            linked=self._links(parts, closed_by),
            url=part.url,
        )

    def _discussion(self, number: int) -> Discussion:
        part = self._store.part("discussion", str(number))
        assert isinstance(part, DiscussionPart)
        parts = _ByKind(self._store.parts_of(discussion(number)))
        return Discussion(
            id=f"{self._identity.repository}/discussions/{number}",
            take="discussions",
            forge=self._identity.forge,
            repository=self._identity.repository,
            number=number,
            title=part.title,
            text=part.text,
            author=part.author,
            category=part.category,
            created_at=part.created_at,
            updated_at=part.updated_at,
            closed_at=part.closed_at,
            reason=part.reason,
            score=part.score,
            labels=part.labels,
            comments=_comments(parts),
            url=part.url,
        )

    def _releases(self) -> Iterator[Release]:
        """By time; drafts were never stored."""
        parts = [part for part in self._store.all_of("release") if isinstance(part, ReleasePart)]
        previous: str | None = None
        for part in sorted(parts, key=lambda part: (part.published_at.timestamp(), part.tag)):
            yield Release(
                id=f"{self._identity.repository}@refs/tags/{part.tag}",
                take="releases",
                repository=self._identity.repository,
                tag=part.tag,
                revision=part.revision,
                message="",
                tagger=part.author,
                released_at=part.published_at,
                previous=previous,
                notes=part.text or None,
                subjects=[],
                forge=self._identity.forge,
                name=part.name,
                prerelease=part.prerelease,
                url=part.url,
            )
            previous = part.tag

    def _links(self, parts: _ByKind, closed_by: Sequence[int] = ()) -> list[Link]:
        """What belongs to it; of issues of the same repository with what they say. What went is left out."""
        links = {}
        for part in parts.of(LinkPart):
            link = msgspec.structs.replace(part.link, key=self._identity.key(part.link.key))
            links[link.relation, link.key] = link
        for number in closed_by:
            key = f"{self._identity.repository}#{number}"
            links.setdefault(("closed_by", key), Link(key=key, relation="closed_by", kind="pull_request"))
        known = (self._linked(links[key]) for key in sorted(links))
        return [link for link in known if link is not None]

    def _linked(self, link: Link) -> Link | None:
        """The link with title, text and address, where the store knows what it leads to; ``None`` where that is gone."""
        repository, _, number = link.key.rpartition("#")
        if repository != self._identity.repository:
            return link
        kinds = {"issue": ["issue"], "pull_request": ["request"]}.get(link.kind, ["issue", "request"])
        for kind in kinds:
            found = self._store.part(kind, number)
            if isinstance(found, IssuePart):
                said = {
                    "kind": "issue",
                    "title": found.title,
                    "text": found.text,
                    "url": found.url or link.url,
                }
                return msgspec.structs.replace(link, **said)
            if isinstance(found, RequestPart):
                said = {"kind": "pull_request", "title": found.title, "url": found.url or link.url}
                return msgspec.structs.replace(link, **said)
        return None if any((kind, number) in self._gone for kind in kinds) else link


class _ByKind:
    """The parts of one thing by type."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts: dict[type, list[Any]] = {}
        for part in parts:
            self._parts.setdefault(type(part), []).append(part)

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        return self._parts.get(kind, [])


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _BATCH):
        yield numbers[start : start + _BATCH]


def _comments(parts: _ByKind) -> list[Comment]:
    found = [part.comment for part in parts.of(CommentPart)]
    return sorted(found, key=lambda one: (one.created_at.timestamp(), len(one.id), one.id))


def _events(parts: _ByKind) -> list[TimelineEvent]:
    return [part.event for part in parts.of(EventPart)]


def _reviewed(review: Review, known: Known) -> Review:
    round_ = known.reviewed_rounds.get(review.id)
    return review if round_ is None else msgspec.structs.replace(review, round=round_)


def _thread(told: ToldThread, known: KnownThread | None) -> ReviewThread:
    part, found = told.part, known or KnownThread(anchor=told.anchor)
    return ReviewThread(
        id=told.id,
        comments=[one.comment for one in told.comments],
        anchor=found.anchor or told.anchor,
        review=next((one.review for one in told.comments if one.review is not None), None),
        resolved=None if part is None else part.resolved,
        resolved_by=None if part is None else part.resolved_by,
        outdated=None if part is None else part.outdated,
        answer=found.answer,
        unanswered=found.unanswered,
    )
