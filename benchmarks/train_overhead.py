"""How much slower is training through the kit than a bare torch loop on the same rows?

Both train all weights of the same small random Llama on the same packed rows, in fp32 on the CPU, with AdamW and
clipping; the bare loop has no events, no history, no checkpoints and no trainer, and pads nothing either.
Prints tokens per second of both and their ratio. Run: ``OMP_NUM_THREADS=1 python benchmarks/train_overhead.py``
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from cooldown_kit.events import ignore
from cooldown_kit.train import history
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.train.quiet import quiet_libraries
from cooldown_kit.train.stage import train

VOCABULARY = 4096


def write_model(folder: Path, *, hidden: int, layers: int) -> Path:
    from tokenizers import Tokenizer, models
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {f"t{i}": i for i in range(VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="t0"))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="t1", pad_token="t1").save_pretrained(
        folder
    )
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def write_mixture(folder: Path, *, rows: int, length: int) -> Path:
    draw = np.random.default_rng(1)
    ids = draw.integers(2, VOCABULARY, (rows, length)).tolist()
    half = length // 2
    lengths = [[half, length - half]] * rows
    columns = {"input_ids": ids, "labels": ids, "seq_lengths": lengths}
    table = pa.table(
        {
            **{name: pa.array(values, pa.list_(pa.int32())) for name, values in columns.items()},
            "source": pa.array(draw.integers(0, 2, rows), pa.int16()),
        }
    )
    folder.mkdir()
    with (
        pa.OSFile(str(folder / "rows.arrow"), "wb") as file,
        pa.ipc.new_stream(file, table.schema) as writer,
    ):
        writer.write_table(table)
    about = {
        "rows": rows,
        "sequence_length": length,
        "tokens": rows * length,
        "fingerprint": "benchmark",
        "sources": [{"name": "code"}, {"name": "text"}],
    }
    (folder / "mixture.json").write_text(json.dumps(about))
    return folder


def bare_loop(model_folder: Path, mixture: Path, options: TrainOptions) -> list[float]:
    """Tokens per second of every step of a loop with nothing around it."""
    import torch
    from transformers import AutoModelForCausalLM

    with pa.OSFile(str(mixture / "rows.arrow")) as file:
        table = pa.ipc.open_stream(file).read_all()
    ids = torch.tensor(np.array(table["input_ids"].to_pylist()))
    length = ids.shape[1]
    positions = torch.cat([torch.arange(length // 2), torch.arange(length - length // 2)])[None]
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), fused=True)
    batch, micro = options.batch_sequences, int(options.micro_batch)
    speeds = []
    for start in range(0, len(ids), batch):
        since = time.perf_counter()
        for first in range(start, start + batch, micro):
            rows = ids[first : first + micro].reshape(1, -1)
            labels = rows.clone()
            places = positions.repeat(1, micro)
            labels[places == 0] = -100
            out = model(input_ids=rows, position_ids=places, labels=labels, use_cache=False)
            (out.loss * micro / batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        speeds.append(batch * length / (time.perf_counter() - since))
    return speeds


def kit(model: Path, mixture: Path, options: TrainOptions, out: Path) -> list[float]:
    """Tokens per second of every step as the kit reports them."""
    out.mkdir()
    train(
        mixture=mixture,
        model=model,
        options=options,
        seed=1,
        out=out,
        emit=ignore,
        should_stop=lambda: False,
    )
    return [line["tokens_per_second"] for line in history.read(out / "history.jsonl")]


def fast(speeds: list[float]) -> float:
    """The upper decile: what a step reaches when nothing else wants the cores."""
    return statistics.quantiles(speeds[1:], n=10)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--micro-batch", type=int, default=1)
    given = parser.parse_args()
    options = TrainOptions(
        method="full",
        learning_rate=1e-4,
        batch_sequences=8,
        micro_batch=given.micro_batch,
        weight_decay=0.0,
        activation_checkpointing=False,
        checkpoint_every=given.steps,
        device="cpu",
        precision="fp32",
    )
    with tempfile.TemporaryDirectory() as name, quiet_libraries():
        folder = Path(name)
        model = write_model(folder / "model", hidden=given.hidden, layers=given.layers)
        mixture = write_mixture(folder / "mixture", rows=given.steps * 8, length=given.length)
        bare = fast(bare_loop(model, mixture, options))
        ours = fast(kit(model, mixture, options, folder / "run"))
    print(f"bare loop {bare:,.0f} tokens/s, kit {ours:,.0f} tokens/s, ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
