"""The API reads recipes with the same model as the CLI, and says what is wrong in the same words."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cooldown_api.app import create_app
from cooldown_api.serve_command import command
from fastapi.testclient import TestClient

from cooldown_kit.errors import InputError

GOOD = {"name": "a", "model": "m", "sources": {"s": {"connector": "text", "path": "x"}}}


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app())


def test_a_good_recipe_comes_back_with_every_option_written_out(client: TestClient) -> None:
    answer = client.post("/v1/recipes/check", json={"recipe": GOOD})
    assert answer.status_code == 200
    recipe = answer.json()["recipe"]
    assert recipe["train"]["schedule"] == "linear"
    assert client.post("/v1/recipes/check", json={"recipe": recipe}).json()["recipe"] == recipe


def test_a_recipe_may_be_the_text_of_its_yaml_file(client: TestClient) -> None:
    text = "name: a\nmodel: m\nsources: {s: {connector: text, path: x}}\n"
    assert client.post("/v1/recipes/check", json={"recipe": text}).json()["recipe"]["name"] == "a"


def test_a_wrong_recipe_is_a_problem_with_place_and_remedy(client: TestClient) -> None:
    answer = client.post("/v1/recipes/check", json={"recipe": {**GOOD, "trian": {}}})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "unknown key `trian`"
    assert answer.json()["remedy"] == "did you mean `train`?"


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    assert client.post("/v1/recipes/check", json={"recipe": "#" * (1 << 20)}).status_code == 413


def test_connectors_and_options_are_described(client: TestClient) -> None:
    assert {"git", "text"} <= set(client.get("/v1/connectors").json())
    assert "mix.tokens" in {option["name"] for option in client.get("/v1/options").json()}
    assert client.get("/v1/health").json()["status"] == "ok"


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "example.org"])
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(InputError, match="not a loopback address"):
        command(host=host)


def test_the_process_that_answers_requests_never_imports_torch() -> None:
    code = "import sys, cooldown_api.app as a; a.create_app(); sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
