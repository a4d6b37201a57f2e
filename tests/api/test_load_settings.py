"""Settings come from flags, the environment and a folder of secrets; what does not exist is refused, and no value is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from cooldown_api.commands.load_settings import load_settings, names
from cooldown_api.settings import Settings

from cooldown_kit.errors import InputError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_a_setting_that_does_not_exist_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="did you mean COOLDOWN_WORKER__SLOTS") as caught:
        load_settings({"COOLDOWN_WORKR__SLOTS": "2"})
    assert caught.value.where == "COOLDOWN_WORKR__SLOTS"


@pytest.mark.parametrize("name", ["COOLDOWN_URL", "COOLDOWN_API_KEY", "COOLDOWN_CHILD_JOB", "PATH"])
def test_variables_of_others_are_left_alone(name: str) -> None:
    load_settings({name: "x"})


def test_wrong_values_are_named_and_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COOLDOWN_WORKER__SLOTS", "hunter2")
    with pytest.raises(InputError, match="COOLDOWN_WORKER__SLOTS") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_secrets_come_from_a_folder_and_flags_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "database_url").write_text("postgresql://u:p@h/d")
    (tmp_path / "cooldown_secret_key").write_text("k")
    monkeypatch.setenv("COOLDOWN_AUTH", "required")
    settings = load_settings({"COOLDOWN_SECRETS_DIR": str(tmp_path)}, auth="none", public_url=None)
    assert settings.url == "postgresql+psycopg://u:p@h/d"
    assert settings.secret_key.get_secret_value() == "k"
    assert settings.auth == "none"
    assert ":p@" not in repr(settings)


def test_nested_settings_have_names_too() -> None:
    assert {"COOLDOWN_DATA_DIR", "COOLDOWN_WORKER__LEASE_SECONDS", "COOLDOWN_OIDC__ISSUER"} <= set(
        names(Settings)
    )
