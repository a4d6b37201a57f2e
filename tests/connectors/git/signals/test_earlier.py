"""The newest earlier commit with a hash."""

from __future__ import annotations

import numpy as np
from cooldown_connectors.git.signals.earlier import Earlier
from hypothesis import given
from hypothesis import strategies as st

HASHES = st.sampled_from([1, 2, 3, 2**63, 2**64 - 1])


@given(st.lists(HASHES, max_size=20), st.integers(0, 25), HASHES)
def test_it_is_the_greatest_number_below_that_has_the_hash(hashes, number, wanted):
    earlier = Earlier(np.array(hashes, np.uint64), np.arange(len(hashes), dtype=np.int32))
    expected = [place for place, hash_ in enumerate(hashes) if hash_ == wanted and place < number]
    assert earlier.newest_before(number, wanted) == max(expected, default=None)
    assert earlier.has(np.array([wanted], np.uint64)).tolist() == [wanted in hashes]
