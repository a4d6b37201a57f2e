"""What forms ask for is done, once, and only for our own pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cooldown_api.database import tables as t
from cooldown_api.database.scoping import ALL_PROJECTS
from sqlalchemy import select

from demo_jobs import add_job, plan_result
from page_markup import OWN, Markup

RECIPE = (
    "name: from-a-form\nmodel: org/m\nsources: {s: {connector: git, url: 'https://git.example.com/a.git'}}\n"
)
FOREIGN = (
    {},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
)
POSTS = (
    "/jobs/{job}/cancel",
    "/jobs/{job}/pause",
    "/jobs/{job}/resume",
    "/jobs/{job}/rerun",
    "/jobs/{job}/run",
    "/new",
    "/keys",
    "/keys/key_1/revoke",
    "/webhooks",
    "/webhooks/hook_1/test",
    "/webhooks/hook_1/rotate",
    "/webhooks/hook_1/enable",
    "/webhooks/hook_1/delete",
    "/datasets/wiki@v1/delete",
    "/studies/study_1/cancel",
    "/machines/node/drain",
    "/sign-in",
    "/sign-out",
)


def state_of(service, id):
    with service.database.read(ALL_PROJECTS) as session:
        return session.get(t.Job, id).state


def test_no_form_of_another_site_does_anything(client, service):
    job = add_job(service.database, "mine", ago=timedelta(minutes=1))
    for path in POSTS:
        for headers in FOREIGN:
            data = {
                "recipe": RECIPE,
                "do": "run",
                "name": "k",
                "url": "https://a.example",
                "enabled": "true",
                "draining": "true",
                "key": "k",
            }
            answer = client.post(path.format(job=job.id), data=data, headers=headers)
            assert answer.status_code == 403, (path, headers, answer.status_code)
    assert state_of(service, job.id) == "queued"
    with service.database.read(ALL_PROJECTS) as session:
        assert not session.scalars(select(t.ApiKey)).all() and len(session.scalars(select(t.Job)).all()) == 1


def test_every_form_is_in_that_list(client):
    from cooldown_api.ui.routes import ROUTERS

    posts = {route.path for router in ROUTERS for route in router.routes if "POST" in route.methods}
    shapes = {path.split("/")[1] + "/" + path.rsplit("/", 1)[-1] for path in posts}
    assert len(posts) == len(POSTS)
    assert shapes == {path.split("/")[1] + "/" + path.rsplit("/", 1)[-1] for path in POSTS}


def test_a_job_is_paused_resumed_and_cancelled(client, service):
    job = add_job(service.database, "mine", ago=timedelta(minutes=1))
    for action, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        answer = client.post(f"/jobs/{job.id}/{action}", headers=OWN, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/jobs/{job.id}")
        assert state_of(service, job.id) == state
    answer = client.post(f"/jobs/{job.id}/pause", headers=OWN)
    assert answer.status_code == 409 and "cannot be paused" in answer.text


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("queued", {"pause", "cancel"}),
        ("running", {"pause", "cancel"}),
        ("paused", {"resume", "cancel"}),
        ("cancelling", set()),
        ("failed", {"rerun"}),
        ("succeeded", {"rerun"}),
    ],
)
def test_only_what_is_possible_is_offered(read, service, state, shown):
    job = add_job(service.database, "mine", ago=timedelta(minutes=1), state=state)
    forms = [form["action"].rpartition("/")[2] for form in read(f"/jobs/{job.id}").all("form")]
    assert set(forms) == shown


def test_a_rerun_is_another_job(client, service):
    job = add_job(service.database, "mine", ago=timedelta(minutes=1), state="failed")
    answer = client.post(f"/jobs/{job.id}/rerun", headers=OWN, follow_redirects=False)
    other = answer.headers["location"].rpartition("/")[2]
    assert other != job.id and state_of(service, other) == "queued"
    with service.database.read(ALL_PROJECTS) as session:
        assert session.get(t.Job, other).rerun_of == job.id


def test_a_plan_that_was_shown_is_what_runs(client, service):
    plan = add_job(service.database, "planned", kind="plan", ago=timedelta(minutes=1))
    plan.state("succeeded", "finished", result={"plan": plan_result()})
    answer = client.post(f"/jobs/{plan.id}/run", headers=OWN, follow_redirects=False)
    with service.database.read(ALL_PROJECTS) as session:
        job = session.get(t.Job, answer.headers["location"].rpartition("/")[2])
        assert (job.kind, job.plan_id, job.recipe["train"]["learning_rate"]) == ("run", plan.id, 2e-4)


def test_a_recipe_is_checked_planned_and_run(client, service):
    good = client.post("/new", data={"recipe": RECIPE, "do": "check"}, headers=OWN)
    assert good.status_code == 200 and "The recipe is valid" in good.text
    for do, kind in (("plan", "plan"), ("run", "run")):
        answer = client.post(
            "/new",
            data={"recipe": RECIPE, "do": do, "gpus": "0", "priority": "70"},
            headers=OWN,
            follow_redirects=False,
        )
        assert answer.status_code == 303, answer.text
        with service.database.read(ALL_PROJECTS) as session:
            job = session.get(t.Job, answer.headers["location"].rpartition("/")[2])
            assert (job.kind, job.name, job.priority, job.gpus) == (kind, "from-a-form", 70, 0)
    made = client.post(
        "/new", data={"recipe": RECIPE, "do": "dataset", "name": "wiki"}, headers=OWN, follow_redirects=False
    )
    assert made.status_code == 303
    assert "wiki@v1" in client.get("/datasets").text


def test_what_is_wrong_stands_at_its_line_and_nothing_is_lost(client):
    wrong = "name: a\nmodel: org/m\ntrian: {}\nsources: {s: {connector: git, url: 'https://git.example.com/a.git', tkae: [commits]}}\n"
    for do in ("check", "plan", "run"):
        answer = client.post("/new", data={"recipe": wrong.replace("\n", "\r\n"), "do": do}, headers=OWN)
        assert answer.status_code == 422
        page = Markup(answer.text)
        assert "did you mean `train`?" in page.text and "did you mean `take`?" in page.text
        marked = [one["id"] for one in page.all("span") if one.get("class") == "wrong"]
        assert marked == ["line-3", "line-4"]
        assert "tkae" in page.text, "what was written is still in the form"
    assert "this is not YAML" in client.post("/new", data={"recipe": "a: [", "do": "check"}, headers=OWN).text


def test_a_recipe_that_the_policy_refuses_says_so(client):
    recipe = RECIPE.replace("https://git.example.com/a.git", "http://127.0.0.1/a.git")
    answer = client.post("/new", data={"recipe": recipe, "do": "run"}, headers=OWN)
    assert answer.status_code == 403 and "policy refuses" in answer.text


def test_a_key_is_shown_once(client, service):
    answer = client.post("/keys", data={"name": "ci", "role": "viewer", "expires": "2099-01-31"}, headers=OWN)
    assert answer.status_code == 201
    secret = Markup(answer.text).text.partition("shown this once.")[2].split()[0]
    assert secret.startswith("ck_")
    again = client.get("/keys")
    assert "ci" in again.text and secret not in again.text
    with service.database.read(ALL_PROJECTS) as session:
        (key,) = session.scalars(select(t.ApiKey))
    assert client.post(f"/keys/{key.id}/revoke", headers=OWN).status_code == 200
    assert "revoked" in client.get("/keys").text
    assert client.post("/keys", data={"name": "x", "expires": "soon"}, headers=OWN).status_code == 422


def test_a_webhook_is_made_tested_and_deleted(client, service):
    data = {"name": "deploys", "url": "https://hooks.example.com/x", "events": "job.succeeded, job.failed"}
    answer = client.post("/webhooks", data=data, headers=OWN)
    assert answer.status_code == 201, answer.text
    assert "whsec_" in answer.text and "whsec_" not in client.get("/webhooks").text
    with service.database.read(ALL_PROJECTS) as session:
        (hook,) = session.scalars(select(t.Webhook))
        assert hook.event_types == ["job.succeeded", "job.failed"]
    client.post(f"/webhooks/{hook.id}/test", headers=OWN)
    assert "webhook.test" in client.get("/webhooks").text
    client.post(f"/webhooks/{hook.id}/enable", data={"enabled": "false"}, headers=OWN)
    assert ">off<" in client.get("/webhooks").text
    client.post(f"/webhooks/{hook.id}/delete", headers=OWN)
    assert "deploys" not in client.get("/webhooks").text


def test_a_machine_is_drained_and_a_study_cancelled(client, service, demo):
    client.post("/machines/gpu-node-3-4121/drain", data={"draining": "true"}, headers=OWN)
    assert "Give it jobs again" in client.get("/machines").text
    assert client.post(f"/studies/{demo.study}/cancel", headers=OWN).status_code == 200
    assert "Cancelling" in client.get(f"/studies/{demo.study}").text


def test_a_version_of_a_dataset_is_deleted(client, service):
    job = add_job(service.database, "made", kind="dataset", ago=timedelta(minutes=1), state="succeeded")
    with service.database.write(ALL_PROJECTS) as session:
        folder = service.settings.project_dir("default") / "datasets" / "wiki" / "v1"
        session.add(
            t.Dataset(
                id="ds_1",
                project_id="default",
                name="wiki",
                version=1,
                job_id=job.id,
                recipe={},
                folder=str(folder),
                created_at=job.clock,
            )
        )
    assert client.post("/datasets/wiki@v1/delete", headers=OWN).status_code == 200
    assert client.get("/datasets/wiki@v1").status_code == 404
