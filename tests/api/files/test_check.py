"""What a file is, found by reading it once in little memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from cooldown_api.files.check import check_file

ROW = json.dumps(
    {"messages": [{"role": "user", "content": "x" * 500}, {"role": "assistant", "content": "y" * 500}]}
)


def test_memory_stays_flat_whatever_the_size(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    peaks = []
    for rows in (1_000, 12_000):
        path.write_text(f"{ROW}\n" * rows)
        tracemalloc.start()
        facts = check_file(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (facts.kind, facts.rows, facts.errors) == ("chat", rows, [])
    assert peaks[1] < peaks[0] + (2 << 20)


def test_a_line_that_is_too_long_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    with path.open("w") as file:
        file.write(f"{ROW}\n")
        for _ in range(24):
            file.write("x" * (1 << 20))
        file.write(f"\n{ROW}\n")
    facts = check_file(path)
    assert (facts.rows, facts.errors) == (3, ["line 2: longer than 16,777,216 bytes"])


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_a_file_that_holds_nothing_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows"
    path.write_bytes(content)
    assert check_file(path).details == "the file is empty"


def test_a_bomb_of_aliases_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    path.write_text("\n".join(lines))
    facts = check_file(path)
    assert facts.status == "error"
    assert facts.kind == "unknown"


def test_what_a_row_says_is_in_no_message(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text(
        f'{ROW}\n{{"messages": [{{"role": "secret-word", "content": "secret-word"}}]}}\n{{"messages": "secret-word"}}\n'
    )
    assert "secret-word" not in (check_file(path).details or "")
