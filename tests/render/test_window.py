"""Parts of long files."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.window import excerpt, fit, lines_of, share_out

TEXTS = st.text(st.sampled_from("ab\n\r"), max_size=120)
SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (min(pair), max(pair))), max_size=4
)


@given(TEXTS)
def test_lines_are_the_text(text: str) -> None:
    lines = lines_of(text)
    assert "".join(lines) == text
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines[:-1])
    assert "" not in lines


@given(TEXTS, SPANS, st.integers(0, 5))
def test_every_line_is_shown_or_counted_in_a_gap_that_names_it(
    text: str, spans: list[tuple[int, int]], context: int
) -> None:
    lines = lines_of(text)
    shown = lines_of(excerpt(lines, spans, context))
    position = 0
    for line in shown:
        if gap := re.fullmatch(r"\[lines (\d+)-(\d+) not shown\]\n", line):
            assert int(gap[1]) == position + 1
            assert not any(
                max(0, start - context) <= n < end + context
                for start, end in spans
                if start < end
                for n in range(position, int(gap[2]))
            )
            position = int(gap[2])
        else:
            assert line == lines[position]
            position += 1
    assert position == len(lines)


@given(TEXTS, SPANS, st.integers(0, 150))
def test_what_fits_is_whole_and_nothing_exceeds_the_room(
    text: str, spans: list[tuple[int, int]], room: int
) -> None:
    lines = lines_of(text)
    part = fit(lines, spans, room)
    if len(text) <= room:
        assert part == text
    elif part is None:
        assert len(excerpt(lines, spans, 0)) > room
    else:
        assert len(part) <= room


def test_a_long_file_is_shown_around_its_change_only() -> None:
    lines = [f"line {number}\n" for number in range(1, 101)]
    assert fit(lines, [(49, 50)], 120, context=1) == excerpt(lines, [(49, 50)], 1)
    assert (
        excerpt(lines, [(49, 50)], 1)
        == "[lines 1-48 not shown]\nline 49\nline 50\nline 51\n[lines 52-100 not shown]\n"
    )


@given(st.integers(0, 500), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=6))
def test_room_is_shared_out_without_waste(room: int, files: list[tuple[int, int]]) -> None:
    sizes = [size for size, _ in files]
    needs = [min(need, size) for size, need in files]
    shares = share_out(room, sizes, needs)
    assert all(need <= share <= size for need, share, size in zip(needs, shares, sizes, strict=True))
    if sum(needs) <= room:
        assert sum(shares) <= room
        assert sum(shares) >= min(room, sum(sizes)) - len(files)
    else:
        assert sum(shares) > room


@pytest.mark.parametrize(
    ("room", "sizes", "shares"),
    [(100, [10, 500, 500], [10, 45, 45]), (100, [20, 30], [20, 30]), (0, [5], [0])],
)
def test_small_files_get_all_and_large_ones_equal_parts(
    room: int, sizes: list[int], shares: list[int]
) -> None:
    assert share_out(room, sizes) == shares
