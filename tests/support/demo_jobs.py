"""A project with believable jobs in every state, written into the database as workers write them."""

from __future__ import annotations

import hashlib
import math
import random
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cooldown_api.artefacts import ArtefactStore
from cooldown_api.database import tables as t
from cooldown_api.database.engine import Database
from cooldown_api.database.ids import _ALPHABET
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.jobs.events import append_event
from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_kit.recipe import Recipe
from cooldown_kit.train.schedule import learning_rate, warmup_steps_of

STEPS = 500
SOURCES = {
    "handbook": ("text", 0.5, 2.62),
    "payments.commits": ("code", 0.3, 1.71),
    "payments.reviews": ("code", 0.2, 2.24),
}
"""Name → group, share, loss that it comes to."""
TOKENS_PER_STEP = 16_384
RECIPE = """\
name: {name}
goal: balanced
model: HuggingFaceTB/SmolLM2-1.7B
sources:
  handbook: {{connector: text, path: "handbook/**/*.md"}}
  payments: {{connector: git, url: "https://git.example.com/payments.git", take: [commits, reviews]}}
mix:
  tokens: 8M
  shares:
    text: {{handbook: 50%}}
    code: {{payments.commits: 30%, payments.reviews: 20%}}
train: {{method: lora, learning_rate: 2e-4, warmup: 3%}}
"""


def recipe(name: str) -> dict[str, Any]:
    """As jobs keep it."""
    content = RECIPE.format(name=name).replace(", take: [commits, reviews]", "")
    return Recipe.parse(content).model_dump(mode="json", exclude={"workspace"})


def id_at(prefix: str, moment: datetime) -> str:
    """An id as of that moment."""
    number = (int(moment.timestamp() * 1000) << 80) | random.getrandbits(80)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def metric_values(step: int, steps: int = STEPS, seed: int = 1) -> dict[str, float]:
    """Numbers of one step of a cooldown that goes well."""
    chance = random.Random(f"{seed}/{step}")
    part = step / steps
    values: dict[str, float] = {}
    whole = loss = 0.0
    for name, (_, share, end) in SOURCES.items():
        tokens = round(TOKENS_PER_STEP * share * chance.uniform(0.7, 1.3))
        of = end + 0.55 * math.exp(-5 * part) + 0.28 * (1 - part) + chance.gauss(0, 0.035)
        values |= {f"loss/{name}": of, f"tokens/{name}": float(tokens)}
        whole += tokens
        loss += of * tokens
    return {
        "loss": loss / whole,
        "learning_rate": learning_rate(
            step - 1,
            steps=steps,
            peak=2e-4,
            final=0.0,
            warmup_steps=warmup_steps_of(0.03, steps),
            shape="linear",
        ),
        "grad_norm": 0.34 + 0.5 * math.exp(-9 * part) + abs(chance.gauss(0, 0.05)),
        "tokens": float(step * TOKENS_PER_STEP),
        "tokens_per_second": 41_200 + chance.gauss(0, 700),
        **values,
    }


@dataclass
class JobWriter:
    """Writes what a worker's supervisor writes of one job."""

    database: Database
    id: str
    clock: datetime = field(default_factory=lambda: datetime.now(UTC))

    def state(self, state: str, reason: str, detail: str = "", **more: Any) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            job = self._job(session)
            job.state, job.reason, job.detail = state, reason, detail
            for name, value in more.items():
                setattr(job, name, value)
            job.updated_at = datetime.now(UTC)
            self._event(session, job, "state", state=state, reason=reason, detail=detail, attempt=job.attempt)

    def attempt(self, number: int, **more: Any) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            job = self._job(session)
            job.attempt = number
            session.add(_attempt(job, number, self.clock, **more))

    def steps(self, first: int, last: int, *, steps: int = STEPS) -> None:
        """Metrics of steps ``first`` to ``last``, with their events and progress."""
        with self.database.write(ALL_PROJECTS) as session:
            job = self._job(session)
            for step in range(first, last + 1):
                values = metric_values(step, steps)
                session.add(
                    t.Metric(
                        project_id=job.project_id,
                        job_id=job.id,
                        stage="train",
                        step=step,
                        attempt=job.attempt,
                        time=self.clock,
                        values=values,
                    )
                )
                self._event(session, job, "metric", stage="train", step=step, values=values)
            job.progress = {
                "stage": "train",
                "step": last,
                "steps": steps,
                "done": last,
                "total": steps,
                "unit": "steps",
                "seconds_left": (steps - last) * 0.4,
            }
            job.updated_at = datetime.now(UTC)
            self._event(
                session, job, "progress", stage="train", done=last, total=steps, unit="steps", detail=""
            )

    def event(self, type: str, **data: Any) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            self._event(session, self._job(session), type, **data)

    def log(self, *lines: str) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            job = self._job(session)
            session.add(
                t.LogChunk(
                    project_id=job.project_id,
                    job_id=job.id,
                    seq=job.log_seq + 1,
                    attempt=job.attempt,
                    time=self.clock,
                    lines=list(lines),
                )
            )
            job.log_seq += len(lines)

    def _job(self, session: Session) -> t.Job:
        return session.execute(select(t.Job).where(t.Job.id == self.id).with_for_update()).scalar_one()

    def _event(self, session: Session, job: t.Job, type: str, **data: Any) -> None:
        append_event(session, job, type, data, time=self.clock)


