"""How fast a mixture is made, against writing the same bytes to the same disk, and whether memory stays flat.

Usage: python benchmarks/mix.py [--tokens 20000000]

Two streams of synthetic documents (lognormal lengths, like code) are mixed 80 : 20 into sequences of 2,048. Each size runs in a
process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cooldown_kit.events import ignore
from cooldown_kit.mix.shares import MixPlan, MixSource, StreamSize
from cooldown_kit.mix.stage import mix

LENGTH = 2048


def write_stream(folder: Path, name: str, tokens: int) -> StreamSize:
    """A stream of random tokens as tokenising writes it."""
    draw = np.random.default_rng(len(name))
    lengths = np.maximum(draw.lognormal(6.5, 1.2, size=tokens // 600), 2).astype(np.int64)
    lengths = lengths[: max(int(np.searchsorted(np.cumsum(lengths), tokens)), 1)]
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    draw.integers(0, 49_152, size=int(lengths.sum()), dtype=np.int32).tofile(folder / f"{name}.tokens")
    empty = pa.array([None] * len(lengths), pa.list_(pa.list_(pa.int64())))
    ids = [f"{name}/{i}" for i in range(len(lengths))]
    columns = {"id": ids, "offset": offsets, "length": lengths, "characters": lengths * 3, "untrained": empty}
    pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    source, _, take = name.partition(".")
    return StreamSize(source, take, "text", int(lengths.sum()), len(lengths))


def measure(tokens: int) -> dict[str, float]:
    """Seconds to mix ``tokens`` tokens and to write as many bytes, and the peak memory of this process in MB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tokens").mkdir()
        (folder / "mixture").mkdir()
        (folder / "tokens" / "tokens.json").write_text(json.dumps({"separator": {"token": "x", "id": 0}}))
        book = write_stream(folder / "tokens", "book.pages", tokens)
        code = write_stream(folder / "tokens", "code.files", tokens // 4)
        sources = (
            MixSource("book", "text", Fraction(4, 5), (book,)),
            MixSource("code", "code", Fraction(1, 5), (code,)),
        )
        plan = MixPlan(sources, tokens // LENGTH, LENGTH, {}, ())
        start = time.perf_counter()
        mix(folder / "tokens", plan, seed=1, out=folder / "mixture", emit=ignore)
        mixing = time.perf_counter() - start
        size = sum(path.stat().st_size for path in (folder / "mixture").iterdir())
        block = np.random.default_rng(0).bytes(1 << 20)
        start = time.perf_counter()
        with (folder / "same").open("wb") as file:
            for _ in range(size >> 20):
                file.write(block)
        writing = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        return {"tokens": tokens, "bytes": size, "mixing": mixing, "writing": writing, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=20_000_000)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.tokens)))
        return
    print(f"{'tokens':>12} {'tokens/s':>12} {'MB/s':>8} {'of writing':>10} {'peak MB':>8}")
    for tokens in (arguments.tokens // 10, arguments.tokens):
        command = [sys.executable, __file__, "--one", "--tokens", str(tokens)]
        m = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"{tokens:>12,} {tokens / m['mixing']:>12,.0f} {m['bytes'] / m['mixing'] / 1e6:>8,.0f} "
            f"{m['writing'] / m['mixing']:>10.2f} {m['peak']:>8,.0f}"
        )


if __name__ == "__main__":
    main()
