"""Which service, with which key: the order of arguments, environment and contexts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cooldown_kit.client.configuration import DEFAULT_URL, configured
from cooldown_kit.errors import InputError

FILE = """
context = "usual"
[contexts.usual]
url = "https://usual.example"
key = "env:USUAL_KEY"
project = "search"
[contexts.other]
url = "https://other.example/"
key = "file:{key}"
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "key").write_text("ck_of_file\n")
    (tmp_path / "config.toml").write_text(FILE.format(key=tmp_path / "key"))
    return {"COOLDOWN_CONFIG": str(tmp_path / "config.toml"), "USUAL_KEY": "ck_usual"}


def test_without_anything_it_is_the_service_of_this_machine() -> None:
    place = configured(environment={})
    assert (place.url, place.key, place.project) == (DEFAULT_URL, None, None)


def test_the_usual_context_is_used_where_nothing_else_is_said(env: dict[str, str]) -> None:
    place = configured(environment=env)
    assert (place.url, place.key, place.project) == ("https://usual.example", "ck_usual", "search")


def test_the_environment_beats_the_usual_context_and_an_argument_beats_both(env: dict[str, str]) -> None:
    said = {
        **env,
        "COOLDOWN_URL": "https://env.example",
        "COOLDOWN_API_KEY": "ck_env",
        "COOLDOWN_PROJECT": "payments",
    }
    place = configured(environment=said)
    assert (place.url, place.key, place.project) == ("https://env.example", "ck_env", "payments")
    place = configured("https://arg.example", "ck_arg", "billing", environment=said)
    assert (place.url, place.key, place.project) == ("https://arg.example", "ck_arg", "billing")


def test_a_context_that_is_named_beats_the_environment(env: dict[str, str]) -> None:
    said = {**env, "COOLDOWN_URL": "https://env.example", "COOLDOWN_API_KEY": "ck_env"}
    for place in (
        configured(context="other", environment=said),
        configured(environment={**said, "COOLDOWN_CONTEXT": "other"}),
    ):
        assert (place.url, place.key) == ("https://other.example", "ck_of_file")


def test_the_key_of_a_context_goes_to_no_other_address(env: dict[str, str]) -> None:
    assert configured("https://else.example", environment=env).key is None
    assert configured("https://else.example", environment=env).project is None
    assert configured(environment={**env, "COOLDOWN_URL": "https://else.example"}).key is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('context = "nix"\n[contexts.a]\nurl = "https://a"', "no context 'nix'"),
        ("context = ", "cannot be read"),
        ('context = "a"\n[contexts.a]\nkey = "env:X"', "no `url`"),
        ('context = "a"\n[contexts.a]\nurl = "https://a"\ntoken = "x"', "'token' means nothing"),
        ('context = "a"\n[contexts.a]\nurl = 3', "a text in quotes"),
        ('context = "a"\n[contexts.a]\nurl = "https://a"\nkey = "env:NOT_SET"', "NOT_SET is not set"),
        ('context = "a"\n[contexts.a]\nurl = "https://a"\nkey = "file:/nowhere"', "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        configured(environment={"COOLDOWN_CONFIG": str(tmp_path / "c.toml")})
    assert "c.toml" in str(caught.value)


def test_a_key_in_the_file_itself_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('context = "a"\n[contexts.a]\nurl = "https://a"\nkey = "ck_in_clear"')
    with pytest.raises(InputError, match="no reference") as caught:
        configured(environment={"COOLDOWN_CONFIG": str(tmp_path / "c.toml")})
    assert "ck_in_clear" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://a.example", "https://a.example/", "https://a.example/v1", "https://a.example/v1/"]
)
def test_an_address_may_end_as_that_of_openai_clients_does(url: str) -> None:
    assert configured(url, environment={}).url == "https://a.example"


def test_a_path_before_v1_stays() -> None:
    assert configured("https://a.example/cooldown/v1", environment={}).url == "https://a.example/cooldown"


@pytest.mark.parametrize(
    "url", ["a.example", "ftp://a.example", "https://", "unix://relative.sock", "https://me:secret@a.example"]
)
def test_what_is_no_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(InputError) as caught:
        configured(url, environment={})
    assert "secret" not in str(caught.value)


def test_a_unix_socket_is_an_address() -> None:
    assert configured("unix:///run/x.sock", environment={}).socket == "/run/x.sock"


@pytest.mark.parametrize(
    ("url", "proxied"), [("http://127.0.0.1:1", False), ("unix:///x", False), ("https://a.example", True)]
)
def test_no_proxy_stands_before_this_machine(url: str, proxied: bool) -> None:
    assert configured(url, environment={}).proxied is proxied