def add_job(
    database: Database, name: str, *, project: str = "default", kind: str = "run", ago: timedelta, **more: Any
) -> JobWriter:
    """A queued job that was submitted so long ago."""
    created = datetime.now(UTC) - ago
    row: dict[str, Any] = {
        "id": id_at("plan" if kind == "plan" else "job", created),
        "project_id": project,
        "kind": kind,
        "name": name,
        "state": "queued",
        "reason": "submitted",
        "detail": "",
        "wanted": "run",
        "gpus": 1,
        "executor": "local",
        "max_attempts": 3,
        "max_duration_seconds": 86_400,
        "recipe": recipe("demo"),
        "labels": {},
        "created_by": "key:ada",
        "created_at": created,
        "queued_at": created,
        "not_before": created,
        "updated_at": created,
    }
    with database.write(ALL_PROJECTS) as session:
        session.add(t.Job(**{**row, **more}))
    writer = JobWriter(database, row["id"], created)
    writer.event("state", state="queued", reason="submitted", detail="", attempt=0)
    return writer


def _attempt(job: t.Job, number: int, started: datetime, **more: Any) -> t.Attempt:
    row: dict[str, Any] = {
        "id": id_at("att", started),
        "project_id": job.project_id,
        "job_id": job.id,
        "number": number,
        "state": "running",
        "reason": "started",
        "executor": job.executor,
        "worker_id": "gpu-node-3-4121",
        "host_id": "gpu-node-3",
        "token": number,
        "lease_expires_at": started + timedelta(seconds=30),
        "folder": "/srv/attempt",
        "gpus": ["GPU-7c1e2a40-5b0f-4a53-9f6e-0f5a3f1d9a11"] if job.gpus else [],
        "started_at": started,
        "progress_at": started,
    }
    return t.Attempt(**{**row, **more})


EVIDENCE = [
    ("all", 1.0912, 1.0391, -0.0521, -0.0588, -0.0455, 412),
    ("commit", 0.9604, 0.8812, -0.0792, -0.0921, -0.0668, 168),
    ("review", 1.3120, 1.2743, -0.0377, -0.0529, -0.0219, 94),
    ("text", 1.1410, 1.1388, -0.0022, -0.0091, 0.0049, 118),
    ("issue", 1.2051, 1.2190, 0.0139, 0.0024, 0.0257, 32),
    ("release", 1.0120, 0.9911, -0.0209, None, None, 4),
]
REPORT = "<!doctype html><title>Report</title><h1>handbook-nightly</h1><p>Bits per byte fell on four of five kinds.</p>"
MIX_SUMMARY = {
    "rows": 4000,
    "tokens": STEPS * TOKENS_PER_STEP,
    "sources": [
        {
            "name": name,
            "group": group,
            "share_asked": share,
            "share_attained": share,
            "tokens": round(STEPS * TOKENS_PER_STEP * share),
            "unique_tokens": 2_100_000,
            "epochs": round(STEPS * TOKENS_PER_STEP * share / 2_100_000, 2),
        }
        for name, (group, share, _) in SOURCES.items()
    ],
}


