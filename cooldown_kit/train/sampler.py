"""Which rows a step reads: computed from the step's number alone, so that resuming costs nothing and is exact."""

from __future__ import annotations

from cooldown_kit.errors import InputError


def rows_of_steps(first: int, last: int, batch_sequences: int) -> range:
    """The rows that steps ``first`` … ``last - 1`` read, in the order in which they are read.

    Step ``s`` reads rows ``s * batch_sequences`` … ``(s + 1) * batch_sequences - 1``, whatever the micro-batch, the
    number of devices and the point at which a run was stopped and resumed: accumulation and sharding cut the step's
    rows into consecutive micro-batches and never reorder across steps.
    """
    if not 0 <= first <= last:
        raise ValueError(f"steps {first} to {last} are no range of steps")
    return range(first * batch_sequences, last * batch_sequences)


def steps_of(rows: int, batch_sequences: int) -> int:
    """How many optimizer steps read all rows once.

    Raises :class:`InputError` where the mixture is empty or its last step would not be whole."""
    if rows <= 0:
        raise InputError("the mixture is empty", remedy="give `mix` a token budget of at least one step")
    if rows % batch_sequences:
        raise InputError(
            f"the mixture holds {rows} sequences, which do not make whole steps of {batch_sequences}",
            remedy=f"mix again with the same `batch_sequences`, or set one that divides {rows}",
        )
    return rows // batch_sequences


def accumulation_steps(batch_sequences: int, micro_batch: int, world_size: int) -> int:
    """How many micro-batches each device computes before the weights are updated."""
    steps, rest = divmod(batch_sequences, micro_batch * world_size)
    assert steps and not rest, "resolve_train refuses batches that devices cannot share evenly"
    return steps
