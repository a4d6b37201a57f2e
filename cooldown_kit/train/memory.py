"""Running out of memory, said so that a person can act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cooldown_kit.errors import OutOfMemory
from cooldown_kit.train.options import TrainOptions


@contextmanager
def clear_out_of_memory(options: TrainOptions, sequence_length: int) -> Iterator[None]:
    """Turn torch's and Python's out-of-memory errors into a :class:`OutOfMemory` with what to lower."""
    import torch

    try:
        yield
    except (
        RuntimeError,
        MemoryError,
    ) as error:  # torch's is a RuntimeError, on the CPU without a class of its own
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and "can't allocate memory" not in str(error):
            raise
        raise OutOfMemory(
            f"memory ran out on the {options.device}",
            where="train",
            remedy=", or ".join(_remedies(options, sequence_length)),
        ) from error


def _remedies(options: TrainOptions, sequence_length: int) -> Iterator[str]:
    if options.micro_batch != 1:
        yield f"lower `micro_batch` (now {options.micro_batch})"
    if not options.activation_checkpointing:
        yield "set `activation_checkpointing: true`"
    yield f"lower `sequence_length` (now {sequence_length})"
    if options.method != "qlora":
        yield "use `method: " + ("lora`" if options.method == "full" else "qlora`")
