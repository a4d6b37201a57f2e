"""Holds the estimates of memory and time against real training on this machine.

    python benchmarks/estimate.py MODEL_FOLDER [--cases lora:1:512:no lora:1:512:ckpt full:1:256:no] [--steps 3]

A case is method:micro-batch:length:no|ckpt. Each case trains in a process of its own through the kit's trainer (two micro-batches per step, two
documents per sequence), because the peak of a process never falls again. The first step warms up and is not timed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DEFAULT_CASES = ("lora:1:512:no", "lora:1:128:no", "lora:1:512:ckpt", "qlora:1:128:no", "full:1:256:no")
RANK = 16


def train_once(model: Path, case: str, steps: int) -> dict[str, Any]:
    """Train ``steps`` steps on random tokens in this process; returns estimates beside what was measured."""
    import numpy as np
    import torch
    from datasets import Dataset
    from transformers import TrainerCallback

    from cooldown_kit.model.estimate import estimate_training, hardware
    from cooldown_kit.model.facts import read_facts
    from cooldown_kit.train.options import LoraOptions, TrainOptions
    from cooldown_kit.train.quiet import quiet_libraries
    from cooldown_kit.train.trainer import build_trainer

    method, micro, length, checkpointing = case.split(":")
    rows, micro_batch = int(length), int(micro)
    options = TrainOptions.model_validate(
        {
            "method": method,
            "learning_rate": 1e-4,
            "weight_decay": 0.0,
            "batch_sequences": 2 * micro_batch,
            "micro_batch": micro_batch,
            "device": hardware().device,
            "precision": "fp32",
            "activation_checkpointing": checkpointing == "ckpt",
            "checkpoint_every": 10**6,
            "lora": LoraOptions(rank=RANK),
        }
    )
    facts = read_facts(model)
    tokens = (
        np.random.default_rng(0)
        .integers(3, facts.vocabulary, (steps * options.batch_sequences, rows))
        .tolist()
    )
    data = Dataset.from_dict(
        {"input_ids": tokens, "labels": tokens, "seq_lengths": [[rows // 2, rows - rows // 2]] * len(tokens)}
    )
    estimates = [estimate_training(facts, options, sequence_length=rows, steps=steps, hardware=hardware())]
    seconds: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.start = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            seconds.append(time.perf_counter() - self.start)
            estimates.append(
                estimate_training(facts, options, sequence_length=rows, steps=steps, hardware=hardware())
            )

    with tempfile.TemporaryDirectory() as folder, quiet_libraries():
        trainer = build_trainer(
            model=model,
            rows=data,
            options=options,
            steps=steps,
            seed=0,
            folder=Path(folder),
            callbacks=[Clock()],
        )
        trainer.train()
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = torch.cuda.max_memory_reserved() if torch.cuda.is_available() else kilobytes * 1024
    step = sum(seconds[1:]) / len(seconds[1:])
    rate = options.batch_sequences * rows / step
    gemm = sum(e.speed.flops_per_second for e in estimates) / len(estimates)
    return {
        "case": case,
        "threads": torch.get_num_threads(),
        "peak_mb": peak / 1e6,
        "estimated_mb": estimates[0].total_bytes / 1e6,
        "tokens_per_second": rate,
        "estimated_tokens_per_second": sum(e.tokens_per_second for e in estimates) / len(estimates),
        "reached_share": rate * estimates[0].flops_per_token / gemm,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--cases", nargs="+", default=DEFAULT_CASES)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.in_this_process:
        print(json.dumps(train_once(given.model, given.cases[0], given.steps)))
        return
    print("| case | threads | peak MB | estimated | tokens/s | estimated | share of GEMM speed |")
    print("|---|---|---|---|---|---|---|")
    for case in given.cases:
        command = [sys.executable, __file__, str(given.model), "--cases", case, "--steps", str(given.steps)]
        done = subprocess.run([*command, "--in-this-process"], stdout=subprocess.PIPE, text=True, check=True)
        r = json.loads(done.stdout.splitlines()[-1])
        print(
            f"| {r['case']} | {r['threads']} | {r['peak_mb']:,.0f} | {r['estimated_mb']:,.0f} "
            f"({r['estimated_mb'] / r['peak_mb'] - 1:+.0%}) | {r['tokens_per_second']:,.0f} "
            f"| {r['estimated_tokens_per_second']:,.0f} | {r['reached_share']:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
