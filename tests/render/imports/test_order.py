"""Reading order: imports first, circles broken where they bind least, parts together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.imports.order import import_order

GRAPHS = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.sets(st.integers(0, n - 1), max_size=4), min_size=n, max_size=n)
)


def reaches(imports: list[set[int]], start: int) -> set[int]:
    """All that a file imports, directly or not."""
    found: set[int] = set()
    waiting = [start]
    while waiting:
        for target in imports[waiting.pop()]:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


@given(GRAPHS)
def test_every_file_appears_exactly_once(imports: list[set[int]]) -> None:
    flat = [file for part in import_order(imports) for file in part]
    assert sorted(flat) == list(range(len(imports)))


@given(GRAPHS)
def test_a_file_comes_after_all_that_it_imports_unless_they_import_it(imports: list[set[int]]) -> None:
    place = {file: i for i, file in enumerate(f for part in import_order(imports) for f in part)}
    below = [reaches(imports, file) for file in range(len(imports))]
    for file, targets in enumerate(imports):
        for target in targets:
            assert place[target] < place[file] or file in below[target]


@given(GRAPHS)
def test_parts_are_what_imports_link(imports: list[set[int]]) -> None:
    parts = import_order(imports)
    part_of = {file: number for number, part in enumerate(parts) for file in part}
    assert all(part_of[file] == part_of[target] for file, targets in enumerate(imports) for target in targets)
    both = [set(targets) for targets in imports]
    for file, targets in enumerate(imports):
        for target in targets:
            both[target].add(file)
    assert all({part[0]} | reaches(both, part[0]) == set(part) for part in parts)
    assert [min(part) for part in parts] == sorted(min(part) for part in parts)


@given(st.integers(0, 30))
def test_files_that_import_nothing_stay_in_path_order(count: int) -> None:
    assert import_order([set() for _ in range(count)]) == [[file] for file in range(count)]


def test_a_circle_is_broken_at_the_file_with_fewest_imports_that_are_not_placed() -> None:
    # 0 imports 1, 2 and 3; all of them import 0, and 1 imports 2 as well. After 2 and 1, 0 and 3 are alike: the path decides
    assert import_order([{1, 2, 3}, {0, 2}, {0}, {0}]) == [[2, 1, 0, 3]]


def test_a_file_outside_a_circle_never_stands_before_it() -> None:
    # 0 has as few imports as the circle of 1 and 2 that it imports
    assert import_order([{1}, {2}, {1}]) == [[1, 2, 0]]


def test_a_file_stands_right_after_what_it_alone_imports() -> None:
    # 0 imports 4, 1 imports 3: each follows its own import
    assert import_order([{2, 4}, {2, 3}, set(), set(), set()]) == [[2, 4, 0, 3, 1]]


def test_groups_order_their_files_and_are_not_in_the_result() -> None:
    # 3 is the group of 1 and 2, which 0 imports
    assert import_order([{3}, set(), set(), {1, 2}], files=3) == [[1, 2, 0]]


def test_a_chain_of_a_hundred_thousand_needs_no_deep_recursion() -> None:
    count = 100_000
    order = import_order([{file + 1} if file + 1 < count else set() for file in range(count)])
    assert order == [list(reversed(range(count)))]
