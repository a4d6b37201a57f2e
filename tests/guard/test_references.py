"""Secrets: which references a policy lets recipes use, and what one may read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cooldown_connectors.credentials.references import checked_reference
from cooldown_connectors.credentials.tokens import token_of

from cooldown_kit.errors import InputError
from cooldown_kit.guard import NotAllowed, Policy
from cooldown_kit.guard.references import read_secret, refusal


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """As Kubernetes mounts one: names link to ``..data``, which links to a folder with a time in its name."""
    folder = tmp_path / "secrets"
    (folder / "..2026_01").mkdir(parents=True)
    (folder / "..2026_01" / "FORGE_TOKEN").write_text("t0ken\n")
    (folder / "..data").symlink_to("..2026_01")
    (folder / "FORGE_TOKEN").symlink_to("..data/FORGE_TOKEN")
    (folder / "plain.token").write_text("plain")
    (tmp_path / "outside").write_text("0ther")
    (folder / "out").symlink_to("../outside")
    (folder / "absolute").symlink_to(tmp_path / "outside")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "big").write_bytes(b"x" * ((1 << 20) + 1))
    (folder / "bytes").write_bytes(b"\xff\xfe")
    return folder


REFUSED = [
    *("env:GITHUB_TOKEN", "env:DATABASE_URL", "file:token", "file:/etc/shadow", "file:~/.ssh/id_rsa", "file:/proc/self/environ"),
    *("gh", "gh:github.com", "glab", "glab:gitlab.com", "app:1:2:key.pem", "app:1:2:/etc/ssl/key.pem", "app:1:2:file:x"),
    *("secret:", "secret:..", "secret:.", "secret:..data", "secret:../outside", "secret:a/b", "secret:/etc/passwd", "secret:a\x00"),
    *("secret:a\n", "secret: a", "secret:%2e%2e", "secret:~", "secret:a:b", "app:1:2:secret:../x", "app:1:2:secret:", "SECRET:a", "secrets:a"),
]  # fmt: skip


@pytest.mark.parametrize("reference", REFUSED, ids=ascii)
def test_with_secrets_only_nothing_else_is_let_through(
    secrets: Path, tmp_path: Path, reference: str, held
) -> None:
    policy = held(secrets_dir=secrets, roots=(tmp_path / "data",))
    assert refusal(reference, tmp_path, policy) is not None
    with pytest.raises((InputError, ValueError)):
        token_of(reference, folder=tmp_path, address="https://github.com")


@pytest.mark.parametrize("reference", ["secret:FORGE_TOKEN", "secret:plain.token", "app:1:2:secret:APP_KEY"])
def test_secrets_are(secrets: Path, tmp_path: Path, reference: str) -> None:
    assert checked_reference(reference) == reference
    assert refusal(reference, tmp_path, Policy(secrets_dir=secrets)) is None
    assert refusal(reference, tmp_path, Policy(secrets_dir=secrets, references="any")) is None
    assert refusal(reference, tmp_path, Policy()) is not None


def test_where_any_reference_is_allowed_files_still_lie_below_the_roots(tmp_path: Path) -> None:
    policy = Policy(references="any", roots=(tmp_path,))
    for reference in ("env:X", "gh", "glab:git.acme.example", "file:token", "app:1:2:key.pem"):
        assert refusal(reference, tmp_path, policy) is None
    for reference in ("file:/etc/shadow", "file:../x", "app:1:2:/etc/key.pem", "file:~/x", "secret:a"):
        assert refusal(reference, tmp_path, policy) is not None


def test_a_secret_is_read_through_the_links_of_a_mount(secrets: Path, held, tmp_path: Path) -> None:
    held(secrets_dir=secrets)
    token = token_of("secret:FORGE_TOKEN", folder=tmp_path, address="https://github.com")
    assert token.value() == "t0ken"
    assert "t0ken" not in repr(token)


@pytest.mark.parametrize(
    "name", ["out", "absolute", "folder", "pipe", "big", "bytes", "none", "..data", "..", "a/b"]
)
def test_what_is_no_secret_of_the_folder_is_not_read(secrets: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|cannot|holds)") as caught:
        read_secret(name, secrets)
    assert str(secrets) not in str(caught.value)


def test_without_a_policy_there_are_no_secrets(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder of secrets"):
        token_of("secret:X", folder=tmp_path, address="https://github.com")


def test_an_app_takes_its_key_from_a_secret(secrets: Path, held, tmp_path: Path) -> None:
    held(secrets_dir=secrets)
    with pytest.raises(InputError, match="no RSA key") as caught:
        token_of("app:1:2:secret:plain.token", folder=tmp_path, address="https://github.com")
    assert not isinstance(caught.value, NotAllowed)
