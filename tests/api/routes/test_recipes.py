"""The API reads recipes with the same model as the CLI, and says what is wrong in the same words."""

from __future__ import annotations

from fastapi.testclient import TestClient

from job_rows import RECIPE


def test_a_good_recipe_comes_back_with_every_option_written_out(client: TestClient) -> None:
    answer = client.post("/v1/recipes/check", json={"recipe": RECIPE})
    assert answer.status_code == 200, answer.text
    recipe = answer.json()["recipe"]
    assert recipe["train"]["schedule"] == "linear"
    assert client.post("/v1/recipes/check", json={"recipe": recipe}).json()["recipe"] == recipe


def test_every_connector_with_its_options_written_out_is_taken_again(client: TestClient) -> None:
    sources = {
        "git": {"connector": "git", "url": "https://git.example.com/a/b.git"},
        "github": {"connector": "github", "repository": "a/b"},
        "gitlab": {"connector": "gitlab", "repository": "a/b"},
        "huggingface": {"connector": "huggingface", "dataset": "a/b"},
    }
    for name, source in sources.items():
        recipe = {**RECIPE, "sources": {"s": source}}
        answer = client.post("/v1/recipes/check", json={"recipe": recipe})
        assert answer.status_code == 200, (name, answer.text)
        again = client.post("/v1/recipes/check", json={"recipe": answer.json()["recipe"]})
        assert again.status_code == 200, (name, again.text)


def test_a_recipe_may_be_the_text_of_its_yaml_file(client: TestClient) -> None:
    text = "name: a\nmodel: a/m\nsources: {s: {connector: git, url: 'https://git.example.com/a'}}\n"
    answer = client.post("/v1/recipes/check", json={"recipe": text})
    assert answer.status_code == 200, answer.text
    assert answer.json()["recipe"]["name"] == "a"


def test_a_wrong_recipe_is_a_problem_with_place_and_remedy(client: TestClient) -> None:
    answer = client.post("/v1/recipes/check", json={"recipe": {**RECIPE, "trian": {}}})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "unknown key `trian`"
    assert answer.json()["remedy"] == "did you mean `train`?"


def test_a_wrong_recipe_as_text_names_the_line(client: TestClient) -> None:
    text = (
        "name: a\nmodel: a/m\nsources: {s: {connector: git, url: 'https://git.example.com/a'}}\ntrian: {}\n"
    )
    assert "line 4" in client.post("/v1/recipes/check", json={"recipe": text}).json()["where"]


def test_what_the_operator_does_not_allow_is_refused_and_not_wrong(client: TestClient) -> None:
    for source in (
        {"connector": "git", "url": "https://127.0.0.1/a.git"},
        {"connector": "text", "path": "/etc/passwd"},
        {"connector": "text", "path": "notes"},
        {"connector": "git", "url": "https://git.example.com/a", "token": "env:HOME"},
    ):
        answer = client.post("/v1/recipes/check", json={"recipe": {**RECIPE, "sources": {"s": source}}})
        assert (answer.status_code, answer.json()["code"]) == (403, "refused"), answer.text


def test_a_recipe_cannot_choose_the_workspace(client: TestClient) -> None:
    answer = client.post("/v1/recipes/check", json={"recipe": {**RECIPE, "workspace": "/tmp/x"}})
    assert answer.status_code == 422
    assert answer.json()["where"] == "workspace"


def test_connectors_and_options_are_described(client: TestClient) -> None:
    assert {"git", "text"} <= set(client.get("/v1/connectors").json())
    assert "mix.tokens" in {option["name"] for option in client.get("/v1/options").json()}
