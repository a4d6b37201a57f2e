"""Small tokenizers and folders that the model tests break in one way each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def copy_of(tiny_model: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a copy of the tiny model, under a name, that a test may change."""

    def make(name: str) -> Path:
        return Path(shutil.copytree(tiny_model, tmp_path / name))

    return make