LINEAGE = {
    "nodes": [
        {"id": "s1", "kind": "source", "name": "handbook", "digest": "91b2c0d4e8f7a6b5"},
        {"id": "s2", "kind": "source", "name": "payments", "digest": "3f9c2b1d7a6e5f4c"},
        {"id": "documents", "kind": "documents", "name": "documents", "digest": "77e0aa13bc94d2f1"},
        {"id": "mixture", "kind": "mixture", "name": "mixture", "digest": "c0ffee11d00dfeed"},
        {
            "id": "base_model",
            "kind": "base_model",
            "name": "HuggingFaceTB/SmolLM2-1.7B",
            "digest": "0a1b2c3d4e5f6071",
        },
        {"id": "job", "kind": "job", "name": "this"},
        {"id": "model", "kind": "model", "name": "model", "digest": "5eed5eed5eed5eed"},
        {"id": "evidence", "kind": "evidence", "name": "evidence", "digest": "b17b17b17b17b17b"},
    ],
    "edges": [
        {"source": a, "target": b}
        for a, b in (
            ("s1", "documents"),
            ("s2", "documents"),
            ("documents", "mixture"),
            ("mixture", "job"),
            ("base_model", "job"),
            ("job", "model"),
            ("model", "evidence"),
        )
    ],
}


def prepare(writer: JobWriter, *, minutes: float) -> None:
    """Harvest, curation and mixture, up to the first step."""
    for stage, detail, seconds in (
        ("harvest", "handbook", 2.1),
        ("harvest", "payments", 41.7),
        ("render", "payments", 12.4),
        ("curate", "", 9.8),
        ("tokenise", "", 15.2),
    ):
        writer.event("stage_started", stage=stage, detail=detail)
        writer.clock += timedelta(seconds=seconds)
        writer.event("stage_finished", stage=stage, detail=detail, seconds=seconds, cached=False, summary={})
    writer.event("stage_finished", stage="mix", detail="", seconds=3.3, cached=False, summary=MIX_SUMMARY)
    writer.log(
        "cooldown-kit: recipe read, policy holds",
        "\x1b[32mharvest\x1b[0m payments: 18,402 commits, 3,911 reviews",
        "curate: 1,204 duplicates, 37 with secrets replaced, 96 held out",
        "mix: 8.2M tokens in 4,000 sequences of 2,048",
    )
    writer.clock += timedelta(minutes=minutes)


def logged_steps(writer: JobWriter, first: int, last: int) -> None:
    """Lines of the log for these steps."""
    lines = []
    for step in range(first, last + 1):
        values = metric_values(step)
        lines.append(
            f"step {step}/{STEPS}  loss {values['loss']:.4f}  lr {values['learning_rate']:.2e}  grad {values['grad_norm']:.3f}  {values['tokens_per_second']:,.0f} tok/s"
        )
    writer.log(*lines)


