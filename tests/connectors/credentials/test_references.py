import copy
import pickle

import pytest
from cooldown_connectors.credentials.references import checked_reference
from cooldown_connectors.credentials.token import Token
from cooldown_connectors.credentials.tokens import token_of
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.errors import InputError

SECRET = "ghp_s3cr3t0123456789"
HOST = "https://github.com"


@pytest.mark.parametrize(
    "text",
    [
        "env:GITHUB_TOKEN",
        "file:token.txt",
        "file:~/tokens/github",
        "gh",
        "gh:git.acme.example",
        "glab",
        "glab:gitlab.acme.example:8443",
        "app:123:456:app.pem",
        "app:Iv1.0123abcd:456:keys/a:b.pem",
    ],
)
def test_references_are_taken(text):
    assert checked_reference(text) == text


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"env:{SECRET}",
        f"file:{SECRET}",
        f"gh:{SECRET}",
        "glpat-s3cr3t0123456789",
        "env:",
        "env:1X",
        "file:",
        "gh:",
        "gh:a/b",
        "app:1:2",
        "app:1:x:key.pem",
        "s3cr3t",
        "env:A B",
        "",
        "file:a\nb",
    ],
)
def test_what_is_no_reference_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError) as caught:
        checked_reference(text)
    assert "s3cr3t" not in str(caught.value)
    assert "env:NAME" in str(caught.value)


@given(st.text())
def test_no_refusal_repeats_what_was_given(text):
    marked = f"s3cr3t{text}s3cr3t"
    with pytest.raises(ValueError) as caught:
        checked_reference(marked)
    assert "s3cr3t" not in str(caught.value)


def test_a_token_shows_its_reference_and_is_never_written():
    token = Token("env:T", SECRET)
    assert token.value() == SECRET
    for shown in (repr(token), str(token), f"{token}", repr([token]), repr({"a": token})):
        assert SECRET not in shown
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            write(token)
    assert not hasattr(token, "__dict__")
    assert not token.renew()


@pytest.mark.parametrize("value", ["a b", "a\nb", "tök", "\x00", "x" * 20_000])
def test_a_value_that_no_header_can_hold_is_refused_without_repeating_it(value):
    with pytest.raises(InputError) as caught:
        Token("env:T", value)
    assert value not in str(caught.value)
    assert "env:T" in caught.value.where


def test_a_variable_gives_its_value_or_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("ACME_TOKEN", f"{SECRET}\n")
    assert token_of("env:ACME_TOKEN", folder=tmp_path, address=HOST).value() == SECRET
    monkeypatch.delenv("ACME_TOKEN")
    with pytest.raises(InputError, match="ACME_TOKEN is not set") as caught:
        token_of("env:ACME_TOKEN", folder=tmp_path, address=HOST)
    assert "export ACME_TOKEN" in caught.value.remedy


def test_a_file_is_read_relative_to_the_recipe(tmp_path):
    (tmp_path / "token").write_text(f"  {SECRET}\n")
    (tmp_path / "token").chmod(0o600)
    assert token_of("file:token", folder=tmp_path, address=HOST).value() == SECRET
    assert token_of(f"file:{tmp_path}/token", folder=tmp_path / "x", address=HOST).value() == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused_with_chmod(tmp_path, mode):
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "token").chmod(mode)
    with pytest.raises(InputError, match="others can read") as caught:
        token_of("file:token", folder=tmp_path, address=HOST)
    assert "chmod 600" in caught.value.remedy
    assert SECRET not in str(caught.value)


def test_what_is_no_file_with_a_token_is_said(tmp_path):
    import os

    (tmp_path / "empty").touch(0o600)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "binary").chmod(0o600)
    (tmp_path / "large").write_bytes(b"a" * (2 << 20))
    (tmp_path / "large").chmod(0o600)
    for name, what in (
        ("nowhere", "cannot be read"),
        ("empty", "no token in it"),
        ("pipe", "no file"),
        ("binary", "no text"),
        ("large", "too large"),
        (".", "directory"),
    ):
        with pytest.raises(InputError, match=what):
            token_of(f"file:{name}", folder=tmp_path, address=HOST)
