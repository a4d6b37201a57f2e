"""Numbers about conversations, for the stage that chooses among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from cooldown_kit.bots import is_machine
from cooldown_kit.records import Comment, Person, PullRequest, ReviewThread


def taking_part(opener: Person | None, others: Iterable[Person | None]) -> dict[str, float]:
    """``human_turns`` after the opening one, ``participants`` with the opener, machines left out, and ``bot`` where one opened it."""
    turns = [person for person in others if not is_machine(person)]
    people = {identity(person) for person in [opener, *turns] if person and not is_machine(person)}
    return {
        "human_turns": float(len(turns)),
        "participants": float(len(people - {""})),
        "bot": float(is_machine(opener)),
    }


def identity(person: Person) -> str:
    """What tells people of one record apart; empty where nothing does."""
    return (person.login or person.email or person.name).strip().lower()


def hashes(people: Iterable[Person | None], forge: str, hash_author: Callable[[str], str]) -> list[str]:
    """Keyed hashes of people: of the e-mail address, else of ``{forge}:{login}``. Each once, in order; machines and nobody have none."""
    found = [
        person.email or f"{forge}:{person.login}"
        for person in people
        if person is not None and not is_machine(person) and (person.email or person.login)
    ]
    return [hash_author(name) for name in dict.fromkeys(found)]


def authors(comments: Iterable[Comment]) -> list[Person | None]:
    """Who wrote each."""
    return [comment.author for comment in comments]


def last_of(times: Iterable[datetime | None], comments: Iterable[Comment]) -> datetime | None:
    """When the last thing happened, where anything is known."""
    known = [time for time in times if time is not None]
    return max([*known, *(comment.created_at for comment in comments)], default=None)


def request_signals(record: PullRequest) -> dict[str, float]:
    """What a forge knows of a request; nothing where git alone was asked, for what is not known is not 0."""
    if not record.forge:
        return {}
    turns = [*authors(record.comments), *(review.author for review in record.reviews)]
    turns += [author for thread in record.threads for author in authors(thread.comments)]
    return {
        **taking_part(record.author, turns),
        "approved": float(any(review.state == "approved" for review in record.reviews)),
        "changes_requested": float(sum(review.state == "changes_requested" for review in record.reviews)),
        "rounds": float(len(record.rounds)),
        "reviews": float(len(record.reviews)),
        **thread_signals(record.threads),
        "linked_issues": float(sum(link.relation == "closes" for link in record.linked)),
    }


def thread_signals(threads: Sequence[ReviewThread]) -> dict[str, float]:
    """``threads``, how many of them a later push answered, and how many are resolved, where the forge says so of any."""
    signals = {
        "threads": float(len(threads)),
        "threads_answered": float(sum(thread.answer is not None for thread in threads)),
    }
    if any(thread.resolved is not None for thread in threads):
        signals["threads_resolved"] = float(sum(thread.resolved is True for thread in threads))
    return signals