def plan_result() -> dict[str, Any]:
    """What a plan shows, with sample rows."""
    return {
        "name": "payments-cooldown",
        "goal": "balanced",
        "model": "HuggingFaceTB/SmolLM2-1.7B",
        "parameters": 1_711_376_384,
        "context_length": 8192,
        "streams": [
            {
                "stream": "handbook",
                "documents": 1204,
                "dropped": 88,
                "heldout": 112,
                "train": 1004,
                "tokens": 2_104_000,
                "untrained_tokens": 0,
            },
            {
                "stream": "payments.commits",
                "documents": 18_402,
                "dropped": 3120,
                "heldout": 168,
                "train": 15_114,
                "tokens": 9_410_000,
                "untrained_tokens": 1_202_000,
            },
            {
                "stream": "payments.reviews",
                "documents": 3911,
                "dropped": 402,
                "heldout": 94,
                "train": 3415,
                "tokens": 3_020_000,
                "untrained_tokens": 1_911_000,
            },
        ],
        "layouts": [],
        "fallbacks": {},
        "shares": [
            {
                "name": name,
                "group": group,
                "share": share,
                "tokens": round(STEPS * TOKENS_PER_STEP * share),
                "unique_tokens": 2_100_000,
                "epochs": 1.95,
            }
            for name, (group, share, _) in SOURCES.items()
        ],
        "tokens": STEPS * TOKENS_PER_STEP,
        "sequence_length": 2048,
        "sequences": 4000,
        "steps": STEPS,
        "batch_sequences": 8,
        "train": {
            "method": "lora",
            "learning_rate": 2e-4,
            "final_learning_rate": 0.0,
            "schedule": "linear",
            "precision": "bf16",
            "micro_batch": 4,
            "lora": {"rank": 64},
        },
        "reasons": {"precision": "the GPU has bf16", "micro_batch": "the largest that fits"},
        "device": "cuda",
        "memory_bytes": {
            "weights": 3_422_000_000,
            "optimizer": 610_000_000,
            "activations": 9_800_000_000,
            "total": 13_832_000_000,
        },
        "memory_available": 80_000_000_000,
        "train_seconds": 212.0,
        "evaluate_seconds": 64.0,
        "seconds": 276.0,
        "time_basis": "measured on this machine with 20 steps",
        "disk_bytes": 5_100_000_000,
        "disk_free": 812_000_000_000,
        "findings": [
            {
                "level": "warning",
                "text": "payments.reviews holds 32 held-out issues only: its interval will be wide",
                "remedy": "raise `holdout.newest`",
            }
        ],
        "cost": {
            "hours": 0.0767,
            "gpu_hours": 0.0767,
            "amount": 0.19,
            "currency": "USD",
            "rate": 2.5,
            "rate_of": "gpu_hour",
        },
        "samples": [
            {
                "stream": "payments.reviews",
                "layout": "review",
                "document": "payments:review:8841",
                "repository": "https://git.example.com/payments.git",
                "revision": "3f9c2b1d7a6e5f4c3b2a1908f7e6d5c4b3a29180",
                "path": "src/refunds.py",
                "url": None,
                "title": "Refund window is off by one",
                "tokens": 212,
                "trained_tokens": 61,
                "pieces": [
                    {"text": "<file_sep>", "trained": False, "special": True, "cut": False},
                    {
                        "text": "src/refunds.py\n-    if age > 30:\n+    if age >= 30:\n\n",
                        "trained": False,
                        "special": False,
                        "cut": False,
                    },
                    {
                        "text": "The policy says thirty full days, so the old line was right. Could you add a test for day 30?\n",
                        "trained": True,
                        "special": False,
                        "cut": False,
                    },
                    {"text": "<|endoftext|>", "trained": True, "special": True, "cut": False},
                ],
                "more_pieces": 0,
            }
        ],
    }


@dataclass(frozen=True)
class Demo:
    """Ids of what was written."""

    running: str
    succeeded: str
    failed: str
    queued: str
    paused: str
    plan: str
    study: str


def fill_demo(database: Database, artefacts: ArtefactStore | None = None, project: str = "default") -> Demo:
    """Jobs in every state, a plan, two versions of a dataset, a study and two machines."""
    minute = timedelta(minutes=1)
    now = datetime.now(UTC)
    dataset = _dataset(database, project)
    plan = add_job(database, "payments-cooldown", project=project, kind="plan", ago=500 * minute, gpus=0)
    plan.attempt(1, state="ended", reason="finished", ended_at=plan.clock + 3 * minute, exit_status=0)
    plan.state("succeeded", "finished", result={"plan": plan_result()}, finished_at=plan.clock + 3 * minute)

    succeeded = _succeeded(database, project, plan.id, artefacts)
    failed = add_job(database, "search-docs-full", project=project, ago=300 * minute, created_by="key:grace")
    for number, reason in ((1, "child_died"), (2, "out_of_memory")):
        failed.attempt(
            number,
            state="ended",
            reason=reason,
            ended_at=failed.clock + 9 * minute,
            exit_status=-9 if number == 1 else 3,
        )
        failed.clock += 10 * minute
    failed.log("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.61 GiB")
    failed.state(
        "failed",
        "out_of_memory",
        finished_at=failed.clock,
        started_at=failed.clock - 20 * minute,
        error={
            "code": "out_of_memory",
            "message": "the GPU has no room for a micro-batch of 8",
            "where": "train.micro_batch",
            "remedy": "set `train.micro_batch: 4`, or `activation_checkpointing: true`",
        },
    )
    cancelled = add_job(
        database, "billing-ablation", project=project, ago=260 * minute, created_by="user:linus@example.com"
    )
    cancelled.state("cancelled", "cancelled_by_user", finished_at=cancelled.clock + 4 * minute)
    paused = add_job(database, "support-talk", project=project, ago=200 * minute, created_by="key:grace")
    paused.attempt(
        1, state="ended", reason="paused_by_user", ended_at=paused.clock + 20 * minute, exit_status=0
    )
    prepare(paused, minutes=1)
    paused.steps(1, 180)
    paused.state("paused", "paused_by_user", wanted="pause", started_at=paused.clock)
    study = _study(database, project, now)

    running = add_job(
        database,
        "payments-cooldown",
        project=project,
        ago=21 * minute,
        plan_id=plan.id,
        labels={"team": "payments"},
        dataset_id=dataset,
    )
    running.clock += 2 * minute
    running.attempt(
        1,
        state="ended",
        reason="worker_lost",
        ended_at=running.clock + 7 * minute,
        worker_id="gpu-node-1-977",
    )
    running.state("running", "started", attempt=1, started_at=running.clock)
    prepare(running, minutes=4)
    running.steps(1, 120)
    logged_steps(running, 1, 120)
    running.state("queued", "worker_lost", "gpu-node-1 said nothing for 30 s")
    running.clock += minute
    running.attempt(2)
    running.state("running", "started", "from the checkpoint of step 120")
    running.steps(121, 327)
    logged_steps(running, 121, 327)
    _checkpoints(database, running, project, (120, 240, 300))
    add_job(database, "wiki-weekly", project=project, kind="dataset", ago=6 * minute, gpus=0).state(
        "starting", "claimed", started_at=now
    )
    queued = add_job(
        database, "docs-and-issues", project=project, ago=3 * minute, created_by="key:grace", gpus=2
    )
    _machines(database, project, running.id, now)
    return Demo(running.id, succeeded, failed.id, queued.id, paused.id, plan.id, study)


