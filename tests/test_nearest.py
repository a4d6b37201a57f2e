from __future__ import annotations

from pathlib import Path

import pytest

from cooldown_kit.nearest import nearest_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "handbook" / "pages").mkdir(parents=True)
    (tmp_path / "handbok.md").touch()
    return tmp_path


def test_the_most_alike_neighbour_is_found(folder: Path) -> None:
    assert nearest_path(folder / "hanbook") == folder / "handbook"
    assert nearest_path(folder / "handbok", Path.is_dir) == folder / "handbook"


def test_the_first_part_that_is_missing_is_the_one_corrected(folder: Path) -> None:
    assert nearest_path(folder / "handbook" / "page" / "deep" / "er.md") == folder / "handbook" / "pages"


def test_nothing_alike_gives_nothing(folder: Path) -> None:
    assert nearest_path(folder / "zzz") is None


def test_a_file_has_no_neighbours_below_it(folder: Path) -> None:
    assert nearest_path(folder / "handbok.md" / "x") is None
