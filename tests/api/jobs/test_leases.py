"""Leases: who lost one can write nothing more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.jobs import leases
from cooldown_api.settings import WorkerSettings


def test_a_lease_is_renewed_by_its_owner_only(queue: Any) -> None:
    id = queue.submit()
    queue.claim(queue.claimant())
    (attempt,) = queue.attempts(id)
    with queue.database.write(ALL_PROJECTS) as session:
        until = queue.database.now(session) + timedelta(seconds=99)
        assert leases.renew(session, {attempt.id: 1, "att_unknown": 1}, until=until) == {attempt.id}
        assert leases.renew(session, {attempt.id: 2}, until=until) == set()


def test_after_another_took_over_the_old_token_holds_nothing(queue: Any) -> None:
    id = queue.submit()
    queue.claim(queue.claimant())
    (attempt,) = queue.attempts(id)
    with queue.database.write(ALL_PROJECTS) as session:
        now = queue.database.now(session)
        (expired,) = leases.of_others(session, (), WorkerSettings(), now=now + timedelta(seconds=31))
        assert expired.over and not expired.child_ended
        assert leases.take_over(session, expired, "w2", until=now) is not None
        assert leases.hold(session, attempt.id, 1) is None
        assert leases.hold(session, attempt.id, 2) is not None
        assert leases.take_over(session, expired, "w3", until=now) is None


def test_of_many_that_take_over_at_once_one_does(queue: Any) -> None:
    queue.submit()
    queue.claim(queue.claimant())
    with queue.database.read(ALL_PROJECTS) as session:
        now = queue.database.now(session)
        (expired,) = leases.of_others(session, (), WorkerSettings(), now=now)

    def take(name: str) -> bool:
        with queue.database.write(ALL_PROJECTS) as session:
            return leases.take_over(session, expired, name, until=now) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, [f"w{i}" for i in range(8)])) == 1


def test_what_has_ended_can_be_held_by_nobody(queue: Any) -> None:
    id = queue.submit()
    queue.claim(queue.claimant())
    queue.end(id)
    (attempt,) = queue.attempts(id)
    with queue.database.write(ALL_PROJECTS) as session:
        assert leases.hold(session, attempt.id, attempt.token) is None
        assert leases.of_others(session, (), WorkerSettings(), now=queue.database.now(session)) == []