def _succeeded(database: Database, project: str, plan: str, artefacts: ArtefactStore | None) -> str:
    done = add_job(
        database,
        "handbook-nightly",
        project=project,
        ago=timedelta(hours=7),
        plan_id=plan,
        labels={"team": "docs"},
    )
    done.attempt(
        1, state="ended", reason="finished", ended_at=done.clock + timedelta(minutes=19), exit_status=0
    )
    done.state("running", "started", attempt=1, started_at=done.clock)
    prepare(done, minutes=1)
    done.steps(1, STEPS)
    logged_steps(done, 1, STEPS)
    done.clock += timedelta(minutes=12)
    names = ("name", "before", "after", "difference", "low", "high", "documents")
    evidence = [{"unit": "bits per byte", **dict(zip(names, row, strict=True))} for row in EVIDENCE]
    done.state(
        "succeeded",
        "finished",
        finished_at=done.clock,
        result={
            "run": "handbook-nightly-1",
            "model": True,
            "adapter": True,
            "report": True,
            "tokens": STEPS * TOKENS_PER_STEP,
            "evidence": evidence,
            "lineage": LINEAGE,
        },
    )
    files = {
        "adapter/adapter_model.safetensors": b"weights" * 40_000,
        "adapter/adapter_config.json": b'{"r": 64}',
        "report.html": REPORT.encode(),
    }
    with database.write(ALL_PROJECTS) as session:
        for name, content in files.items():
            kind = "text/html" if name.endswith("html") else "application/octet-stream"
            digest = hashlib.sha256(content).hexdigest()
            session.add(
                t.Artefact(
                    project_id=project,
                    job_id=done.id,
                    name=name,
                    bytes=len(content),
                    sha256=digest,
                    media_type=kind,
                    created_at=done.clock,
                )
            )
            if artefacts is not None:
                with tempfile.NamedTemporaryFile() as file:
                    file.write(content)
                    file.flush()
                    artefacts.put(project, done.id, name, Path(file.name))
    _checkpoints(database, done, project, (480, 500))
    return done.id


def _checkpoints(database: Database, writer: JobWriter, project: str, steps: tuple[int, ...]) -> None:
    with database.write(ALL_PROJECTS) as session:
        for step in steps:
            session.add(
                t.Checkpoint(
                    id=id_at("ckpt", writer.clock),
                    project_id=project,
                    job_id=writer.id,
                    attempt=1,
                    step=step,
                    metrics={"loss": metric_values(step)["loss"]},
                    bytes=874_000_000,
                    path="/srv/checkpoint",
                    created_at=writer.clock,
                )
            )
    for step in steps:
        writer.event("checkpoint", stage="train", step=step, bytes=874_000_000)


