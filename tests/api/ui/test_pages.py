"""Every page shows what there is, runs no script of anybody else's, and shows nothing of another project."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cooldown_api.database import tables as t
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.ui.page import CONTENT_POLICY

from demo_jobs import add_job, prepare, recipe
from page_markup import OWN, Markup

NASTY = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>\u202egnp.exe\x1b[31mred"


def paths(demo):
    jobs = (demo.running, demo.succeeded, demo.failed, demo.queued, demo.paused, demo.plan)
    return [
        "/jobs",
        "/jobs?state=ended&kind=run&text=handbook",
        "/jobs?part=rows",
        *(f"/jobs/{id}" for id in jobs),
        *(f"/jobs/{id}?part=live" for id in jobs),
        "/new",
        f"/new?like={demo.succeeded}",
        "/datasets",
        "/datasets/wiki",
        "/datasets/wiki@v1",
        "/studies",
        f"/studies/{demo.study}",
        "/machines",
        "/usage",
        "/keys",
        "/webhooks",
        "/audit",
    ]


def test_every_page_is_served_with_a_policy_that_its_own_markup_keeps(client, demo):
    for path in paths(demo):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text[:3000])
        assert answer.headers["content-security-policy"] == CONTENT_POLICY, path
        assert "unsafe" not in CONTENT_POLICY.replace("style-src 'self' 'unsafe-inline'", "")
        markup = Markup(answer.text)
        for script in markup.all("script"):
            assert (script.get("src") or "").startswith("/static/"), path
        for tag, attributes in markup.tags:
            assert not [name for name in attributes if name.startswith("on")], (path, tag)
            for name in ("href", "src", "action", "formaction"):
                target = attributes.get(name) or "/"
                assert target.startswith(("/", "?", "#")) and not target.startswith("//"), (path, target)


def test_every_field_has_a_label_and_every_page_its_landmarks(client, demo):
    for path in [path for path in paths(demo) if "part=" not in path]:
        markup = Markup(client.get(path).text)
        assert len(markup.all("main")) == 1 and len(markup.all("h1")) == 1, path
        assert markup.all("html")[0]["lang"] == "en"
        labels = {label.get("for") for label in markup.all("label")}
        for tag in ("input", "select", "textarea"):
            for field in markup.all(tag):
                hidden = field.get("type") == "hidden"
                assert hidden or field.get("id") in labels | {"follow"}, (path, field)
        ids = [attributes["id"] for _, attributes in markup.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), (path, [one for one in ids if ids.count(one) > 1])


def test_text_of_others_stays_text(client, service, read):
    job = add_job(
        service.database,
        NASTY[:60],
        ago=timedelta(minutes=1),
        labels={"team": NASTY},
        created_by=NASTY,
        detail=NASTY,
        recipe={**recipe("x"), "name": NASTY},
    )
    prepare(job, minutes=0)
    job.attempt(1, worker_id="w<b>", detail=NASTY, gpus=[NASTY])
    job.log(NASTY, "10%\r50%\r100% done")
    job.event("message", level="info", text=NASTY)
    job.event("checkpoint", step=3)
    error = {"code": "error", "message": NASTY, "where": NASTY, "remedy": NASTY}
    evidence = [
        {
            "name": NASTY,
            "unit": NASTY,
            "before": 1,
            "after": 1,
            "difference": 0,
            "low": -1,
            "high": 1,
            "documents": 3,
        }
    ]
    shares = [{"name": NASTY, "group": NASTY, "share": 0.5, "tokens": 1, "unique_tokens": 1, "epochs": 1}]
    pieces = [{"text": NASTY, "trained": False, "special": False, "cut": True}]
    plan = {
        "model": NASTY,
        "shares": shares,
        "reasons": {NASTY: NASTY},
        "findings": [{"level": "warning", "text": NASTY, "remedy": NASTY}],
        "samples": [
            {"title": NASTY, "stream": NASTY, "layout": NASTY, "repository": NASTY, "pieces": pieces}
        ],
    }
    job.state("failed", "error", NASTY, error=error, result={"evidence": evidence, "plan": plan})
    for path in ("/jobs", f"/jobs/{job.id}", f"/jobs/{job.id}?part=live", f"/new?like={job.id}"):
        markup = read(path)
        assert not [image for image in markup.all("img") if image.get("src") == "x"], path
        assert not [script for script in markup.all("script") if "src" not in script], path
        assert "alert(1)" in markup.text or "part=rows" in path, path
    shown = read(f"/jobs/{job.id}").text
    assert "\u202e" not in shown and "\x1b" not in shown
    assert "100% done" in shown and "50%" not in shown, "what a progress bar wrote over is not shown"


def test_things_of_another_project_are_not_there(client, service, demo):
    with service.database.write(ALL_PROJECTS) as session:
        session.add(t.Project(id="other", name="other", weight=1.0, created_at=_now()))
    job = add_job(service.database, "theirs", project="other", ago=timedelta(minutes=1))
    made = add_job(service.database, "made", project="other", kind="dataset", ago=timedelta(minutes=1))
    with service.database.write(ALL_PROJECTS) as session:
        session.add(
            t.Study(
                id="study_theirs",
                project_id="other",
                name="x",
                recipe={},
                arms={},
                seeds=[],
                created_by="x",
                created_at=_now(),
            )
        )
        session.add(
            t.Dataset(
                id="ds_theirs",
                project_id="other",
                name="secret",
                version=1,
                job_id=made.id,
                recipe={},
                folder="/x",
                created_at=_now(),
            )
        )
    for path in (
        f"/jobs/{job.id}",
        f"/jobs/{job.id}?part=live",
        f"/jobs/{job.id}/charts",
        f"/jobs/{job.id}/log.txt",
        f"/new?like={job.id}",
        "/studies/study_theirs",
        "/datasets/secret",
        "/datasets/secret@v1",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "There is no such thing here" in answer.text
    for action in ("cancel", "pause", "resume", "rerun", "run"):
        answer = client.post(f"/jobs/{job.id}/{action}", headers=OWN)
        assert answer.status_code == 404, action
    assert "theirs" not in client.get("/jobs").text
    with service.database.read(ALL_PROJECTS) as session:
        assert session.get(t.Job, job.id).state == "queued"


def test_the_list_shows_what_is_asked_for_page_by_page(read, service):
    for number in range(30):
        add_job(service.database, f"run-{number:02}", ago=timedelta(minutes=60 - number))
    add_job(service.database, "old-plan", kind="plan", ago=timedelta(minutes=90))
    first = read("/jobs")
    assert "run-29" in first.text and "run-04" not in first.text and "old-plan" not in first.text
    (older,) = [link["href"] for link in first.all("a") if link.get("rel") == "next"]
    second = read(older)
    assert "run-04" in second.text and "run-05" not in second.text
    assert "old-plan" in read("/jobs?kind=plan").text
    assert "run-29" not in read("/jobs?state=running").text
    found = read("/jobs?text=RUN-07").text
    assert "run-07" in found and "run-08" not in found
    assert "run-07" not in read("/jobs?text=%25").text, "a wildcard is a letter"


def test_what_cannot_be_read_is_a_page_too(client):
    answer = client.get("/jobs/job_nothere")
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
    assert client.get("/jobs?after='").status_code == 422
    assert client.get("/jobs", params={"text": "x" * 500}).status_code == 422


def test_a_running_job_shows_its_numbers_without_a_script(read, demo):
    text = read(f"/jobs/{demo.running}").text
    for part in (
        "65%",
        "step 327 of 500",
        "payments.commits",
        "50.0%",
        "1.95",
        "from the checkpoint of step 120",
    ):
        assert part in text, part
    assert "Attempt 2" in text and "Its machine said nothing for too long." in text


def test_a_job_that_ended_shows_evidence_files_and_report(client, read, demo):
    page = read(f"/jobs/{demo.succeeded}")
    for verdict in ("improved", "no difference shown", "worse", "too few documents"):
        assert verdict in page.text
    (frame,) = page.all("iframe")
    assert frame["sandbox"] == "allow-scripts"
    report = client.get(frame["src"])
    assert report.status_code == 200 and "frame-ancestors 'self'" in report.headers["content-security-policy"]
    assert report.headers["x-frame-options"] == "SAMEORIGIN"
    links = [link["href"] for link in page.all("a") if "download" in link]
    assert any(link.endswith("/adapter/adapter_model.safetensors") for link in links)
    assert all(client.head(link).status_code == 200 for link in links)


def test_the_whole_log_comes_as_text(client, demo):
    answer = client.get(f"/jobs/{demo.running}/log.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert len(lines) == 331 and lines[1] == "harvest payments: 18,402 commits, 3,911 reviews"


def test_charts_have_every_step_and_the_course_of_the_learning_rate(client, demo):
    data = client.get(f"/jobs/{demo.running}/charts").json()
    assert data["steps"] == 500 and [point["step"] for point in data["points"]] == list(range(1, 328))
    plan = data["plan"]
    assert plan["decay_from"] == 16 and plan["step"][-1] == 500 and plan["learning_rate"][-1] == 0
    assert max(plan["learning_rate"]) == pytest.approx(2e-4)


def test_a_plan_shows_what_would_run_and_its_samples(read, demo):
    page = read(f"/jobs/{demo.plan}")
    for part in (
        "8.19M tokens",
        "0.19 USD",
        "500 of 8 sequences",
        "12.9 GiB",
        "thirty full days",
        "raise `holdout.newest`",
    ):
        assert part in page.text, part
    assert [one["class"] for one in page.all("span") if one.get("class") in ("token", "untrained")] == [
        "token",
        "untrained",
        "token",
    ]
    assert any(form.get("action") == f"/jobs/{demo.plan}/run" for form in page.all("form"))


def _now():
    return datetime.now(UTC)
