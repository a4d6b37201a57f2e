"""A cooldown every night, from a scheduler: keep the documents, look at the plan, run it within a budget, publish what is better.

    python nightly.py recipe.yaml --night 2026-03-02 --longest 4h --out models/2026-03-02
    python nightly.py recipe.yaml --night 2026-03-02 --local .cooldown/service     # without a server

Started twice for one night, it makes one dataset and one job, and waits for both. Exit status: 0 published, 10 not better or over
the budget; else that of `cooldown jobs` for the same error (6: a job failed).
"""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from cooldown_kit import Client
from cooldown_kit.client import wire
from cooldown_kit.client.durations import seconds_of
from cooldown_kit.errors import CooldownError


def main() -> int:
    parser = argparse.ArgumentParser(description="Train tonight's model, and publish it where it is better.")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--night", required=True, help="names what is made, as `2026-03-02`")
    parser.add_argument("--dataset", default="nightly", help="name that the documents are kept under")
    parser.add_argument("--longest", default="8h", help="a plan that takes longer is not run")
    parser.add_argument("--out", type=Path, default=Path("model"), help="folder for the model and its report")
    parser.add_argument("--local", type=Path, help="folder of a service in this process")
    given = parser.parse_args()
    try:
        with connect(given.local) as client:
            return run(client, given)
    except CooldownError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def connect(local: Path | None) -> AbstractContextManager[Client]:
    """The service that COOLDOWN_URL names, or one of our own."""
    return Client() if local is None else Client.local(local)


def run(client: Client, given: argparse.Namespace) -> int:
    labels = {"night": given.night}
    documents = client.datasets.create(
        given.dataset, given.recipe, metadata=labels, idempotency_key=f"dataset-{given.dataset}-{given.night}"
    )
    client.jobs.get(documents.job).wait()
    documents = client.datasets.get(documents.reference)
    print(f"{documents.reference}: {documents.digest}")

    plan = client.plans.create(
        given.recipe,
        dataset=documents,
        metadata=labels,
        idempotency_key=f"plan-{given.dataset}-{given.night}",
    )
    plan.wait()
    shown = plan.result.plan
    print(f"{shown['tokens']:,} tokens, {shown['seconds'] / 60:.0f} minutes")
    for finding in shown["findings"]:
        print(f"  {finding['level']}: {finding['text']}")
    if shown["seconds"] > seconds_of(given.longest):
        print(f"more than {given.longest}: not run")
        return 10

    job = client.jobs.create(
        plan=plan.id, max_duration=given.longest, idempotency_key=f"run-{given.dataset}-{given.night}"
    )
    job.wait(on_event=lambda event: print(f"  {event.data['state']}") if event.type == "state" else None)
    for line in job.result.evidence:
        print(f"{line.name}: {line.before:.4f} → {line.after:.4f} {line.unit}, {interval(line)}")
    job.report(given.out / "report.html")
    if not better(job.result.evidence):
        print("not better on everything: not published")
        return 10
    job.download(given.out)
    print(f"published: {given.out}")
    return 0


def better(evidence: list[wire.SuiteResult]) -> bool:
    """Whether the whole interval of every measure lies below zero: bits per byte fell, and not by chance."""
    return bool(evidence) and all(line.high is not None and line.high < 0 for line in evidence)


def interval(line: wire.SuiteResult) -> str:
    if line.low is None or line.high is None:
        return "too few documents for an interval"
    return f"{line.low:+.4f} to {line.high:+.4f}"


if __name__ == "__main__":
    raise SystemExit(main())
