"""Secrets of webhooks are encrypted with a key that only the service's own user may read."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cooldown_api.settings import Settings
from cooldown_api.webhooks.secret_box import SecretBox, WrongKey

from cooldown_kit.errors import InputError, StorageError


def settings(folder: Path, key: str = "") -> Settings:
    return Settings(data_dir=folder, secret_key=key)


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    closed = SecretBox.open(settings(tmp_path)).close_in("whsec_x")
    assert "whsec_x" not in closed
    assert SecretBox.open(settings(tmp_path)).take_out(closed) == "whsec_x"
    file = tmp_path / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_processes_that_make_it_at_once_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        boxes = list(threads.map(lambda _: SecretBox.open(settings(tmp_path)), range(32)))
    closed = boxes[0].close_in("a")
    assert {box.take_out(closed) for box in boxes} == {"a"}
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    SecretBox.open(settings(tmp_path))
    (tmp_path / "secret.key").chmod(0o644)
    with pytest.raises(StorageError, match="everybody"):
        SecretBox.open(settings(tmp_path))


def test_the_operators_key_counts_and_must_be_long(tmp_path: Path) -> None:
    closed = SecretBox.open(settings(tmp_path, "k" * 32)).close_in("a")
    assert not (tmp_path / "secret.key").exists()
    assert SecretBox.open(settings(tmp_path / "elsewhere", "k" * 32)).take_out(closed) == "a"
    with pytest.raises(WrongKey):
        SecretBox.open(settings(tmp_path, "l" * 32)).take_out(closed)
    with pytest.raises(InputError, match="31 characters"):
        SecretBox.open(settings(tmp_path, "k" * 31))