def _dataset(database: Database, project: str) -> str:
    last = ""
    for version, ago in ((1, timedelta(days=9)), (2, timedelta(days=2))):
        job = add_job(database, "wiki", project=project, kind="dataset", ago=ago, gpus=0)
        job.state(
            "succeeded",
            "finished",
            finished_at=job.clock + timedelta(minutes=8),
            result={"dataset": f"wiki@v{version}"},
        )
        last = id_at("ds", job.clock)
        streams = {
            name: {
                "read": 9000 + 800 * version,
                "train": 8100 + 700 * version,
                "heldout": 410,
                "dropped": {"duplicate": 380, "too_short": 110},
                "characters": {"train": 31_000_000, "heldout": 1_400_000},
                "layouts": {"plain": {"documents": 8100, "special_tokens": 0}},
            }
            for name in ("handbook", "payments.commits")
        }
        summary = {"streams": streams, "totals": {"read": 19_600}, "cutoffs": {}}
        with database.write(ALL_PROJECTS) as session:
            session.add(
                t.Dataset(
                    id=last,
                    project_id=project,
                    name="wiki",
                    version=version,
                    job_id=job.id,
                    recipe=recipe("wiki"),
                    folder="/srv/datasets/wiki",
                    digest=f"{version}e" * 16,
                    summary=summary,
                    created_at=job.clock,
                )
            )
    return last


def _study(database: Database, project: str, now: datetime) -> str:
    created = now - timedelta(hours=26)
    id = id_at("study", created)
    arms = {
        "with-reviews": {},
        "no-reviews": {"mix.shares": {"text": {"handbook": 0.6}, "code": {"payments.commits": 0.4}}},
        "constant": {"train.schedule": "constant"},
    }
    with database.write(ALL_PROJECTS) as session:
        session.add(
            t.Study(
                id=id,
                project_id=project,
                name="do-reviews-help",
                recipe=recipe("study"),
                arms=arms,
                seeds=[17, 18],
                created_by="key:ada",
                created_at=created,
            )
        )
    shift = {"with-reviews": -0.052, "no-reviews": -0.031, "constant": -0.006}
    for arm, difference in shift.items():
        for seed in (17, 18):
            job = add_job(
                database,
                f"do-reviews-help-{arm}-{seed}",
                project=project,
                ago=timedelta(hours=26) - timedelta(minutes=seed),
                study_id=id,
                arm=arm,
                recipe={**recipe("study"), "seed": seed},
            )
            if (arm, seed) == ("constant", 18):
                job.state("running", "started", attempt=1, started_at=job.clock)
                job.steps(1, 60)
                continue
            moved = difference + (seed - 17) * 0.004
            suite = {
                "name": "all",
                "unit": "bits per byte",
                "before": 1.0912,
                "after": 1.0912 + moved,
                "difference": moved,
                "low": moved - 0.007,
                "high": moved + 0.007,
                "documents": 412,
            }
            job.state(
                "succeeded",
                "finished",
                finished_at=job.clock + timedelta(minutes=22),
                result={"evidence": [suite]},
            )
    return id


def _machines(database: Database, project: str, running: str, now: datetime) -> None:
    with database.write(ALL_PROJECTS) as session:
        attempt = session.scalars(
            select(t.Attempt).where(t.Attempt.job_id == running, t.Attempt.number == 2)
        ).one()
        for number, alive in ((3, True), (1, False)):
            seen = now if alive else now - timedelta(minutes=14)
            session.add(
                t.Worker(
                    id=f"gpu-node-{number}-4121",
                    host_id=f"gpu-node-{number}",
                    hostname=f"gpu-node-{number}",
                    version="0.1.0",
                    started_at=now - timedelta(days=3),
                    heartbeat_at=seen,
                    slots=2,
                    executors=["local"],
                    draining=False,
                )
            )
            for gpu in range(2):
                uuid = (
                    attempt.gpus[0]
                    if number == 3 and gpu == 0
                    else f"GPU-{number}{gpu}1e2a40-5b0f-4a53-9f6e-0f5a3f1d9a1{gpu}"
                )
                session.add(
                    t.Gpu(
                        uuid=uuid,
                        host_id=f"gpu-node-{number}",
                        name="NVIDIA H100 80GB HBM3",
                        memory_bytes=85_520_809_984,
                        seen_at=seen,
                        attempt_id=attempt.id if uuid == attempt.gpus[0] else None,
                    )
                )
        session.add(
            t.Usage(
                job_id=running,
                project_id=project,
                month=now.strftime("%Y-%m"),
                held_job_seconds=3600.0,
                held_gpu_seconds=3600.0,
                used_job_seconds=0.0,
                used_gpu_seconds=0.0,
            )
        )
