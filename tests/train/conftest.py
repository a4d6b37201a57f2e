"""Mixture folders for training's tests, written by the mixer's contract."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from cooldown_kit.events import ignore
from cooldown_kit.train.options import TrainOptions

SEQUENCE_LENGTH = 32


def write_mixture(
    folder: Path,
    *,
    rows: int,
    sequence_length: int = SEQUENCE_LENGTH,
    fingerprint: str = "f" * 32,
    seed: int = 3,
) -> Path:
    """A mixture of two sources whose documents are arithmetic runs of tokens, so that there is something to learn.

    Every row is cut into one to four documents; a tenth of the tokens is not trained (label -100).
    """
    draw = random.Random(seed)
    table: dict[str, list] = {"input_ids": [], "labels": [], "seq_lengths": [], "source": []}
    for _ in range(rows):
        cuts = sorted(draw.sample(range(1, sequence_length), draw.randint(0, 3)))
        lengths = [b - a for a, b in zip([0, *cuts], [*cuts, sequence_length], strict=True)]
        ids: list[int] = []
        for length in lengths:
            start, stride = draw.randrange(100, 700), draw.randint(1, 3)
            ids += [100 + (start + stride * i) % 600 for i in range(length)]
        table["input_ids"].append(ids)
        table["labels"].append([-100 if draw.random() < 0.1 else token for token in ids])
        table["seq_lengths"].append(lengths)
        table["source"].append(draw.randrange(2))
    folder.mkdir(parents=True)
    schema = pa.schema(
        {
            "input_ids": pa.list_(pa.int32()),
            "labels": pa.list_(pa.int32()),
            "seq_lengths": pa.list_(pa.int32()),
            "source": pa.int16(),
        }
    )
    with pa.OSFile(str(folder / "rows.arrow"), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for start in range(0, rows, 8):  # several record batches, as a large mixture has
            writer.write_table(pa.table({k: v[start : start + 8] for k, v in table.items()}, schema=schema))
    about = {
        "rows": rows,
        "sequence_length": sequence_length,
        "tokens": rows * sequence_length,
        "fingerprint": fingerprint,
        "sources": [{"name": "code"}, {"name": "text"}],
    }
    (folder / "mixture.json").write_text(json.dumps(about))
    return folder


@pytest.fixture
def mixture(tmp_path: Path) -> Callable[..., Path]:
    """``mixture(rows=…)`` writes a mixture folder below the test's own folder."""
    return lambda name="mixture", **options: write_mixture(tmp_path / name, **options)


def resolved(**options) -> TrainOptions:
    """Options without any ``auto``: LoRA on the CPU, 8 sequences a step, unless said otherwise."""
    defaults = {
        "method": "lora",
        "learning_rate": 1e-2,
        "batch_sequences": 8,
        "micro_batch": 4,
        "weight_decay": 0.0,
        "activation_checkpointing": False,
        "checkpoint_every": 4,
        "device": "cpu",
        "precision": "fp32",
        "lora": {"rank": 4},
    }
    return TrainOptions(**{**defaults, **options})


@pytest.fixture(scope="session")
def make_options() -> Callable[..., TrainOptions]:
    """``make_options(method="full")`` gives options without any ``auto``."""
    return resolved


@pytest.fixture(scope="session")
def make_mixture() -> Callable[..., Path]:
    """``make_mixture(folder, rows=…)`` writes a mixture folder."""
    return write_mixture


@pytest.fixture
def run_training(tiny_model: Path, tmp_path: Path) -> Callable[..., dict]:
    """``run_training(mixture, method="full")`` trains the tiny model into ``tmp_path / "run"``."""

    def run(mixture_folder, *, out="run", model=tiny_model, seed=1, emit=ignore, should_stop=None, **options):
        from cooldown_kit.train.stage import train

        folder = tmp_path / out
        folder.mkdir(exist_ok=True)
        return train(
            mixture=mixture_folder,
            model=model,
            options=resolved(**options),
            seed=seed,
            out=folder,
            emit=emit,
            should_stop=should_stop or (lambda: False),
        )

    return run
