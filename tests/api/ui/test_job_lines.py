"""What a job does, in a bar and a few words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cooldown_api.database import tables as t
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.ui.job_lines import line

from demo_jobs import add_job


@pytest.mark.parametrize(
    ("state", "progress", "fraction", "doing"),
    [
        ("queued", None, None, ""),
        ("running", {"stage": "harvest", "detail": "payments"}, None, "Harvesting payments"),
        (
            "running",
            {"stage": "harvest", "detail": "payments", "done": 500.0, "total": 2000.0, "unit": "commits"},
            0.25,
            "Harvesting payments: 500 of 2k commits",
        ),
        (
            "running",
            {"stage": "train", "step": 50, "steps": 200, "done": 50.0, "total": 200.0},
            0.25,
            "Training: step 50 of 200",
        ),
        # the last step stays known while what follows goes on
        (
            "running",
            {
                "stage": "evaluate",
                "detail": None,
                "step": 200,
                "steps": 200,
                "done": 3.0,
                "total": 12.0,
                "unit": "documents",
            },
            0.25,
            "Measuring: 3 of 12 documents",
        ),
        ("succeeded", {"stage": "report"}, 1.0, ""),
        ("queued", {"stage": "train", "step": 50, "steps": 200}, None, ""),
    ],
)
def test_the_bar_is_of_what_it_does_now(service, state, progress, fraction, doing):
    job = add_job(service.database, "a", ago=timedelta(minutes=1), state=state, progress=progress)
    with service.database.read(ALL_PROJECTS) as session:
        shown = line(session.get(t.Job, job.id))
    assert (shown.fraction, shown.doing) == (fraction, doing)
