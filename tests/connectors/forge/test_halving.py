from cooldown_connectors.forge.halving import Fits, smallest_divisor, whole
from cooldown_connectors.forge.protocol import Listed
from cooldown_connectors.http.errors import TooHeavy
from hypothesis import given
from hypothesis import strategies as st


class List:
    """A list on a forge that cannot give pages whose items weigh too much together."""

    def __init__(self, weights, bears, *, says_more=True):
        self.weights = weights
        self.bears = bears
        self.says_more = says_more
        self.asked = []

    def ask(self, start, size, halvable):
        assert start % size == 0
        self.asked.append((start, size))
        part = self.weights[start : start + size]
        if sum(part) > self.bears and halvable:
            raise TooHeavy("502")
        full = len(part) == size
        return Listed(
            list(range(start, start + len(part))),
            start + size < len(self.weights) if self.says_more else full,
            len(self.weights),
        )


def pages(found, size, fits):
    items, page, more = [], 0, True
    while more:
        listed = whole(page * size, size, found.ask, fits, "list")
        assert len(listed.items) <= size
        items += listed.items
        more = listed.more
        page += 1
    return items


@given(
    weights=st.lists(st.integers(0, 20), max_size=120),
    bears=st.integers(0, 60),
    size=st.integers(1, 100),
    says_more=st.booleans(),
    remembers=st.booleans(),
)
def test_any_pages_that_fail_give_the_same_items_as_pages_that_do_not(
    weights, bears, size, says_more, remembers
):
    found = List(weights, bears, says_more=says_more)
    assert pages(found, size, Fits(remembers=remembers)) == list(range(len(weights)))


@given(
    count=st.integers(0, 300),
    size=st.sampled_from([10, 30, 50, 100]),
    failing=st.sets(
        st.tuples(st.integers(0, 300), st.sampled_from([100, 50, 30, 25, 15, 10, 5])), max_size=40
    ),
)
def test_whichever_questions_fail_the_items_are_the_same(count, size, failing):
    def ask(start, many, halvable):
        if halvable and (start, many) in failing:
            raise TooHeavy("504")
        items = list(range(start, min(count, start + many)))
        return Listed(items, start + many < count)

    items, start, more = [], 0, True
    fits = Fits()
    while more:
        listed = whole(start, size, ask, fits, "list")
        items += listed.items
        start, more = start + size, listed.more
    assert items == list(range(count))


def test_a_hundred_becomes_two_fifties():
    found = List([1] * 200, 60)
    listed = whole(0, 100, found.ask, Fits(), "list")
    assert found.asked == [(0, 100), (0, 50), (50, 50)]
    assert (listed.items, listed.more, listed.total) == (list(range(100)), True, 200)


def test_a_list_that_ends_in_the_first_half_is_not_asked_further():
    found = List([2] * 40, 60)
    whole(0, 100, found.ask, Fits(), "list")
    assert found.asked == [(0, 100), (0, 50), (0, 25), (25, 25)]


def test_a_size_that_failed_is_not_tried_first_again_until_smaller_ones_have_worked():
    found = List([1] * 2000, 60)
    fits = Fits()
    for page in range(6):
        whole(page * 100, 100, found.ask, fits, "list")
    sizes = [size for _, size in found.asked]
    assert sizes[:9] == [100] + [50] * 8
    assert sizes.count(100) == 2  # once at first, once again after eight good answers
    found.bears = 1000
    for page in range(6, 20):
        whole(page * 100, 100, found.ask, fits, "list")
    assert [size for _, size in found.asked][-8:] == [100] * 8


def test_a_replay_remembers_nothing_and_tries_what_was_tried():
    found = List([1] * 400, 60)
    fits = Fits(remembers=False)
    for page in range(2):
        whole(page * 100, 100, found.ask, fits, "list")
    assert [size for _, size in found.asked] == [100, 50, 50] * 2


@given(st.integers(1, 5000))
def test_sizes_are_divided_evenly(size):
    divisor = smallest_divisor(size)
    assert divisor >= 2
    assert size % divisor == 0 or size == 1
