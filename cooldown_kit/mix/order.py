"""In which order the sources' sequences are read.

The chairman assignment problem: states of given weights take turns in sending the chairman, and at no time may any state have sent
more than one chairman more or fewer than its weight promises. Tijdeman's rule solves it with a deviation of at most
``1 - 1/(2n-2)`` for ``n`` states (R. Tijdeman, *The chairman assignment problem*, Discrete Mathematics 32, 1980).
Here the states are sources and the chairmen are sequences: every prefix of the training order, hence every checkpoint, has
read the mixture that was asked for, to within one sequence per source.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt


def interleave(shares: Sequence[Fraction], rows: int) -> npt.NDArray[np.int16]:
    """Which source each of ``rows`` sequences comes from.

    ``shares`` are positive and add up to 1. Returns ``rows`` source indices. For every source ``i`` and every prefix
    of length ``k``: ``|k · shares[i] - (times i stands in the prefix)| < 1``. Exact integer arithmetic: the same on
    every machine. Raises ``ValueError`` where the shares do not add up to 1 or one is not positive.
    """
    if sum(shares) != 1 or any(share <= 0 for share in shares):
        raise ValueError("shares must be positive and add up to exactly 1")
    if len(shares) == 1:
        return np.zeros(rows, dtype=np.int16)
    whole = math.lcm(*(share.denominator for share in shares))
    weights = [int(share * whole) for share in shares]
    slack = 2 * len(shares) - 2
    order = np.empty(rows, dtype=np.int16)
    due = [0] * len(shares)  # slack · (k · weight - whole · taken): how far behind its promise a source is
    limit = whole * (slack - 1)
    for k in range(rows):
        best, best_deadline = -1, (0, 1)
        for i, weight in enumerate(weights):
            due[i] += slack * weight
            if due[i] < whole:  # taking it now would overshoot its promise
                continue
            deadline = (limit - due[i], weight)  # as a fraction: how soon it would fall too far behind
            if best < 0 or deadline[0] * best_deadline[1] < best_deadline[0] * deadline[1]:
                best, best_deadline = i, deadline
        order[k] = best
        due[best] -= slack * whole
    return order
