"""Fine-tune through the official `openai` client: upload, create, watch, and download the metrics and the adapter.

    pip install openai
    OPENAI_BASE_URL=http://127.0.0.1:8017/v1 OPENAI_API_KEY=none python fine_tune.py smollm2 chats.jsonl
    … fine_tune.py smollm2 --repository https://git.example/acme/billing.git
    … fine_tune.py smollm2 --dataset billing@v3

Nothing here is special to cooldown-kit but `extra_body`, the name of a dataset, and the last function.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from openai import HttpxBinaryResponseContent, OpenAI, omit

ENDED = ("succeeded", "failed", "cancelled")


def main() -> int:
    parser = argparse.ArgumentParser(description="Fine-tune through the official openai client.")
    parser.add_argument("model", help="one of `client.models.list()`")
    parser.add_argument(
        "file", nargs="?", type=Path, help="JSON lines with messages, prompt and completion, or text"
    )
    parser.add_argument(
        "--repository", action="append", default=[], help="address of a git repository; may be repeated"
    )
    parser.add_argument("--dataset", help="a dataset of the service, `name@v3`")
    parser.add_argument("--suffix", help="part of the fine-tuned model's name")
    parser.add_argument("--epochs", type=int, help="how often the data are read")
    parser.add_argument(
        "--option", action="append", default=[], help="option of a recipe, as `train.method=full`"
    )
    parser.add_argument("--out", type=Path, default=Path("result"), help="folder for what comes out")
    arguments = parser.parse_args()

    client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY
    extra: dict[str, Any] = {"recipe": nested(arguments.option)}
    training_file: str | None = None
    if arguments.file is not None:
        uploaded = client.files.create(file=arguments.file, purpose="fine-tune")
        if uploaded.status == "error":
            print(f"{arguments.file}: {uploaded.status_details}")
            return 1
        training_file = uploaded.id
    elif arguments.dataset is not None:
        training_file = f"dataset:{arguments.dataset}"
    else:
        extra["repositories"] = [{"url": url} for url in arguments.repository]

    job = client.fine_tuning.jobs.create(
        model=arguments.model,
        training_file=training_file or omit,  # type: ignore[arg-type]  # repositories need no file
        suffix=arguments.suffix or omit,
        hyperparameters={"n_epochs": arguments.epochs} if arguments.epochs else omit,
        metadata={"created_by": "examples/openai_client"},
        extra_body=extra,
    )
    print(f"{job.id}: {job.status}")
    watch(client, job.id)
    job = client.fine_tuning.jobs.retrieve(job.id)
    if job.status != "succeeded":
        print(f"{job.status}: {job.error.message if job.error else ''}")
        return 1
    print(f"{job.fine_tuned_model}: {job.trained_tokens} tokens")
    download(client, job.id, job.result_files, arguments.out)
    return 0


def watch(client: OpenAI, id: str) -> None:
    """Print events as they come, until the job has ended."""
    seen: set[str] = set()
    while True:
        status = client.fine_tuning.jobs.retrieve(id).status
        fresh = []
        for event in client.fine_tuning.jobs.list_events(id, limit=100):  # newest first
            if event.id in seen:
                break
            fresh.append(event)
        for event in reversed(fresh):
            seen.add(event.id)
            print(f"  {event.message}")
        if status in ENDED:
            return
        time.sleep(2)


def download(client: OpenAI, id: str, result_files: list[str], folder: Path) -> None:
    """The metrics, as OpenAI's clients know them; then adapter and report, by the service's own routes."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in result_files:
        (folder / "metrics.csv").write_bytes(client.files.content(file).read())
    native = id.replace("ftjob-", "job_")
    listed: Any = client.get(f"/jobs/{native}/artefacts", cast_to=object, options={"params": {"limit": 100}})
    for artefact in listed["data"]:
        name = artefact["name"]
        if name.startswith("adapter/") or name == "report.html":
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = client.get(f"/jobs/{native}/artefacts/{name}", cast_to=HttpxBinaryResponseContent)
            content.write_to_file(target)
    print(f"written to {folder}")


def nested(options: list[str]) -> dict[str, Any]:
    """``["mix.tokens=20k"]`` → ``{"mix": {"tokens": "20k"}}``; numbers are numbers."""
    found: dict[str, Any] = {}
    for option in options:
        dotted, _, text = option.partition("=")
        *parents, last = dotted.split(".")
        target = found
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = (
            float(text)
            if "." in text and text.replace(".", "").isdigit()
            else int(text)
            if text.isdigit()
            else text
        )
    return found


if __name__ == "__main__":
    raise SystemExit(main())
