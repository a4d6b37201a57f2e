"""A thousand jobs from sixteen clients, many of which hear no answer and ask again: each is there exactly once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Event, Job, Usage
from cooldown_api.settings import Settings
from sqlalchemy import func, select

from job_rows import RECIPE
from live_server import live_api

JOBS = 1000
CLIENTS = 16


def test_each_of_a_thousand_submissions_is_there_once(make_settings: Callable[..., Settings]) -> None:
    with live_api(make_settings()) as (address, service):
        local = threading.local()

        def submit(number: int) -> tuple[int, str]:
            if not hasattr(local, "client"):
                local.client = httpx.Client(base_url=address, timeout=60)
            headers = {"Idempotency-Key": f"client-{number}"}
            body = {"recipe": RECIPE, "metadata": {"number": str(number)}}
            answer = local.client.post("/v1/jobs", json=body, headers=headers)
            assert answer.status_code == 201, answer.text
            return number, answer.json()["id"]

        # a third of all requests comes twice, at any distance from the first
        draw = random.Random(17)
        wanted = [*range(JOBS), *draw.sample(range(JOBS), JOBS // 3)]
        draw.shuffle(wanted)
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(submit, wanted))
        assert len(answers) == len(wanted)
        told: dict[int, set[str]] = {}
        for number, id in answers:
            told.setdefault(number, set()).add(id)
        assert all(len(ids) == 1 for ids in told.values()), "one request was answered with two jobs"

        with service.database.read(ALL_PROJECTS) as session:
            stored = {job.id: job for job in session.scalars(select(Job))}
            events = Counter(session.scalars(select(Event.job_id)))
            assert session.scalar(select(func.count()).select_from(Usage)) == JOBS
        assert set(stored) == {id for ids in told.values() for id in ids}
        assert sorted(int(job.labels["number"]) for job in stored.values()) == list(range(JOBS))
        assert all(events[id] == 1 == job.event_seq for id, job in stored.items())
